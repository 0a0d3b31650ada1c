import Documents

/// The built-in functions of JMESPath (jmespath.org, "Built-in Functions").
enum JMESPathFunctions {
  private typealias Function = @Sendable ([JSONValue]) -> JSONValue?

  /// Functions of values: how many arguments each takes, and its result, `nil` for arguments of a wrong type.
  private static let plain: [(name: String, count: ClosedRange<Int>, run: Function)] = [
    ("length", 1...1, { length($0[0]).map { .integer(Int64($0)) } }),
    ("contains", 2...2, { contains($0[0], $0[1]) }),
    ("starts_with", 2...2, { text in strings(text).map { .bool($0[0].hasPrefix($0[1])) } }),
    ("ends_with", 2...2, { text in strings(text).map { .bool($0[0].hasSuffix($0[1])) } }),
    ("join", 2...2, { join($0[0], $0[1]) }),
    ("keys", 1...1, { $0[0].object.map { .array($0.keys.map { .string($0) }) } }),
    ("values", 1...1, { $0[0].object.map { .array($0.members.map(\.value)) } }),
    ("sort", 1...1, { $0[0].array.flatMap { sorted($0, by: $0) } }),
    ("reverse", 1...1, { reversed($0[0]) }),
    ("max", 1...1, { $0[0].array.flatMap { sorted($0, by: $0) }.map { $0.array?.last ?? .null } }),
    ("min", 1...1, { $0[0].array.flatMap { sorted($0, by: $0) }.map { $0.array?.first ?? .null } }),
    ("sum", 1...1, { numbers($0[0]).map { number($0.reduce(0, +)) } }),
    ("avg", 1...1, { numbers($0[0]).map { $0.isEmpty ? .null : .number($0.reduce(0, +) / Double($0.count)) } }),
    ("abs", 1...1, { $0[0].number.map { number($0.magnitude) } }),
    ("ceil", 1...1, { $0[0].number.map { number($0.rounded(.up)) } }),
    ("floor", 1...1, { $0[0].number.map { number($0.rounded(.down)) } }),
    ("not_null", 1...64, { $0.first { !$0.isNull } ?? .null }),
    ("to_string", 1...1, { .string($0[0].string ?? $0[0].jsonText()) }),
    ("to_number", 1...1, { toNumber($0[0]) }),
    ("to_array", 1...1, { .array($0[0].array ?? [$0[0]]) }),
    ("type", 1...1, { .string(typeName($0[0])) }),
    ("merge", 1...64, { merge($0) }),
  ]

  /// Functions that apply an expression by themselves: `sort_by(list, &expression)` and its like.
  private static let applying = ["sort_by", "max_by", "min_by", "map"]

  static func call(_ name: String, _ arguments: [JMESPath.Expression], _ value: JSONValue) throws -> JSONValue {
    if applying.contains(name) { return try apply(name, arguments, value) }
    guard let function = plain.first(where: { $0.name == name }) else {
      throw JMESPath.Failure(message: "Unknown function: \(name)()")
    }
    guard function.count.contains(arguments.count) else {
      throw wrongCount(name, function.count.lowerBound, arguments.count)
    }
    let values = try arguments.map { try JMESPath.evaluate($0, value) }
    guard let result = function.run(values) else { throw wrongType(name, values.first ?? .null) }
    return result
  }

  private static func apply(
    _ name: String, _ arguments: [JMESPath.Expression], _ value: JSONValue
  ) throws -> JSONValue {
    guard arguments.count == 2 else { throw wrongCount(name, 2, arguments.count) }
    let isMap = name == "map"
    guard case .reference(let expression) = arguments[isMap ? 0 : 1] else { throw wrongType(name, .null) }
    let list = try JMESPath.evaluate(arguments[isMap ? 1 : 0], value)
    guard let items = list.array else { throw wrongType(name, list) }
    let keys = try items.map { try JMESPath.evaluate(expression, $0) }
    if isMap { return .array(keys) }
    guard let ordered = sorted(items, by: keys) else { throw wrongType(name, keys.first ?? .null) }
    switch name {
    case "max_by": return ordered.array?.last ?? .null
    case "min_by": return ordered.array?.first ?? .null
    default: return ordered
    }
  }

  /// The items in the order of their keys, which must be all numbers or all strings; equal ones keep their order.
  private static func sorted(_ items: [JSONValue], by keys: [JSONValue]) -> JSONValue? {
    let order: [Int]
    if keys.allSatisfy({ $0.number != nil }) {
      order = keys.indices.sorted { (keys[$0].number ?? 0, $0) < (keys[$1].number ?? 0, $1) }
    } else if keys.allSatisfy({ $0.string != nil }) {
      order = keys.indices.sorted { (keys[$0].string ?? "", $0) < (keys[$1].string ?? "", $1) }
    } else {
      return nil
    }
    return .array(order.map { items[$0] })
  }

  private static func length(_ value: JSONValue) -> Int? {
    value.string?.count ?? value.array?.count ?? value.object?.count
  }

  private static func contains(_ subject: JSONValue, _ wanted: JSONValue) -> JSONValue? {
    if let items = subject.array { return .bool(items.contains { JMESPath.isEqual($0, wanted) }) }
    return subject.string.map { text in .bool(wanted.string.map { $0.isEmpty || text.contains($0) } ?? false) }
  }

  private static func strings(_ values: [JSONValue]) -> [String]? {
    let texts = values.compactMap(\.string)
    return texts.count == values.count ? texts : nil
  }

  private static func numbers(_ value: JSONValue) -> [Double]? {
    guard let items = value.array else { return nil }
    let numbers = items.compactMap(\.number)
    return numbers.count == items.count ? numbers : nil
  }

  private static func number(_ value: Double) -> JSONValue {
    Int64(exactly: value).map { .integer($0) } ?? .number(value)
  }

  private static func join(_ separator: JSONValue, _ list: JSONValue) -> JSONValue? {
    guard let separator = separator.string, let items = list.array, let texts = strings(items) else { return nil }
    return .string(texts.joined(separator: separator))
  }

  private static func reversed(_ value: JSONValue) -> JSONValue? {
    value.array.map { .array($0.reversed()) } ?? value.string.map { .string(String($0.reversed())) }
  }

  private static func toNumber(_ value: JSONValue) -> JSONValue {
    if value.number != nil { return value }
    return value.string.flatMap { Double($0) }.map(number) ?? .null
  }

  private static func merge(_ values: [JSONValue]) -> JSONValue? {
    var merged = JSONObject()
    for value in values {
      guard let object = value.object else { return nil }
      for member in object.members { merged[member.key] = member.value }
    }
    return .object(merged)
  }

  private static func typeName(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "boolean"
    case .integer, .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  private static func wrongCount(_ name: String, _ expected: Int, _ count: Int) -> JMESPath.Failure {
    JMESPath.Failure(
      message: "Expected \(expected) argument\(expected == 1 ? "" : "s") for function \(name)(), received \(count)")
  }

  private static func wrongType(_ name: String, _ value: JSONValue) -> JMESPath.Failure {
    JMESPath.Failure(
      message: "In function \(name)(), invalid type for value: \(value.jsonText()), received: \"\(typeName(value))\"")
  }
}
