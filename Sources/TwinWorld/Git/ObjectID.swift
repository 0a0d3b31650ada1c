/// The name of an object in a Git repository: the SHA-1 of its type, its length and its content (gitformat-loose).
package struct ObjectID: Hashable, Sendable, CustomStringConvertible {
  /// 20 bytes.
  package let bytes: [UInt8]

  /// - Parameter type: `blob`, `tree` or `commit`.
  package init(_ type: String, _ content: [UInt8]) {
    bytes = sha1(Array("\(type) \(content.count)\0".utf8) + content)
  }

  /// Zeros: what stands for "no file" in diffs.
  package static let none = ObjectID(bytes: [UInt8](repeating: 0, count: 20))

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// 40 hexadecimal digits.
  package var description: String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// The first digits; seven are what Git shows of a repository of this size.
  package func short(_ digits: Int = 7) -> String { String(description.prefix(digits)) }
}

/// FIPS 180-4, section 6.1.
func sha1(_ message: [UInt8]) -> [UInt8] {
  var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
  var words = [UInt32](repeating: 0, count: 80)
  let padded = padding(message)
  padded.withUnsafeBufferPointer { bytes in
    for block in stride(from: 0, to: bytes.count, by: 64) {
      for index in 0..<16 {
        let place = block + index * 4
        words[index] =
          UInt32(bytes[place]) << 24 | UInt32(bytes[place + 1]) << 16 | UInt32(bytes[place + 2]) << 8
          | UInt32(bytes[place + 3])
      }
      for index in 16..<80 {
        words[index] = rotated(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1)
      }
      compress(words, &state)
    }
  }
  return state.flatMap { word in stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) } }
}

private func compress(_ words: [UInt32], _ state: inout [UInt32]) {
  var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
  for index in 0..<80 {
    let (mix, constant): (UInt32, UInt32) =
      switch index {
      case ..<20: ((b & c) | (~b & d), 0x5A82_7999)
      case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
      case ..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
      default: (b ^ c ^ d, 0xCA62_C1D6)
      }
    (a, b, c, d, e) = (rotated(a, 5) &+ mix &+ e &+ constant &+ words[index], a, rotated(b, 30), c, d)
  }
  state[0] &+= a
  state[1] &+= b
  state[2] &+= c
  state[3] &+= d
  state[4] &+= e
}

private func padding(_ message: [UInt8]) -> [UInt8] {
  var padded = message + [0x80]
  padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
  let bits = UInt64(message.count) * 8
  return padded + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> $0) }
}

private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
