import SimulationKernel

/// The KMS keys of a region: what is encrypted under one cannot be read while it is not enabled.
@Simulated
package final class KeyManagement {
  /// `KeyState` of the KMS API.
  package enum State: String, Sendable {
    case enabled = "Enabled"
    case disabled = "Disabled"
    case pendingDeletion = "PendingDeletion"
  }

  /// A key.
  package struct Key: Sendable {
    /// The name of its managed resource.
    package var name: String
    package var id: String
    package var arn: String
    package var description: String
    package var state = State.enabled
  }

  private var keys: [String: Key] = [:]

  package init() {}

  /// A key by the name of its managed resource.
  package subscript(name: String) -> Key? {
    get { keys[name] }
    set { keys[name] = newValue }
  }

  /// All keys by name.
  package var all: [Key] { keys.sorted { $0.key < $1.key }.map(\.value) }

  /// Whether data under the key can be read; keys of AWS itself (`nil`) always can be used.
  package func canDecrypt(_ name: String?) -> Bool { name.map { keys[$0]?.state == .enabled } ?? true }
}
