import Documents

/// The functions of jq that are known here.
enum JQFunction {
  private typealias Body = @Sendable ([JQFilter], JSONValue) throws(JQError) -> [JSONValue]

  static func isKnown(_ name: String, _ arity: Int) -> Bool { table.contains { $0.name == name && $0.arity == arity } }

  static func call(_ name: String, _ arguments: [JQFilter], _ input: JSONValue) throws(JQError) -> [JSONValue] {
    guard let row = table.first(where: { $0.name == name && $0.arity == arguments.count }) else { return [] }
    return try row.body(arguments, input)
  }

  private static let table: [(name: String, arity: Int, body: Body)] = [
    ("empty", 0, { _, _ throws(JQError) in [] }),
    ("not", 0, { _, input throws(JQError) in [.bool(!JQFilter.isTrue(input))] }),
    ("length", 0, { _, input throws(JQError) in [try length(input)] }),
    ("keys", 0, { _, input throws(JQError) in [try keys(input)] }),
    ("type", 0, { _, input throws(JQError) in [.string(JQFilter.type(input))] }),
    ("tostring", 0, { _, input throws(JQError) in [.string(JQFilter.text(input))] }),
    ("tonumber", 0, { _, input throws(JQError) in [try toNumber(input)] }),
    ("first", 0, { _, input throws(JQError) in [try items(input).first ?? .null] }),
    ("last", 0, { _, input throws(JQError) in [try items(input).last ?? .null] }),
    ("add", 0, { _, input throws(JQError) in [try sum(items(input))] }),
    ("any", 0, { _, input throws(JQError) in [.bool(try items(input).contains(where: JQFilter.isTrue))] }),
    ("all", 0, { _, input throws(JQError) in [.bool(try items(input).allSatisfy(JQFilter.isTrue))] }),
    ("sort", 0, { _, input throws(JQError) in [.array(try sorted(input) { $0 })] }),
    ("unique", 0, { _, input throws(JQError) in [.array(unique(try sorted(input) { $0 }))] }),
    ("reverse", 0, { _, input throws(JQError) in [.array(try items(input).reversed())] }),
    ("min", 0, { _, input throws(JQError) in [try sorted(input) { $0 }.first ?? .null] }),
    ("max", 0, { _, input throws(JQError) in [try sorted(input) { $0 }.last ?? .null] }),
    ("to_entries", 0, { _, input throws(JQError) in [entries(input)] }),
    ("floor", 0, { _, input throws(JQError) in [JQFilter.number((input.number ?? 0).rounded(.down))] }),
    ("ascii_downcase", 0, { _, input throws(JQError) in [.string((input.string ?? "").lowercased())] }),
    ("ascii_upcase", 0, { _, input throws(JQError) in [.string((input.string ?? "").uppercased())] }),
    ("fromjson", 0, { _, input throws(JQError) in [try fromJSON(input)] }),
    (
      "select", 1,
      { arguments, input throws(JQError) in
        try arguments[0].values(input).filter(JQFilter.isTrue).map { _ in input }
      }
    ),
    (
      "map", 1,
      { arguments, input throws(JQError) in
        var results: [JSONValue] = []
        for item in try items(input) { results += try arguments[0].values(item) }
        return [.array(results)]
      }
    ),
    (
      "any", 1,
      { arguments, input throws(JQError) in
        for item in try items(input) where try arguments[0].values(item).contains(where: JQFilter.isTrue) {
          return [.bool(true)]
        }
        return [.bool(false)]
      }
    ),
    (
      "all", 1,
      { arguments, input throws(JQError) in
        for item in try items(input) where try !arguments[0].values(item).allSatisfy(JQFilter.isTrue) {
          return [.bool(false)]
        }
        return [.bool(true)]
      }
    ),
    ("first", 1, { arguments, input throws(JQError) in Array(try arguments[0].values(input).prefix(1)) }),
    (
      "has", 1,
      { arguments, input throws(JQError) in
        try arguments[0].values(input).map { .bool($0.string.map { input[$0] != nil } ?? false) }
      }
    ),
    (
      "contains", 1,
      { arguments, input throws(JQError) in
        try arguments[0].values(input).map { .bool(contains(input, $0)) }
      }
    ),
    ("sort_by", 1, { arguments, input throws(JQError) in [.array(try sorted(input, by: arguments[0]))] }),
    ("max_by", 1, { arguments, input throws(JQError) in [try sorted(input, by: arguments[0]).last ?? .null] }),
    ("min_by", 1, { arguments, input throws(JQError) in [try sorted(input, by: arguments[0]).first ?? .null] }),
    ("group_by", 1, { arguments, input throws(JQError) in [.array(try groups(input, by: arguments[0]))] }),
    (
      "startswith", 1,
      { arguments, input throws(JQError) in
        try strings(arguments, input).map { .bool((input.string ?? "").hasPrefix($0)) }
      }
    ),
    (
      "endswith", 1,
      { arguments, input throws(JQError) in
        try strings(arguments, input).map { .bool((input.string ?? "").hasSuffix($0)) }
      }
    ),
    (
      "join", 1,
      { arguments, input throws(JQError) in
        let texts = try items(input).map { $0.isNull ? "" : JQFilter.text($0) }
        return try strings(arguments, input).map { .string(texts.joined(separator: $0)) }
      }
    ),
    (
      "split", 1,
      { arguments, input throws(JQError) in
        try strings(arguments, input).map { separator in
          .array(
            (input.string ?? "").split(separator: separator, omittingEmptySubsequences: false).map {
              .string(String($0))
            })
        }
      }
    ),
    (
      "test", 1,
      { arguments, input throws(JQError) in
        var results: [JSONValue] = []
        for pattern in try strings(arguments, input) {
          guard let text = input.string else {
            throw JQError(message: "\(JQFilter.described(input)) cannot be matched, as it is not a string")
          }
          do throws(RegularExpression.Mistake) {
            results.append(.bool(try RegularExpression(pattern, .perl).matches(text)))
          } catch {
            throw JQError(message: "\(pattern) (at offset 0) is not a valid regex: \(error.message)")
          }
        }
        return results
      }
    ),
  ]

  // MARK: Parts

  private static func items(_ input: JSONValue) throws(JQError) -> [JSONValue] {
    guard let items = input.array ?? input.object?.members.map(\.value) else {
      throw JQError(message: "Cannot iterate over \(JQFilter.described(input))")
    }
    return items
  }

  private static func strings(_ arguments: [JQFilter], _ input: JSONValue) throws(JQError) -> [String] {
    try arguments[0].values(input).compactMap(\.string)
  }

  private static func length(_ input: JSONValue) throws(JQError) -> JSONValue {
    if input.isNull { return .integer(0) }
    if let text = input.string { return .integer(Int64(text.unicodeScalars.count)) }
    if let number = input.number { return JQFilter.number(abs(number)) }
    if input.bool != nil { throw JQError(message: "\(JQFilter.described(input)) has no length") }
    return .integer(Int64(try items(input).count))
  }

  private static func keys(_ input: JSONValue) throws(JQError) -> JSONValue {
    if let object = input.object { return .array(object.keys.sorted().map { .string($0) }) }
    guard let array = input.array else { throw JQError(message: "\(JQFilter.described(input)) has no keys") }
    return .array(array.indices.map { .integer(Int64($0)) })
  }

  private static func toNumber(_ input: JSONValue) throws(JQError) -> JSONValue {
    if input.number != nil, input.string == nil { return input }
    guard let text = input.string, let number = Double(text) else {
      throw JQError(message: "\(JQFilter.described(input)) cannot be parsed as a number")
    }
    return JQFilter.number(number)
  }

  private static func fromJSON(_ input: JSONValue) throws(JQError) -> JSONValue {
    do throws(Diagnostic) { return try parseJSON(input.string ?? "") } catch {
      throw JQError(message: "\(error.message) (while parsing '\(input.string ?? "")')")
    }
  }

  private static func sum(_ values: [JSONValue]) throws(JQError) -> JSONValue {
    var total = JSONValue.null
    for value in values { total = try JQFilter.binary("+", .literal(total), .literal(value)).values(.null)[0] }
    return total
  }

  private static func sorted(
    _ input: JSONValue, _ key: (JSONValue) throws(JQError) -> JSONValue
  ) throws(JQError) -> [JSONValue] {
    guard let items = input.array else {
      throw JQError(message: "\(JQFilter.described(input)) cannot be sorted, as it is not an array")
    }
    var rows: [(place: Int, key: JSONValue, value: JSONValue)] = []
    for (place, item) in items.enumerated() { rows.append((place, try key(item), item)) }
    return rows.sorted {
      JQFilter.isBefore($0.key, $1.key) || (!JQFilter.isBefore($1.key, $0.key) && $0.place < $1.place)
    }.map(\.value)
  }

  private static func sorted(_ input: JSONValue, by filter: JQFilter) throws(JQError) -> [JSONValue] {
    try sorted(input) { value throws(JQError) in .array(try filter.values(value)) }
  }

  private static func unique(_ values: [JSONValue]) -> [JSONValue] {
    values.enumerated().filter { $0.offset == 0 || values[$0.offset - 1] != $0.element }.map(\.element)
  }

  private static func groups(_ input: JSONValue, by filter: JQFilter) throws(JQError) -> [JSONValue] {
    var groups: [(key: [JSONValue], values: [JSONValue])] = []
    for value in try sorted(input, by: filter) {
      let key = try filter.values(value)
      if groups.last?.key == key {
        groups[groups.count - 1].values.append(value)
      } else {
        groups.append((key, [value]))
      }
    }
    return groups.map { .array($0.values) }
  }

  private static func entries(_ input: JSONValue) -> JSONValue {
    .array((input.object?.members ?? []).map { ["key": .string($0.key), "value": $0.value] })
  }

  private static func contains(_ whole: JSONValue, _ part: JSONValue) -> Bool {
    if let text = whole.string, let piece = part.string { return piece.isEmpty || text.contains(piece) }
    if let items = whole.array, let pieces = part.array {
      return pieces.allSatisfy { piece in items.contains { contains($0, piece) } }
    }
    if whole.object != nil, let members = part.object?.members {
      return members.allSatisfy { member in whole[member.key].map { contains($0, member.value) } ?? false }
    }
    return whole == part
  }
}

extension TextTool {
  /// `jq` with `-r`, `-c`, `-e`, `-s`, `-n` and `-S`.
  static func jq(_ call: TextCall) throws(TextToolError) -> CommandResult {
    var (given, words) = try call.options(
      switches: "rcesnSM", long: [("raw-output", "r"), ("compact-output", "c"), ("exit-status", "e"), ("slurp", "s")])
    func has(_ letter: Character) -> Bool { given.contains { $0.letter == letter } }
    let program = words.isEmpty ? "." : words.removeFirst()
    let filter: JQFilter
    var parser = JQParser(program)
    do throws(JQError) { filter = try parser.filter() } catch {
      throw TextToolError(message: "jq: error: \(error.message)\njq: 1 compile error", exitCode: 3)
    }
    var result = CommandResult()
    var last = JSONValue.null
    let inputs = has("n") ? [.null] : try documents(try call.text(words), slurps: has("s"), call)
    do throws(JQError) {
      for input in inputs {
        for value in try filter.values(input) {
          last = value
          let layout = JSONLayout(indent: has("c") ? nil : 2, sortsKeys: has("S"))
          result.output += (has("r") ? value.string : nil) ?? value.jsonText(layout)
          result.output += "\n"
        }
      }
    } catch {
      result.errors = "jq: error (at <stdin>:0): \(error.message)\n"
      result.exitCode = 5
    }
    if has("e"), result.exitCode == 0, !JQFilter.isTrue(last) { result.exitCode = 1 }
    return result
  }

  /// The JSON values of a text, one behind the other.
  private static func documents(_ text: String, slurps: Bool, _ call: TextCall) throws(TextToolError) -> [JSONValue] {
    var values: [JSONValue] = []
    if !text.trimmed.isEmpty {
      do throws(Diagnostic) { values = [try parseJSON(text)] } catch let whole {
        // Not one value; perhaps one a line.
        for line in lines(of: text) where !line.trimmed.isEmpty {
          do throws(Diagnostic) { values.append(try parseJSON(line)) } catch {
            throw TextToolError(
              message: "jq: parse error: \(whole.message) at line \(whole.mark.line), column \(whole.mark.column)",
              exitCode: 2)
          }
        }
      }
    }
    return slurps ? [.array(values)] : values
  }
}
