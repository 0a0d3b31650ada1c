import SimulationKernel

/// Dates as Git writes and reads them; all in UTC, which is where the twin's clocks run.
@Simulated
enum GitTime {
  /// `--date=`.
  enum Style: Hashable, Sendable {
    case normal, iso, isoStrict, rfc, short, raw, unix, relative, local
    case format(String)

    private static let names: [(name: String, style: Style)] = [
      ("default", .normal), ("iso", .iso), ("iso8601", .iso), ("iso-strict", .isoStrict),
      ("iso8601-strict", .isoStrict), ("rfc", .rfc), ("rfc2822", .rfc), ("short", .short), ("raw", .raw),
      ("unix", .unix), ("relative", .relative), ("local", .local), ("iso-local", .iso), ("short-local", .short),
    ]

    init?(_ word: String) {
      if word.hasPrefix("format:") {
        self = .format(String(word.dropFirst(7)))
      } else {
        guard let row = Self.names.first(where: { $0.name == word }) else { return nil }
        self = row.style
      }
    }
  }

  static func text(_ seconds: Int64, _ style: Style, now: Int64) -> String {
    switch style {
    case .normal: text(seconds, .local, now: now) + " +0000"
    case .local: DateCommand.text(seconds, "%a %b ") + day(seconds) + DateCommand.text(seconds, " %T %Y")
    case .iso: DateCommand.text(seconds, "%F %T %z")
    case .isoStrict: DateCommand.text(seconds, "%FT%T+00:00")
    case .rfc: DateCommand.text(seconds, "%a, ") + day(seconds) + DateCommand.text(seconds, " %b %Y %T %z")
    case .short: DateCommand.text(seconds, "%F")
    case .raw: "\(seconds) +0000"
    case .unix: "\(seconds)"
    case .relative: relative(seconds, now: now)
    case .format(let format): DateCommand.text(seconds, format)
    }
  }

  private static func day(_ seconds: Int64) -> String { String(Int(DateCommand.text(seconds, "%d")) ?? 0) }

  /// `date.c`, `show_date_relative`: rounded, each unit up to its own limit.
  private static func relative(_ seconds: Int64, now: Int64) -> String {
    if seconds > now { return "in the future" }
    func ago(_ count: Int64, _ unit: String) -> String { "\(count) \(unit)\(count == 1 ? "" : "s") ago" }
    var count = now - seconds
    if count < 90 { return ago(count, "second") }
    count = (count + 30) / 60
    if count < 90 { return ago(count, "minute") }
    count = (count + 30) / 60
    if count < 36 { return ago(count, "hour") }
    count = (count + 12) / 24
    if count < 14 { return ago(count, "day") }
    if count < 70 { return ago((count + 3) / 7, "week") }
    if count < 365 { return ago((count + 15) / 30, "month") }
    return ago((count + 183) / 365, "year")
  }

  private static let units: [(name: String, seconds: Int64)] = [
    ("second", 1), ("sec", 1), ("minute", 60), ("min", 60), ("hour", 3600), ("day", 86_400), ("week", 604_800),
    ("month", 2_592_000), ("year", 31_536_000),
  ]

  /// What `--since` and `--until` read: a timestamp, a date, a time of the day, `2 hours ago`, `30.minutes`, `yesterday`. As in
  /// Git, what cannot be read means now.
  static func moment(_ text: String, now: Int64) -> Int64 {
    if text.hasPrefix("@"), let seconds = Int64(text.dropFirst().prefix { $0 != " " }) { return seconds }
    let words = text.lowercased().split { " ._,".contains($0) && !text.contains(":") || " _,".contains($0) }.map(
      String.init)
    switch words.first {
    case "yesterday": return now - 86_400
    case "midnight", "noon":
      let start = now - now % 86_400 + (words[0] == "noon" ? 43_200 : 0)
      return start > now ? start - 86_400 : start
    default: break
    }
    return calendar(text, now: now) ?? steps(words, now: now) ?? now
  }

  /// `2 hours 5 minutes ago`; `a` and `an` are one.
  private static func steps(_ words: [String], now: Int64) -> Int64? {
    var (result, count): (Int64, Int64?) = (now, nil)
    for word in words where word != "ago" {
      let digits = word.prefix { $0.isNumber }
      if let number = Int64(digits) { count = number }
      if word == "a" || word == "an" { count = 1 }
      let rest = word.dropFirst(digits.count)
      if rest.isEmpty || word == "a" || word == "an" { continue }
      let bare = rest.hasSuffix("s") ? String(rest.dropLast()) : String(rest)
      guard let unit = units.first(where: { $0.name == bare }), let steps = count else { return nil }
      result -= steps * unit.seconds
      count = nil
    }
    return result == now ? nil : result
  }

  /// `2026-03-02`, `2026-03-02 08:15`, `2026-03-02T08:15:00Z`, `08:15`; a date alone means the present time of that day.
  private static func calendar(_ text: String, now: Int64) -> Int64? {
    let parts = text.split { " TZ".contains($0) }.map(String.init)
    var (day, time): (Int64?, Int64?) = (nil, nil)
    for part in parts where part != "+0000" && part != "+00:00" && part != "UTC" {
      if part.contains(":") {
        let fields = part.split(separator: ":").map { Int64($0.prefix { $0 != "." }) }
        guard (2...3).contains(fields.count), let hour = fields[0], let minute = fields[1] else { return nil }
        time = hour * 3600 + minute * 60 + (fields.count > 2 ? fields[2] ?? 0 : 0)
      } else {
        let fields = part.split { "-/".contains($0) }
        guard fields.count == 3, fields[0].count == 4, let instant = ClusterClock.instant("\(part)T00:00:00Z") else {
          return nil
        }
        day = ClusterClock.microseconds(instant) / 1_000_000
      }
    }
    if day == nil, time == nil { return nil }
    return (day ?? now - now % 86_400) + (time ?? now % 86_400)
  }
}
