import NetworkModel

/// The configuration of CoreDNS, as far as it decides that a name is not answered: server blocks by zone, and in them the plugins
/// `template` and `forward` (coredns.io/manual/configuration, /plugins/template, /plugins/forward).
struct Corefile: Equatable {
  /// Why CoreDNS does not take a text, in its words.
  struct Mistake: Error, Equatable {
    var line: Int
    var message: String
    /// `/etc/coredns/Corefile:3 - Error during parsing: Unknown directive 'forwad'`.
    var text: String { "\(Corefile.path):\(line) - Error during parsing: \(message)" }
  }

  static let path = "/etc/coredns/Corefile"

  private var servers: [Server] = []

  /// A server block.
  private struct Server: Equatable {
    var zones: [String]
    var templates: [Template] = []
    var forwards: [(zone: String, upstreams: [String])] = []
    /// Zones that it answers itself.
    var ownZones: [String] = []

    static func == (left: Server, right: Server) -> Bool {
      left.zones == right.zones && left.templates == right.templates && left.ownZones == right.ownZones
        && left.forwards.map(\.zone) == right.forwards.map(\.zone)
        && left.forwards.map(\.upstreams) == right.forwards.map(\.upstreams)
    }
  }

  /// A `template` that answers with a code and no record.
  private struct Template: Equatable {
    var zones: [String]
    var code: String
  }

  /// The plugins of the standard build that a cluster's file may hold; most change nothing of what is modelled.
  private static let plugins = [
    "any", "autopath", "bind", "bufsize", "cache", "cancel", "debug", "dns64", "errors", "forward", "health", "hosts",
    "kubernetes", "loadbalance", "log", "loop", "metadata", "minimal", "nsid", "prometheus", "ready", "reload",
    "rewrite", "template", "timeouts", "tls", "trace", "transfer", "whoami",
  ]

  init(parsing text: String) throws(Mistake) {
    var lines: [(number: Int, words: [String])] = []
    for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.map(String.init)
      if !words.isEmpty { lines.append((place + 1, words)) }
    }
    var rest = lines[...]
    while let line = rest.popFirst() {
      guard line.words.last == "{" else { throw Mistake(line: line.number, message: "Expected '{'") }
      let zones = line.words.dropLast().map { Self.zone($0) }
      servers.append(try Self.server(zones, line.number, &rest))
    }
  }

  private static func server(
    _ zones: [String], _ start: Int, _ rest: inout ArraySlice<(number: Int, words: [String])>
  ) throws(Mistake) -> Server {
    var server = Server(zones: zones)
    while let line = rest.popFirst() {
      if line.words == ["}"] { return server }
      let directive = line.words[0]
      guard plugins.contains(directive) else {
        throw Mistake(line: line.number, message: "Unknown directive '\(directive)'")
      }
      var options: [[String]] = []
      var arguments = Array(line.words.dropFirst())
      if arguments.last == "{" {
        arguments.removeLast()
        options = try block(line.number, &rest)
      }
      switch directive {
      case "kubernetes": server.ownZones += arguments.map(zone)
      case "forward":
        server.forwards.append((arguments.first.map(zone) ?? "", Array(arguments.dropFirst())))
      case "template":
        // Class and type come first; without zones it is for those of its server. One with records answers, and hides nothing.
        guard let code = options.first(where: { $0[0] == "rcode" })?.dropFirst().first,
          !options.contains(where: { $0[0] == "answer" })
        else { continue }
        let own = arguments.dropFirst(2).map { zone($0) }
        server.templates.append(Template(zones: own.isEmpty ? zones : own, code: code.uppercased()))
      default: break
      }
    }
    throw Mistake(line: start, message: "Unexpected EOF")
  }

  private static func block(
    _ start: Int, _ rest: inout ArraySlice<(number: Int, words: [String])>
  ) throws(Mistake) -> [[String]] {
    var options: [[String]] = []
    while let line = rest.popFirst() {
      if line.words == ["}"] { return options }
      options.append(line.words)
    }
    throw Mistake(line: start, message: "Unexpected EOF")
  }

  /// `.:53` is the root, `example.org:53` is `example.org`.
  private static func zone(_ word: String) -> String {
    let name = word.prefix { $0 != ":" }
    return String(name.hasSuffix(".") ? name.dropLast() : name)
  }

  private static func isBelow(_ name: String, _ zone: String) -> Bool {
    zone.isEmpty || name == zone || name.hasSuffix("." + zone)
  }

  /// Why a name is not answered; `nil` when it is looked up as ever.
  ///
  /// The server block with the longest zone decides. An upstream other than the network's own resolver is one that nobody
  /// answers from; who is asked and has no plugin for it refuses, which resolvers treat as a failure of the server.
  ///
  /// - Parameter resolvers: addresses of the network's own resolver.
  func objection(to name: String, resolvers: [String]) -> NameError? {
    let own = servers.compactMap { server in
      server.zones.filter { Self.isBelow(name, $0) }.map(\.utf8.count).max().map { (server, $0) }
    }
    guard let server = own.max(by: { $0.1 < $1.1 })?.0 else { return .serverFailure }
    if let template = server.templates.first(where: { $0.zones.contains { Self.isBelow(name, $0) } }) {
      return switch template.code {
      case "NXDOMAIN": .noSuchDomain
      case "NOERROR": .noSuchDomain
      default: .serverFailure
      }
    }
    if server.ownZones.contains(where: { Self.isBelow(name, $0) }) { return nil }
    guard let forward = server.forwards.first(where: { Self.isBelow(name, $0.zone) }) else { return .serverFailure }
    return forward.upstreams.contains { resolvers.contains($0) } ? nil : .timedOut
  }
}
