import SimulationKernel

/// What stands between a host and addresses that no host has: the rules that kube-proxy keeps on a cluster's nodes.
@Simulated
package protocol ServiceRouting: AnyObject {
  /// Where a new connection to an address goes; `nil` for one that is none of its own.
  func route(to address: IPv4Address, port: UInt16) -> ServiceRoute?
}

/// Where a connection to a virtual address goes.
package enum ServiceRoute: Hashable, Sendable {
  case backend(IPv4Address, UInt16)
  /// Nobody stands behind it: the packet is answered as for a closed port.
  case refused
}
