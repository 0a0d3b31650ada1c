import SQLiteStore

/// PostgreSQL's casts, operators and functions of queries on its own views, in SQLite's words.
enum PgDialect {
  /// Functions that act on a process; their calls leave a mark in the result, by which they are recognised.
  static let signals = ["pg_terminate_backend", "pg_cancel_backend"]
  private static let mark = "@signal:"

  /// A rewriting rule: what is found, ignoring case, and what stands in its place, with `$1` for groups.
  private struct Rule {
    let pattern: RegularExpression
    let replacement: [Substring]

    init?(_ pattern: String, _ replacement: String) {
      guard let compiled = try? RegularExpression(pattern, .perl, ignoresCase: true) else { return nil }
      self.pattern = compiled
      self.replacement = replacement.split(separator: "$", omittingEmptySubsequences: false)
    }

    func apply(to text: String) -> String {
      let bytes = Array(text.utf8)
      var (result, position): ([UInt8], Int) = ([], 0)
      for match in pattern.allMatches(in: bytes) {
        guard let whole = match[0] else { continue }
        result += bytes[position..<whole.lowerBound]
        result += replacement[0].utf8
        for part in replacement.dropFirst() {
          let group = part.first.flatMap { Int(String($0)) } ?? 0
          if group < match.count, let range = match[group] { result += bytes[range] }
          result += part.dropFirst().utf8
        }
        position = whole.upperBound
      }
      return String(decoding: result + bytes[position...], as: UTF8.self)
    }
  }

  /// A column, a number, or a text in quotes.
  private static let operand = #"([a-z_][a-z0-9_.]*|[0-9.]+|'[^']*')"#
  private static let present = #"(?:now\(\)|clock_timestamp\(\)|statement_timestamp\(\)|current_timestamp)"#

  private static let casts = [
    Rule(operand + #"\s*::\s*interval\b"#, "interval $1"),
    Rule(operand + #"\s*::\s*(?:int|integer|int4|int8|bigint|smallint)\b"#, "CAST($1 AS INTEGER)"),
    Rule(operand + #"\s*::\s*(?:numeric|float|float8|double precision|real)\b(?:\([0-9, ]+\))?"#, "CAST($1 AS REAL)"),
    Rule(#"::\s*[a-z_]+(?:\([0-9, ]+\))?"#, ""),
    Rule(#"\bilike\b"#, "LIKE"),
    Rule(#"\bleft\(\s*([a-z_.]+)\s*,\s*([0-9]+)\s*\)"#, "substr($1, 1, $2)"),
  ]

  /// Times: texts as PostgreSQL writes them, whose difference is one too.
  private static let spans = [
    Rule(#"extract\s*\(\s*epoch\s+from\s+\(?\s*"# + present + #"\s*-\s*([a-z_][a-z0-9_.]*)\s*\)?\s*\)"#, seconds("$1")),
    Rule(#"\bage\(\s*"# + present + #"\s*,\s*([a-z_][a-z0-9_.]*)\s*\)"#, span("$1")),
    Rule(#"(?<![a-z0-9_])"# + present + #"\s*-\s*([a-z_][a-z0-9_.]*)(?![a-z0-9_(.' ]*')"#, span("$1")),
  ]
  /// Who keeps a process waiting; there is one lock, and all who wait wait for it.
  private static let blockers = [
    Rule(
      #"\bcardinality\(\s*pg_blocking_pids\(\s*([a-z0-9_.]+)\s*\)\s*\)"#,
      "(SELECT count(*) FROM pg_locks w WHERE w.pid = $1 AND NOT w.granted)"),
    Rule(
      #"\bpg_blocking_pids\(\s*([a-z0-9_.]+)\s*\)"#,
      blocking + "w.pid = $1 AND NOT w.granted) THEN (SELECT '{' || group_concat(h.pid) || '}' FROM pg_locks h "
        + "WHERE h.granted) ELSE '{}' END)"),
  ]
  private static let blocking = "(SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_locks w WHERE "
  private static let sinceInterval = try? RegularExpression(
    present + #"\s*-\s*interval\s*'([^']*)'"#, .perl, ignoresCase: true)
  private static let interval = try? RegularExpression(#"\binterval\s*'([^']*)'"#, .perl, ignoresCase: true)

  private static func microseconds(_ text: String) -> String {
    "(CAST(strftime('%s', substr(\(text), 1, 19)) AS INTEGER) * 1000000 + CAST(substr(\(text), 21, 6) AS INTEGER))"
  }

  private static func difference(_ column: String) -> String { "(\(microseconds("@now@")) - \(microseconds(column)))" }

  private static func seconds(_ column: String) -> String { "(\(difference(column)) / 1000000.0)" }

  /// `00:01:02.345678`; nothing of nothing.
  private static func span(_ column: String) -> String {
    let d = difference(column)
    return "CASE WHEN \(column) IS NULL THEN NULL ELSE printf('%02d:%02d:%02d.%06d', \(d) / 3600000000, "
      + "\(d) / 60000000 % 60, \(d) / 1000000 % 60, \(d) % 1000000) END"
  }

  /// - Parameter now: the time as PostgreSQL writes it.
  static func translated(_ sql: String, now: String) -> String {
    var text = sql
    for case let rule? in casts { text = rule.apply(to: text) }
    text = replacing(sinceInterval, in: text) { words in
      "strftime('%Y-%m-%d %H:%M:%S', '\(now.prefix(19))', '-\(length(words)) seconds')"
    }
    for case let rule? in blockers + spans { text = rule.apply(to: text) }
    text = replacing(interval, in: text) { words in "'\(clock(length(words)))'" }
    for name in signals {
      text =
        Rule(#"\b"# + name + #"\(\s*([a-z0-9_.]+(?:\(\))?)\s*\)"#, "('\(mark)\(name):' || ($1))")?.apply(to: text)
        ?? text
    }
    return text.replacing("@now@", with: "'\(now)'")
  }

  private static func replacing(
    _ pattern: RegularExpression?, in text: String, _ replacement: (String) -> String
  ) -> String {
    guard let pattern else { return text }
    let bytes = Array(text.utf8)
    var (result, position): ([UInt8], Int) = ([], 0)
    for match in pattern.allMatches(in: bytes) {
      guard let whole = match[0], let group = match[1] else { continue }
      result += bytes[position..<whole.lowerBound]
      result += replacement(String(decoding: bytes[group], as: UTF8.self)).utf8
      position = whole.upperBound
    }
    return String(decoding: result + bytes[position...], as: UTF8.self)
  }

  private static let units: [(prefix: String, seconds: Double)] = [
    ("h", 3600), ("min", 60), ("m", 60), ("s", 1), ("d", 86400),
  ]

  /// The seconds of an interval such as `5 minutes` or `00:05:00`.
  private static func length(_ words: String) -> Int {
    let clock = words.split(separator: ":").compactMap { Int($0) }
    if clock.count == 3 { return clock[0] * 3600 + clock[1] * 60 + clock[2] }
    let parts = words.split(separator: " ")
    var sum = 0.0
    for (number, unit) in zip(parts, parts.dropFirst()) {
      guard let count = Double(number) else { continue }
      sum += count * (units.first { unit.hasPrefix($0.prefix) }?.seconds ?? 0)
    }
    return Int(sum)
  }

  private static func clock(_ seconds: Int) -> String {
    [seconds / 3600, seconds / 60 % 60, seconds % 60].map { ($0 < 10 ? "0" : "") + "\($0)" }.joined(separator: ":")
  }

  // MARK: Results

  /// The function whose call a column of SQLite is, by its name.
  static func function(ofColumn name: String) -> String? {
    name.hasPrefix(blocking) ? "pg_blocking_pids" : signals.first { name.hasPrefix("('\(mark)\($0):'") }
  }

  /// The call that a cell asks for.
  static func call(_ cell: SQLValue) -> (function: String, process: Int)? {
    guard case .text(let text) = cell, text.hasPrefix(mark) else { return nil }
    let parts = text.dropFirst(mark.count).split(separator: ":")
    guard parts.count == 2, let process = Int(parts[1]) else { return nil }
    return (String(parts[0]), process)
  }
}
