import Documents
import Glibc

/// The functions of templates: Go's, and those of Prometheus (`template/template.go`).
enum TemplateFunction: String {
  case and, or, not, eq, ne, lt, le, gt, ge, len, index, print, printf, println
  case query, first, label, value, strvalue, args, title, toUpper, toLower, match, reReplaceAll, safeHtml, stripPort
  case humanize, humanize1024, humanizeDuration, humanizePercentage, humanizeTimestamp, sortByLabel, parseDuration,
    toTime

  func call(_ arguments: [TemplateValue], _ query: (String) throws -> [TemplateValue]) throws -> TemplateValue {
    func argument(_ index: Int) throws -> TemplateValue {
      guard index < arguments.count else {
        throw TemplateError(
          message: "wrong number of args for \(rawValue): want at least \(index + 1) got \(arguments.count)")
      }
      return arguments[index]
    }
    func text(_ index: Int) throws -> String { try argument(index).printed }
    func number(_ index: Int) throws -> Double {
      guard let number = try argument(index).number else {
        throw TemplateError(
          message:
            "error calling \(rawValue): strconv.ParseFloat: parsing \(quotedText(try text(index))): invalid syntax")
      }
      return number
    }
    switch self {
    case .and: return try arguments.first { !$0.isTrue } ?? argument(arguments.count - 1)
    case .or: return try arguments.first { $0.isTrue } ?? argument(arguments.count - 1)
    case .not: return .bool(!(try argument(0)).isTrue)
    case .eq: return .bool(try arguments.dropFirst().contains { Self.areEqual(try argument(0), $0) })
    case .ne: return .bool(!Self.areEqual(try argument(0), try argument(1)))
    case .lt, .le, .gt, .ge: return .bool(try compare(try argument(0), try argument(1)))
    case .len: return .number(try Self.length(try argument(0)))
    case .index: return try Self.element(of: try argument(0), try argument(1))
    case .print: return .text(arguments.map(\.printed).joined(separator: " "))
    case .println: return .text(arguments.map(\.printed).joined(separator: " ") + "\n")
    case .printf: return .text(Self.format(try text(0), Array(arguments.dropFirst())))
    case .query: return .list(try query(try text(0)))
    case .first:
      guard case .list(let list) = try argument(0), let first = list.first else {
        throw TemplateError(message: "error calling first: first() called on vector with no elements")
      }
      return first
    case .label:
      guard case .sample(let labels, _) = try argument(1) else { return .text("") }
      return .text(labels[try text(0)])
    case .value:
      guard case .sample(_, let value) = try argument(0) else { return .nothing }
      return .number(value)
    case .strvalue:
      guard case .sample(let labels, _) = try argument(0) else { return .text("") }
      return .text(labels["__value__"])
    case .args, .safeHtml: return try argument(0)
    case .title: return .text(Self.titled(try text(0)))
    case .toUpper: return .text(try text(0).uppercased())
    case .toLower: return .text(try text(0).lowercased())
    case .match: return .bool(try LabelPattern(".*(?:\(try text(0))).*").matches(try text(1)))
    case .reReplaceAll: return .text(try RegularReplacement.replace(try text(0), in: try text(2), with: try text(1)))
    case .stripPort: return .text(String(try text(0).split(separator: ":").first ?? ""))
    case .humanize: return .text(HumanNumber.decimal(try number(0)))
    case .humanize1024: return .text(HumanNumber.binary(try number(0)))
    case .humanizeDuration: return .text(HumanNumber.duration(try number(0)))
    case .humanizePercentage: return .text(HumanNumber.digits(try number(0) * 100) + "%")
    case .humanizeTimestamp, .toTime: return .text(HumanNumber.timestamp(try number(0)))
    case .parseDuration: return .number(Double(prometheusDuration(try text(0)) ?? 0) / 1000)
    case .sortByLabel:
      guard case .list(let list) = try argument(1) else { return try argument(1) }
      let name = try text(0)
      return .list(list.sorted { Self.label($0, name) < Self.label($1, name) })
    }
  }

  private static func label(_ value: TemplateValue, _ name: String) -> String {
    if case .sample(let labels, _) = value { labels[name] } else { "" }
  }

  private static func areEqual(_ one: TemplateValue, _ other: TemplateValue) -> Bool {
    if case .number(let left) = one, case .number(let right) = other { return left == right }
    return one.printed == other.printed
  }

  private func compare(_ one: TemplateValue, _ other: TemplateValue) throws -> Bool {
    if case .text(let left) = one, case .text(let right) = other {
      switch self {
      case .lt: return left < right
      case .le: return left <= right
      case .gt: return left > right
      default: return left >= right
      }
    }
    guard case .number(let left) = one, case .number(let right) = other else {
      throw TemplateError(message: "error calling \(rawValue): incompatible types for comparison")
    }
    switch self {
    case .lt: return left < right
    case .le: return left <= right
    case .gt: return left > right
    default: return left >= right
    }
  }

  private static func length(_ value: TemplateValue) throws -> Double {
    switch value {
    case .text(let text): return Double(text.utf8.count)
    case .list(let list): return Double(list.count)
    case .labels(let labels): return Double(labels.pairs.count)
    default: throw TemplateError(message: "error calling len: len of type \(value.printed)")
    }
  }

  private static func element(of value: TemplateValue, _ key: TemplateValue) throws -> TemplateValue {
    switch (value, key) {
    case (.labels(let labels), .text(let name)): return .text(labels[name])
    case (.list(let list), .number(let index)) where list.indices.contains(Int(index)): return list[Int(index)]
    default: throw TemplateError(message: "error calling index: can't index item of type \(value.printed)")
    }
  }

  private static func titled(_ text: String) -> String {
    var isStart = true
    return String(
      text.map { character in
        defer { isStart = !character.isLetter && !character.isNumber }
        return isStart ? Character(character.uppercased()) : character
      })
  }

  /// `printf` with the verbs of numbers, texts and truth.
  private static func format(_ format: String, _ arguments: [TemplateValue]) -> String {
    var result = ""
    var rest = Substring(format)
    var arguments = arguments[...]
    while let percent = rest.firstIndex(of: "%") {
      result += rest[..<percent]
      rest = rest[percent...].dropFirst()
      let flags = rest.prefix { "0123456789.+-# ".contains($0) }
      rest = rest[flags.endIndex...]
      guard let verb = rest.popFirst() else { return result + "%!(NOVERB)" }
      if verb == "%" {
        result += "%"
        continue
      }
      guard let argument = arguments.popFirst() else {
        result += "%!\(verb)(MISSING)"
        continue
      }
      result += piece(flags: String(flags), verb, argument)
    }
    return result + rest
  }

  private static func piece(flags: String, _ verb: Character, _ argument: TemplateValue) -> String {
    switch (verb, argument) {
    case ("f", .number(let value)), ("F", .number(let value)), ("e", .number(let value)), ("g", .number(let value)):
      return cText("%\(flags)\(verb)", value)
    case ("v", .number(let value)) where flags.isEmpty: return goNumberText(value)
    case ("d", .number(let value)) where value == value.rounded() && abs(value) < 9e18:
      return padded(String(Int64(value)), flags)
    case ("x", .number(let value)) where value == value.rounded() && abs(value) < 9e18:
      return padded(String(Int64(value), radix: 16), flags)
    case ("q", _): return quotedText(argument.printed)
    case ("t", .bool), ("s", .text), ("v", _), ("s", .bool): return padded(argument.printed, flags)
    case ("s", .number(let value)): return "%!s(float64=\(goNumberText(value)))"
    case ("d", .number(let value)): return "%!d(float64=\(goNumberText(value)))"
    case ("d", .text(let text)), ("f", .text(let text)): return "%!\(verb)(string=\(text))"
    default: return padded(argument.printed, flags)
    }
  }

  private static func padded(_ text: String, _ flags: String) -> String {
    let isLeft = flags.hasPrefix("-")
    let width = Int(flags.drop { "+-# ".contains($0) }.prefix { $0.isNumber }) ?? 0
    let blanks = String(repeating: flags.hasPrefix("0") ? "0" : " ", count: max(0, width - text.count))
    return isLeft ? text + blanks : blanks + text
  }
}

/// A number by one of C's formats for doubles.
private func cText(_ format: String, _ value: Double) -> String {
  guard value.isFinite else { return goNumberText(value) }
  return String(unsafeUninitializedCapacity: 400) { buffer in
    buffer.withMemoryRebound(to: CChar.self) { bytes in
      withVaList([value]) { min(399, Int(vsnprintf(bytes.baseAddress, 400, format, $0))) }
    }
  }
}

/// Numbers as people read them.
enum HumanNumber {
  /// Four significant digits.
  static func digits(_ value: Double) -> String { cText("%.4g", value) }

  static func decimal(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return digits(value) }
    var value = value
    var prefix = ""
    if abs(value) >= 1 {
      for next in ["k", "M", "G", "T", "P", "E", "Z", "Y"] {
        if abs(value) < 1000 { break }
        prefix = next
        value /= 1000
      }
    } else {
      (value, prefix) = small(value)
    }
    return digits(value) + prefix
  }

  private static func small(_ value: Double) -> (Double, String) {
    var (value, prefix) = (value, "")
    for next in ["m", "u", "n", "p", "f", "a", "z", "y"] {
      if abs(value) >= 1 { break }
      prefix = next
      value *= 1000
    }
    return (value, prefix)
  }

  static func binary(_ value: Double) -> String {
    guard abs(value) > 1, value.isFinite else { return digits(value) }
    var (value, prefix) = (value, "")
    for next in ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] {
      if abs(value) < 1024 { break }
      prefix = next
      value /= 1024
    }
    return digits(value) + prefix
  }

  static func duration(_ value: Double) -> String {
    guard value.isFinite else { return digits(value) }
    if value == 0 { return "0s" }
    guard abs(value) >= 1 else {
      let (small, prefix) = small(value)
      return digits(small) + prefix + "s"
    }
    let sign = value < 0 ? "-" : ""
    let total = Int64(abs(value))
    let (days, hours, minutes, seconds) = (total / 86400, total / 3600 % 24, total / 60 % 60, total % 60)
    if days > 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(seconds)s" }
    if hours > 0 { return "\(sign)\(hours)h \(minutes)m \(seconds)s" }
    return minutes > 0 ? "\(sign)\(minutes)m \(seconds)s" : sign + digits(abs(value)) + "s"
  }

  /// A time in UTC as Go's `time.Time` prints itself.
  static func timestamp(_ seconds: Double) -> String {
    guard seconds.isFinite, abs(seconds) < 1e11 else { return digits(seconds) }
    var time = time_t(seconds.rounded(.down))
    var parts = tm()
    gmtime_r(&time, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let millis = Int(((seconds - seconds.rounded(.down)) * 1000).rounded())
    var fraction = millis == 0 ? "" : ".\(millis < 100 ? millis < 10 ? "00" : "0" : "")\(millis)"
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return
      "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))\(fraction) +0000 UTC"
  }
}
