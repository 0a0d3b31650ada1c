import Documents
import Faults
import SimulationKernel
import Telemetry

/// One item of `expect:`: a verb, what it is about, and for which runs it counts.
package struct Expectation: Sendable {
  /// Which runs an item counts for.
  package enum Applicability: String, Hashable, Sendable, CaseIterable {
    case untouched, solved, always
  }

  package var verb: ExpectationVerb
  package var applies: Applicability
  /// Where the item stands.
  package var mark: SourceMark
}

/// What an expectation asserts.
package enum ExpectationVerb: Sendable {
  case slo(ServiceLevelExpectation)
  case latency(LatencyExpectation)
  case state(StateExpectation)
  case event(EventExpectation)
  case log(LogExpectation)
  case alert(AlertExpectation)
  case query(QueryExpectation)
  case restored(RestoredExpectation)
  case invariant(Invariant)

  /// The word in the file.
  package var name: String {
    switch self {
    case .slo: "slo"
    case .latency: "latency"
    case .state: "state"
    case .event: "event"
    case .log: "log"
    case .alert: "alert"
    case .query: "query"
    case .restored: "restored"
    case .invariant: "invariant"
    }
  }
}

/// A stretch of a run. Phases are computed from what happens; the others stand in the file.
package enum ExpectationWindow: Hashable, Sendable, CustomStringConvertible {
  /// From T0 to the first fault that is no decoy.
  case baseline
  /// From that fault until the service is restored.
  case incident
  /// From there to the end.
  case recovery
  /// From T0 to the end.
  case whole
  case between(Located<Offset>, Located<Offset>)

  /// The words for the phases.
  static let phases: [(word: String, window: ExpectationWindow)] = [
    ("baseline", .baseline), ("incident", .incident), ("recovery", .recovery), ("whole", .whole),
  ]

  package var description: String {
    if case .between(let from, let to) = self { return "\(from.value) - \(to.value)" }
    return Self.phases.first { $0.window == self }?.word ?? ""
  }
}

/// A service level objective of the platform holds, or does not.
package struct ServiceLevelExpectation: Sendable {
  /// Fractions of 1.
  package enum Bound: Hashable, Sendable, CustomStringConvertible {
    case atLeast(Double)
    case atMost(Double)
    /// The share of the whole budget period's error budget that burns in the window.
    case burnsBetween(Double, Double)

    package var description: String {
      func percent(_ value: Double) -> String { shortNumber(value * 100) + "%" }
      return switch self {
      case .atLeast(let share): ">= \(percent(share))"
      case .atMost(let share): "<= \(percent(share))"
      case .burnsBetween(let low, let high): "burns \(percent(low)) - \(percent(high))"
      }
    }
  }

  /// The OpenSLO object's name.
  package var name: Located<String>
  package var region: Located<String>
  package var window: ExpectationWindow
  /// All of them hold; at least one.
  package var bounds: [Bound]
}

/// Latency of answered requests, measured at the clients of one region.
package struct LatencyExpectation: Sendable {
  package var region: Located<String>
  package var window: ExpectationWindow
  /// All of them hold; at least one. Each has a statistic, and a span as its bound.
  package var bounds: [Comparison]
}

/// Objects of the platform contain a partial object.
package struct StateExpectation: Sendable {
  /// When they are looked at.
  package enum Moment: Hashable, Sendable {
    case at(Located<Offset>)
    /// At some instant of the window.
    case during(ExpectationWindow)
    /// At no instant of the window.
    case neverDuring(ExpectationWindow)
  }

  package var target: Located<TargetPattern>
  /// How many of the matching objects contain `match`.
  package var mode: TargetMode
  /// Mappings match as subsets, everything else matches when equal.
  package var match: JSONValue
  package var moment: Moment
}

/// How often something happens in a window.
package struct Occurrences: Hashable, Sendable, CustomStringConvertible {
  package var atLeast: Int
  package var atMost: Int?

  package init(atLeast: Int = 0, atMost: Int? = nil) {
    self.atLeast = atLeast
    self.atMost = atMost
  }

  package func contains(_ count: Int) -> Bool { count >= atLeast && count <= atMost ?? .max }

  package var description: String {
    switch (atLeast, atMost) {
    case (_, 0): "never"
    case (let low, nil): ">= \(low)"
    case (0, let high?): "<= \(high)"
    case (let low, let high?): "\(low) - \(high)"
    }
  }
}

/// Kubernetes events about matching objects.
package struct EventExpectation: Sendable {
  package var target: Located<TargetPattern>
  package var reason: String
  /// A part of the event's message; `nil` accepts any.
  package var message: String?
  package var window: ExpectationWindow
  package var occurrences: Occurrences
}

/// Lines in the logs of matching pods.
package struct LogExpectation: Sendable {
  package var target: Located<TargetPattern>
  /// A part of the line.
  package var contains: String
  package var window: ExpectationWindow
  package var occurrences: Occurrences
}

/// An alert of a region's Prometheus fires, or does not.
package struct AlertExpectation: Sendable {
  package enum Bound: Hashable, Sendable, CustomStringConvertible {
    /// It fires at some instant of the window.
    case fires
    /// It fires at no instant of the window.
    case never
    /// Its first firing comes this long after the instant of reference, at the earliest and at the latest.
    case between(TimeSpan, TimeSpan)

    package var description: String {
      switch self {
      case .fires: "fires"
      case .never: "never"
      case .between(.zero, let latest): "within \(latest.duration.shortText)"
      case .between(let earliest, let latest): "\(earliest.duration.shortText) - \(latest.duration.shortText)"
      }
    }
  }

  package var name: Located<String>
  /// Labels that the alert must have, among others.
  package var labels: [Label]
  /// `nil` takes the alerts of all regions.
  package var region: Located<String>?
  package var window: ExpectationWindow
  package var bound: Bound
  /// What the bound counts from; `nil` for the first fault that is no decoy.
  package var after: Located<Offset>?
}

/// A PromQL expression has a value in a region's Prometheus.
package struct QueryExpectation: Sendable {
  package enum Bound: Hashable, Sendable, CustomStringConvertible {
    /// Some series satisfies it at some instant of the window.
    case reaches(Comparison)
    /// Every series satisfies it at every instant of the window at which there is one.
    case always(Comparison)

    package var description: String {
      switch self {
      case .reaches(let comparison): "reaches \(comparison)"
      case .always(let comparison): "always \(comparison)"
      }
    }
  }

  package var expression: Located<String>
  /// `nil` asks every region: one of them has to reach the bound, or all of them to keep it.
  package var region: Located<String>?
  package var window: ExpectationWindow
  package var bound: Bound
}

/// The service is well again, or stays broken.
package struct RestoredExpectation: Sendable {
  /// `false`: it must not be restored by the end.
  package var isRestored: Bool
  /// The latest time of restoration after the first fault that is no decoy; `nil` sets no limit.
  package var within: TimeSpan?
  /// How long it has to stay well before it counts.
  package var hold: TimeSpan

  /// What holds where the file says nothing.
  package static let defaultHold = TimeSpan.minutes(5)
}

/// What holds in every run, listed or not.
package enum Invariant: String, Hashable, Sendable, CaseIterable {
  /// Debits and credits of each ledger cancel out.
  case ledgerBalanced = "ledger-balanced"
  /// A payment that a client saw accepted is in the ledger.
  case acknowledgedPaymentsKept = "acknowledged-payments-kept"
  /// One idempotency key moves money at most once.
  case chargedOnce = "charged-once"
  /// No record stands in another region's data.
  case residencyKept = "residency-kept"
}
