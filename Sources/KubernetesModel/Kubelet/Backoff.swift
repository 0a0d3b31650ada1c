import SimulationKernel

/// The delays before a container is started again or an image pulled again: 10 s, doubling, at most 300 s; forgotten when the
/// container has run for ten minutes (pkg/kubelet/kubelet.go, `backOffPeriod`, `MaxContainerBackOff`; client-go
/// `util/flowcontrol/backoff.go`).
package struct Backoff: Hashable, Sendable {
  package static let initial = TimeSpan.seconds(10)
  package static let maximum = TimeSpan.seconds(300)
  /// A run of at least twice the cap forgets the back-off.
  package static let reset = TimeSpan.seconds(600)

  /// Failures in a row so far.
  package private(set) var failures = 0

  package init() {}

  /// The delay before the next start, after a run of a length: none after the first failure, whose end only opens the
  /// back-off window (pkg/kubelet/kuberuntime/kuberuntime_manager.go, `doBackOff`), then 10 s, 20 s …
  package mutating func next(afterRunning run: TimeSpan) -> TimeSpan {
    if run >= Self.reset { failures = 0 }
    defer { failures += 1 }
    return failures == 0 ? .zero : Self.delay(restart: failures)
  }

  /// The delay before the n-th restart in a row, counted from 1.
  package static func delay(restart: Int) -> TimeSpan {
    restart > 5 ? maximum : min(maximum, initial * (1 << max(0, restart - 1)))
  }

  /// Go's text of a delay, as messages carry it: `10s`, `1m20s`, `5m0s`.
  package static func text(_ delay: TimeSpan) -> String {
    let seconds = delay.nanoseconds / 1_000_000_000
    return seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m\(seconds % 60)s"
  }
}
