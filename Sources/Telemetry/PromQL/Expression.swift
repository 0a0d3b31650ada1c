/// A parsed PromQL expression, as the parser of Prometheus 2.42 understands it (`promql/parser/ast.go`).
///
/// Times in it are milliseconds, Prometheus' resolution. Every node knows where it stands in the text, for errors.
package struct Expression: Sendable {
  package var form: Form
  /// UTF-8 offsets of the first byte and behind the last one.
  package var position: Range<Int>

  /// A sign that changes nothing: the form is that of parentheses around the operand, before the type check of a negation.
  var isPlus = false

  package init(_ form: Form, at position: Range<Int>) {
    self.form = form
    self.position = position
  }

  init(_ form: Form, at position: Range<Int>, isPlus: Bool) {
    self.init(form, at: position)
    self.isPlus = isPlus
  }

  package indirect enum Form: Sendable {
    case number(Double)
    case string(String)
    case parenthesized(Expression)
    /// `-x`; a leading plus is dropped by the parser.
    case negation(Expression)
    case binary(Binary)
    case aggregation(Aggregation)
    case call(Call)
    case selector(Selector)
    case matrix(Selector, range: Int64)
    case subquery(Subquery)
  }

  /// What an expression evaluates to (`promql/parser/value.go`).
  package enum ValueType: String, Sendable {
    case scalar
    case string
    case vector
    case matrix

    /// The words of Prometheus' error texts: `instant vector`, `range vector`.
    package var documented: String {
      switch self {
      case .scalar: "scalar"
      case .string: "string"
      case .vector: "instant vector"
      case .matrix: "range vector"
      }
    }
  }

  /// `offset` and `@` of a selector or a subquery.
  package struct Shift: Hashable, Sendable {
    /// Milliseconds into the past; negative for the future.
    package var offset: Int64 = 0
    package var at: Anchor?

    package init() {}

    /// Where `@` fixes the evaluation.
    package enum Anchor: Hashable, Sendable {
      /// Milliseconds since the epoch.
      case timestamp(Int64)
      case start
      case end
    }
  }

  package struct Selector: Sendable {
    /// The name before the braces, empty where it is given by a matcher or not at all.
    package var name: String
    /// All matchers, that of the name included, in the order of the text (the name first).
    package var matchers: [LabelMatcher]
    package var shift = Shift()

    package init(name: String, matchers: [LabelMatcher]) {
      self.name = name
      self.matchers = matchers
    }
  }

  package struct Subquery: Sendable {
    package var inner: Expression
    package var range: Int64
    /// `nil` for the default, the evaluation interval of the engine.
    package var step: Int64?
    package var shift = Shift()

    package init(_ inner: Expression, range: Int64, step: Int64?) {
      self.inner = inner
      self.range = range
      self.step = step
    }
  }

  package struct Binary: Sendable {
    package var operation: BinaryOperator
    package var left: Expression
    package var right: Expression
    package var returnsBool: Bool
    /// `nil` unless both sides are instant vectors.
    package var matching: VectorMatching?

    package init(
      _ operation: BinaryOperator, _ left: Expression, _ right: Expression, returnsBool: Bool = false,
      matching: VectorMatching? = nil
    ) {
      self.operation = operation
      self.left = left
      self.right = right
      self.returnsBool = returnsBool
      self.matching = matching
    }
  }

  package enum BinaryOperator: String, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    case atan2 = "atan2"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case and = "and"
    case or = "or"
    case unless = "unless"

    package var isComparison: Bool {
      switch self {
      case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
      default: false
      }
    }

    package var isSetOperator: Bool { self == .and || self == .or || self == .unless }
  }

  package struct VectorMatching: Hashable, Sendable {
    package enum Cardinality: String, Sendable {
      case oneToOne = "one-to-one"
      case manyToOne = "many-to-one"
      case oneToMany = "one-to-many"
      case manyToMany = "many-to-many"
    }

    package var cardinality: Cardinality
    /// The labels of `on` or `ignoring`.
    package var labels: [String]
    /// True for `on`.
    package var isOn: Bool
    /// The labels of `group_left` or `group_right`.
    package var include: [String]

    package init(
      _ cardinality: Cardinality = .oneToOne, labels: [String] = [], isOn: Bool = false, include: [String] = []
    ) {
      self.cardinality = cardinality
      self.labels = labels
      self.isOn = isOn
      self.include = include
    }
  }

  package struct Aggregation: Sendable {
    package var operation: Aggregator
    package var inner: Expression
    /// The number of `topk`, `bottomk`, `quantile`; the label of `count_values`.
    package var parameter: Expression?
    package var grouping: [String]
    package var isWithout: Bool

    package init(
      _ operation: Aggregator, _ inner: Expression, parameter: Expression? = nil, grouping: [String] = [],
      isWithout: Bool = false
    ) {
      self.operation = operation
      self.inner = inner
      self.parameter = parameter
      self.grouping = grouping
      self.isWithout = isWithout
    }
  }

  package enum Aggregator: String, Sendable, CaseIterable {
    case sum, avg, count, min, max, group, stddev, stdvar, topk, bottomk, quantile
    case countValues = "count_values"

    package var takesParameter: Bool {
      switch self {
      case .topk, .bottomk, .quantile, .countValues: true
      default: false
      }
    }
  }

  package struct Call: Sendable {
    package var function: PromQLFunction
    package var arguments: [Expression]

    package init(_ function: PromQLFunction, _ arguments: [Expression]) {
      self.function = function
      self.arguments = arguments
    }
  }
}

/// One condition on a label.
package struct LabelMatcher: Hashable, Sendable {
  package enum Operation: String, Sendable {
    case equal = "="
    case notEqual = "!="
    case matches = "=~"
    case doesNotMatch = "!~"
  }

  package var name: String
  package var operation: Operation
  package var value: String

  package init(_ name: String, _ operation: Operation, _ value: String) {
    self.name = name
    self.operation = operation
    self.value = value
  }
}
