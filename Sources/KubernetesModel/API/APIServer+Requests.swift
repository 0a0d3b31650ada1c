import Documents
import SimulationKernel

/// What becomes of fields that a kind does not have (`fieldValidation` of the API; apiserver, `handlers/create.go`).
package enum FieldValidation: String, Sendable {
  /// They are dropped without a word.
  case ignore = "Ignore"
  /// They are dropped with a warning each: what the server does when it is not asked.
  case warn = "Warn"
  /// They are refused: what `kubectl create` and `apply` ask for.
  case strict = "Strict"
}

// Requests as people send them: decoded strictly, and perhaps only tried.
extension APIServer {
  /// An object as the server decodes it: unknown fields are dropped.
  ///
  /// - Returns: the object, and the warnings that the answer carries.
  /// - Throws: `badRequest` for fields of wrong types, and for unknown fields when the validation is strict.
  package func decoded(
    _ object: KubeObject, _ validation: FieldValidation
  ) throws(APIError) -> (object: KubeObject, warnings: [String]) {
    if let problem = FieldSchema.typeProblem(object.json, object.kind) { throw .undecodable(object.kind, problem) }
    let unknown = FieldSchema.unknownFields(object.json, object.kind).map { "unknown field \"\($0)\"" }
    if validation == .strict, !unknown.isEmpty {
      throw .undecodable(object.kind, "strict decoding error: " + unknown.joined(separator: ", "))
    }
    var pruned = object
    if !unknown.isEmpty { pruned.json = FieldSchema.pruned(object.json, object.kind) }
    return (pruned, validation == .warn ? unknown : [])
  }

  /// What `create` would answer; nothing is stored (`dryRun=All`).
  package func tryCreate(_ object: KubeObject) throws(APIError) -> KubeObject {
    let (address, port) = (nextServiceAddress, lastNodePort)
    defer { (nextServiceAddress, lastNodePort) = (address, port) }
    var object = try admitted(new: object)
    object.json.set("metadata", "uid", to: .string(trialUID(object)))
    object.json.set("metadata", "creationTimestamp", to: .string(timestamp))
    return object
  }

  /// What `update` would answer; nothing is stored.
  package func tryUpdate(_ object: KubeObject) throws(APIError) -> KubeObject {
    let current = try get(object.kind, object.namespace, object.name)
    let (address, port) = (nextServiceAddress, lastNodePort)
    defer { (nextServiceAddress, lastNodePort) = (address, port) }
    var wanted = try admitted(object, replacing: current)
    if wanted.kind.hasGeneration, wanted.json["spec"] != current.json["spec"] {
      wanted.json.set("metadata", "generation", to: .integer(current.generation + 1))
    }
    wanted.json.set("metadata", "resourceVersion", to: current.json.at("metadata", "resourceVersion"))
    return wanted
  }

  /// A uid that no stored object has, and that costs no random number.
  private func trialUID(_ object: KubeObject) -> String {
    let seed = "\(object.kind.qualifiedName)/\(object.namespace)/\(object.name)/\(simulation.now.nanoseconds)"
    func part(_ salt: String) -> String {
      let digits = String(fnv1a((seed + salt).utf8), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    let text = part("a") + part("b")
    var result = ""
    for (index, digit) in text.enumerated() { result += ([8, 12, 16, 20].contains(index) ? "-" : "") + String(digit) }
    return result
  }
}

// Eviction: a deletion that asks the disruption budgets first (pkg/registry/core/pod/storage/eviction.go).
extension APIServer {
  /// - Throws: `tooManyRequests` when a budget does not allow it now.
  package func evict(
    _ namespace: String, _ name: String, gracePeriodSeconds: Int64? = nil, as user: UserName
  ) throws(APIError) {
    let pod = try get(.pod, namespace, name)
    if try checkBudgets(of: pod) {
      for budget in budgets(of: pod) {
        var updated = budget
        let left = (budget.status["disruptionsAllowed"]?.integer ?? 0) - 1
        updated.json.set("status", "disruptionsAllowed", to: .integer(left))
        updated.json.set("status", "disruptedPods", name, to: .string(timestamp))
        try updateStatus(updated, as: user)
      }
    }
    try delete(.pod, namespace, name, gracePeriodSeconds: gracePeriodSeconds, as: user)
  }

  private func budgets(of pod: KubeObject) -> [KubeObject] {
    list(.podDisruptionBudget, namespace: pod.namespace).filter { budget in
      budget.spec["selector"] != nil && LabelSelector(budget.spec["selector"]).matches(pod.labels)
    }
  }

  /// - Returns: whether the eviction counts against the budgets.
  private func checkBudgets(of pod: KubeObject) throws(APIError) -> Bool {
    if pod.isTerminating || ["Succeeded", "Failed", "Pending"].contains(pod.status["phase"]?.string) { return false }
    let budgets = budgets(of: pod)
    guard let budget = budgets.first else { return false }
    guard budgets.count == 1 else {
      throw APIError(
        .unknown, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
    }
    func count(_ field: String) -> Int64 { budget.status[field]?.integer ?? 0 }
    let isReady = pod.condition("Ready")?["status"]?.string == "True"
    // A pod that serves nobody may go when the others are enough (`IfHealthyBudget`), or at once (`AlwaysAllow`).
    if !isReady, budget.spec["unhealthyPodEvictionPolicy"]?.string == "AlwaysAllow" { return false }
    if !isReady, count("currentHealthy") >= count("desiredHealthy"), count("desiredHealthy") > 0 { return false }
    guard count("observedGeneration") >= budget.generation else {
      throw .tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.")
    }
    guard count("disruptionsAllowed") > 0 else {
      throw .tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.")
    }
    return true
  }
}

extension APIError {
  static func tooManyRequests(_ message: String) -> APIError { APIError(.tooManyRequests, message) }
}
