import Documents
import KubernetesModel
import SimulationKernel

/// An error of kubectl itself, as it is printed after `error: `.
struct KubectlError: Error {
  let message: String
  /// Printed as it is, without `error: `.
  var isVerbatim = false
  var exitCode: Int32 = 1

  init(_ message: String, isVerbatim: Bool = false, exitCode: Int32 = 1) {
    self.message = message
    self.isVerbatim = isVerbatim
    self.exitCode = exitCode
  }

  /// An objection to how the command was called (`cmdutil.UsageErrorf`).
  static func usage(_ message: String, _ path: [String]) -> KubectlError {
    KubectlError("\(message)\nSee 'kubectl \(path.joined(separator: " ")) -h' for help and examples")
  }
}

/// One call of kubectl: its arguments, its cluster, and what it prints.
@Simulated
final class KubectlCall {
  let kubectl: Kubectl
  let host: any ToolHost
  let context: String
  let cluster: Cluster
  let flags: ParsedFlags
  /// The words that chose the command.
  let path: [String]
  var result = CommandResult()

  init(
    _ kubectl: Kubectl, host: any ToolHost, context: String, cluster: Cluster, flags: ParsedFlags, path: [String]
  ) {
    self.kubectl = kubectl
    self.host = host
    self.context = context
    self.cluster = cluster
    self.flags = flags
    self.path = path
  }

  var server: APIServer { cluster.server }
  var simulation: Simulation { host.simulation }
  var namespace: String { flags["namespace"] ?? kubectl.configuration.namespaces[context] ?? "default" }
  var allNamespaces: Bool { flags.isOn("all-namespaces") }

  /// Who the server takes the caller for.
  var requester: Requester {
    guard let name = flags["as"] else { return Requester(Kubectl.user, groups: ["system:masters"]) }
    return Requester(name, groups: flags.list("as-group"))
  }

  func print(_ text: String) { write(text + "\n") }

  func write(_ text: String) {
    result.output += text
    host.screen?.write(text)
  }

  func warn(_ text: String) { result.errors += text + "\n" }

  /// Prints what went wrong; the exit code is 1 from then on.
  func fail(_ error: any Error) {
    result.exitCode = 1
    switch error {
    case let error as APIError: warn(error.description)
    case let error as KubectlError:
      warn(error.isVerbatim ? error.message : "error: \(error.message)")
      result.exitCode = error.exitCode
    default: warn("error: \(error)")
    }
  }

  // MARK: Waiting

  /// When the call gives up: `--request-timeout`, and for a watch the time after which the server closes it
  /// (kube-apiserver, `--min-request-timeout`, 30 minutes).
  var watchEnd: Instant {
    let wanted = flags["request-timeout"].flatMap { TimeSpan(timeout: $0) } ?? .zero
    return simulation.now + (wanted > .zero ? wanted : .minutes(30))
  }

  func pause(_ span: TimeSpan) async { await simulation.sleep(span, Kubectl.callEvent) }

  // MARK: Asking the server, as the requester

  func authorize(
    _ verb: String, _ kind: ResourceKind, _ namespace: String, _ name: String = "", subresource: String = ""
  ) throws(APIError) {
    guard !requester.isMaster else { return }
    let request = AccessRequest(
      verb, group: kind.group, resource: kind.plural, subresource: subresource,
      namespace: kind.isNamespaced ? namespace : "", name: name)
    guard server.decide(request, for: requester).isAllowed else { throw .forbidden(request, requester.name) }
  }

  func fetch(_ kind: ResourceKind, _ namespace: String, _ name: String) throws(APIError) -> KubeObject {
    try authorize("get", kind, namespace, name)
    return try server.get(kind, namespace, name)
  }

  /// - Parameter namespace: `nil` for all.
  func objects(
    _ kind: ResourceKind, _ namespace: String?, labels: LabelSelector? = nil, fields: FieldSelector? = nil
  ) throws(APIError) -> [KubeObject] {
    try authorize("list", kind, namespace ?? "")
    return server.list(kind, namespace: kind.isNamespaced ? namespace : nil, labels: labels, fields: fields)
  }

  /// Creates an object, or tries to.
  func create(_ object: KubeObject) throws(APIError) -> KubeObject {
    try authorize("create", object.kind, object.namespace)
    return dryRun == .server
      ? try server.tryCreate(object) : try server.create(object, as: requester.name)
  }

  /// Replaces an object, or tries to.
  func update(_ object: KubeObject) throws(APIError) -> KubeObject {
    try authorize("update", object.kind, object.namespace, object.name)
    return dryRun == .server
      ? try server.tryUpdate(object) : try server.update(object, as: requester.name)
  }

  /// Patches an object, or tries to. Fields that the kind does not have are dropped with a warning.
  @discardableResult
  func patch(
    _ object: KubeObject, _ type: APIServer.PatchType, _ patch: JSONValue, _ validation: FieldValidation = .ignore,
    subresource: APIServer.Subresource? = nil
  ) throws(APIError) -> KubeObject {
    try authorize("patch", object.kind, object.namespace, object.name, subresource: subresource?.rawValue ?? "")
    let current = try server.get(object.kind, object.namespace, object.name)
    if subresource != nil {
      return try server.patch(
        object.kind, object.namespace, object.name, type, patch, subresource: subresource, as: requester.name)
    }
    let (wanted, warnings) = try server.decoded(try server.patched(current, type, patch), validation)
    for warning in warnings { warn("Warning: \(warning)") }
    return dryRun == .server ? try server.tryUpdate(wanted) : try server.update(wanted, as: requester.name)
  }

  /// Merges a change into an object.
  @discardableResult
  func merge(_ object: KubeObject, _ change: JSONValue) throws(APIError) -> KubeObject {
    try patch(object, .merge, change)
  }

  // MARK: Trying only

  /// `--dry-run`.
  enum DryRun { case none, client, server }

  var dryRun: DryRun {
    switch flags["dry-run"] {
    case "client", "unchanged", "true": .client
    case "server": .server
    default: .none
    }
  }

  /// Refuses values of `--dry-run` that do not exist (`cmdutil.GetDryRunStrategy`).
  func checkDryRun() throws(KubectlError) {
    guard let text = flags["dry-run"] else { return }
    switch text {
    case "none", "client", "server": break
    case "unchanged":
      let now = ClusterClock.timestamp(simulation.now)
      let date = now.dropFirst(5).prefix(5).filter { $0 != "-" } + " " + now.dropFirst(11).prefix(8)
      warn(
        "W\(date).000000       1 helpers.go:702] --dry-run is deprecated and can be replaced with --dry-run=client.")
    default:
      throw KubectlError(
        "Invalid dry-run value (\(text)). Must be \"none\", \"server\", or \"client\".")
    }
  }

  private var suffix: String {
    switch dryRun {
    case .none: ""
    case .client: " (dry run)"
    case .server: " (server dry run)"
    }
  }

  /// Prints what was done to an object, or the object itself where `-o` asks for it.
  func report(_ object: KubeObject, _ done: String) throws {
    guard let output = flags["output"], !output.isEmpty else {
      return print("\(object.printedName) \(done)\(suffix)")
    }
    switch try OutputFormat(output, allowed: OutputFormat.printing) {
    case .json: print(object.json.jsonText(.kubectl))
    case .yaml: write(object.json.yamlText())
    case .name: print(object.printedName)
    case .path(let path): write(path.text(object.json))
    default: break
    }
  }
}

extension TimeSpan {
  /// A duration of a flag such as `--timeout=5m`; a plain number means seconds; `nil` when malformed.
  init?(timeout text: String) {
    if let seconds = Double(text) {
      self = .seconds(seconds)
    } else if let duration = Duration(goText: text) {
      self.init(duration)
    } else {
      return nil
    }
  }
}
