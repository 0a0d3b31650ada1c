import Documents
import KubernetesModel
import SimulationKernel

/// `kubectl` as of 1.32, where its texts come from: kubectl/pkg/cmd/… and apimachinery's errors.
@Simulated
struct Kubectl {
  let terminal: Terminal

  init(_ terminal: Terminal) { self.terminal = terminal }

  static let callTime = Distribution.uniform(.milliseconds(250), .milliseconds(600))

  /// A failure that ends the command, with what it prints.
  struct Failure: Error {
    var text: String

    init(_ text: String) { self.text = text }
    init(_ error: APIError) { text = error.description }
  }

  /// What a verb works with.
  struct Invocation {
    var cluster: Cluster
    var namespace: String
    var flags: CommandFlags
    var words: [String]
  }

  private typealias Verb = @Simulated (Kubectl, Invocation) async throws -> String

  private static let globalFlags: [CommandFlags.Specification] = [
    .value("--context"), .value("--namespace", "-n"), .value("--kubeconfig"), .value("--request-timeout"),
  ]

  private static let verbs: [(name: String, flags: [CommandFlags.Specification], run: Verb)] = [
    ("get", getFlags, { try $0.get($1) }),
    ("describe", [.value("--selector", "-l")], { try $0.describe($1) }),
    (
      "logs",
      [
        .flag("--previous", "-p"), .value("--tail"), .value("--container", "-c"), .value("--selector", "-l"),
        .value("--since"),
      ],
      { try $0.logs($1) }
    ),
    ("apply", [.value("--filename", "-f")], { try $0.apply($1) }),
    ("patch", [.value("--type"), .value("--patch", "-p")], { try $0.patch($1) }),
    ("scale", [.value("--replicas")], { try $0.scale($1) }),
    ("set", [.value("--containers", "-c")], { try $0.set($1) }),
    ("rollout", [.value("--timeout"), .value("--to-revision"), .value("--revision")], { try await $0.rollout($1) }),
    (
      "delete",
      [.flag("--force"), .value("--grace-period"), .flag("--now"), .value("--wait"), .value("--selector", "-l")],
      { try $0.delete($1) }
    ),
    ("annotate", [.flag("--overwrite")], { try $0.mark($1, field: "annotations", verb: "annotated") }),
    ("label", [.flag("--overwrite")], { try $0.mark($1, field: "labels", verb: "labeled") }),
  ]

  func run(_ arguments: [String]) async -> CommandResult {
    // The verb may follow global flags.
    guard let index = Self.verbIndex(arguments) else {
      return .failure("kubectl controls the Kubernetes cluster manager.", exitCode: 1)
    }
    let name = arguments[index]
    guard let verb = Self.verbs.first(where: { $0.name == name }) else {
      return .failure("error: unknown command \"\(name)\" for \"kubectl\"")
    }
    let rest = Array(arguments[..<index] + arguments[(index + 1)...])
    let flags: CommandFlags
    do throws(CommandFlags.Malformed) { flags = try CommandFlags(rest, Self.globalFlags + verb.flags) } catch {
      let text = error.isMissingValue ? "flag needs an argument: \(error.flag)" : Self.unknown(error.flag)
      return .failure("error: \(text)\nSee 'kubectl \(name) --help' for usage.")
    }
    let context = flags["--context"] ?? terminal.world.regions[0].name
    guard let region = terminal.world.region(context) else {
      return .failure("error: context \"\(context)\" does not exist")
    }
    await terminal.spend(Self.callTime)
    let invocation = Invocation(
      cluster: region.cluster, namespace: flags["--namespace"] ?? "default", flags: flags, words: flags.words)
    do {
      let output = try await verb.run(self, invocation)
      return Self.result(output)
    } catch let failure as Failure {
      return .failure(failure.text)
    } catch let error as APIError {
      return .failure(error.description)
    } catch {
      return .failure("error: \(error)")
    }
  }

  /// What is printed to standard error although nothing failed begins with this mark.
  static let notice = "\u{0}"

  private static func result(_ output: String) -> CommandResult {
    output.hasPrefix(notice) ? CommandResult(errors: String(output.dropFirst())) : CommandResult(output: output)
  }

  private static func unknown(_ flag: String) -> String {
    flag.hasPrefix("--")
      ? "unknown flag: \(flag)" : "unknown shorthand flag: '\(flag.dropFirst().prefix(1))' in \(flag)"
  }

  private static func verbIndex(_ arguments: [String]) -> Int? {
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      guard argument.hasPrefix("-") else { return index }
      let takesValue = globalFlags.contains { $0.names.contains(argument) }
      index += takesValue ? 2 : 1
    }
    return nil
  }

  // MARK: Naming objects

  /// The kind that a word means.
  func kind(_ word: String, _ cluster: Cluster) throws(Failure) -> ResourceKind {
    guard let kind = cluster.server.kind(named: word) else {
      throw Failure("error: the server doesn't have a resource type \"\(word)\"")
    }
    return kind
  }

  /// The objects that words name: `kind name…`, `kind/name…`.
  func named(_ words: [String], _ call: Invocation) throws(Failure) -> [(kind: ResourceKind, name: String)] {
    guard let first = words.first else { throw Failure("error: You must specify the type of resource") }
    if first.contains("/") {
      var result: [(kind: ResourceKind, name: String)] = []
      for word in words {
        let parts = word.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
          throw Failure(
            "error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'"
          )
        }
        result.append((try kind(parts[0], call.cluster), parts[1]))
      }
      return result
    }
    let kind = try kind(first, call.cluster)
    return words.dropFirst().map { (kind, $0) }
  }

  func object(_ kind: ResourceKind, _ name: String, _ call: Invocation) throws -> KubeObject {
    try call.cluster.server.get(kind, call.namespace, name)
  }
}
