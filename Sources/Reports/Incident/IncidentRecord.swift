import SimulationKernel
import Telemetry

/// What one leg's `twin.db` says about an incident, as values. Times are seconds since T0.
package struct IncidentRecord: Sendable {
  /// One second of a region's traffic.
  struct TrafficSecond: Sendable {
    var at: Double
    var offered: Int
    var served: Int
    var failed: Int
    /// Answered within the availability objective's limit.
    var inTime: Int
    var fast: Int
  }

  /// Ten seconds of a region's answers.
  struct LatencySlot: Sendable {
    var at: Double
    /// Milliseconds.
    var p50: Double
    var p95: Double
    var p99: Double
    /// How many answers took at most so many milliseconds, and more than the class before; `nil` above the last.
    var counts: [(upTo: Double?, requests: Int)] = []
  }

  struct Region: Sendable {
    var name: String
    var traffic: [TrafficSecond] = []
    var latency: [LatencySlot] = []
    var saturation: [SaturationSeries] = []
  }

  /// How much of something that runs out was used.
  struct SaturationSeries: Sendable {
    var name: String
    /// Shares of what there is; nothing where nothing was measured.
    var samples: [(at: Double, value: Double)]
  }

  struct Fault: Sendable {
    var at: Double
    var id: String
    var verb: String
    var targets: [String]
    var isRepair: Bool
  }

  struct Command: Sendable {
    var at: Double
    var ended: Double
    var line: String
    var exitCode: Int
    var output: String
    var errors: String
    var mayChange: Bool
  }

  /// A component changed between well and degraded.
  struct ComponentChange: Sendable {
    var at: Double
    var component: String
    /// `nil` when it is well again.
    var effect: String?
    var dependsOn: [String]
  }

  /// A stretch of time in which an alert was pending or fired.
  struct AlertStretch: Sendable {
    var region: String
    var name: String
    var severity: String
    var summary: String
    var isFiring: Bool
    var from: Double
    /// The end of the run where it goes on.
    var to: Double
  }

  struct Page: Sendable {
    var at: Double
    var region: String
    var receiver: String
    var alerts: [String]
  }

  /// A change of the platform by somebody who is no controller: an object of a cluster, or a call of AWS.
  struct Change: Sendable {
    var at: Double
    var component: String
    var what: String
    var who: String
  }

  /// A hop of sampled requests.
  struct Hop: Hashable, Sendable {
    var from: String
    var to: String
  }

  struct Waterfall: Sendable {
    var title: String
    var trace: StoredTrace
  }

  var scenario = ""
  var leg = ""
  var seed = ""
  var digest = ""
  /// Length of the run.
  var duration = 0.0
  var regions: [Region] = []
  var faults: [Fault] = []
  var commands: [Command] = []
  var changes: [Change] = []
  var components: [ComponentChange] = []
  var alerts: [AlertStretch] = []
  var pages: [Page] = []
  /// The share of all objectives' budgets that burnt in each minute.
  var burnt: [Double] = []
  var hops: [Hop] = []
  var places: [TracedPlace] = []
  var waterfalls: [Waterfall] = []
}
