import KubernetesModel
import NetworkModel
import SimulationKernel

/// `dig`, `nslookup` and `host` of BIND 9.18.
@Simulated
enum NameTools {
  nonisolated private static let lookupEvent: EventName = "tool.lookup"

  /// What a name server said, and how long it took.
  private struct Answer {
    var result: Result<NameSystem.Record, NameError>
    var server: String
    var took: TimeSpan
  }

  /// Asks once; a server that is silent costs the tool's whole patience.
  private static func ask(_ name: String, _ call: NetworkCall, patience: TimeSpan, server: String?) async -> Answer? {
    guard let origin = call.origin(toward: server ?? name) else { return nil }
    let (system, address) = call.resolver(of: origin)
    let began = call.simulation.now
    let result: Result<NameSystem.Record, NameError>
    if let server, server != address {
      // Only the region's own servers answer here.
      result = .failure(.timedOut)
    } else {
      result = origin.lookups?.take()?.objection(name).map(Result.failure) ?? system.answer(name, at: began)
    }
    var span = call.network.profile.nameLookup.sample(call.simulation.random("tool.lookup")) + system.delay
    if case .failure(.timedOut) = result { span = patience }
    await call.simulation.sleep(span, lookupEvent)
    return Answer(result: result, server: server ?? address, took: call.simulation.now - began)
  }

  private static func absolute(_ name: String) -> String { name.hasSuffix(".") ? String(name.dropLast()) : name }

  // MARK: dig

  /// `dig [@server] name [type] [+short] [+time=N] [+tries=N] [+noall +answer]`; only A records are modelled.
  static func dig(_ call: NetworkCall) async -> CommandResult {
    var (name, server, type): (String?, String?, String) = (nil, nil, "A")
    var (isShort, onlyAnswer, seconds, tries) = (false, false, 5.0, 3)
    for argument in call.arguments {
      if argument.hasPrefix("@") {
        server = String(argument.dropFirst())
      } else if argument.hasPrefix("+") {
        let parts = argument.dropFirst().split(separator: "=").map(String.init)
        switch parts.first {
        case "short": isShort = true
        case "answer": onlyAnswer = true
        case "time": seconds = parts.last.flatMap { Double($0) } ?? 5
        case "tries": tries = parts.last.flatMap { Int($0) } ?? 3
        case "retry": tries = (parts.last.flatMap { Int($0) } ?? 2) + 1
        default: break
        }
      } else if ["A", "AAAA", "CNAME", "TXT", "MX", "NS", "SOA"].contains(argument.uppercased()), name != nil {
        type = argument.uppercased()
      } else if argument.hasPrefix("-") {
        return CommandResult(
          errors: "Invalid option: \(argument)\nUsage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}\n",
          exitCode: 1)
      } else {
        name = argument
      }
    }
    let wanted = absolute(name ?? ".")
    let patience = TimeSpan.seconds(seconds * Double(tries))
    guard let answer = await ask(wanted, call, patience: patience, server: server) else {
      return CommandResult(errors: "dig: couldn't get address for '\(server ?? "")': not found\n", exitCode: 10)
    }
    let banner = "\n; <<>> DiG 9.18.28 <<>> \(call.arguments.joined(separator: " "))\n"
    if case .failure(.timedOut) = answer.result {
      let errors = String(repeating: ";; communications error to \(answer.server)#53: timed out\n", count: tries)
      return CommandResult(
        output: errors + (isShort ? "" : banner + ";; global options: +cmd\n") + ";; no servers could be reached\n",
        exitCode: 9)
    }
    let records = lines(wanted, type, answer)
    if isShort { return CommandResult(output: records.map { $0.value + "\n" }.joined()) }
    let section = records.map { "\($0.name).\t\t\($0.seconds)\tIN\t\($0.type)\t\($0.value)\n" }.joined()
    if onlyAnswer { return CommandResult(output: section) }
    let status =
      switch answer.result {
      case .success: "NOERROR"
      case .failure(let error): error.rawValue
      }
    let size = 41 + wanted.utf8.count + records.count * 16
    var text = banner + ";; global options: +cmd\n;; Got answer:\n"
    let number = call.simulation.random("tool.lookup").integer(below: 65_536)
    text += ";; ->>HEADER<<- opcode: QUERY, status: \(status), id: \(number)\n"
    text += ";; flags: qr rd ra; QUERY: 1, ANSWER: \(records.count), AUTHORITY: 0, ADDITIONAL: 1\n\n"
    text +=
      ";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 4096\n;; QUESTION SECTION:\n;\(wanted).\t\t\tIN\t\(type)\n\n"
    if !records.isEmpty { text += ";; ANSWER SECTION:\n\(section)\n" }
    text +=
      ";; Query time: \(Int(answer.took.milliseconds)) msec\n;; SERVER: \(answer.server)#53(\(answer.server)) (UDP)\n"
    let seconds70 = ClusterClock.microseconds(call.simulation.now) / 1_000_000
    text += ";; WHEN: \(DateCommand.text(seconds70, "%a %b %d %H:%M:%S UTC %Y"))\n;; MSG SIZE  rcvd: \(size)\n\n"
    return CommandResult(output: text)
  }

  private static func lines(
    _ name: String, _ type: String, _ answer: Answer
  ) -> [(name: String, seconds: Int64, type: String, value: String)] {
    guard case .success(let record) = answer.result else { return [] }
    let seconds = max(0, record.timeToLive.nanoseconds / 1_000_000_000)
    var rows: [(name: String, seconds: Int64, type: String, value: String)] = []
    if let alias = record.alias { rows.append((name, seconds, "CNAME", alias + ".")) }
    if type == "A" { rows += record.addresses.map { (record.alias ?? name, seconds, "A", $0.description) } }
    return type == "CNAME" ? rows.filter { $0.type == "CNAME" } : rows
  }

  // MARK: nslookup and host

  static func nslookup(_ call: NetworkCall) async -> CommandResult {
    let words = call.arguments.filter { !$0.hasPrefix("-") }
    guard let name = words.first else { return CommandResult(output: "> \n") }
    let server = words.count > 1 ? words[1] : nil
    guard let (answer, tried) = await search(name, call, server) else {
      return CommandResult(errors: "nslookup: couldn't get address for '\(server ?? "")': not found\n", exitCode: 1)
    }
    let head = "Server:\t\t\(answer.server)\nAddress:\t\(answer.server)#53\n\n"
    switch answer.result {
    case .success(let record):
      var text = head + "Non-authoritative answer:\n"
      if let alias = record.alias { text += "\(tried)\tcanonical name = \(alias).\n" }
      for address in record.addresses { text += "Name:\t\(record.alias ?? tried)\nAddress: \(address)\n" }
      return CommandResult(output: text + "\n")
    case .failure(.timedOut):
      return CommandResult(output: ";; connection timed out; no servers could be reached\n\n", exitCode: 1)
    case .failure(let error):
      return CommandResult(output: head + "** server can't find \(absolute(name)): \(error.rawValue)\n\n", exitCode: 1)
    }
  }

  static func host(_ call: NetworkCall) async -> CommandResult {
    let words = call.arguments.filter { !$0.hasPrefix("-") }
    guard let name = words.first else {
      return CommandResult(errors: "Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n", exitCode: 1)
    }
    guard let (answer, tried) = await search(name, call, words.count > 1 ? words[1] : nil) else {
      return CommandResult(errors: "host: couldn't get address for '\(words.last ?? "")': not found\n", exitCode: 1)
    }
    switch answer.result {
    case .success(let record):
      var text = record.alias.map { "\(tried) is an alias for \($0).\n" } ?? ""
      for address in record.addresses { text += "\(record.alias ?? tried) has address \(address)\n" }
      return CommandResult(output: text)
    case .failure(.timedOut):
      return CommandResult(output: ";; connection timed out; no servers could be reached\n", exitCode: 1)
    case .failure(let error):
      let number = error == .noSuchDomain ? "3(NXDOMAIN)" : "2(SERVFAIL)"
      return CommandResult(output: "Host \(absolute(name)) not found: \(number)\n", exitCode: 1)
    }
  }

  /// Asks for the name with the search suffixes of the host, in the resolver's order, until one is known.
  private static func search(_ name: String, _ call: NetworkCall, _ server: String?) async -> (Answer, tried: String)? {
    guard let origin = call.origin(toward: server ?? name) else { return nil }
    var last: (Answer, tried: String)?
    for candidate in origin.resolver.candidates(name) {
      guard let answer = await ask(candidate, call, patience: .seconds(15), server: server) else { return nil }
      last = (answer, candidate)
      guard case .failure(.noSuchDomain) = answer.result else { return last }
    }
    return last
  }
}
