import SimulationKernel

/// What one name server's process has counted.
@Simulated
package final class LookupCounter {
  /// Response codes as name servers' metrics spell them.
  package enum Code: Int, CaseIterable, Sendable {
    case noError, noSuchDomain, serverFailure

    package var label: String {
      switch self {
      case .noError: "NOERROR"
      case .noSuchDomain: "NXDOMAIN"
      case .serverFailure: "SERVFAIL"
      }
    }
  }

  /// Questions asked, those without an answer too. A resolver asks for A and AAAA at once; these are the pairs.
  package private(set) var questions = 0
  /// Answers by code.
  package private(set) var answers = [Int](repeating: 0, count: Code.allCases.count)
  /// Answers out of the server's cache, and those that it had to ask for; both zero for a server that has none.
  package private(set) var cacheHits = 0
  package private(set) var cacheMisses = 0
  /// Answers by the time that they took, `bounds` and one more.
  package private(set) var durations = [Int](repeating: 0, count: LookupCounter.bounds.count + 1)
  package private(set) var totalDuration = TimeSpan.zero

  /// Upper bounds: a quarter of a millisecond, doubling (coredns/coredns, plugin/metrics/vars/vars.go).
  package nonisolated static let bounds: [TimeSpan] = (0..<16).map { .nanoseconds(250_000 << Int64($0)) }

  /// What its configuration says of a name before anybody else is asked: the reason for which it is not answered.
  package var objection: @Simulated (String) -> NameError? = { _ in nil }

  package init() {}

  func count(_ code: Code?, _ span: TimeSpan, isCached: Bool?) {
    questions += 1
    guard let code else { return }
    answers[code.rawValue] += 1
    durations[Self.bounds.firstIndex { span <= $0 } ?? Self.bounds.count] += 1
    totalDuration += span
    if let isCached { if isCached { cacheHits += 1 } else { cacheMisses += 1 } }
  }
}

/// The name server behind a cluster's address: questions go to its processes in turn.
@Simulated
package final class LookupStatistics {
  private var servers: [LookupCounter] = []
  private var next = 0

  package init() {}

  /// A process begins to serve.
  package func add(_ counter: LookupCounter) { servers.append(counter) }

  package func remove(_ counter: LookupCounter) { servers.removeAll { $0 === counter } }

  /// The process to which the next question goes; `nil` while none is known.
  package func take() -> LookupCounter? {
    guard !servers.isEmpty else { return nil }
    next = next + 1 < servers.count ? next + 1 : 0
    return servers[next]
  }
}
