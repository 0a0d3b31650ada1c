/// The parts of a request's time. They lie one after another on its way, so that their sum is the whole.
package enum LatencyComponent: UInt8, CaseIterable, Sendable {
  case clientNetwork, nameResolution, handshake, loadBalancer, network, podProcessor, poolWait, databaseNetwork, proxy,
    databaseProcessor, commit, retryPause

  /// How reports call it.
  package var label: String {
    switch self {
    case .clientNetwork: "client network"
    case .nameResolution: "name resolution"
    case .handshake: "connection set-up"
    case .loadBalancer: "load balancer"
    case .network: "network to pod"
    case .podProcessor: "pod CPU and queue"
    case .poolWait: "wait for a pooled connection"
    case .databaseNetwork: "network to database"
    case .proxy: "RDS Proxy"
    case .databaseProcessor: "database CPU and queue"
    case .commit: "commit to both zones"
    case .retryPause: "pause before a retry"
    }
  }
}
