/// What a query gives. Times are milliseconds since 1970.
package enum QueryValue: Sendable {
  case scalar(Double, at: Int64)
  case string(String, at: Int64)
  /// In the order of the evaluation, which `sort` and `topk` decide.
  case vector([VectorSample], at: Int64)
  /// Sorted by labels.
  case matrix([QuerySeries])

  package struct VectorSample: Hashable, Sendable {
    package var labels: Labels
    package var value: Double

    package init(_ labels: Labels, _ value: Double) {
      self.labels = labels
      self.value = value
    }
  }

  package struct QuerySeries: Hashable, Sendable {
    package var labels: Labels
    package var samples: [Sample]

    package init(_ labels: Labels, _ samples: [Sample]) {
      self.labels = labels
      self.samples = samples
    }
  }
}

/// One series of an intermediate result: a value for each step, or none.
struct Column {
  var labels: Labels
  /// One a step. A step without a value holds `Column.absent`.
  var values: [Double]

  /// Staleness markers never are results, so that their bits can mark what is not there.
  static let absent = StalenessMarker.value

  static func isAbsent(_ value: Double) -> Bool { StalenessMarker.isMarker(value) }
}

/// An intermediate result.
enum Columns {
  /// One value a step.
  case scalar([Double])
  case string(String)
  case vector([Column])
}

/// The instants of a query.
struct Steps {
  /// Milliseconds since 1970.
  var start: Int64
  var end: Int64
  /// Above zero.
  var interval: Int64

  var count: Int { Int((end - start) / interval) + 1 }

  func time(_ index: Int) -> Int64 { start + Int64(index) * interval }
}
