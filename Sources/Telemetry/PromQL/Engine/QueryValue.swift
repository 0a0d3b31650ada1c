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
