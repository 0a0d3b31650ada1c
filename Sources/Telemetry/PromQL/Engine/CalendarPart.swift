/// The date functions of PromQL, in UTC.
///
/// Numbers that are no date give what Go makes of them: they become the least integer, and wrap around from there
/// (`time.Unix` and `time.absDate` of Go 1.19).
enum CalendarPart {
  case minute, hour, dayOfWeek, dayOfMonth, dayOfYear, daysInMonth, month, year

  init?(_ function: PromQLFunction) {
    switch function {
    case .minute: self = .minute
    case .hour: self = .hour
    case .dayOfWeek: self = .dayOfWeek
    case .dayOfMonth: self = .dayOfMonth
    case .dayOfYear: self = .dayOfYear
    case .daysInMonth: self = .daysInMonth
    case .month: self = .month
    case .year: self = .year
    default: return nil
    }
  }

  /// A year so far back that no date is before it, in the same place of the cycle of 400 years as year 1.
  private static let epochYear: Int64 = -292_277_022_399
  /// Seconds from the start of that year to 1970.
  private static let epochOffset: Int64 = 9_223_371_966_579_724_800 + 62_135_596_800

  func value(atUnixTime seconds: Double) -> Double {
    value(atUnixTime: Int64(exactly: seconds.rounded(.towardZero)) ?? .min)
  }

  func value(atUnixTime seconds: Int64) -> Double {
    let absolute = UInt64(bitPattern: seconds &+ Self.epochOffset)
    switch self {
    case .minute: return Double(absolute % 3600 / 60)
    case .hour: return Double(absolute % 86_400 / 3600)
    // The first day of the far year is a Monday.
    case .dayOfWeek: return Double((absolute / 86_400 + 1) % 7)
    default: return dateValue(day: absolute / 86_400)
    }
  }

  private func dateValue(day: UInt64) -> Double {
    var day = day
    var years = 400 * (day / 146_097)
    day %= 146_097
    let centuries = min(3, day / 36_524)
    years += 100 * centuries
    day -= 36_524 * centuries
    years += 4 * (day / 1461)
    day %= 1461
    let singles = min(3, day / 365)
    years += singles
    day -= 365 * singles
    let year = Int64(bitPattern: years) &+ Self.epochYear
    if self == .year { return Double(year) }
    if self == .dayOfYear { return Double(day + 1) }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    var month = 0
    while day >= Self.length(ofMonth: month, isLeap: isLeap) {
      day -= Self.length(ofMonth: month, isLeap: isLeap)
      month += 1
    }
    switch self {
    case .month: return Double(month + 1)
    case .daysInMonth: return Double(Self.length(ofMonth: month, isLeap: isLeap))
    default: return Double(day + 1)
    }
  }

  private static func length(ofMonth month: Int, isLeap: Bool) -> UInt64 {
    switch month {
    case 1: isLeap ? 29 : 28
    case 3, 5, 8, 10: 30
    default: 31
    }
  }
}
