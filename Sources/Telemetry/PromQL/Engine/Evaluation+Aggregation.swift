import Documents

// Aggregations over series (`promql/engine.go`, `aggregation`).
extension Evaluation {
  func aggregate(_ aggregation: Expression.Aggregation) throws(PromQLError) -> [Column] {
    switch aggregation.operation {
    case .countValues: return try countValues(aggregation)
    case .topk, .bottomk: return try ranked(aggregation)
    default: break
    }
    let columns = try vector(aggregation.inner)
    let shares = aggregation.operation == .quantile ? try aggregation.parameter.map(scalar) : nil
    return groups(columns.map(\.labels), aggregation).map { labels, members in
      let values = (0..<steps.count).map { step in
        var accumulator = Accumulator(aggregation.operation)
        for member in members {
          let value = columns[member].values[step]
          if !Column.isAbsent(value) { accumulator.add(value) }
        }
        return accumulator.result(share: shares?[step] ?? .nan)
      }
      return Column(labels: labels, values: values)
    }
  }

  /// The series by the labels of their group, groups in the order of their first series.
  private func groups(_ labels: [Labels], _ aggregation: Expression.Aggregation) -> [(labels: Labels, members: [Int])] {
    if aggregation.grouping.isEmpty, !aggregation.isWithout {
      return labels.isEmpty ? [] : [(Labels(), Array(labels.indices))]
    }
    var groups: [(labels: Labels, members: [Int])] = []
    var positions: [Labels: Int] = [:]
    for (index, labels) in labels.enumerated() {
      let key = labels.grouped(aggregation.grouping, isWithout: aggregation.isWithout)
      if let position = positions[key] {
        groups[position].members.append(index)
      } else {
        positions[key] = groups.count
        groups.append((key, [index]))
      }
    }
    return groups
  }

  private func countValues(_ aggregation: Expression.Aggregation) throws(PromQLError) -> [Column] {
    let label = try aggregation.parameter.map(string) ?? ""
    guard isLabelName(label) else { throw PromQLError("invalid label name \"\(label)\"") }
    var grouping = aggregation
    if !grouping.isWithout { grouping.grouping.append(label) }
    var result: [Column] = []
    var positions: [Labels: Int] = [:]
    for column in try vector(aggregation.inner) {
      for step in column.values.indices where !Column.isAbsent(column.values[step]) {
        var labels = column.labels
        labels[label] = positionalNumberText(column.values[step])
        let key = labels.grouped(grouping.grouping, isWithout: grouping.isWithout)
        if positions[key] == nil {
          positions[key] = result.count
          result.append(Column(labels: key, values: Array(repeating: Column.absent, count: steps.count)))
        }
        let position = positions[key] ?? 0
        let count = result[position].values[step]
        result[position].values[step] = Column.isAbsent(count) ? 1 : count + 1
      }
    }
    return result
  }

  /// The series of the greatest or smallest values of each group, with their own labels. Of equal ones the first stay.
  private func ranked(_ aggregation: Expression.Aggregation) throws(PromQLError) -> [Column] {
    let limits = try aggregation.parameter.map(scalar) ?? []
    let columns = try vector(aggregation.inner)
    for limit in limits where !(limit > -0x1p63 && limit < 0x1p63) {
      throw PromQLError("Scalar value \(goNumberText(limit)) overflows int64")
    }
    let isTop = aggregation.operation == .topk
    func precedes(_ one: Double, _ other: Double) -> Bool {
      one.isNaN || other.isNaN ? !one.isNaN && other.isNaN : isTop ? one > other : one < other
    }
    var result: [Column] = []
    for (_, members) in groups(columns.map(\.labels), aggregation) {
      var kept = members.map {
        Column(labels: columns[$0].labels, values: Array(repeating: Column.absent, count: steps.count))
      }
      var order: [Int] = []
      for step in 0..<steps.count {
        let limit = Int(limits[step])
        guard limit > 0 else { continue }
        let present = members.indices.filter { !Column.isAbsent(columns[members[$0]].values[step]) }
        let sorted = present.sorted { left, right in
          let (one, other) = (columns[members[left]].values[step], columns[members[right]].values[step])
          return precedes(one, other) || !precedes(other, one) && left < right
        }
        for index in sorted.prefix(limit) { kept[index].values[step] = columns[members[index]].values[step] }
        if steps.count == 1 { order = Array(sorted.prefix(limit)) }
      }
      result += steps.count == 1 ? order.map { kept[$0] } : kept.filter { !$0.values.allSatisfy(Column.isAbsent) }
    }
    return result
  }
}

extension Labels {
  /// The labels of the group to which a series belongs.
  func grouped(_ names: [String], isWithout: Bool) -> Labels {
    if isWithout { return Labels(pairs.filter { $0.name != Self.metricName && !names.contains($0.name) }) }
    return Labels(pairs.filter { names.contains($0.name) })
  }
}

/// What an aggregation knows of the values that it has seen.
private struct Accumulator {
  private let operation: Expression.Aggregator
  private var count = 0.0
  private var value = 0.0
  private var mean = 0.0
  private var all: [Double] = []

  init(_ operation: Expression.Aggregator) { self.operation = operation }

  mutating func add(_ sample: Double) {
    count += 1
    switch operation {
    case .sum: value += sample
    case .avg: average(sample)
    case .min: value = count == 1 || sample < value || value.isNaN ? sample : value
    case .max: value = count == 1 || sample > value || value.isNaN ? sample : value
    case .stddev, .stdvar:
      let distance = sample - mean
      mean += distance / count
      value += distance * (sample - mean)
    case .quantile: all.append(sample)
    case .count, .group, .topk, .bottomk, .countValues: break
    }
  }

  private mutating func average(_ sample: Double) {
    if mean.isInfinite {
      if sample.isInfinite, (mean > 0) == (sample > 0) { return }
      if sample.isFinite { return }
    }
    // Divided one by one, so that the sum cannot overflow.
    mean += sample / count - mean / count
  }

  func result(share: Double) -> Double {
    guard count > 0 else { return Column.absent }
    return switch operation {
    case .sum, .min, .max: value
    case .avg: mean
    case .count: count
    case .group: 1
    case .stdvar: value / count
    case .stddev: (value / count).squareRoot()
    case .quantile: RangeFunction.quantile(share, all)
    case .topk, .bottomk, .countValues: Column.absent
    }
  }
}
