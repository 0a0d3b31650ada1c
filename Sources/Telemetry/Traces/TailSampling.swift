import HTTPMessages
import SimulationKernel

/// Which traces are kept, decided when they are over: all that failed, the slowest hundredth of the others, and a hundredth of the
/// rest by the trace's number, as a tail-sampling collector's policies `status_code`, `latency` and `probabilistic` do together
/// (opentelemetry-collector-contrib, processor/tailsamplingprocessor; the numbers follow "TraceState: Probability
/// Sampling", where the last 56 bits decide).
package enum TailSampling {
  /// Why a trace was kept.
  package enum Reason: String, CaseIterable, Sendable { case error, slow, sample }

  /// What the decision is made by.
  package struct Candidate: Hashable, Sendable {
    package var id: TraceID
    package var duration: TimeSpan
    package var isError: Bool

    package init(id: TraceID, duration: TimeSpan, isError: Bool) {
      self.id = id
      self.duration = duration
      self.isError = isError
    }
  }

  /// Of so many one is kept, as slow and at random.
  package static let oneIn = 100

  /// So many failed traces of a window are kept with the waits inside their spans, the others without: in an outage all requests
  /// fail, and the same way.
  package static let detailedErrors = 50

  /// Decides about all traces that ended in one window of time.
  ///
  /// - Returns: for each candidate why it is kept, `nil` where it is not. Of the traces without error the slowest hundredth is
  ///   kept, rounded up; among equally slow ones the first.
  package static func decide(_ candidates: [Candidate]) -> [Reason?] {
    var result = [Reason?](repeating: nil, count: candidates.count)
    var sound: [Int] = []
    for (index, candidate) in candidates.enumerated() {
      if candidate.isError { result[index] = .error } else { sound.append(index) }
    }
    let slowCount = (sound.count + oneIn - 1) / oneIn
    for index in slowest(slowCount, of: sound, candidates) { result[index] = .slow }
    let threshold = UInt64(1 << 56) / UInt64(oneIn)
    for index in sound where result[index] == nil && candidates[index].id.low & (1 << 56 - 1) < threshold {
      result[index] = .sample
    }
    return result
  }

  /// The `count` slowest, found with one pass and a short sorted list.
  private static func slowest(_ count: Int, of indices: [Int], _ candidates: [Candidate]) -> [Int] {
    var best: [Int] = []
    best.reserveCapacity(count + 1)
    for index in indices {
      let duration = candidates[index].duration
      if best.count == count {
        guard let last = best.last, candidates[last].duration < duration else { continue }
        best.removeLast()
      }
      var (low, high) = (0, best.count)
      while low < high {
        let middle = (low + high) / 2
        if candidates[best[middle]].duration >= duration { low = middle + 1 } else { high = middle }
      }
      best.insert(index, at: low)
    }
    return best
  }
}
