private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// Standard base64 with padding (RFC 4648, section 4).
package func base64Encoded(_ bytes: some Collection<UInt8>) -> String {
  var out: [UInt8] = []
  var group: UInt32 = 0
  var count = 0
  for byte in bytes {
    group = group << 8 | UInt32(byte)
    count += 1
    if count == 3 {
      for shift in stride(from: UInt32(18), through: 0, by: -6) { out.append(alphabet[Int(group >> shift & 63)]) }
      (group, count) = (0, 0)
    }
  }
  if count > 0 {
    group <<= UInt32(8 * (3 - count))
    for index in 0..<4 {
      out.append(index <= count ? alphabet[Int(group >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
    }
  }
  return String(decoding: out, as: UTF8.self)
}

/// The bytes of standard base64; white space is skipped. `nil` for anything else outside the alphabet or a bad length.
package func base64Decoded(_ text: String) -> [UInt8]? {
  var out: [UInt8] = []
  var group: UInt32 = 0
  var count = 0
  var padding = 0
  for byte in text.utf8 where !" \n\r\t".utf8.contains(byte) {
    if byte == UInt8(ascii: "=") {
      padding += 1
      group <<= 6
    } else {
      guard padding == 0, let digit = alphabet.firstIndex(of: byte) else { return nil }
      group = group << 6 | UInt32(digit)
    }
    count += 1
    if count == 4 {
      guard padding <= 2 else { return nil }
      out += [UInt8(group >> 16 & 255), UInt8(group >> 8 & 255), UInt8(group & 255)].dropLast(padding)
      (group, count) = (0, 0)
    }
  }
  return count == 0 ? out : nil
}
