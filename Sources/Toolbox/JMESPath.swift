import Documents

/// The part of JMESPath (jmespath.org) that `--query` sees most: fields, `[index]`, `[]`, `[*]`, filters
/// `` [?Field=='value'] `` and lists and hashes of expressions.
struct JMESPath: Sendable {
  private indirect enum Step: Sendable {
    case field(String)
    case index(Int)
    case each
    case filter(String, isEqual: Bool, String)
    case list([[Step]])
    case hash([(String, [Step])])
  }

  private let steps: [Step]

  /// Reads an expression.
  ///
  /// - Throws: a usage error for what is malformed or not among the above.
  init(_ text: String) throws {
    var rest = text[...]
    steps = try Self.expression(&rest)
    guard rest.isEmpty else { throw Self.bad(text) }
  }

  private static func bad(_ text: String) -> AWSUsageError {
    AWSUsageError("Bad value for --query \(text): the expression is not understood", usage: false)
  }

  func value(_ value: JSONValue) -> JSONValue { Self.apply(steps[...], value) }

  private static func apply(_ steps: ArraySlice<Step>, _ value: JSONValue) -> JSONValue {
    guard let step = steps.first else { return value }
    let rest = steps.dropFirst()
    func project(_ items: [JSONValue]) -> JSONValue {
      .array(items.map { apply(rest, $0) }.filter { !$0.isNull })
    }
    switch step {
    case .field(let name): return apply(rest, value[name] ?? .null)
    case .index(let index):
      let count = value.array?.count ?? 0
      return apply(rest, value[index < 0 ? count + index : index] ?? .null)
    case .each:
      guard let items = value.array else { return .null }
      return project(items.flatMap { $0.array ?? [$0] })
    case .filter(let field, let isEqual, let wanted):
      guard let items = value.array else { return .null }
      return project(
        items.filter { item in
          let found = item[field]
          let text = found.map { $0.string ?? $0.jsonText() }
          return (text == wanted) == isEqual
        })
    case .list(let expressions):
      if value.isNull { return .null }
      return apply(rest, .array(expressions.map { apply($0[...], value) }))
    case .hash(let members):
      if value.isNull { return .null }
      return apply(rest, .object(JSONObject(members.map { ($0.0, apply($0.1[...], value)) })))
    }
  }

  private static func expression(_ rest: inout Substring) throws -> [Step] {
    var steps: [Step] = []
    while let first = rest.first, !",]}".contains(first) {
      if first == "." || first == " " {
        rest = rest.dropFirst()
      } else if first == "{" {
        steps.append(try hash(&rest))
      } else if first == "[" {
        steps.append(try bracket(&rest, isFirst: steps.isEmpty))
      } else {
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        guard !name.isEmpty else { throw bad(String(rest)) }
        rest = rest.dropFirst(name.count)
        steps.append(.field(String(name)))
      }
    }
    return steps
  }

  private static func bracket(_ rest: inout Substring, isFirst: Bool) throws -> Step {
    rest = rest.dropFirst()
    if rest.hasPrefix("?") { return try filter(&rest) }
    let body = rest.prefix { $0 != "]" }
    if body.isEmpty || body == "*" || Int(body) != nil {
      rest = rest.dropFirst(body.count + 1)
      return Int(body).map { .index($0) } ?? .each
    }
    var expressions: [[Step]] = []
    while true {
      expressions.append(try expression(&rest))
      guard let end = rest.popFirst(), ",]".contains(end) else { throw bad(String(rest)) }
      if end == "]" { return .list(expressions) }
    }
  }

  private static func filter(_ rest: inout Substring) throws -> Step {
    guard let end = rest.firstIndex(of: "]") else { throw bad(String(rest)) }
    let body = rest[..<end].dropFirst()
    rest = rest[rest.index(after: end)...]
    for (mark, isEqual) in [("==", true), ("!=", false)] {
      guard let range = body.firstRange(of: mark) else { continue }
      let quoted = body[range.upperBound...].trimmingBlanks
      guard quoted.count >= 2, let quote = quoted.first, "'`\"".contains(quote) else { throw bad(String(body)) }
      let value = quoted.dropFirst().dropLast().filter { $0 != "\"" || quote == "'" }
      return .filter(body[..<range.lowerBound].trimmingBlanks, isEqual: isEqual, String(value))
    }
    throw bad(String(body))
  }

  private static func hash(_ rest: inout Substring) throws -> Step {
    rest = rest.dropFirst()
    var members: [(String, [Step])] = []
    while true {
      guard let colon = rest.firstIndex(of: ":") else { throw bad(String(rest)) }
      let key = rest[..<colon].trimmingBlanks
      rest = rest[rest.index(after: colon)...]
      members.append((key, try expression(&rest)))
      guard let end = rest.popFirst(), ",}".contains(end) else { throw bad(String(rest)) }
      if end == "}" { return .hash(members) }
    }
  }
}
