import Documents

/// What is wrong with an object, in the words of the server (pkg/apis/*/validation; apimachinery,
/// `pkg/util/validation/field`).
struct Validation {
  let object: KubeObject
  /// What it is to replace; `nil` for a new object.
  let current: KubeObject?
  private(set) var causes: [APIError.Cause] = []

  init(_ object: KubeObject, replacing current: KubeObject?) {
    self.object = object
    self.current = current
    checkMetadata()
    switch object.kind {
    case .deployment: checkDeployment()
    case .replicaSet, .daemonSet, .statefulSet: checkWorkload()
    case .pod: checkPod()
    case .service: checkService()
    case .configMap, .secret: checkData()
    case .podDisruptionBudget: checkDisruptionBudget()
    case .horizontalPodAutoscaler: checkAutoscaler()
    default: break
    }
  }

  // MARK: The forms of a cause

  mutating func invalid(_ field: String, _ value: String, _ detail: String) {
    causes.append(APIError.Cause(field, "Invalid value: \(value): \(detail)"))
  }

  mutating func required(_ field: String, _ detail: String = "") {
    causes.append(APIError.Cause(field, "Required value" + (detail.isEmpty ? "" : ": \(detail)")))
  }

  mutating func forbidden(_ field: String, _ detail: String) {
    causes.append(APIError.Cause(field, "Forbidden: \(detail)"))
  }

  mutating func duplicate(_ field: String, _ value: String) {
    causes.append(APIError.Cause(field, "Duplicate value: \(goQuoted(value))"))
  }

  /// A word that is not among those allowed; none at all is required.
  mutating func check(_ field: String, _ value: JSONValue?, isOneOf words: [String]) {
    guard let text = value?.string, !words.contains(text) else { return }
    let list = words.map { "\"\($0)\"" }.joined(separator: ", ")
    causes.append(APIError.Cause(field, "Unsupported value: \(goQuoted(text)): supported values: \(list)"))
  }

  mutating func checkNotNegative(_ field: String, _ value: JSONValue?) {
    guard let number = value?.integer, number < 0 else { return }
    invalid(field, String(number), "must be greater than or equal to 0")
  }

  // MARK: Metadata

  private mutating func checkMetadata() {
    let rule = NameRule.of(object.kind)
    if let problem = rule.problem(object.name) { invalid("metadata.name", goQuoted(object.name), problem) }
    for member in object.labels.members {
      if let problem = NameRule.labelKey(member.key) {
        invalid("metadata.labels", goQuoted(member.key), problem)
      }
      if let value = member.value.string, let problem = NameRule.labelValue.problem(value) {
        invalid("metadata.labels", goQuoted(value), problem)
      }
    }
    for member in object.json.at("metadata", "annotations")?.object?.members ?? [] {
      if let problem = NameRule.labelKey(member.key) {
        invalid("metadata.annotations", goQuoted(member.key), problem)
      }
    }
  }

  // MARK: Workloads

  private mutating func checkDeployment() {
    checkWorkload()
    checkNotNegative("spec.minReadySeconds", object.spec["minReadySeconds"])
    checkNotNegative("spec.revisionHistoryLimit", object.spec["revisionHistoryLimit"])
    check("spec.strategy.type", object.spec.at("strategy", "type"), isOneOf: ["Recreate", "RollingUpdate"])
    let update = object.spec.at("strategy", "rollingUpdate")
    if object.spec.at("strategy", "type")?.string == "Recreate", let update, !update.isNull {
      forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    }
    for key in ["maxUnavailable", "maxSurge"] { checkCount("spec.strategy.rollingUpdate.\(key)", update?[key]) }
    func isZero(_ key: String) -> Bool { update?[key]?.integer == 0 || update?[key]?.string == "0%" }
    if isZero("maxUnavailable"), isZero("maxSurge") {
      invalid(
        "spec.strategy.rollingUpdate.maxUnavailable", GoText.intOrString(update?["maxUnavailable"]),
        "may not be 0 when `maxSurge` is 0")
    }
  }

  /// A count or a percentage.
  mutating func checkCount(_ field: String, _ value: JSONValue?) {
    if let number = value?.integer, number < 0 {
      invalid(field, String(number), "must be greater than or equal to 0")
    } else if let text = value?.string, !text.hasSuffix("%") || UInt32(text.dropLast()) == nil {
      invalid(
        field, GoText.intOrString(value),
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
      )
    }
  }

  private mutating func checkWorkload() {
    let selector = object.spec["selector"]
    let labels = object.json.at("spec", "template", "metadata", "labels")
    checkNotNegative("spec.replicas", object.spec["replicas"])
    if selector == nil {
      required("spec.selector")
    } else if LabelSelector(selector).isEmpty {
      invalid("spec.selector", GoText.selector(selector), "empty selector is invalid for \(object.kind.singular)")
    } else if !LabelSelector(selector).matches(labels?.object ?? JSONObject()) {
      invalid("spec.template.metadata.labels", GoText.map(labels), "`selector` does not match template `labels`")
    }
    let template = object.json.at("spec", "template", "spec") ?? [:]
    var pod = PodValidation(template, path: "spec.template.spec")
    pod.check()
    causes += pod.causes
    if let policy = template["restartPolicy"]?.string, policy != "Always" {
      check("spec.template.spec.restartPolicy", .string(policy), isOneOf: ["Always"])
    }
    if let current, current.spec["selector"] != selector {
      invalid("spec.selector", GoText.selector(selector), "field is immutable")
    }
  }

  // MARK: Pods

  private mutating func checkPod() {
    var pod = PodValidation(object.spec, path: "spec")
    pod.check()
    causes += pod.causes
    guard let current, Self.frozen(current.spec) != Self.frozen(object.spec) else { return }
    forbidden(
      "spec",
      "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
    )
  }

  /// The part of a pod's specification that no update may change. The scheduler's binding is one that may.
  private static func frozen(_ spec: JSONValue) -> JSONValue {
    var spec = spec
    for key in ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName"] { spec[key] = nil }
    for list in ["containers", "initContainers", "ephemeralContainers"] {
      guard let items = spec[list]?.array else { continue }
      spec[list] =
        list == "ephemeralContainers"
        ? nil
        : .array(
          items.map { item in
            var item = item
            (item["image"], item["imagePullPolicy"]) = (nil, nil)
            return item
          })
    }
    return spec
  }

  // MARK: Data

  private mutating func checkData() {
    guard let current else { return }
    if object.kind == .secret, let type = current.json["type"], object.json["type"] != type {
      invalid("type", goQuoted(object.json["type"]?.string ?? ""), "field is immutable")
    }
    guard current.json["immutable"]?.bool == true else { return }
    if object.json["immutable"]?.bool != true {
      forbidden("immutable", "field is immutable when `immutable` is set")
    }
    for field in ["data", "binaryData"] where object.json[field] != current.json[field] {
      forbidden(field, "field is immutable when `immutable` is set")
    }
  }
}

extension APIServer {
  /// - Throws: `invalid` with every cause there is.
  func validate(_ object: KubeObject, replacing current: KubeObject?) throws(APIError) {
    let validation = Validation(object, replacing: current)
    guard validation.causes.isEmpty else { throw .invalid(object.kind, object.name, validation.causes) }
  }
}
