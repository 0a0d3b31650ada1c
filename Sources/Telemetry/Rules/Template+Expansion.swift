// Filling a template in.
extension Template {
  /// What a template sees.
  package struct Data {
    package var labels: Labels
    package var externalLabels: Labels
    package var value: Double
    /// Answers `query`.
    package var query: (String) throws -> [(labels: Labels, value: Double)]

    package init(
      labels: Labels, externalLabels: Labels, value: Double,
      query: @escaping (String) throws -> [(labels: Labels, value: Double)]
    ) {
      self.labels = labels
      self.externalLabels = externalLabels
      self.value = value
      self.query = query
    }
  }

  /// The text; what goes wrong is told in it, as Prometheus does.
  package func expand(_ data: Data) -> String {
    var scope = Scope(data: data)
    do { return try expand(parts, dot: .nothing, &scope) } catch let error as TemplateError {
      return "<error expanding template: error executing template \(name): template: \(name):1: \(error.message)>"
    } catch {
      return "<error expanding template: error executing template \(name): \(error)>"
    }
  }

  private struct Scope {
    let data: Data
    var variables: [String: TemplateValue]
    /// Whether dot still is the template's data.
    var isTop = true

    init(data: Data) {
      self.data = data
      variables = [
        "$labels": .labels(data.labels), "$externalLabels": .labels(data.externalLabels), "$value": .number(data.value),
        "$externalURL": .text(""),
      ]
    }
  }

  private func expand(_ parts: [Part], dot: TemplateValue, _ scope: inout Scope) throws -> String {
    var result = ""
    for part in parts {
      switch part {
      case .text(let text): result += text
      case .action(let pipeline): result += try evaluate(pipeline, dot, scope).printed
      case .assignment(let name, let pipeline): scope.variables[name] = try evaluate(pipeline, dot, scope)
      case .condition(let branches, let otherwise):
        let chosen = try branches.first { try evaluate($0.test, dot, scope).isTrue }?.body ?? otherwise
        result += try expand(chosen, dot: dot, &scope)
      case .with(let pipeline, let body, let otherwise):
        let value = try evaluate(pipeline, dot, scope)
        result += value.isTrue ? try expandInside(body, value, &scope) : try expand(otherwise, dot: dot, &scope)
      case .loop(let key, let variable, let pipeline, let body, let otherwise):
        let elements = Self.elements(try evaluate(pipeline, dot, scope))
        if elements.isEmpty { result += try expand(otherwise, dot: dot, &scope) }
        for (name, element) in elements {
          if let key { scope.variables[key] = name }
          if let variable { scope.variables[variable] = element }
          result += try expandInside(body, element, &scope)
        }
      }
    }
    return result
  }

  private func expandInside(_ parts: [Part], _ dot: TemplateValue, _ scope: inout Scope) throws -> String {
    let wasTop = scope.isTop
    scope.isTop = false
    defer { scope.isTop = wasTop }
    return try expand(parts, dot: dot, &scope)
  }

  private static func elements(_ value: TemplateValue) -> [(TemplateValue, TemplateValue)] {
    switch value {
    case .list(let list): list.enumerated().map { (.number(Double($0.offset)), $0.element) }
    case .labels(let labels): labels.pairs.map { (.text($0.name), .text($0.value)) }
    default: []
    }
  }

  private func evaluate(_ pipeline: Pipeline, _ dot: TemplateValue, _ scope: Scope) throws -> TemplateValue {
    var piped: TemplateValue?
    for command in pipeline.commands {
      guard let head = command.first else { throw TemplateError(message: "missing value for command") }
      if case .function(let name) = head, let function = TemplateFunction(rawValue: name) {
        var arguments = try command.dropFirst().map { try evaluate($0, dot, scope) }
        if let piped { arguments.append(piped) }
        piped = try function.call(arguments) { text in
          try scope.data.query(text).map { .sample(labels: $0.labels, value: $0.value) }
        }
      } else {
        guard command.count == 1, piped == nil else {
          throw TemplateError(message: "can't give argument to non-function")
        }
        piped = try evaluate(head, dot, scope)
      }
    }
    return piped ?? .nothing
  }

  private func evaluate(_ operand: Operand, _ dot: TemplateValue, _ scope: Scope) throws -> TemplateValue {
    switch operand {
    case .literal(let value): return value
    case .function(let name):
      return try evaluate(Pipeline(commands: [[.function(name)]]), dot, scope)
    case .pipeline(let pipeline, let fields): return try Self.field(fields, of: try evaluate(pipeline, dot, scope))
    case .variable(let name, let fields):
      guard let value = scope.variables[name] else {
        throw TemplateError(message: "undefined variable \(quotedText(name))")
      }
      return try Self.field(fields, of: value)
    case .field(let fields):
      guard scope.isTop, let first = fields.first else { return try Self.field(fields, of: dot) }
      let rest = Array(fields.dropFirst())
      switch first {
      case "Labels": return try Self.field(rest, of: .labels(scope.data.labels))
      case "ExternalLabels": return try Self.field(rest, of: .labels(scope.data.externalLabels))
      case "Value": return .number(scope.data.value)
      case "ExternalURL": return .text("")
      default: throw TemplateError(message: "can't evaluate field \(first) in type struct")
      }
    }
  }

  private static func field(_ fields: [String], of value: TemplateValue) throws -> TemplateValue {
    try fields.reduce(value) { value, name in
      switch value {
      case .labels(let labels): return .text(labels[name])
      case .sample(let labels, _) where name == "Labels": return .labels(labels)
      case .sample(_, let number) where name == "Value": return .number(number)
      default: throw TemplateError(message: "can't evaluate field \(name) in type \(value.printed)")
      }
    }
  }
}
