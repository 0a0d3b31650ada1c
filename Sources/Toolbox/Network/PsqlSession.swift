import AWSModel
import KubernetesModel
import NetworkModel
import SQLiteStore
import SimulationKernel
import Telemetry

/// One connection of psql: runs statements and backslash commands and prints what comes back.
@Simulated
final class PsqlSession {
  private let call: NetworkCall
  private let connection: PostgresConnection
  private var settings: PsqlSettings
  private let address: IPv4Address
  private let database: DBInstance?
  private var result = CommandResult()
  private var isOver = false

  init(
    _ call: NetworkCall, _ connection: PostgresConnection, _ settings: PsqlSettings, address: IPv4Address,
    database: DBInstance?
  ) {
    self.call = call
    self.connection = connection
    self.settings = settings
    self.address = address
    self.database = database
  }

  /// Nobody waits longer at a terminal.
  private static let patience = TimeSpan.minutes(10)

  /// Two blanks behind the severity, as libpq writes it.
  static func severity(_ message: String) -> String {
    for word in ["FATAL", "ERROR"] where message.hasPrefix(word + ": ") {
      return word + ":  " + message.dropFirst(word.count + 2)
    }
    return message
  }

  func run(_ scripts: [String]) async -> CommandResult {
    for script in scripts where !isOver { await run(script) }
    return result
  }

  private func run(_ script: String) async {
    for statement in Self.statements(script) where !isOver {
      if statement.hasPrefix("\\") { await command(statement) } else { await execute(statement) }
    }
  }

  /// Splits a script at semicolons outside of quotes; a backslash command is a line of its own.
  static func statements(_ script: String) -> [String] {
    var statements: [String] = []
    var (current, quote): (String, Character?) = ("", nil)
    var rest = Array(String(decoding: script.utf8.filter { $0 != 13 }, as: UTF8.self))[...]
    while let character = rest.popFirst() {
      if let open = quote {
        current.append(character)
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
        current.append(character)
      } else if character == "-", rest.first == "-" {
        rest = rest.drop { $0 != "\n" }
      } else if character == "\\", current.allSatisfy(\.isWhitespace) {
        let line = rest.prefix { $0 != "\n" }
        statements.append("\\" + String(line).trimmed)
        rest = rest.dropFirst(line.count)
        current = ""
      } else if character == ";" {
        statements.append(current.trimmed)
        current = ""
      } else {
        current.append(character)
      }
    }
    statements.append(current.trimmed)
    return statements.filter { !$0.isEmpty }
  }

  // MARK: SQL

  private func execute(_ sql: String) async {
    let verb = sql.prefix { $0.isLetter }.uppercased()
    if ["BEGIN", "COMMIT", "ROLLBACK", "SET"].contains(verb) {
      return print(verb + "\n")
    }
    if verb == "SHOW" { return await show(sql) }
    let isWrite = !["SELECT", "WITH", "VALUES", "EXPLAIN", "TABLE"].contains(verb)
    let catalogue = PgCatalogue(call.simulation, database, settings)
    let isCatalogue = catalogue.isMeant(by: sql)
    let now = PgCatalogue.stamp(call.simulation.now)
    do {
      let table = try await connection.run(
        WorkCost(roundTrips: 1, isWrite: isWrite, statement: sql), deadline: call.simulation.now + Self.patience,
        trace: nil
      ) { store in
        isCatalogue ? try catalogue.run(sql) : try Self.query(PgDialect.translated(sql, now: now), on: store)
      }
      if isWrite {
        note(sql)
        print(Self.tag(verb, table.changes))
      } else {
        for effect in catalogue.effects { note(effect) }
        for warning in catalogue.warnings { result.errors += "WARNING:  \(warning)\n" }
        print(table.table.print(settings))
      }
    } catch {
      fail(error, sql)
    }
  }

  struct Outcome {
    var table: PsqlTable
    var changes: Int
  }

  static func query(_ sql: String, on store: SQLiteConnection) throws -> Outcome {
    let statement = try store.prepare(sql)
    defer { statement.reset() }
    try statement.bindAll([])
    let columns = (0..<Int32(statement.columnCount)).map { columnName(statement.columnName($0)) }
    var rows: [[SQLValue]] = []
    while try statement.step() { rows.append(columns.indices.map { statement.value(Int32($0)) }) }
    return Outcome(table: PsqlTable(columns: columns, rows: rows), changes: store.changes)
  }

  /// The name that PostgreSQL gives a column: that of a function for its call, `?column?` for other expressions.
  private static func columnName(_ name: String) -> String {
    if let function = PgDialect.function(ofColumn: name) { return function }
    let word = name.prefix { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
    let rest = name.dropFirst(word.count)
    if rest.isEmpty, word.first?.isNumber == false { return String(word) }
    if rest.first == ".", !rest.dropFirst().contains(where: { " .()+-*/|<>=".contains($0) }) {
      return String(rest.dropFirst())
    }
    if rest.first == "(", !word.isEmpty, !word.first!.isNumber { return word.lowercased() }
    return "?column?"
  }

  private static func tag(_ verb: String, _ count: Int) -> String {
    switch verb {
    case "INSERT": "INSERT 0 \(count)\n"
    case "UPDATE", "DELETE": "\(verb) \(count)\n"
    default: verb + "\n"
    }
  }

  private func show(_ sql: String) async {
    let name = sql.dropFirst(4).trimmed.lowercased()
    let catalogue = PgCatalogue(call.simulation, database, settings)
    guard let value = catalogue.setting(name) else {
      return fail(PostgresError("42704", "ERROR: unrecognized configuration parameter \"\(name)\""), sql)
    }
    do {
      try await connection.run(
        WorkCost(roundTrips: 1, isWrite: false, statement: sql), deadline: call.simulation.now + Self.patience,
        trace: nil
      ) { _ in }
      print(PsqlTable(columns: [name], rows: [[.text(value)]]).print(settings))
    } catch { fail(error, sql) }
  }

  private func print(_ text: String) { result.output += text }

  /// Writes down that an engineer changed something.
  private func note(_ statement: String) {
    guard let database else { return }
    call.host.journal.note(database.component, reason: "EngineerStatement", message: statement)
  }

  private func fail(_ error: any Error, _ sql: String) {
    let text: String
    switch error {
    case let error as SQLiteError: text = Self.translated(error, sql)
    case let error as PostgresError where error.sqlState == "XX000" || error.message.contains("no such "):
      text = Self.translated(SQLiteError(code: 1, message: String(error.message.dropFirst(7)), sql: sql), sql)
    case let error as PostgresError: text = Self.severity(error.message)
    default: text = "ERROR:  \(error)"
    }
    result.errors += text + "\n"
    result.exitCode = 1
    if text.hasPrefix("FATAL") || !connection.isUsable {
      result.errors +=
        "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n"
      result.errors += "\tbefore or while processing the request.\nconnection to server was lost\n"
      result.exitCode = 2
      isOver = true
    }
    // A script that stops at its first error; -c alone stops as well.
    if settings.stopsOnError || settings.scripts.count <= 1 { isOver = true }
  }

  /// SQLite's refusals in PostgreSQL's words, with the place in the statement.
  private static func translated(_ error: SQLiteError, _ sql: String) -> String {
    let rows: [(sqlite: String, postgres: (String) -> String)] = [
      ("no such table: ", { "relation \"\($0)\" does not exist" }),
      ("no such column: ", { "column \"\($0)\" does not exist" }),
      ("no such function: ", { "function \($0.lowercased())() does not exist" }),
    ]
    for row in rows where error.message.hasPrefix(row.sqlite) {
      let name = String(error.message.dropFirst(row.sqlite.count))
      return "ERROR:  \(row.postgres(name))" + place(of: name, in: sql)
    }
    if error.message.hasPrefix("near \""), let end = error.message.dropFirst(6).firstIndex(of: "\"") {
      let word = String(error.message.dropFirst(6)[..<end])
      return "ERROR:  syntax error at or near \"\(word)\"" + place(of: word, in: sql)
    }
    if error.message == "incomplete input" { return "ERROR:  syntax error at end of input" }
    return severity(PostgresError(from: error).message)
  }

  private static func place(of word: String, in sql: String) -> String {
    let first = sql.split(separator: "\n").first.map(String.init) ?? ""
    guard let range = first.lowercased().firstRange(of: word.lowercased()) else { return "" }
    let column = first.lowercased().distance(from: first.lowercased().startIndex, to: range.lowerBound)
    return "\nLINE 1: \(first)\n" + String(repeating: " ", count: 8 + column) + "^"
  }

  // MARK: Backslash commands

  private func command(_ text: String) async {
    let words = text.split(separator: " ").map(String.init)
    switch words[0] {
    case "\\q": isOver = true
    case "\\x": settings.isExpanded.toggle()
    case "\\t": settings.tuplesOnly.toggle()
    case "\\a": settings.isAligned.toggle()
    case "\\timing", "\\pset", "\\set", "\\echo":
      if words[0] == "\\echo" { print(words.dropFirst().joined(separator: " ") + "\n") }
    case "\\conninfo":
      print(
        "You are connected to database \"\(settings.database ?? settings.user)\" as user \"\(settings.user)\" on host "
          + "\"\(settings.host ?? "")\" (address \"\(address)\") at port \"\(settings.port)\".\n"
          + "SSL connection (protocol: TLSv1.2, cipher: ECDHE-RSA-AES256-GCM-SHA384, compression: off)\n")
    case "\\i":
      guard words.count > 1, let bytes = call.host.readFile(words[1]) else {
        result.errors += "psql: error: \(words.dropFirst().first ?? ""): No such file or directory\n"
        result.exitCode = 1
        isOver = true
        return
      }
      await run(String(decoding: bytes, as: UTF8.self))
    case "\\l", "\\l+", "\\list": print(databases.print(settings))
    case "\\d" where words.count > 1, "\\d+" where words.count > 1: await describe(words[1])
    case "\\d", "\\dt", "\\d+", "\\dt+": await relations()
    default:
      result.errors += "invalid command \(words[0])\nTry \\? for help.\n"
      result.exitCode = 1
    }
  }

  private var databases: PsqlTable {
    let owner = database?.configuration.user ?? ""
    let names = [database?.configuration.databaseName ?? "", "postgres", "rdsadmin", "template0", "template1"].filter {
      !$0.isEmpty
    }
    let rows: [[SQLValue]] = names.sorted().map { name in
      let own = name.hasPrefix("rds") || name == "template0" ? "rdsadmin" : owner
      return [
        .text(name), .text(own), .text("UTF8"), .text("en_US.UTF-8"), .text("en_US.UTF-8"), .null, .text("libc"), .null,
      ]
    }
    return PsqlTable(
      columns: ["Name", "Owner", "Encoding", "Collate", "Ctype", "ICU Locale", "Locale Provider", "Access privileges"],
      rows: rows, title: "List of databases")
  }

  private func relations() async {
    do {
      let owner = database?.configuration.user ?? ""
      let names = try await connection.run(
        WorkCost(roundTrips: 1, isWrite: false), deadline: call.simulation.now + Self.patience, trace: nil
      ) { store in
        try store.rows(
          "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migrations' ORDER BY name"
        )
      }
      if names.isEmpty {
        result.errors += "Did not find any relations.\n"
        return
      }
      let rows: [[SQLValue]] = names.map { [.text("public"), $0[0], .text("table"), .text(owner)] }
      print(
        PsqlTable(columns: ["Schema", "Name", "Type", "Owner"], rows: rows, title: "List of relations").print(settings))
    } catch { fail(error, "") }
  }

  private static let types = [("INTEGER", "bigint"), ("BLOB", "bytea"), ("TEXT", "text"), ("REAL", "double precision")]

  private func describe(_ name: String) async {
    do {
      let rows = try await connection.run(
        WorkCost(roundTrips: 2, isWrite: false), deadline: call.simulation.now + Self.patience, trace: nil
      ) { store in
        try store.rows("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info(?1)", [.text(name)])
      }
      guard !rows.isEmpty else {
        result.errors += "Did not find any relation named \"\(name)\".\n"
        result.exitCode = 1
        return
      }
      let columns: [[SQLValue]] = rows.map { row in
        let type = Self.types.first { .text($0.0) == row[1] }?.1 ?? "text"
        let isNeeded = row[2] == .integer(1) || row[4] != .integer(0)
        return [row[0], .text(type), .null, .text(isNeeded ? "not null" : ""), row[3]]
      }
      let table = PsqlTable(
        columns: ["Column", "Type", "Collation", "Nullable", "Default"], rows: columns,
        title: "Table \"public.\(name)\"",
        hasFooter: false)
      let keys = rows.filter { $0[4] != .integer(0) }.map { PsqlTable.text($0[0]) }
      var text = table.print(settings)
      if !keys.isEmpty, text.hasSuffix("\n\n") {
        text.removeLast()
        text += "Indexes:\n    \"\(name)_pkey\" PRIMARY KEY, btree (\(keys.joined(separator: ", ")))\n\n"
      }
      print(text)
    } catch { fail(error, "") }
  }
}
