import Documents
import KubernetesModel
import SimulationKernel

/// `kubectl` against the simulated clusters, with the output, texts and exit codes of the real one
/// (kubernetes/kubectl). One of these is one person's: it remembers the current context and the namespaces of contexts.
@Simulated
package final class Kubectl: ToolCommand {
  package let name = "kubectl"
  let configuration = KubeConfiguration()

  package init() {}

  /// The user as whom the API server sees the engineer: an administrator of every cluster.
  static let user = "engineer"
  /// A call's time: client start, discovery cache, TLS and the request over the internet.
  static let callTime = Distribution.uniform(.milliseconds(300), .milliseconds(700))
  nonisolated static let callEvent: EventName = "kubectl.call"
  /// A client that does nothing but read its own configuration.
  static let localTime = TimeSpan.milliseconds(40)

  static let globalFlags: [Flag] = [
    .value("context"), .value("namespace", "n"), .value("request-timeout"), .on("help", "h"), .value("as"),
    .value("as-group"), .integer("v", "v"), .on("match-server-version"), .on("warnings-as-errors"),
    .on("disable-compression"), .value("cache-dir"),
  ]

  /// A command of kubectl: its words, its flags and what it does.
  struct Verb: Sendable {
    let path: [String]
    let flags: [Flag]
    /// Whether it asks no server.
    var isLocal = false
    let run: @Simulated @Sendable (KubectlCall) async throws -> Void
  }

  static let verbs: [Verb] =
    [get, describe, logs, events, apply, create, replace, patch, edit, diff, scale, delete, annotate, label, taint]
    + [wait, exec, run, debug, autoscale, expose, canI, whoAmI, version, clusterInfo, apiResources, apiVersions]
    + creationVerbs + setVerbs + rolloutVerbs + topVerbs + nodeVerbs + configVerbs

  /// Other names of commands (cobra's aliases).
  private static let aliases: [[String]: [String]] = [
    ["rollout", "sts"]: ["rollout", "status"], ["top", "pods"]: ["top", "pod"], ["top", "po"]: ["top", "pod"],
    ["top", "nodes"]: ["top", "node"], ["top", "no"]: ["top", "node"], ["create", "ns"]: ["create", "namespace"],
    ["create", "cm"]: ["create", "configmap"], ["create", "deploy"]: ["create", "deployment"],
    ["create", "dep"]: ["create", "deployment"], ["create", "sa"]: ["create", "serviceaccount"],
    ["config", "use"]: ["config", "use-context"],
  ]

  package func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult {
    let stream = host.simulation.random("kubectl")
    guard let (verb, rest) = Self.findVerb(arguments) else {
      await host.simulation.sleep(Self.localTime, Self.callEvent)
      return Self.unknownCommand(arguments)
    }
    await host.simulation.sleep(verb.isLocal ? Self.localTime : Self.callTime.sample(stream), Self.callEvent)
    let path = verb.path.joined(separator: " ")
    let known = verb.flags + Self.globalFlags
    let flags: ParsedFlags
    do throws(FlagError) {
      flags = try ParsedFlags(rest, known)
      try flags.check(known)
    } catch {
      return CommandResult(
        errors: "error: \(error.message)\nSee 'kubectl \(path) --help' for usage.\n", exitCode: 1)
    }
    if flags.isOn("help") { return CommandResult(output: Self.usage(of: verb)) }
    let context = flags["context"] ?? configuration.current ?? host.contexts.first ?? ""
    guard let cluster = host.cluster(context: context) else {
      guard verb.isLocal else {
        return CommandResult(errors: "error: context \"\(context)\" does not exist\n", exitCode: 1)
      }
      return CommandResult(errors: "error: no context exists with the name: \"\(context)\"\n", exitCode: 1)
    }
    let call = KubectlCall(self, host: host, context: context, cluster: cluster, flags: flags, path: verb.path)
    do { try await verb.run(call) } catch { call.fail(error) }
    return call.result
  }

  private static func usage(of verb: Verb) -> String {
    let flags = verb.flags.map { flag in
      "    \(flag.short.map { "-\($0), " } ?? "    ")--\(flag.name)\(flag.takesValue ? "=" : "")\n"
    }
    return "Options:\n\(flags.sorted().joined())\nUsage:\n  kubectl \(verb.path.joined(separator: " ")) [options]\n\n"
      + "Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n"
  }

  /// The first two words with their places, global flags and their values left out.
  private static func leadingWords(_ arguments: [String]) -> [(index: Int, text: String)] {
    var words: [(index: Int, text: String)] = []
    var index = 0
    while index < arguments.count, words.count < 2 {
      let argument = arguments[index]
      if argument == "--" { break }
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
    var texts = words.map(\.text)
    texts = aliases[texts] ?? texts
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
      if let flag = arguments.first(where: { $0.hasPrefix("--") }), flag != "--help", globalFlag(flag) == nil {
        return CommandResult(
          errors: "error: unknown flag: \(flag.prefix { $0 != "=" })\nSee 'kubectl --help' for usage.\n", exitCode: 1)
      }
      return CommandResult(output: overview)
    }
    let group = verbs.filter { $0.path.count > 1 && $0.path[0] == word }.map { $0.path[1] }
    if !group.isEmpty {
      guard words.count > 1 else {
        let list = group.sorted().map { "  \($0)\n" }.joined()
        return CommandResult(
          errors: "Available Commands:\n\(list)\nUsage:\n  kubectl \(word) SUBCOMMAND [options]\n\n"
            + "Use \"kubectl \(word) <command> --help\" for more information about a given command.\n"
            + "Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n",
          exitCode: 1)
      }
      return CommandResult(
        errors: "error: unknown command \"\(words[1])\"\nSee 'kubectl \(word) -h' for help and examples\n", exitCode: 1)
    }
    var text = "error: unknown command \"\(word)\" for \"kubectl\"\n"
    if let near = nearestSpelling(of: word, among: verbs.map { $0.path[0] }) {
      text += "\nDid you mean this?\n\t\(near)\n"
    }
    return CommandResult(errors: text, exitCode: 1)
  }

  private static func globalFlag(_ argument: String) -> Flag? {
    globalFlags.first { "--\($0.name)" == argument.prefix { $0 != "=" } }
  }

  private static var overview: String {
    var names: [String] = []
    for verb in verbs where !names.contains(verb.path[0]) { names.append(verb.path[0]) }
    return "kubectl controls the Kubernetes cluster manager.\n\nAvailable Commands:\n"
      + names.sorted().map { "  \($0)\n" }.joined()
      + "\nUsage:\n  kubectl [flags] [options]\n\n"
      + "Use \"kubectl <command> --help\" for more information about a given command.\n"
      + "Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n"
  }
}

/// What a kubeconfig file holds beside the contexts that there are: which is current, and their namespaces.
@Simulated
final class KubeConfiguration {
  /// `nil` until it is chosen: the first context.
  var current: String?
  /// Namespaces of contexts; `default` where nothing is said.
  var namespaces: [String: String] = [:]
}
