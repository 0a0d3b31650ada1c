import SimulationKernel

/// Decides whether a packet may pass. What is not permitted is dropped without a word, so that the sender times out.
@Simulated
package protocol PacketFilter: AnyObject {
  /// Whether a connection may be opened.
  func permits(from: Host, to: Host, port: UInt16) -> Bool
  /// Whether an established connection stays open when the rule that let it in goes away. Asked once, when it is opened.
  func tracks(from: Host, to: Host, port: UInt16) -> Bool
}

extension PacketFilter {
  package func tracks(from: Host, to: Host, port: UInt16) -> Bool { true }
}
