import Glibc

// Binary operators (`promql/engine.go`, `VectorBinop` and its neighbours).
extension Evaluation {
  func evaluate(_ binary: Expression.Binary) throws(PromQLError) -> Columns {
    switch (try evaluate(binary.left), try evaluate(binary.right)) {
    case (.scalar(let left), .scalar(let right)):
      return .scalar(zip(left, right).map { binary.operation.scalar($0, $1) })
    case (.vector(let columns), .scalar(let numbers)):
      return .vector(try combine(columns, numbers, binary, isSwapped: false))
    case (.scalar(let numbers), .vector(let columns)):
      return .vector(try combine(columns, numbers, binary, isSwapped: true))
    case (.vector(let left), .vector(let right)):
      switch binary.operation {
      case .and, .or, .unless: return .vector(unite(left, right, binary))
      default: return .vector(try combine(left, right, binary))
      }
    default: throw PromQLError("a binary operator stands between other than numbers and vectors")
    }
  }

  private func combine(
    _ columns: [Column], _ numbers: [Double], _ binary: Expression.Binary, isSwapped: Bool
  ) throws(PromQLError) -> [Column] {
    let dropsName = binary.operation.dropsName || binary.returnsBool
    var result: [Column] = []
    result.reserveCapacity(columns.count)
    for column in columns {
      var values = column.values
      var hasValue = false
      for step in values.indices where !Column.isAbsent(values[step]) {
        let (left, right) = isSwapped ? (numbers[step], values[step]) : (values[step], numbers[step])
        if binary.operation.isComparison {
          let holds = binary.operation.scalar(left, right) != 0
          // A comparison that filters keeps the series' value, on whichever side it stands.
          values[step] = binary.returnsBool ? (holds ? 1 : 0) : holds ? values[step] : Column.absent
        } else {
          values[step] = binary.operation.scalar(left, right)
        }
        hasValue = hasValue || !Column.isAbsent(values[step])
      }
      if hasValue {
        result.append(Column(labels: dropsName ? column.labels.withoutName : column.labels, values: values))
      }
    }
    return dropsName ? try distinct(result) : result
  }

  // MARK: Sets

  private func unite(_ left: [Column], _ right: [Column], _ binary: Expression.Binary) -> [Column] {
    let matching = binary.matching ?? Expression.VectorMatching(.manyToMany)
    let (leftKeys, rightKeys) = (left.map { $0.labels.key(matching) }, right.map { $0.labels.key(matching) })
    switch binary.operation {
    case .or:
      let present = presence(left, leftKeys)
      return left + filter(right, rightKeys) { key, step in !(present[key]?[step] ?? false) }
    case .unless:
      let present = presence(right, rightKeys)
      return filter(left, leftKeys) { key, step in !(present[key]?[step] ?? false) }
    default:
      let present = presence(right, rightKeys)
      return filter(left, leftKeys) { key, step in present[key]?[step] ?? false }
    }
  }

  /// At which steps each key has a value.
  private func presence(_ columns: [Column], _ keys: [Labels]) -> [Labels: [Bool]] {
    var result: [Labels: [Bool]] = [:]
    for (column, key) in zip(columns, keys) {
      var present = result[key] ?? Array(repeating: false, count: steps.count)
      for step in column.values.indices where !Column.isAbsent(column.values[step]) { present[step] = true }
      result[key] = present
    }
    return result
  }

  private func filter(_ columns: [Column], _ keys: [Labels], _ isKept: (Labels, Int) -> Bool) -> [Column] {
    zip(columns, keys).compactMap { column, key in
      var values = column.values
      for step in values.indices where !isKept(key, step) { values[step] = Column.absent }
      return values.allSatisfy(Column.isAbsent) ? nil : Column(labels: column.labels, values: values)
    }
  }

  // MARK: Vectors

  private func combine(
    _ left: [Column], _ right: [Column], _ binary: Expression.Binary
  ) throws(PromQLError) -> [Column] {
    let matching = binary.matching ?? Expression.VectorMatching()
    let isSwapped = matching.cardinality == .oneToMany
    let (many, one) = isSwapped ? (right, left) : (left, right)
    var ones: [Labels: [Int]] = [:]
    for (index, column) in one.enumerated() { ones[column.labels.key(matching), default: []].append(index) }
    let keys = many.map { $0.labels.key(matching) }
    try checkOneSide(one, ones, many, matching)
    var pairs = Pairs(stepCount: steps.count, isOneToOne: matching.cardinality == .oneToOne)
    for (column, key) in zip(many, keys) {
      for index in ones[key] ?? [] {
        try pairs.add(column, one[index], key, binary, matching, isSwapped: isSwapped)
      }
    }
    return try distinct(pairs.columns.filter { !$0.values.allSatisfy(Column.isAbsent) })
  }

  /// Each key stands for one series on the side that is one; at a step at which the other side has nothing nobody looks.
  private func checkOneSide(
    _ one: [Column], _ ones: [Labels: [Int]], _ many: [Column], _ matching: Expression.VectorMatching
  ) throws(PromQLError) {
    for (index, column) in one.enumerated() {
      let key = column.labels.key(matching)
      guard let group = ones[key], group.count > 1, let other = group.first(where: { $0 < index }) else { continue }
      for step in 0..<steps.count
      where !Column.isAbsent(column.values[step]) && !Column.isAbsent(one[other].values[step])
        && many.contains(where: { !Column.isAbsent($0.values[step]) })
      {
        let labels = matching.isOn ? key : key.withoutName
        let side = matching.cardinality == .oneToMany ? "left" : "right"
        throw PromQLError(
          "found duplicate series for the match group \(labels.text) on the \(side) hand-side of the operation: [\(column.labels.text), \(one[other].labels.text)];many-to-many matching not allowed: matching labels must be unique on one side"
        )
      }
    }
  }

  /// The results of matched series.
  private struct Pairs {
    let stepCount: Int
    let isOneToOne: Bool
    var columns: [Column] = []
    private var positions: [Labels: Int] = [:]
    /// At which steps a key has been matched, for one-to-one.
    private var matched: [Labels: [Bool]] = [:]

    init(stepCount: Int, isOneToOne: Bool) {
      self.stepCount = stepCount
      self.isOneToOne = isOneToOne
    }

    mutating func add(
      _ many: Column, _ one: Column, _ key: Labels, _ binary: Expression.Binary, _ matching: Expression.VectorMatching,
      isSwapped: Bool
    ) throws(PromQLError) {
      let labels = Self.labels(many.labels, one.labels, binary, matching)
      var values = Array(repeating: Column.absent, count: stepCount)
      for step in 0..<stepCount where !Column.isAbsent(many.values[step]) && !Column.isAbsent(one.values[step]) {
        let (left, right) =
          isSwapped ? (one.values[step], many.values[step]) : (many.values[step], one.values[step])
        if binary.operation.isComparison {
          let holds = binary.operation.scalar(left, right) != 0
          if !holds, !binary.returnsBool { continue }
          values[step] = binary.returnsBool ? (holds ? 1 : 0) : left
        } else {
          values[step] = binary.operation.scalar(left, right)
        }
        if isOneToOne { try note(key, step) }
      }
      guard let position = positions[labels] else {
        positions[labels] = columns.count
        columns.append(Column(labels: labels, values: values))
        return
      }
      for step in 0..<stepCount where !Column.isAbsent(values[step]) {
        guard Column.isAbsent(columns[position].values[step]) else {
          throw PromQLError("multiple matches for labels: grouping labels must ensure unique matches")
        }
        columns[position].values[step] = values[step]
      }
    }

    private mutating func note(_ key: Labels, _ step: Int) throws(PromQLError) {
      var steps = matched[key] ?? Array(repeating: false, count: stepCount)
      guard !steps[step] else {
        throw PromQLError(
          "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")
      }
      steps[step] = true
      matched[key] = steps
    }

    /// `resultMetric`.
    private static func labels(
      _ many: Labels, _ one: Labels, _ binary: Expression.Binary, _ matching: Expression.VectorMatching
    ) -> Labels {
      var labels = binary.operation.dropsName || binary.returnsBool ? many.withoutName : many
      if matching.cardinality == .oneToOne {
        labels = Labels(labels.pairs.filter { matching.labels.contains($0.name) == matching.isOn })
      }
      for name in matching.include { labels[name] = one[name] }
      return labels
    }
  }
}

extension Labels {
  /// The labels by which two series match.
  func key(_ matching: Expression.VectorMatching) -> Labels {
    Labels(
      pairs.filter {
        matching.isOn
          ? matching.labels.contains($0.name) : $0.name != Self.metricName && !matching.labels.contains($0.name)
      })
  }
}

extension Expression.BinaryOperator {
  /// Whether the result is another thing than what the name says. Upstream leaves `atan2` out (`shouldDropMetricName`).
  var dropsName: Bool {
    switch self {
    case .add, .subtract, .multiply, .divide, .modulo, .power: true
    default: false
    }
  }

  /// The operator on two numbers; comparisons give 1 or 0.
  func scalar(_ left: Double, _ right: Double) -> Double {
    switch self {
    case .add: left + right
    case .subtract: left - right
    case .multiply: left * right
    case .divide: left / right
    case .modulo: fmod(left, right)
    case .power: pow(left, right)
    case .atan2: Glibc.atan2(left, right)
    case .equal: left == right ? 1 : 0
    case .notEqual: left != right ? 1 : 0
    case .less: left < right ? 1 : 0
    case .lessOrEqual: left <= right ? 1 : 0
    case .greater: left > right ? 1 : 0
    case .greaterOrEqual: left >= right ? 1 : 0
    case .and, .or, .unless: .nan
    }
  }
}
