/// Counts the results of a probe and decides when its verdict changes (upstream: pkg/kubelet/prober/worker.go, `doProbe`).
package struct ProbeCounter: Hashable, Sendable {
  package let failureThreshold: Int
  package let successThreshold: Int
  /// Results in a row of one kind.
  package private(set) var streak = 0
  private var lastSucceeded: Bool?

  package init(failureThreshold: Int = 3, successThreshold: Int = 1) {
    self.failureThreshold = max(1, failureThreshold)
    self.successThreshold = max(1, successThreshold)
  }

  /// Takes a result.
  ///
  /// - Returns: the verdict once its threshold is reached, and with each further result; `nil` below it, when the verdict
  ///   stays as it was.
  package mutating func take(_ succeeded: Bool) -> Bool? {
    streak = lastSucceeded == succeeded ? streak + 1 : 1
    lastSucceeded = succeeded
    return streak >= (succeeded ? successThreshold : failureThreshold) ? succeeded : nil
  }
}
