import Documents

/// What is wrong with a template or its expansion.
package struct TemplateError: Error, Hashable, Sendable {
  package var message: String

  package init(message: String) { self.message = message }
}

/// A value inside of a template.
enum TemplateValue: Sendable {
  case nothing
  case text(String)
  case number(Double)
  case bool(Bool)
  case labels(Labels)
  case sample(labels: Labels, value: Double)
  case list([TemplateValue])

  /// Go's idea of true: neither empty nor zero.
  var isTrue: Bool {
    switch self {
    case .nothing: false
    case .text(let text): !text.isEmpty
    case .number(let value): value != 0
    case .bool(let value): value
    case .labels(let labels): !labels.pairs.isEmpty
    case .sample: true
    case .list(let list): !list.isEmpty
    }
  }

  /// As `fmt.Print` writes it.
  var printed: String {
    switch self {
    case .nothing: "<no value>"
    case .text(let text): text
    case .number(let value): goNumberText(value)
    case .bool(let value): value ? "true" : "false"
    case .labels(let labels): "map[" + labels.pairs.map { "\($0.name):\($0.value)" }.joined(separator: " ") + "]"
    case .sample(let labels, let value): "{\(TemplateValue.labels(labels).printed) \(goNumberText(value))}"
    case .list(let list): "[" + list.map(\.printed).joined(separator: " ") + "]"
    }
  }

  var number: Double? {
    switch self {
    case .number(let value): value
    case .text(let text): Double(text)
    default: nil
    }
  }
}

/// A text with actions in double braces: Go's `text/template` with the functions of Prometheus (`template/template.go`), as
/// labels and annotations of alerts use it. User-defined templates (`define`, `template`) are not part of it.
package struct Template: Sendable {
  indirect enum Part: Sendable {
    case text(String)
    case action(Pipeline)
    case assignment(String, Pipeline)
    case condition([(test: Pipeline, body: [Part])], otherwise: [Part])
    case loop(key: String?, value: String?, Pipeline, body: [Part], otherwise: [Part])
    case with(Pipeline, body: [Part], otherwise: [Part])
  }

  /// Commands joined by `|`.
  struct Pipeline: Sendable {
    var commands: [[Operand]]
  }

  indirect enum Operand: Sendable {
    case literal(TemplateValue)
    case function(String)
    case variable(String, fields: [String])
    case field([String])
    case pipeline(Pipeline, fields: [String])
  }

  let name: String
  let parts: [Part]

  /// Parses a template.
  ///
  /// - Parameter name: what errors call it.
  package init(_ text: String, name: String) throws(TemplateError) {
    self.name = name
    if text.contains("{{") {
      var parser = TemplateParser(text, name: name)
      parts = try parser.template()
    } else {
      parts = [.text(text)]
    }
  }
}

/// Reads templates.
struct TemplateParser {
  private enum Token: Equatable {
    case word(String)
    case text(String)
    case number(Double)
    case symbol(String)
  }

  /// The pieces: texts, and the insides of actions.
  private var pieces: [(isAction: Bool, text: String)] = []
  private var next = 0
  private let name: String
  private var failure: TemplateError?

  init(_ text: String, name: String) {
    self.name = name
    var rest = Substring(text)
    while let open = rest.firstRange(of: "{{") {
      var before = String(rest[..<open.lowerBound])
      rest = rest[open.upperBound...]
      guard let close = rest.firstRange(of: "}}") else {
        failure = TemplateError(message: "template: \(name):1: unclosed action")
        return
      }
      var inside = rest[..<close.lowerBound]
      rest = rest[close.upperBound...]
      if inside.hasPrefix("- ") {
        inside = inside.dropFirst(2)
        while let last = before.last, last.isWhitespace { before.removeLast() }
      }
      if inside.hasSuffix(" -") {
        inside = inside.dropLast(2)
        rest = rest.drop { $0.isWhitespace }
      }
      pieces.append((false, before))
      while let last = inside.last, last.isWhitespace { inside.removeLast() }
      let trimmed = String(inside.drop { $0.isWhitespace })
      if !trimmed.hasPrefix("/*") { pieces.append((true, trimmed)) }
    }
    pieces.append((false, String(rest)))
  }

  private func error(_ message: String) -> TemplateError { TemplateError(message: "template: \(name):1: \(message)") }

  mutating func template() throws(TemplateError) -> [Template.Part] {
    if let failure { throw failure }
    let (parts, ending) = try parts()
    guard ending == nil else { throw error("unexpected {{\(ending ?? "")}}") }
    return parts
  }

  /// Parts up to an `else` or `end`, which is returned.
  private mutating func parts() throws(TemplateError) -> ([Template.Part], String?) {
    var result: [Template.Part] = []
    while next < pieces.count {
      let piece = pieces[next]
      next += 1
      guard piece.isAction else {
        if !piece.text.isEmpty { result.append(.text(piece.text)) }
        continue
      }
      let tokens = try tokens(piece.text)
      guard case .word(let keyword)? = tokens.first else {
        result.append(try action(tokens))
        continue
      }
      let rest = Array(tokens.dropFirst())
      switch keyword {
      case "end", "else": return (result, piece.text)
      case "if": result.append(try condition(rest))
      case "range": result.append(try loop(rest))
      case "with":
        let (body, otherwise) = try bodies()
        result.append(.with(try pipeline(rest), body: body, otherwise: otherwise))
      case "define", "template", "block", "break", "continue":
        throw error("{{\(keyword)}} is not supported in labels and annotations")
      default: result.append(try action(tokens))
      }
    }
    return (result, nil)
  }

  private mutating func bodies() throws(TemplateError) -> ([Template.Part], [Template.Part]) {
    let (body, ending) = try parts()
    guard let ending else { throw error("unexpected EOF") }
    guard ending.hasPrefix("else") else { return (body, []) }
    let (otherwise, last) = try parts()
    guard last == "end" else { throw error("unexpected EOF") }
    return (body, otherwise)
  }

  private mutating func condition(_ test: [Token]) throws(TemplateError) -> Template.Part {
    var branches = [(test: try pipeline(test), body: [Template.Part]())]
    while true {
      let (body, ending) = try parts()
      guard let ending else { throw error("unexpected EOF") }
      branches[branches.count - 1].body = body
      let words = try tokens(ending)
      if words.first == .word("end") { return .condition(branches, otherwise: []) }
      if words.count > 2, words[1] == .word("if") {
        branches.append((try pipeline(Array(words.dropFirst(2))), []))
        continue
      }
      let (otherwise, last) = try parts()
      guard last == "end" else { throw error("unexpected EOF") }
      return .condition(branches, otherwise: otherwise)
    }
  }

  private mutating func loop(_ tokens: [Token]) throws(TemplateError) -> Template.Part {
    var variables: [String] = []
    var rest = tokens
    if let sign = tokens.firstIndex(of: .symbol(":=")) {
      for token in tokens[..<sign] { if case .word(let word) = token { variables.append(word) } }
      rest = Array(tokens[(sign + 1)...])
    }
    let source = try pipeline(rest)
    let (body, otherwise) = try bodies()
    return .loop(
      key: variables.count > 1 ? variables[0] : nil, value: variables.last, source, body: body, otherwise: otherwise)
  }

  private func action(_ tokens: [Token]) throws(TemplateError) -> Template.Part {
    if tokens.count > 2, case .word(let variable) = tokens[0], variable.hasPrefix("$"),
      tokens[1] == .symbol(":=") || tokens[1] == .symbol("=")
    {
      return .assignment(variable, try pipeline(Array(tokens.dropFirst(2))))
    }
    return .action(try pipeline(tokens))
  }

  // MARK: Pipelines

  private func pipeline(_ tokens: [Token]) throws(TemplateError) -> Template.Pipeline {
    var rest = tokens[...]
    let result = try pipeline(&rest)
    guard rest.isEmpty else { throw error("unexpected \(Self.text(rest.first)) in operand") }
    return result
  }

  private func pipeline(_ rest: inout ArraySlice<Token>) throws(TemplateError) -> Template.Pipeline {
    var commands: [[Template.Operand]] = [[]]
    while let token = rest.first, token != .symbol(")") {
      rest = rest.dropFirst()
      if token == .symbol("|") {
        if commands[commands.count - 1].isEmpty { throw error("missing value for command") }
        commands.append([])
        continue
      }
      commands[commands.count - 1].append(try operand(token, &rest))
    }
    if commands[commands.count - 1].isEmpty { throw error("missing value for command") }
    return Template.Pipeline(commands: commands)
  }

  private func operand(_ token: Token, _ rest: inout ArraySlice<Token>) throws(TemplateError) -> Template.Operand {
    switch token {
    case .text(let text): return .literal(.text(text))
    case .number(let value): return .literal(.number(value))
    case .symbol("("):
      let inner = try pipeline(&rest)
      guard rest.popFirst() == .symbol(")") else { throw error("unclosed left paren") }
      if case .word(let word)? = rest.first, word.hasPrefix(".") {
        rest = rest.dropFirst()
        return .pipeline(inner, fields: Self.fields(word))
      }
      return .pipeline(inner, fields: [])
    case .symbol(let symbol): throw error("unexpected \(quotedText(symbol)) in operand")
    case .word("true"): return .literal(.bool(true))
    case .word("false"): return .literal(.bool(false))
    case .word("nil"): return .literal(.nothing)
    case .word(let word) where word.hasPrefix("."): return .field(Self.fields(word))
    case .word(let word) where word.hasPrefix("$"):
      let parts = word.split(separator: ".", maxSplits: 1)
      return .variable(String(parts[0]), fields: parts.count > 1 ? Self.fields(String(parts[1])) : [])
    case .word(let word):
      guard TemplateFunction(rawValue: word) != nil else { throw error("function \(quotedText(word)) not defined") }
      return .function(word)
    }
  }

  private static func fields(_ text: String) -> [String] { text.split(separator: ".").map(String.init) }

  private static func text(_ token: Token?) -> String {
    switch token {
    case .word(let text), .text(let text), .symbol(let text): quotedText(text)
    case .number(let value): goNumberText(value)
    case nil: "end of action"
    }
  }

  private func tokens(_ text: String) throws(TemplateError) -> [Token] {
    var result: [Token] = []
    var rest = Substring(text)
    while let first = rest.first {
      if first.isWhitespace || first == "," {
        rest = rest.dropFirst()
      } else if first == "\"" || first == "`" {
        var end = rest.index(after: rest.startIndex)
        while end < rest.endIndex, rest[end] != first {
          if first == "\"", rest[end] == "\\" { end = rest.index(after: end) }
          if end < rest.endIndex { end = rest.index(after: end) }
        }
        guard end < rest.endIndex else { throw error("unterminated quoted string") }
        result.append(.text(unquoted(String(rest[...end]))))
        rest = rest[rest.index(after: end)...]
      } else if "()|".contains(first) {
        result.append(.symbol(String(first)))
        rest = rest.dropFirst()
      } else if rest.hasPrefix(":=") || first == "=" {
        result.append(.symbol(first == "=" ? "=" : ":="))
        rest = rest.dropFirst(first == "=" ? 1 : 2)
      } else {
        let word = rest.prefix { !$0.isWhitespace && !"()|,\"`=".contains($0) && $0 != ":" }
        guard !word.isEmpty else { throw error("unexpected \(quotedText(String(first))) in command") }
        if let value = Double(word) { result.append(.number(value)) } else { result.append(.word(String(word))) }
        rest = rest[word.endIndex...]
      }
    }
    return result
  }
}
