// Classes of characters, and escapes.
extension RegularExpressionSyntax {
  mutating func readClass() throws(PromQLError) {
    let start = position
    position += peek(1) == "^" ? 2 : 1
    var isFirst = true
    while isFirst || peek() != "]" {
      isFirst = false
      if peek() == "[", peek(1) == ":", try readNamedClass() { continue }
      if try readClassEscape() {
        if peek() == "-", peek(1) != "]" { plainPlaces.append(position) }
        continue
      }
      let low = position
      let from = try readClassCharacter(start)
      guard peek() == "-", let behind = peek(1), behind != "]" else { continue }
      position += 1
      guard try readClassCharacter(start) >= from else {
        throw mistake("invalid character class range", low..<position)
      }
    }
    position += 1
  }

  /// `[:alpha:]`; a beginning without an end is none.
  mutating func readNamedClass() throws(PromQLError) -> Bool {
    var end = position + 2
    while end + 1 < text.count, !(text[end] == ":" && text[end + 1] == "]") { end += 1 }
    guard end + 1 < text.count else { return false }
    let names: Set<String> = [
      "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
      "word",
      "xdigit",
    ]
    let name = String(String.UnicodeScalarView(text[(position + 2)..<end]))
    guard names.contains(name.hasPrefix("^") ? String(name.dropFirst()) : name) else {
      throw mistake("invalid character class range", position..<(end + 2))
    }
    position = end + 2
    return true
  }

  mutating func readClassCharacter(_ classStart: Int) throws(PromQLError) -> UInt32 {
    guard let scalar = peek() else { throw mistake("missing closing ]", classStart..<text.count) }
    if scalar == "\\" { return try readCharacterEscape() }
    position += 1
    return scalar.value
  }

  /// `\d`, `\pL`, `\p{Greek}` and the like.
  mutating func readClassEscape() throws(PromQLError) -> Bool {
    guard peek() == "\\", let letter = peek(1) else { return false }
    let start = position
    switch letter {
    case "d", "D", "s", "S", "w", "W":
      position += 2
      return true
    case "p", "P":
      position += 2
      guard let first = next() else { return false }
      if first == "{" {
        guard let end = text[position...].firstIndex(of: "}") else {
          throw mistake("invalid character class range", start..<text.count)
        }
        position = end + 1
      }
      let isKnown = RelabelPattern(String(String.UnicodeScalarView(text[start..<position]))) != nil
      guard isKnown else { throw mistake("invalid character class range", start..<position) }
      return true
    default: return false
    }
  }

  mutating func readEscape() throws(PromQLError) {
    switch peek(1) {
    case "A", "b", "B", "z": position += 2
    case "Q":
      position += 2
      while position < text.count, !(peek() == "\\" && peek(1) == "E") { position += 1 }
      position = min(position + 2, text.count)
    default: if try !readClassEscape() { _ = try readCharacterEscape() }
    }
    addElement()
  }

  /// An escape for one character.
  ///
  /// - Returns: The character's number.
  mutating func readCharacterEscape() throws(PromQLError) -> UInt32 {
    let start = position
    position += 1
    guard let scalar = next() else { throw mistake("trailing backslash at end of expression", 0..<0) }
    let named: [Unicode.Scalar: UInt32] = ["a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11]
    if let value = named[scalar] { return value }
    switch scalar {
    case "0"..."7":
      guard scalar == "0" || peek().map({ ("0"..."7").contains($0) }) ?? false else { break }
      var value = scalar.value - 48
      for _ in 0..<2 {
        guard let digit = peek(), ("0"..."7").contains(digit) else { break }
        value = value * 8 + digit.value - 48
        position += 1
      }
      return value
    case "x": if let value = readHexadecimal() { return value }
    case _ where scalar.isASCII && !Self.isWordCharacter(scalar) || scalar == "_": return scalar.value
    default: break
    }
    throw mistake("invalid escape sequence", start..<position)
  }

  /// Two digits, or any number of them in braces.
  mutating func readHexadecimal() -> UInt32? {
    func digit(_ scalar: Unicode.Scalar?) -> UInt32? {
      scalar.flatMap { $0.isASCII ? Character($0).hexDigitValue : nil }.map { UInt32($0) }
    }
    guard let first = next() else { return nil }
    guard first == "{" else {
      guard let second = next(), let high = digit(first), let low = digit(second) else { return nil }
      return high * 16 + low
    }
    var value: UInt32?
    while let scalar = next() {
      if scalar == "}" { return value }
      guard let digit = digit(scalar) else { return nil }
      value = (value ?? 0) * 16 + digit
      if value ?? 0 > 0x10ffff { return nil }
    }
    return nil
  }
}
