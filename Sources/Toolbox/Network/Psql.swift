import AWSModel
import NetworkModel
import SQLiteStore
import SimulationKernel
import Telemetry

/// `psql` of PostgreSQL 15: connects with libpq's rules and errors, runs SQL on the region's real store, prints aligned tables.
@Simulated
struct Psql {
  private let call: NetworkCall
  private(set) var settings = PsqlSettings()

  init(_ call: NetworkCall) { self.call = call }

  /// Without `connect_timeout` libpq waits for TCP to give up: the 127 seconds of Linux' tcp_syn_retries = 6.
  private static let patience = TimeSpan.seconds(130)
  /// Nobody waits longer at a terminal.
  private static let statementPatience = TimeSpan.minutes(10)

  func run() async -> CommandResult {
    var settings = PsqlSettings()
    do throws(PsqlSettings.Mistake) {
      try settings.read(call.arguments) { name in call.host.environment(name) }
    } catch { return CommandResult(errors: "psql: error: \(error.message)\n", exitCode: error.exitCode) }
    if settings.showsVersion { return CommandResult(output: "psql (PostgreSQL) 15.10\n") }
    guard let name = settings.host, !name.isEmpty else {
      return failure(
        "connection to server on socket \"/var/run/postgresql/.s.PGSQL.\(settings.port)\" failed: No such file or directory\n"
          + "\tIs the server running locally and accepting connections on that socket?")
    }
    guard let origin = call.origin(toward: name) else {
      return failure("could not translate host name \"\(name)\" to address: Name or service not known")
    }
    var scripts = settings.scripts
    if scripts.isEmpty { scripts = [String(decoding: call.host.standardInput, as: UTF8.self)] }
    do {
      let address = try await call.network.resolve(name, on: origin)
      let connection = try await connect(origin, name, address, settings)
      defer { connection.close() }
      let session = PsqlSession(call, connection, settings, address: address, database: database(connection, name))
      return await session.run(scripts)
    } catch let error as NetworkError {
      return failure(error.libpqText(host: name, address: nil, port: settings.port))
    } catch let error as PostgresError {
      return failure(error.message)
    } catch { return failure("\(error)") }
  }

  private func failure(_ text: String) -> CommandResult {
    CommandResult(errors: "psql: error: \(text)\n", exitCode: 2)
  }

  private func connect(
    _ origin: Host, _ name: String, _ address: IPv4Address, _ settings: PsqlSettings
  ) async throws -> PostgresConnection {
    let limit = settings.connectTimeout ?? Self.patience
    var startup = PostgresStartup(
      user: settings.user, password: settings.password ?? "", database: settings.database ?? settings.user)
    startup.application = settings.application
    let place = "connection to server at \"\(name)\" (\(address)), port \(settings.port) failed: "
    do throws(PostgresError) {
      return try await PostgresConnection.open(
        call.network, from: origin, to: address.description, port: settings.port, startup,
        deadline: call.simulation.now + limit)
    } catch {
      // The network's own words already name the server, by its address.
      if error.sqlState == "08001" {
        var text = error.message.replacing("at \"\(address)\" (\(address))", with: "at \"\(name)\" (\(address))")
        if settings.connectTimeout != nil, text.contains("Connection timed out") { text = place + "timeout expired" }
        throw PostgresError("08001", text)
      }
      if error.sqlState == "28P01", settings.password == nil {
        throw PostgresError("08001", place + "fe_sendauth: no password supplied")
      }
      throw PostgresError(error.sqlState, place + PsqlSession.severity(error.message))
    }
  }

  /// The instance behind a connection: the writer itself, or the one behind the proxy.
  private func database(_ connection: PostgresConnection, _ name: String) -> DBInstance? {
    guard let region = call.host.region(code: connection.server.zone.region) else { return nil }
    return region.instances.first { $0.primary === connection.server || $0.standby === connection.server }
      ?? region.proxies.first { $0.configuration.endpoint == name }?.target ?? region.proxies.first?.target
  }
}

/// What psql's command line, connection string and environment say.
struct PsqlSettings: Sendable {
  struct Mistake: Error {
    var message: String
    var exitCode: Int32 = 1
  }

  var host: String?
  var port: UInt16 = 5432
  var user = "engineer"
  var password: String?
  var database: String?
  var connectTimeout: TimeSpan?
  var application = "psql"
  /// What `-c` and `-f` ask for, in order.
  var scripts: [String] = []
  var isAligned = true
  var tuplesOnly = false
  var isExpanded = false
  var isQuiet = false
  var separator = "|"
  var stopsOnError = false
  var showsVersion = false

  private static let values: [(short: Character, long: String)] = [
    ("h", "host"), ("p", "port"), ("U", "username"), ("d", "dbname"), ("c", "command"), ("f", "file"), ("v", "set"),
    ("F", "field-separator"), ("P", "pset"),
  ]
  private static let switches: [(short: Character, long: String)] = [
    ("A", "no-align"), ("t", "tuples-only"), ("x", "expanded"), ("q", "quiet"), ("w", "no-password"),
    ("W", "password"), ("X", "no-psqlrc"), ("l", "list"), ("V", "version"), ("1", "single-transaction"),
  ]

  @Simulated
  mutating func read(_ arguments: [String], environment: @Simulated (String) -> String?) throws(Mistake) {
    host = environment("PGHOST")
    if let text = environment("PGPORT") { try set("port", text) }
    if let text = environment("PGUSER") { user = text }
    password = environment("PGPASSWORD")
    database = environment("PGDATABASE")
    if let text = environment("PGAPPNAME") { application = text }
    if let text = environment("PGCONNECT_TIMEOUT") { try set("connect_timeout", text) }
    var rest = arguments[...]
    var words: [String] = []
    while let argument = rest.popFirst() {
      if argument.hasPrefix("--") {
        let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
        if let row = Self.switches.first(where: { $0.long == parts.first }) {
          apply(row.short)
        } else if let row = Self.values.first(where: { $0.long == parts.first }) {
          try apply(row.short, parts.count > 1 ? parts[1] : rest.popFirst() ?? "")
        } else {
          throw Self.invalid("unrecognized option '\(argument)'")
        }
      } else if argument.hasPrefix("-"), argument.count > 1 {
        try readLetters(argument.dropFirst(), &rest)
      } else {
        words.append(argument)
      }
    }
    if let first = words.first { try readDatabase(first) }
    if words.count > 1 { user = words[1] }
  }

  private static func invalid(_ text: String) -> Mistake {
    Mistake(message: "\(text)\npsql: hint: Try \"psql --help\" for more information.")
  }

  private mutating func readLetters(_ text: Substring, _ rest: inout ArraySlice<String>) throws(Mistake) {
    var letters = text
    while let letter = letters.popFirst() {
      if Self.switches.contains(where: { $0.short == letter }) {
        apply(letter)
      } else if Self.values.contains(where: { $0.short == letter }) {
        guard let value = letters.isEmpty ? rest.popFirst() : String(letters) else {
          throw Self.invalid("option requires an argument -- '\(letter)'")
        }
        return try apply(letter, value)
      } else {
        throw Self.invalid("invalid option -- '\(letter)'")
      }
    }
  }

  private mutating func apply(_ letter: Character) {
    switch letter {
    case "A": isAligned = false
    case "t": tuplesOnly = true
    case "x": isExpanded = true
    case "q": isQuiet = true
    case "l": scripts.append("\\l")
    case "V": showsVersion = true
    default: break
    }
  }

  private mutating func apply(_ letter: Character, _ value: String) throws(Mistake) {
    switch letter {
    case "h": host = value
    case "p": try set("port", value)
    case "U": user = value
    case "d": try readDatabase(value)
    case "c": scripts.append(value)
    case "f": scripts.append("\\i \(value)")
    case "F": separator = value
    case "v": stopsOnError = stopsOnError || value.uppercased().hasPrefix("ON_ERROR_STOP=")
    default: break
    }
  }

  // MARK: Connection strings (PostgreSQL 15, section 34.1.1)

  private mutating func readDatabase(_ text: String) throws(Mistake) {
    for scheme in ["postgresql://", "postgres://"] where text.hasPrefix(scheme) {
      return try readAddress(String(text.dropFirst(scheme.count)), whole: text)
    }
    guard text.contains("=") else {
      database = text
      return
    }
    for pair in text.split(whereSeparator: \.isWhitespace) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else {
        throw Mistake(message: "missing \"=\" after \"\(pair)\" in connection info string", exitCode: 2)
      }
      try set(parts[0], parts[1].filter { $0 != "'" })
    }
  }

  private mutating func readAddress(_ text: String, whole: String) throws(Mistake) {
    var rest = text[...]
    var query = ""
    if let mark = rest.firstIndex(of: "?") {
      query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    if let slash = rest.firstIndex(of: "/") {
      let name = String(rest[rest.index(after: slash)...])
      if !name.isEmpty { database = name }
      rest = rest[..<slash]
    }
    if let at = rest.lastIndex(of: "@") {
      let login = rest[..<at].split(separator: ":", maxSplits: 1).map { Self.decoded(String($0)) }
      if let name = login.first { user = name }
      if login.count > 1 { password = login[1] }
      rest = rest[rest.index(after: at)...]
    }
    let place = rest.split(separator: ":", maxSplits: 1).map(String.init)
    if let name = place.first, !name.isEmpty { host = name }
    if place.count > 1 { try set("port", place[1]) }
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw Mistake(message: "missing key/value separator \"=\" in URI query parameter: \"\(pair)\"", exitCode: 2)
      }
      try set(parts[0], Self.decoded(parts[1]))
    }
  }

  private static func decoded(_ text: String) -> String {
    var (bytes, rest): ([UInt8], ArraySlice<UInt8>) = ([], Array(text.utf8)[...])
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let accepted = [
    "sslmode", "sslrootcert", "options", "target_session_attrs", "hostaddr",
  ]

  private mutating func set(_ key: String, _ value: String) throws(Mistake) {
    switch key {
    case "host": host = value
    case "port":
      guard let number = UInt16(value) else {
        throw Mistake(message: "invalid integer value \"\(value)\" for connection option \"port\"", exitCode: 2)
      }
      port = number
    case "user": user = value
    case "password": password = value
    case "dbname": database = value
    case "application_name": application = value
    case "connect_timeout":
      guard let seconds = Double(value) else {
        throw Mistake(
          message: "invalid integer value \"\(value)\" for connection option \"connect_timeout\"", exitCode: 2)
      }
      // libpq waits at least two seconds.
      connectTimeout = seconds > 0 ? .seconds(max(2, seconds)) : nil
    default:
      guard Self.accepted.contains(key) else {
        throw Mistake(message: "invalid connection option \"\(key)\"", exitCode: 2)
      }
    }
  }
}
