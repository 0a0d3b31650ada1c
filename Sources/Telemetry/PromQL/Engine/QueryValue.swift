/// What a query evaluates to (`promql/value.go`).
package enum QueryValue: Sendable {
  case scalar(Sample)
  case string(String, at: Int64)
  case vector([InstantSample])
  case matrix([SampledSeries])

  /// One series of an instant vector, with its value at the time of the evaluation.
  package struct InstantSample: Sendable, Equatable {
    package var labels: Labels
    package var sample: Sample

    package init(labels: Labels, sample: Sample) {
      self.labels = labels
      self.sample = sample
    }
  }

  /// One series of a matrix: at least one sample, ascending in time.
  package struct SampledSeries: Sendable, Equatable {
    package var labels: Labels
    package var samples: [Sample]

    package init(labels: Labels, samples: [Sample]) {
      self.labels = labels
      self.samples = samples
    }
  }
}
