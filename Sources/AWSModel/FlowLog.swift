import HTTPMessages
import NetworkModel
import SimulationKernel
import Telemetry

/// The VPC flow log of one region: a record for each network interface, connection and direction, every aggregation interval
/// (Amazon VPC user guide, "Flow log records", version 2).
@Simulated
package final class FlowLog {
  package nonisolated let group: String
  private let accountID: String
  private let region: String
  private let logs: LogStore

  /// - Parameters:
  ///   - group: the log group of its destination.
  ///   - interval: `maxAggregationInterval`.
  init(
    _ logs: LogStore, group: String, region: String, accountID: String, network: Network, every interval: TimeSpan
  ) {
    self.logs = logs
    self.group = group
    self.region = region
    self.accountID = accountID
    network.flows.read(every: interval) { [self] in write($0) }
  }

  /// The id of a host's interface.
  package static func interface(_ host: Host) -> String { "eni-0" + hexadecimal(fnv1a(host.name.utf8), digits: 16) }

  private func write(_ flows: [FlowMeter.Flow]) {
    for flow in flows {
      // Dropped packets are noted where they were to go in.
      if flow.isAccepted { write(flow, at: flow.from) }
      write(flow, at: flow.to)
    }
  }

  private func write(_ flow: FlowMeter.Flow, at host: Host) {
    guard host.zone.region == region, !host.zone.isInternet else { return }
    let interface = Self.interface(host)
    logs.stream(group, "\(interface)-all").write(
      "2 \(accountID) \(interface) \(flow.from.address) \(flow.to.address) \(flow.fromPort) \(flow.toPort) 6 \(flow.packets) "
        + "\(flow.bytes) \(seconds(flow.first)) \(seconds(flow.last)) \(flow.isAccepted ? "ACCEPT" : "REJECT") OK")
  }

  private func seconds(_ instant: Instant) -> Int64 { ClusterClock.milliseconds(instant) / 1000 }
}
