import Documents

extension JQFilter {
  /// The results for one input, in order.
  func values(_ input: JSONValue) throws(JQError) -> [JSONValue] {
    switch self {
    case .identity: return [input]
    case .literal(let value): return [value]
    case .recurse: return Self.descend(input)
    case .key, .index, .slice, .each: return try path(input)
    case .format(let parts):
      var text = ""
      for part in parts { text += try part.values(input).first.map(Self.text) ?? "" }
      return [.string(text)]
    case .array(let inner): return [.array(try inner?.values(input) ?? [])]
    case .object(let members): return try Self.objects(members[...], input).map { .object(JSONObject($0)) }
    case .pipe(let left, let right):
      var results: [JSONValue] = []
      for value in try left.values(input) { results += try right.values(value) }
      return results
    case .comma(let left, let right): return try left.values(input) + right.values(input)
    case .alternative(let left, let right):
      let good = ((try? left.values(input)) ?? []).filter(Self.isTrue)
      return good.isEmpty ? try right.values(input) : good
    case .binary(let operation, let left, let right):
      var results: [JSONValue] = []
      for second in try right.values(input) {
        for first in try left.values(input) { results.append(try Self.apply(operation, first, second)) }
      }
      return results
    case .condition(let test, let then, let otherwise):
      var results: [JSONValue] = []
      for value in try test.values(input) {
        results += try Self.isTrue(value) ? then.values(input) : otherwise.values(input)
      }
      return results
    case .call(let name, let arguments): return try JQFunction.call(name, arguments, input)
    }
  }

  static func isTrue(_ value: JSONValue) -> Bool { value != .null && value != .bool(false) }

  static func text(_ value: JSONValue) -> String { value.string ?? value.jsonText() }

  static func type(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "boolean"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    default: "number"
    }
  }

  private static func descend(_ value: JSONValue) -> [JSONValue] {
    let inner = value.array ?? value.object?.members.map(\.value) ?? []
    return [value] + inner.flatMap(descend)
  }

  private static func objects(
    _ members: ArraySlice<(key: JQFilter, value: JQFilter)>, _ input: JSONValue
  ) throws(JQError) -> [[(String, JSONValue)]] {
    guard let first = members.first else { return [[]] }
    var results: [[(String, JSONValue)]] = []
    for rest in try objects(members.dropFirst(), input) {
      for key in try first.key.values(input) {
        for value in try first.value.values(input) { results.append([(text(key), value)] + rest) }
      }
    }
    return results
  }

  // MARK: Paths

  private func path(_ input: JSONValue) throws(JQError) -> [JSONValue] {
    var results: [JSONValue] = []
    switch self {
    case .key(let base, let name, let isOptional):
      for value in try base.values(input) {
        guard value.object != nil || value.isNull else {
          if isOptional { continue }
          throw JQError(message: "Cannot index \(Self.type(value)) with \"\(name)\"")
        }
        results.append(value[name] ?? .null)
      }
    case .index(let base, let inner, let isOptional):
      for value in try base.values(input) {
        for key in try inner.values(input) {
          if let name = key.string, value.object != nil || value.isNull {
            results.append(value[name] ?? .null)
          } else if let number = key.integer, value.array != nil || value.isNull {
            let items = value.array ?? []
            let place = Int(number) < 0 ? items.count + Int(number) : Int(number)
            results.append(items.indices.contains(place) ? items[place] : .null)
          } else if !isOptional {
            throw JQError(
              message: "Cannot index \(Self.type(value)) with \(key.string.map { "\"\($0)\"" } ?? Self.type(key))")
          }
        }
      }
    case .slice(let base, let from, let to):
      for value in try base.values(input) {
        let items = value.array ?? value.string.map { $0.map { .string(String($0)) } } ?? []
        func clamp(_ place: Int) -> Int { min(max(place < 0 ? items.count + place : place, 0), items.count) }
        let (start, end) = (clamp(from ?? 0), clamp(to ?? items.count))
        let part = start < end ? Array(items[start..<end]) : []
        results.append(value.string != nil ? .string(part.compactMap(\.string).joined()) : .array(part))
      }
    case .each(let base, let isOptional):
      for value in try base.values(input) {
        if let items = value.array ?? value.object?.members.map(\.value) {
          results += items
        } else if !isOptional {
          throw JQError(message: "Cannot iterate over \(Self.described(value))")
        }
      }
    default: break
    }
    return results
  }

  static func described(_ value: JSONValue) -> String { value.isNull ? "null" : "\(type(value)) (\(value.jsonText()))" }

  // MARK: Operators

  private static func apply(_ operation: String, _ left: JSONValue, _ right: JSONValue) throws(JQError) -> JSONValue {
    switch operation {
    case "and": return .bool(isTrue(left) && isTrue(right))
    case "or": return .bool(isTrue(left) || isTrue(right))
    case "==": return .bool(equal(left, right))
    case "!=": return .bool(!equal(left, right))
    case "<": return .bool(isBefore(left, right))
    case ">": return .bool(isBefore(right, left))
    case "<=": return .bool(!isBefore(right, left))
    case ">=": return .bool(!isBefore(left, right))
    default: return try calculate(operation, left, right)
    }
  }

  private static func equal(_ left: JSONValue, _ right: JSONValue) -> Bool {
    if let a = left.number, let b = right.number { return a == b }
    return left == right
  }

  private static func calculate(_ operation: String, _ left: JSONValue, _ right: JSONValue) throws(JQError) -> JSONValue
  {
    if operation == "+" {
      if left.isNull { return right }
      if right.isNull { return left }
      if let a = left.string, let b = right.string { return .string(a + b) }
      if let a = left.array, let b = right.array { return .array(a + b) }
      if let a = left.object, let b = right.object {
        return .object(JSONObject((a.members + b.members).map { ($0.key, $0.value) }))
      }
    }
    if operation == "-", let a = left.array, let b = right.array { return .array(a.filter { !b.contains($0) }) }
    guard let a = left.number, let b = right.number else {
      let verb = ["+": "added", "-": "subtracted", "*": "multiplied"][operation] ?? "divided"
      throw JQError(message: "\(described(left)) and \(described(right)) cannot be \(verb)")
    }
    if operation == "/" || operation == "%", b == 0 {
      throw JQError(message: "\(described(left)) and \(described(right)) cannot be divided because the divisor is zero")
    }
    let result: Double =
      switch operation {
      case "+": a + b
      case "-": a - b
      case "*": a * b
      case "/": a / b
      default: a.truncatingRemainder(dividingBy: b).rounded(.towardZero)
      }
    return number(result)
  }

  static func number(_ value: Double) -> JSONValue {
    value == value.rounded() && abs(value) < 1e15 ? .integer(Int64(value)) : .number(value)
  }

  /// jq's order of all values: null, false, true, numbers, strings, arrays, objects.
  static func isBefore(_ left: JSONValue, _ right: JSONValue) -> Bool {
    func rank(_ value: JSONValue) -> Int {
      switch value {
      case .null: 0
      case .bool(let bool): bool ? 2 : 1
      case .string: 4
      case .array: 5
      case .object: 6
      default: 3
      }
    }
    if rank(left) != rank(right) { return rank(left) < rank(right) }
    if let a = left.number, let b = right.number { return a < b }
    if let a = left.string, let b = right.string { return a < b }
    if let a = left.array, let b = right.array {
      for (x, y) in zip(a, b) {
        if isBefore(x, y) { return true }
        if isBefore(y, x) { return false }
      }
      return a.count < b.count
    }
    return left.jsonText() < right.jsonText()
  }
}
