import Glibc

/// A function or an operator that makes one value of each value of a vector, with scalars beside it.
final class ElementNode: PlanNode {
  /// What is done to a value.
  enum Operation {
    case function(PromQLFunction)
    /// `-x`.
    case negation
    /// An operator with a scalar, on the left of the vector if `isSwapped`.
    case scalar(Expression.BinaryOperator, isSwapped: Bool, returnsBool: Bool)
  }

  private let operation: Operation
  private let inner: PlanNode
  private let parameters: [PlanNode]
  private var seen = -1
  private var map = RowMap()

  init(_ operation: Operation, _ inner: PlanNode, parameters: [PlanNode] = [], _ context: PlanContext) {
    self.operation = operation
    self.inner = inner
    self.parameters = parameters
    super.init(context)
  }

  private var keepsName: Bool {
    switch operation {
    case .function, .negation: false
    // `atan2` is not in upstream's list of operators that drop the name (`shouldDropMetricName`).
    case .scalar(let operation, _, let returnsBool): !returnsBool && (operation.isComparison || operation == .atan2)
    }
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try inner.evaluate(window)
    for parameter in parameters { try parameter.evaluate(window) }
    if inner.version != seen {
      seen = inner.version
      map = RowMap(keepsName ? inner.rows : inner.rows.map { context.table.withoutName($0) })
      setRows(map.rows)
    }
    try makeRoom(window)
    order = map.isIdentity ? inner.order : nil
    if map.isIdentity {
      transform(into: values)
    } else {
      let cells = inner.rows.count * columns
      let transformed = UnsafeMutablePointer<Double>.allocate(capacity: cells)
      defer { transformed.deallocate() }
      transform(into: transformed)
      try merge(transformed)
    }
  }

  /// Brings rows of equal labels together; they must not have values at the same time, a negation's at no time at all.
  private func merge(_ transformed: UnsafeMutablePointer<Double>) throws(PromQLError) {
    clear()
    var taken = [Bool](repeating: false, count: rows.count)
    let forbidsAny = if case .negation = operation { true } else { false }
    for (row, target) in map.target.enumerated() {
      let output = cells(target)
      var hasValues = false
      for column in 0..<columns {
        let value = transformed[row * columns + column]
        guard !value.isAbsent else { continue }
        guard output[column].isAbsent, !(forbidsAny && taken[target]) else { throw RowMap.duplicateError }
        output[column] = value
        hasValues = true
      }
      if hasValues, forbidsAny { taken[target] = true }
    }
  }

  @inline(__always)
  private func forEachCell(
    _ output: UnsafeMutablePointer<Double>, _ transform: (_ value: Double, _ column: Int) -> Double
  ) {
    let input = inner.values
    var cell = 0
    for _ in inner.rows.indices {
      for column in 0..<columns {
        let value = input[cell]
        output[cell] = value.isAbsent ? value : transform(value, column)
        cell &+= 1
      }
    }
  }

  private func transform(into output: UnsafeMutablePointer<Double>) {
    switch operation {
    case .negation: forEachCell(output) { value, _ in -value }
    case .function(let function): apply(function, output)
    case .scalar(let operation, let isSwapped, let returnsBool):
      operation.isComparison
        ? compare(operation, isSwapped: isSwapped, returnsBool: returnsBool, output)
        : calculate(operation, isSwapped: isSwapped, output)
    }
  }

  private func calculate(
    _ operation: Expression.BinaryOperator, isSwapped: Bool, _ output: UnsafeMutablePointer<Double>
  ) {
    let scalars = parameters[0].values
    switch (operation, isSwapped) {
    case (.add, _): forEachCell(output) { value, column in value + scalars[column] }
    case (.multiply, _): forEachCell(output) { value, column in value * scalars[column] }
    case (.subtract, false): forEachCell(output) { value, column in value - scalars[column] }
    case (.divide, false): forEachCell(output) { value, column in value / scalars[column] }
    case (_, false): forEachCell(output) { value, column in operation.apply(value, scalars[column]) }
    case (_, true): forEachCell(output) { value, column in operation.apply(scalars[column], value) }
    }
  }

  private func compare(
    _ operation: Expression.BinaryOperator, isSwapped: Bool, returnsBool: Bool, _ output: UnsafeMutablePointer<Double>
  ) {
    let scalars = parameters[0].values
    forEachCell(output) { value, column in
      let holds = isSwapped ? operation.holds(scalars[column], value) : operation.holds(value, scalars[column])
      if returnsBool { return holds ? 1 : 0 }
      return holds ? value : Self.absent
    }
  }

  private func apply(_ function: PromQLFunction, _ output: UnsafeMutablePointer<Double>) {
    switch function {
    case .clampMinimum:
      let least = parameters[0].values
      forEachCell(output) { value, column in GoMath.maximum(least[column], value) }
    case .clampMaximum:
      let greatest = parameters[0].values
      forEachCell(output) { value, column in GoMath.minimum(greatest[column], value) }
    case .clamp:
      let (least, greatest) = (parameters[0].values, parameters[1].values)
      forEachCell(output) { value, column in
        greatest[column] < least[column]
          ? Self.absent : GoMath.maximum(least[column], GoMath.minimum(greatest[column], value))
      }
    case .round:
      // The inverse loses less than the number itself (`funcRound`).
      let unit = parameters.first?.values
      forEachCell(output) { value, column in
        let inverse = 1 / (unit?[column] ?? 1)
        return (value * inverse + 0.5).rounded(.down) / inverse
      }
    default:
      let transform = ElementFunctions.transform(function)
      forEachCell(output) { value, _ in transform(value) }
    }
  }
}

/// Functions of one number.
enum ElementFunctions {
  static func transform(_ function: PromQLFunction) -> (Double) -> Double {
    if let part = CalendarPart(function) { return { part.value(atUnixTime: $0) } }
    return switch function {
    case .abs: { $0.magnitude }
    case .ceil: { $0.rounded(.up) }
    case .floor: { $0.rounded(.down) }
    case .sqrt: { $0 < 0 ? .nan : $0.squareRoot() }
    case .exp: { Glibc.exp($0) }
    case .ln: { Glibc.log($0) }
    case .log2: { Glibc.log2($0) }
    case .log10: { Glibc.log10($0) }
    case .sin: { Glibc.sin($0) }
    case .cos: { Glibc.cos($0) }
    case .tan: { Glibc.tan($0) }
    case .asin: { Glibc.asin($0) }
    case .acos: { Glibc.acos($0) }
    case .atan: { Glibc.atan($0) }
    case .sinh: { Glibc.sinh($0) }
    case .cosh: { Glibc.cosh($0) }
    case .tanh: { Glibc.tanh($0) }
    case .asinh: { Glibc.asinh($0) }
    case .acosh: { Glibc.acosh($0) }
    case .atanh: { Glibc.atanh($0) }
    case .rad: { $0 * .pi / 180 }
    case .deg: { $0 * 180 / .pi }
    // A selector gives the times already; only the name is to be dropped.
    case .timestamp: { $0 }
    case .sgn: { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 }
    default: preconditionFailure("\(function) is no function of one number")
    }
  }
}

/// Where Go's `math` differs from the minimum and maximum of IEEE 754: NaN wins, except over the infinity asked for.
enum GoMath {
  @inline(__always)
  static func maximum(_ one: Double, _ other: Double) -> Double {
    if one == .infinity || other == .infinity { return .infinity }
    if one.isNaN || other.isNaN { return .nan }
    if one == 0, other == 0 { return one.sign == .minus ? other : one }
    return one > other ? one : other
  }

  @inline(__always)
  static func minimum(_ one: Double, _ other: Double) -> Double {
    -maximum(-one, -other)
  }
}

extension Expression.BinaryOperator {
  /// Arithmetic of two numbers.
  @inline(__always)
  func apply(_ left: Double, _ right: Double) -> Double {
    switch self {
    case .add: left + right
    case .subtract: left - right
    case .multiply: left * right
    case .divide: left / right
    case .modulo: fmod(left, right)
    case .power: pow(left, right)
    case .atan2: Glibc.atan2(left, right)
    default: preconditionFailure("\(self) is no arithmetic")
    }
  }

  /// Comparison of two numbers.
  @inline(__always)
  func holds(_ left: Double, _ right: Double) -> Bool {
    switch self {
    case .equal: left == right
    case .notEqual: left != right
    case .less: left < right
    case .lessOrEqual: left <= right
    case .greater: left > right
    case .greaterOrEqual: left >= right
    default: preconditionFailure("\(self) is no comparison")
    }
  }
}
