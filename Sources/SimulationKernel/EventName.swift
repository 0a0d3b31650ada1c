/// The name of a kind of event: a literal with its hash worked out once. Names go into the run's digest and are what a
/// report of a first difference, a deadlock or an exhausted budget shows. Keep each in a `static let`.
package struct EventName: Sendable, CustomStringConvertible {
  /// The name, such as `probe.http`.
  package let text: StaticString
  @usableFromInline let hash: UInt64

  package init(_ text: StaticString) {
    self.text = text
    hash = text.withUTF8Buffer { fnv1a($0) }
  }

  package var description: String { text.description }
}

extension EventName: ExpressibleByStringLiteral {
  package init(stringLiteral text: StaticString) { self.init(text) }
}

/// The 64-bit FNV-1a hash: equal in every process, unlike Swift's own seeded hashing.
package func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  return hash
}
