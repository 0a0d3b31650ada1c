import Documents

/// A JMESPath expression, as `--query` takes it (jmespath.org/specification.html).
struct JMESPath: Sendable {
  /// An expression's tree.
  indirect enum Expression: Sendable {
    case current
    case field(String)
    case index(Int)
    case slice(Int?, Int?, Int)
    /// The right side applied to what the left one gives.
    case chain(Expression, Expression)
    /// The right side applied to each element of a list; nulls are left out.
    case eachElement(Expression, Expression)
    /// The same for the values of an object.
    case eachValue(Expression, Expression)
    case flatten(Expression)
    case filter(Expression, condition: Expression, Expression)
    case list([Expression])
    case hash([(String, Expression)])
    case or(Expression, Expression)
    case and(Expression, Expression)
    case not(Expression)
    case compare(Comparator, Expression, Expression)
    case literal(JSONValue)
    case call(String, [Expression])
    /// `&expression`: an argument that a function applies by itself.
    case reference(Expression)
  }

  enum Comparator: String, Sendable, CaseIterable {
    case equal = "=="
    case notEqual = "!="
    case atMost = "<="
    case atLeast = ">="
    case less = "<"
    case greater = ">"
  }

  /// Why an expression could not be read, or a function not be called.
  struct Failure: Error {
    var message: String
  }

  private let expression: Expression

  /// Reads an expression.
  ///
  /// - Throws: `Failure` for a malformed one.
  init(_ text: String) throws {
    var parser = JMESPathParser(tokens: try JMESPathTokens.read(text), text: text)
    expression = try parser.whole()
  }

  func value(_ value: JSONValue) throws -> JSONValue { try Self.evaluate(expression, value) }

  static func evaluate(_ expression: Expression, _ value: JSONValue) throws -> JSONValue {
    switch expression {
    case .current: return value
    case .field(let name): return value[name] ?? .null
    case .index(let index):
      guard let items = value.array else { return .null }
      return value[index < 0 ? items.count + index : index] ?? .null
    case .slice(let start, let stop, let step): return slice(value, start, stop, step)
    case .chain(let left, let right): return try evaluate(right, try evaluate(left, value))
    case .eachElement(let left, let right):
      guard let items = try evaluate(left, value).array else { return .null }
      return try project(items, right)
    case .eachValue(let left, let right):
      guard let object = try evaluate(left, value).object else { return .null }
      return try project(object.members.map(\.value), right)
    case .flatten(let left):
      guard let items = try evaluate(left, value).array else { return .null }
      return .array(items.flatMap { $0.array ?? [$0] })
    case .filter(let left, let condition, let right):
      guard let items = try evaluate(left, value).array else { return .null }
      return try project(try items.filter { isTrue(try evaluate(condition, $0)) }, right)
    default: return try evaluateComposite(expression, value)
    }
  }

  private static func evaluateComposite(_ expression: Expression, _ value: JSONValue) throws -> JSONValue {
    switch expression {
    case .list(let parts): return value.isNull ? .null : .array(try parts.map { try evaluate($0, value) })
    case .hash(let members):
      return value.isNull ? .null : .object(JSONObject(try members.map { ($0.0, try evaluate($0.1, value)) }))
    case .or(let left, let right):
      let first = try evaluate(left, value)
      return isTrue(first) ? first : try evaluate(right, value)
    case .and(let left, let right):
      let first = try evaluate(left, value)
      return isTrue(first) ? try evaluate(right, value) : first
    case .not(let inner): return .bool(!isTrue(try evaluate(inner, value)))
    case .compare(let comparator, let left, let right):
      return compare(comparator, try evaluate(left, value), try evaluate(right, value))
    case .literal(let literal): return literal
    case .call(let name, let arguments): return try JMESPathFunctions.call(name, arguments, value)
    default: return .null
    }
  }

  private static func project(_ items: [JSONValue], _ right: Expression) throws -> JSONValue {
    .array(try items.map { try evaluate(right, $0) }.filter { !$0.isNull })
  }

  /// False are null, false, and what is empty.
  static func isTrue(_ value: JSONValue) -> Bool {
    switch value {
    case .null: false
    case .bool(let flag): flag
    case .string(let text): !text.isEmpty
    case .array(let items): !items.isEmpty
    case .object(let object): !object.isEmpty
    default: true
    }
  }

  private static func compare(_ comparator: Comparator, _ left: JSONValue, _ right: JSONValue) -> JSONValue {
    switch comparator {
    case .equal: return .bool(isEqual(left, right))
    case .notEqual: return .bool(!isEqual(left, right))
    default: break
    }
    // Only numbers have an order. The command line compares strings too, so that times can be compared.
    if let left = left.number, let right = right.number { return .bool(isOrdered(comparator, left, right)) }
    if let left = left.string, let right = right.string { return .bool(isOrdered(comparator, left, right)) }
    return .null
  }

  private static func isOrdered<Value: Comparable>(_ comparator: Comparator, _ left: Value, _ right: Value) -> Bool {
    switch comparator {
    case .less: left < right
    case .atMost: left <= right
    case .greater: left > right
    case .atLeast: left >= right
    case .equal: left == right
    case .notEqual: left != right
    }
  }

  static func isEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
    if let left = left.number, let right = right.number { return left == right }
    return left == right
  }

  private static func slice(_ value: JSONValue, _ start: Int?, _ stop: Int?, _ step: Int) -> JSONValue {
    guard let items = value.array else { return .null }
    func bound(_ index: Int?, _ otherwise: Int) -> Int {
      guard let index else { return otherwise }
      let absolute = index < 0 ? index + items.count : index
      return step > 0 ? min(max(absolute, 0), items.count) : min(max(absolute, -1), items.count - 1)
    }
    let first = bound(start, step > 0 ? 0 : items.count - 1)
    let end = bound(stop, step > 0 ? items.count : -1)
    return .array(Swift.stride(from: first, to: end, by: step).map { items[$0] })
  }
}
