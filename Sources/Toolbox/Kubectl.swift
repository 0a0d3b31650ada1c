import Documents
import KubernetesModel
import SimulationKernel

/// `kubectl` against the simulated clusters, with the output, texts and exit codes of the real one
/// (kubernetes/kubectl).
@Simulated
package struct Kubectl: ToolCommand {
  package let name = "kubectl"

  package init() {}

  /// The user as whom the API server sees the engineer.
  static let user = "engineer"
  /// A call's time: client start, discovery cache, TLS and the request over the internet.
  static let callTime = Distribution.uniform(.milliseconds(300), .milliseconds(700))
  nonisolated static let callEvent: EventName = "kubectl.call"

  static let globalFlags: [Flag] = [
    .value("context"), .value("namespace", "n"), .value("request-timeout"), .on("help", "h"),
  ]

  /// A command of kubectl: its words, its flags and what it does.
  struct Verb: Sendable {
    let path: [String]
    let flags: [Flag]
    let run: @Simulated @Sendable (KubectlCall) async throws -> Void
  }

  static let verbs: [Verb] =
    [get, describe, logs, apply, patch, scale, delete, annotate, label] + setVerbs + rolloutVerbs

  package func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult {
    await host.simulation.sleep(Self.callTime.sample(host.simulation.random("kubectl")), Self.callEvent)
    guard let (verb, rest) = Self.findVerb(arguments) else { return Self.unknownCommand(arguments) }
    let path = verb.path.joined(separator: " ")
    let flags: ParsedFlags
    do throws(FlagError) { flags = try ParsedFlags(rest, verb.flags + Self.globalFlags) } catch {
      return CommandResult(
        errors: "error: \(error.message)\nSee 'kubectl \(path) --help' for usage.\n", exitCode: 1)
    }
    if flags.isOn("help") { return CommandResult(output: "Usage:\n  kubectl \(path) [options]\n") }
    let context = flags["context"] ?? host.contexts.first ?? ""
    guard let cluster = host.cluster(context: context) else {
      return CommandResult(errors: "error: context \"\(context)\" does not exist\n", exitCode: 1)
    }
    let call = KubectlCall(host: host, cluster: cluster, flags: flags)
    do { try await verb.run(call) } catch { call.fail(error) }
    return call.result
  }

  /// The first two words with their places, global flags and their values left out.
  private static func leadingWords(_ arguments: [String]) -> [(index: Int, text: String)] {
    var words: [(index: Int, text: String)] = []
    var index = 0
    while index < arguments.count, words.count < 2 {
      let argument = arguments[index]
      if argument.hasPrefix("-") {
        let flag = globalFlags.first { "--\($0.name)" == argument || $0.short.map { "-\($0)" } == argument }
        if flag?.takesValue == true { index += 1 }
      } else {
        words.append((index, argument))
      }
      index += 1
    }
    return words
  }

  /// The verb that the first words name and what is left without them.
  private static func findVerb(_ arguments: [String]) -> (Verb, [String])? {
    let words = leadingWords(arguments)
    let texts = words.map(\.text)
    guard
      let verb = verbs.filter({ texts.starts(with: $0.path) }).max(by: { $0.path.count < $1.path.count })
    else { return nil }
    var rest = arguments
    for word in words.prefix(verb.path.count).reversed() { rest.remove(at: word.index) }
    return (verb, rest)
  }

  private static func unknownCommand(_ arguments: [String]) -> CommandResult {
    let words = leadingWords(arguments).map(\.text)
    guard let word = words.first else {
      return CommandResult(
        output: "kubectl controls the Kubernetes cluster manager.\n\nUsage:\n  kubectl [flags] [options]\n")
    }
    if verbs.contains(where: { $0.path.count > 1 && $0.path[0] == word }) {
      guard words.count > 1 else { return CommandResult(output: "Usage:\n  kubectl \(word) SUBCOMMAND [options]\n") }
      return CommandResult(
        errors: "error: unknown command \"\(words[1])\"\nSee 'kubectl \(word) -h' for help and examples\n", exitCode: 1)
    }
    var text = "error: unknown command \"\(word)\" for \"kubectl\"\n"
    if let near = nearestSpelling(of: word, among: verbs.map { $0.path[0] }) {
      text += "\nDid you mean this?\n\t\(near)\n"
    }
    return CommandResult(errors: text, exitCode: 1)
  }
}

/// An error of kubectl itself, as it is printed after `error: `.
struct KubectlError: Error {
  let message: String
  /// Printed as it is, without `error: `.
  var isVerbatim = false

  init(_ message: String, isVerbatim: Bool = false) {
    self.message = message
    self.isVerbatim = isVerbatim
  }
}

/// One call of kubectl: its arguments, its cluster, and what it prints.
@Simulated
final class KubectlCall {
  let host: any ToolHost
  let cluster: Cluster
  let flags: ParsedFlags
  private(set) var result = CommandResult()

  init(host: any ToolHost, cluster: Cluster, flags: ParsedFlags) {
    self.host = host
    self.cluster = cluster
    self.flags = flags
  }

  var server: APIServer { cluster.server }
  var simulation: Simulation { host.simulation }
  var namespace: String { flags["namespace"] ?? "default" }
  var allNamespaces: Bool { flags.isOn("all-namespaces") }

  func print(_ text: String) { result.output += text + "\n" }
  func write(_ text: String) { result.output += text }
  func warn(_ text: String) { result.errors += text + "\n" }

  /// Prints what went wrong; the exit code is 1 from then on.
  func fail(_ error: any Error) {
    result.exitCode = 1
    switch error {
    case let error as APIError: warn(error.description)
    case let error as KubectlError: warn(error.isVerbatim ? error.message : "error: \(error.message)")
    default: warn("error: \(error)")
    }
  }
}
