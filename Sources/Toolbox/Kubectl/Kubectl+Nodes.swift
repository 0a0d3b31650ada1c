import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  static let nodeVerbs = [cordoning("cordon", true), cordoning("uncordon", false), drain]

  private static func cordoning(_ word: String, _ isUnschedulable: Bool) -> Verb {
    Verb(path: [word], flags: [.value("selector", "l"), .optional("dry-run", "unchanged")]) { call in
      try call.checkDryRun()
      for node in try call.nodes() { try call.cordon(node, isUnschedulable) }
    }
  }

  /// `drain` (kubectl, `pkg/cmd/drain`, `pkg/drain`).
  private static let drain = Verb(
    path: ["drain"],
    flags: [
      .value("selector", "l"), .optional("dry-run", "unchanged"), .on("ignore-daemonsets"), .on("delete-emptydir-data"),
      .on("force"), .integer("grace-period"), .duration("timeout"), .value("pod-selector"), .on("disable-eviction"),
      .integer("skip-wait-for-delete-timeout"), .integer("chunk-size"),
    ]
  ) { call in
    try call.checkDryRun()
    let nodes = try call.nodes()
    for node in nodes { try call.cordon(node, true) }
    var failures: [(node: String, message: String)] = []
    for node in nodes {
      do {
        try await call.drain(node)
        try call.report(node, "drained")
      } catch {
        let message = (error as? KubectlError)?.message ?? "\(error)"
        call.warn("error: unable to drain node \"\(node.name)\" due to error: \(message), continuing command...")
        failures.append((node.name, message))
      }
    }
    guard !failures.isEmpty else { return }
    call.warn("There are pending nodes to be drained:\n" + failures.map { " \($0.node)" }.joined(separator: "\n"))
    throw KubectlError(failures.map(\.message).joined(separator: ", "))
  }

  /// `taint nodes NAME KEY=VALUE:EFFECT KEY:EFFECT-` (kubectl, `pkg/cmd/taint`).
  static let taint = Verb(
    path: ["taint"], flags: [.value("selector", "l"), .on("all"), .on("overwrite")] + dryRunFlags
  ) { call in
    try call.checkDryRun()
    let words = call.flags.words
    let split = words.firstIndex { $0.contains("=") || $0.contains(":") || $0.hasSuffix("-") } ?? words.count
    guard split > 0 else { throw KubectlError("one or more resources must be specified as <resource> <name>") }
    let changes = words[split...]
    guard !changes.isEmpty else { throw KubectlError("at least one taint update is required") }
    for node in try call.targets(Array(words[..<split])) {
      do { try call.taint(node, Array(changes)) } catch { call.fail(error) }
    }
  }
}

extension KubectlCall {
  fileprivate func nodes() throws -> [KubeObject] {
    guard !flags.words.isEmpty || flags["selector"] != nil else {
      throw KubectlError.usage("USAGE: \(path[0]) NODE [flags]", path)
    }
    if flags["selector"] != nil {
      guard flags.words.isEmpty else {
        throw KubectlError.usage("error: cannot specify both a node name and a --selector option", path)
      }
      return try objects(.node, nil, labels: try labelSelector())
    }
    return try flags.words.map { word in
      try fetch(.node, "", word.hasPrefix("node/") ? String(word.dropFirst(5)) : word)
    }
  }

  fileprivate func cordon(_ node: KubeObject, _ isUnschedulable: Bool) throws {
    let word = isUnschedulable ? "cordoned" : "uncordoned"
    guard (node.spec["unschedulable"]?.bool ?? false) != isUnschedulable else {
      return try report(node, "already \(word)")
    }
    if dryRun != .client {
      try patch(node, .strategic, ["spec": ["unschedulable": isUnschedulable ? true : .null]])
    }
    try report(node, word)
  }

  // MARK: Taints

  fileprivate func taint(_ node: KubeObject, _ changes: [String]) throws {
    var taints = node.spec["taints"]?.array ?? []
    var removes = false
    for change in changes {
      let isRemoval = change.hasSuffix("-")
      let parts = (isRemoval ? String(change.dropLast()) : change).split(separator: ":").map(String.init)
      let pair = parts[0].split(separator: "=", maxSplits: 1).map(String.init)
      let effect = parts.count > 1 ? parts[1] : ""
      if !effect.isEmpty, !["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(effect) {
        throw KubectlError("invalid taint effect: \(effect), unsupported taint effect")
      }
      func matches(_ taint: JSONValue) -> Bool {
        taint["key"]?.string == pair[0] && (effect.isEmpty || taint["effect"]?.string == effect)
      }
      if isRemoval {
        guard taints.contains(where: matches) else {
          throw KubectlError("taint \"\(parts.joined(separator: ":"))\" not found")
        }
        taints.removeAll(where: matches)
        removes = true
      } else {
        guard !effect.isEmpty else { throw KubectlError("invalid taint spec: \(change)") }
        if taints.contains(where: matches), !flags.isOn("overwrite") {
          throw KubectlError(
            "node \(node.name) already has \(pair[0]) taint(s) with same effect(s) and --overwrite is false")
        }
        taints.removeAll(where: matches)
        var taint: JSONValue = ["key": .string(pair[0]), "effect": .string(effect)]
        if pair.count > 1 { taint["value"] = .string(pair[1]) }
        taints.append(taint)
      }
    }
    var changed = node
    changed.json.set("spec", "taints", to: taints.isEmpty ? nil : .array(taints))
    let word = removes && changes.allSatisfy { $0.hasSuffix("-") } ? "untainted" : "tainted"
    if dryRun == .client { return try report(changed, word) }
    try report(try update(changed), word)
  }

  // MARK: Draining

  /// What becomes of one pod of a node that is drained (`pkg/drain/filters.go`).
  private enum Fate {
    case goes, stays
    case goesWithWarning(String)
    case staysWithWarning(String)
    case forbids(String)
  }

  private func fate(of pod: KubeObject) -> Fate {
    let hasEnded = ["Succeeded", "Failed"].contains(pod.status["phase"]?.string)
    if let controller = pod.controller, controller["kind"]?.string == "DaemonSet", !hasEnded {
      return flags.isOn("ignore-daemonsets")
        ? .staysWithWarning("ignoring DaemonSet-managed Pods")
        : .forbids("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)")
    }
    if pod.annotation("kubernetes.io/config.mirror") != nil { return .stays }
    let hasStorage = (pod.spec["volumes"]?.array ?? []).contains { $0["emptyDir"] != nil }
    if hasStorage, !hasEnded, !flags.isOn("delete-emptydir-data") {
      return .forbids("Pods with local storage (use --delete-emptydir-data to override)")
    }
    if pod.controller == nil, !hasEnded {
      return flags.isOn("force")
        ? .goesWithWarning("deleting Pods that declare no controller")
        : .forbids("Pods that declare no controller (use --force to override)")
    }
    return hasStorage && !hasEnded ? .goesWithWarning("deleting Pods with local storage") : .goes
  }

  fileprivate func drain(_ node: KubeObject) async throws {
    let labels = try flags["pod-selector"].map { try LabelSelector(parsing: $0) }
    let pods = try objects(.pod, nil, labels: labels).filter { $0.spec["nodeName"]?.string == node.name }
    var (going, warnings, errors): ([KubeObject], [(String, String)], [(String, String)]) = ([], [], [])
    for pod in pods {
      let name = "\(pod.namespace)/\(pod.name)"
      switch fate(of: pod) {
      case .goes: going.append(pod)
      case .stays: break
      case .goesWithWarning(let text):
        going.append(pod)
        warnings.append((text, name))
      case .staysWithWarning(let text): warnings.append((text, name))
      case .forbids(let text): errors.append((text, name))
      }
    }
    guard errors.isEmpty else {
      throw KubectlError(Self.grouped(errors, prefix: "cannot delete "))
    }
    if !warnings.isEmpty { warn("Warning: " + Self.grouped(warnings, prefix: "")) }
    if dryRun == .client {
      for pod in going { print("evicting pod \(pod.namespace)/\(pod.name) (dry run)") }
      return
    }
    try await flags.isOn("disable-eviction") ? deletePods(going) : evict(going)
  }

  /// Messages with the pods that each is about: `text: a, b; other: c` (`PodDeleteList.Warnings`).
  private static func grouped(_ messages: [(text: String, pod: String)], prefix: String) -> String {
    var groups: [(text: String, pods: [String])] = []
    for message in messages {
      if let index = groups.firstIndex(where: { $0.text == message.text }) {
        groups[index].pods.append(message.pod)
      } else {
        groups.append((message.text, [message.pod]))
      }
    }
    let separator = prefix.isEmpty ? "; " : ", "
    let list = groups.map { "\(prefix)\($0.text): \($0.pods.joined(separator: ", "))" }.joined(separator: separator)
    return !prefix.isEmpty && groups.count > 1 ? "[\(list)]" : list
  }

  /// Time between tries of an eviction that a budget does not allow.
  private static let evictionRetry = TimeSpan.seconds(5)

  /// Evicts pods beside one another, each until it is gone.
  private func evict(_ pods: [KubeObject]) async throws {
    let timeout = flags["timeout"].flatMap { TimeSpan(timeout: $0) } ?? .zero
    let end = timeout > .zero ? simulation.now + timeout : .distantFuture
    let grace = flags.integer("grace-period").flatMap { $0 < 0 ? nil : $0 }
    /// Pods that wait for their next try, and pods that are on their way out.
    var waiting = pods.map { (pod: $0, due: simulation.now) }
    var leaving: [KubeObject] = []
    var failures: [String] = []
    while !waiting.isEmpty || !leaving.isEmpty {
      for (pod, _) in waiting.filter({ $0.due <= simulation.now }) {
        waiting.removeAll { $0.pod.uid == pod.uid }
        print("evicting pod \(pod.namespace)/\(pod.name)")
        guard simulation.now < end else {
          failures.append(
            "error when evicting pods/\"\(pod.name)\" -n \"\(pod.namespace)\": global timeout reached: "
              + (flags["timeout"].flatMap { Duration(goText: $0)?.goText } ?? ""))
          continue
        }
        do throws(APIError) {
          try authorize("create", .pod, pod.namespace, pod.name, subresource: "eviction")
          try server.evict(pod.namespace, pod.name, gracePeriodSeconds: grace, as: requester.name)
          leaving.append(pod)
        } catch {
          switch error.reason {
          case .notFound: break
          case .tooManyRequests:
            warn(
              "error when evicting pods/\"\(pod.name)\" -n \"\(pod.namespace)\" (will retry after 5s): \(error.message)"
            )
            waiting.append((pod, simulation.now + Self.evictionRetry))
          default:
            failures.append("error when evicting pods/\"\(pod.name)\" -n \"\(pod.namespace)\": \(error.message)")
          }
        }
      }
      for pod in leaving where server.find(.pod, pod.namespace, pod.name)?.uid != pod.uid {
        leaving.removeAll { $0.uid == pod.uid }
        print("pod/\(pod.name) evicted")
      }
      if simulation.now >= end {
        failures += leaving.map {
          "error when waiting for pod \"\($0.name)\" in namespace \"\($0.namespace)\" to terminate: "
            + "global timeout reached: \(flags["timeout"].flatMap { Duration(goText: $0)?.goText } ?? "")"
        }
        leaving = []
      }
      if !waiting.isEmpty || !leaving.isEmpty { await pause(.seconds(1)) }
    }
    guard !failures.isEmpty else { return }
    throw KubectlError(failures.count == 1 ? failures[0] : "[\(failures.joined(separator: ", "))]")
  }

  private func deletePods(_ pods: [KubeObject]) async throws {
    let grace = flags.integer("grace-period").flatMap { $0 < 0 ? nil : $0 }
    for pod in pods { try remove(pod, gracePeriod: grace, .background) }
    for pod in pods {
      while server.find(.pod, pod.namespace, pod.name)?.uid == pod.uid { await pause(.seconds(1)) }
      print("pod/\(pod.name) deleted")
    }
  }
}
