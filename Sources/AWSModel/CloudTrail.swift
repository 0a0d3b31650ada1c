import Documents
import HTTPMessages
import SimulationKernel
import Telemetry

/// The record of the calls on a region's control plane: who did what, when (CloudTrail user guide, "CloudTrail record contents").
@Simulated
package final class CloudTrail {
  /// One call.
  package struct Event: Sendable {
    package var id: String
    package var at: Instant
    /// Such as `rds.amazonaws.com`.
    package var source: String
    /// Such as `RebootDBInstance`.
    package var name: String
    package var principal: Principal
    package var sourceAddress: String
    package var request: JSONValue
    package var errorCode: String?
    package var errorMessage: String?
  }

  /// Most events that are kept; the oldest go first.
  package static let limit = 50_000

  package private(set) var events: [Event] = []

  private let simulation: Simulation
  private let journal: Journal
  private let component: String
  private let stream: RandomStream

  package init(_ simulation: Simulation, region: String, journal: Journal) {
    self.simulation = simulation
    self.journal = journal
    component = "\(region)/cloudtrail"
    stream = simulation.random(component)
  }

  /// Notes a call, in the journal too when it changes something.
  package func record(
    _ name: String, source: String, by principal: Principal, from sourceAddress: String = "203.0.113.77",
    request: JSONValue, isReadOnly: Bool = false, error: (any AWSFault)? = nil
  ) {
    if events.count >= Self.limit { events.removeFirst(Self.limit / 10) }
    events.append(
      Event(
        id: uniqueIdentifier(stream), at: simulation.now, source: source, name: name, principal: principal,
        sourceAddress: sourceAddress, request: request, errorCode: error?.code, errorMessage: error?.message))
    guard !isReadOnly else { return }
    let outcome = error.map { " failed: \($0.code)" } ?? ""
    journal.note(component, reason: name, message: "\(principal.arn) called \(name)\(outcome) \(request.jsonText())")
  }
}

/// Thirty-two random hexadecimal digits in the groups of a UUID.
@Simulated
func uniqueIdentifier(_ stream: RandomStream) -> String {
  let digits = hexadecimal(stream.next(), digits: 16) + hexadecimal(stream.next(), digits: 16)
  var text = ""
  for (index, digit) in digits.enumerated() { text += ([8, 12, 16, 20].contains(index) ? "-" : "") + String(digit) }
  return text
}
