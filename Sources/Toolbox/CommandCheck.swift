import KubernetesModel
import SimulationKernel

/// What can be said of a command line without running it.
@Simulated
package enum CommandCheck {
  /// As whom the API server of a cluster knows whoever types.
  package static let engineer = Kubectl.user

  /// What is known of the world in which the command would run.
  package struct Facts: Sendable {
    /// Kube contexts.
    package var contexts: [String]
    /// AWS regions.
    package var regions: [String]
    /// `context/namespace`.
    package var namespaces: [String]
    /// Objects as targets name them: `context/kind/namespace/name` or `context/kind/name`.
    package var objects: [String]

    package init(contexts: [String], regions: [String], namespaces: [String], objects: [String]) {
      self.contexts = contexts
      self.regions = regions
      self.namespaces = namespaces
      self.objects = objects
    }
  }

  /// The objection to a command; `nil` when there is none.
  ///
  /// - Parameter words: the name and its arguments; `nil` for a word that only a run can tell.
  package static func objection(to words: [String?], _ facts: Facts) -> String? {
    guard let name = words.first ?? nil else { return nil }
    guard Shell.standardCommands.contains(where: { $0.name == name }) || ShellBuiltin.names.contains(name) else {
      return "\(name): command not found"
    }
    switch name {
    case "kubectl": return kubectl(Array(words.dropFirst()), facts)
    case "aws": return aws(Array(words.dropFirst()), facts)
    case "git": return Git.objection(to: words.dropFirst().map { $0 ?? unknown })
    default: return nil
    }
  }

  /// Whether a command may change the platform, by its words.
  package static func mayChange(_ words: [String?]) -> Bool {
    let plain = words.map { $0 ?? "" }
    switch plain.first {
    case "kubectl":
      guard let (path, rest) = Kubectl.verb(of: Array(plain.dropFirst())) else { return false }
      if rest.contains(where: { $0 == "--dry-run" || $0.hasPrefix("--dry-run=") && $0 != "--dry-run=none" }) {
        return false
      }
      return kubectlChanges.contains { path.starts(with: $0) }
    case "aws":
      let operation = plain.dropFirst().filter { !$0.hasPrefix("-") }.dropFirst().first ?? ""
      return !operation.isEmpty
        && ![
          "describe-", "get-", "list-", "lookup-", "wait", "filter-", "start-query", "tail", "ls", "cp", "download-",
        ].contains {
          operation.hasPrefix($0)
        }
    case "psql":
      let text = plain.joined(separator: " ").lowercased()
      return sqlChanges.contains { text.contains($0) }
    case "curl":
      return zip(plain, plain.dropFirst()).contains {
        ["-X", "--request"].contains($0) && !["GET", "HEAD"].contains($1)
      }
        || plain.contains { ["-d", "--data", "-XPOST", "-XPUT", "-XDELETE", "-XPATCH"].contains($0) }
    case "git": return Git.mayChange(Array(plain.dropFirst()))
    case "amtool":
      return plain.contains("silence") && plain.contains { ["add", "expire", "update", "import"].contains($0) }
    case "xargs": return mayChange(Array(words.drop { $0 == "xargs" || $0?.hasPrefix("-") == true }))
    default: return false
    }
  }

  /// Whether some command of a line may change the platform; one that the shell cannot read does nothing.
  package static func lineMayChange(_ line: String) -> Bool {
    ((try? ShellScript(parsing: line))?.knownCommands ?? []).contains { mayChange($0.words) }
  }

  private static let kubectlChanges: [[String]] = [
    ["apply"], ["create"], ["patch"], ["replace"], ["edit"], ["delete"], ["scale"], ["set"], ["label"], ["annotate"],
    ["taint"], ["cordon"], ["uncordon"], ["drain"], ["rollout", "restart"], ["rollout", "undo"], ["rollout", "pause"],
    ["rollout", "resume"], ["run"], ["expose"], ["autoscale"],
  ]

  private static let sqlChanges = [
    "insert ", "update ", "delete ", "alter ", "drop ", "create ", "truncate ", "grant ", "revoke ",
    "pg_terminate_backend", "pg_cancel_backend",
  ]

  /// Programs that look at or change the platform, or wait for it; the others only work on text.
  package static func touchesPlatform(_ name: String) -> Bool {
    !TextTool.names.contains(name) && !ShellBuiltin.names.contains(name) && name != "date"
  }

  // MARK: kubectl

  private static func kubectl(_ words: [String?], _ facts: Facts) -> String? {
    let plain = words.map { $0 ?? unknown }
    guard let (path, rest) = Kubectl.verb(of: plain) else {
      let first = plain.first { !$0.hasPrefix("-") } ?? ""
      return first.isEmpty ? nil : "error: unknown command \"\(first)\" for \"kubectl\""
    }
    let flags: ParsedFlags
    do throws(FlagError) { flags = try ParsedFlags(rest, Kubectl.flags(of: path)) } catch {
      return "kubectl \(path.joined(separator: " ")): \(error.message)"
    }
    let context = flags["context"] ?? facts.contexts.first ?? unknown
    if context.contains(unknown) { return nil }
    guard facts.contexts.contains(context) else {
      return "context \"\(context)\" does not exist; there are \(facts.contexts.joined(separator: ", "))"
    }
    let namespace = flags["namespace"]
    if let namespace, !namespace.contains(unknown), !facts.namespaces.contains("\(context)/\(namespace)") {
      let known = facts.namespaces.filter { $0.hasPrefix(context + "/") }.map {
        String($0.dropFirst(context.count + 1))
      }
      return "namespace \"\(namespace)\" does not exist in \(context); there are \(known.joined(separator: ", "))"
    }
    if namespace?.contains(unknown) == true || ["create", "apply", "config", "auth", "run"].contains(path[0]) {
      return nil
    }
    return missingObject(flags.words, path, context, namespace ?? "default", facts)
  }

  /// Stands for a word that only a run can tell.
  package static let unknown = "\u{1}"

  /// Kinds whose objects come and go in a run.
  private static let fleeting = ["pod", "replicaset", "endpointslice", "event", "node", "job"]

  private static func missingObject(
    _ words: [String], _ path: [String], _ context: String, _ namespace: String, _ facts: Facts
  ) -> String? {
    var named: [(kind: String, name: String)] = []
    let isExec = ["exec", "logs", "debug", "attach", "port-forward"].contains(path[0])
    if let first = words.first, !first.contains("/"), !isExec {
      named = words.dropFirst().prefix { !$0.contains("=") }.map { (singular(first), $0) }
    } else {
      for word in isExec ? Array(words.prefix(1)) : words where word.contains("/") && !word.contains("=") {
        let parts = word.split(separator: "/", maxSplits: 1).map(String.init)
        if parts.count == 2 { named.append((singular(parts[0]), parts[1])) }
      }
    }
    for (kind, name) in named
    where !fleeting.contains(kind) && !name.contains(unknown) && !kind.contains(unknown) && !kind.contains(",") {
      let sameKind = facts.objects.filter { $0.hasPrefix("\(context)/\(kind)/") }
      guard !sameKind.isEmpty else { continue }
      guard
        !sameKind.contains(where: {
          $0 == "\(context)/\(kind)/\(namespace)/\(name)" || $0 == "\(context)/\(kind)/\(name)"
        })
      else { continue }
      return "there is no \(kind) \"\(name)\" in namespace \"\(namespace)\" of \(context)"
    }
    return nil
  }

  private static func singular(_ word: String) -> String {
    let bare = String(word.prefix { $0 != "." }).lowercased()
    if let kind = ResourceKind.builtIn.first(where: {
      $0.plural == bare || $0.singular == bare || $0.shortNames.contains(bare)
    }) {
      return kind.singular
    }
    return bare.hasSuffix("s") ? String(bare.dropLast()) : bare
  }

  // MARK: aws

  private static func aws(_ words: [String?], _ facts: Facts) -> String? {
    let plain = words.map { $0 ?? unknown }
    if let place = plain.firstIndex(of: "--region"), place + 1 < plain.count {
      let region = plain[place + 1]
      if !region.contains(unknown), !facts.regions.contains(region) {
        return "region \"\(region)\" is none of the platform's; there are \(facts.regions.joined(separator: ", "))"
      }
    }
    do {
      _ = try AWSCommandLine.parse(plain.filter { $0 != unknown })
      return nil
    } catch let error as AWSUsageError {
      // The first line that says something; a word that only a run can tell may be what is missing.
      let lines = error.text.split(separator: "\n").map(String.init)
      let text = lines.first { $0.hasPrefix("aws: error: ") || $0.hasPrefix("Unknown options") } ?? lines.last ?? ""
      return plain.contains(unknown) && text.contains("required") ? nil : text
    } catch { return "\(error)" }
  }
}

extension Kubectl {
  /// The verb that the first words name, global flags and their values left out, and the other words.
  fileprivate static func verb(of arguments: [String]) -> (path: [String], rest: [String])? {
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
    let texts = words.map(\.text)
    guard let verb = verbs.filter({ texts.starts(with: $0.path) }).max(by: { $0.path.count < $1.path.count }) else {
      return nil
    }
    var rest = arguments
    for word in words.prefix(verb.path.count).reversed() { rest.remove(at: word.index) }
    return (verb.path, rest)
  }

  fileprivate static func flags(of path: [String]) -> [Flag] {
    (verbs.first { $0.path == path }?.flags ?? []) + globalFlags
  }
}
