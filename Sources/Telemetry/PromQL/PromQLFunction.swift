/// The functions of PromQL for float samples and classic histograms (`promql/parser/functions.go` of 2.42).
package enum PromQLFunction: String, Sendable, CaseIterable {
  case abs, absent, acos, acosh, asin, asinh, atan, atanh, ceil, changes, clamp, cos, cosh, deg, delta, deriv, exp,
    floor
  case hour, idelta, increase, irate, ln, log10, log2, minute, month, pi, rad, rate, resets, round, scalar, sgn, sin,
    sinh
  case sort, sqrt, tan, tanh, time, timestamp, vector, year
  case absentOverTime = "absent_over_time"
  case averageOverTime = "avg_over_time"
  case clampMaximum = "clamp_max"
  case clampMinimum = "clamp_min"
  case countOverTime = "count_over_time"
  case daysInMonth = "days_in_month"
  case dayOfMonth = "day_of_month"
  case dayOfWeek = "day_of_week"
  case dayOfYear = "day_of_year"
  case histogramQuantile = "histogram_quantile"
  case holtWinters = "holt_winters"
  case labelReplace = "label_replace"
  case labelJoin = "label_join"
  case lastOverTime = "last_over_time"
  case maximumOverTime = "max_over_time"
  case minimumOverTime = "min_over_time"
  case predictLinear = "predict_linear"
  case presentOverTime = "present_over_time"
  case quantileOverTime = "quantile_over_time"
  case sortDescending = "sort_desc"
  case standardDeviationOverTime = "stddev_over_time"
  case standardVarianceOverTime = "stdvar_over_time"
  case sumOverTime = "sum_over_time"

  /// Types of the arguments, how many of the last may be left out or repeated, and what comes back.
  package struct Signature: Sendable {
    package var arguments: [Expression.ValueType]
    /// 0: all are needed; n > 0: as many of the last may be left out or repeated; -1: the last may be repeated at will.
    package var variadic: Int
    package var result: Expression.ValueType
  }

  package var signature: Signature {
    switch self {
    case .time, .pi: Signature(arguments: [], variadic: 0, result: .scalar)
    case .vector: Signature(arguments: [.scalar], variadic: 0, result: .vector)
    case .scalar: Signature(arguments: [.vector], variadic: 0, result: .scalar)
    case .dayOfMonth, .dayOfWeek, .dayOfYear, .daysInMonth, .hour, .minute, .month, .year:
      Signature(arguments: [.vector], variadic: 1, result: .vector)
    case .round: Signature(arguments: [.vector, .scalar], variadic: 1, result: .vector)
    case .clamp: Signature(arguments: [.vector, .scalar, .scalar], variadic: 0, result: .vector)
    case .clampMinimum, .clampMaximum: Signature(arguments: [.vector, .scalar], variadic: 0, result: .vector)
    case .histogramQuantile: Signature(arguments: [.scalar, .vector], variadic: 0, result: .vector)
    case .labelReplace:
      Signature(arguments: [.vector, .string, .string, .string, .string], variadic: 0, result: .vector)
    case .labelJoin: Signature(arguments: [.vector, .string, .string, .string], variadic: -1, result: .vector)
    case .holtWinters: Signature(arguments: [.matrix, .scalar, .scalar], variadic: 0, result: .vector)
    case .predictLinear: Signature(arguments: [.matrix, .scalar], variadic: 0, result: .vector)
    case .quantileOverTime: Signature(arguments: [.scalar, .matrix], variadic: 0, result: .vector)
    case .absentOverTime, .averageOverTime, .changes, .countOverTime, .delta, .deriv, .idelta, .increase, .irate,
      .lastOverTime, .maximumOverTime, .minimumOverTime, .presentOverTime, .rate, .resets, .standardDeviationOverTime,
      .standardVarianceOverTime, .sumOverTime:
      Signature(arguments: [.matrix], variadic: 0, result: .vector)
    case .abs, .absent, .acos, .acosh, .asin, .asinh, .atan, .atanh, .ceil, .cos, .cosh, .deg, .exp, .floor, .ln,
      .log10,
      .log2, .rad, .sgn, .sin, .sinh, .sort, .sortDescending, .sqrt, .tan, .tanh, .timestamp:
      Signature(arguments: [.vector], variadic: 0, result: .vector)
    }
  }
}
