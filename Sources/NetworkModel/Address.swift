/// The network between all hosts: everything one can connect to is a listener here, and only the network moves bytes.
///
/// Hosts stand in zones; between two hosts lies a path with latency, loss and filters; names are resolved by a name system
/// that can fail like a real one. Imports the kernel and HTTP's values, and knows neither clouds nor clusters.

/// An IPv4 address.
package struct IPv4Address: Hashable, Comparable, Sendable, CustomStringConvertible {
  package var bits: UInt32

  package init(bits: UInt32) { self.bits = bits }

  /// Reads dotted decimal; `nil` for anything else.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard let octet = UInt8(part), String(octet) == part else { return nil }
      bits = bits << 8 | UInt32(octet)
    }
    self.bits = bits
  }

  package static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.bits < right.bits }

  package var description: String { "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)" }
}

/// A block of addresses such as `10.10.0.0/16`.
package struct CIDRBlock: Hashable, Sendable, CustomStringConvertible {
  package var base: IPv4Address
  /// Leading bits that are fixed, 0 to 32.
  package var prefixLength: Int

  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let base = IPv4Address(parts[0]), let length = Int(parts[1]), (0...32).contains(length)
    else {
      return nil
    }
    self.base = base
    prefixLength = length
  }

  private var mask: UInt32 { prefixLength == 0 ? 0 : ~0 << UInt32(32 - prefixLength) }

  package func contains(_ address: IPv4Address) -> Bool { address.bits & mask == base.bits & mask }

  /// Whether the other block lies in this one altogether.
  package func contains(_ other: CIDRBlock) -> Bool { prefixLength <= other.prefixLength && contains(other.base) }

  /// The address at an offset from the base; AWS keeps the first four of a subnet for itself.
  package func address(at offset: UInt32) -> IPv4Address { IPv4Address(bits: base.bits & mask &+ offset) }

  package var description: String { "\(base)/\(prefixLength)" }
}

/// An availability zone.
package struct Zone: Hashable, Sendable, CustomStringConvertible {
  /// Such as `eu-south-2`.
  package var region: String
  /// Such as `eu-south-2a`.
  package var name: String

  package init(region: String, name: String) {
    self.region = region
    self.name = name
  }

  /// Outside all regions: where customers are.
  package static func internet(near region: String) -> Zone { Zone(region: region, name: "internet") }

  package var isInternet: Bool { name == "internet" }
  package var description: String { name }
}
