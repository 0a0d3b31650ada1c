/// Reads a regular expression as Go 1.19 does (`regexp/syntax/parse.go`, flags `Perl`): finds its first mistake, and the
/// characters that PCRE2 would take for something else.
struct RegularExpressionSyntax {
  private let text: [Unicode.Scalar]
  private var position = 0
  /// The open groups, the whole expression first.
  private var groups = [Group()]
  /// Where the repetition operator before this place began, if there is one.
  private var lastRepetition: Int?
  /// Where characters stand for themselves to Go alone, in the order of the text.
  private var plainPlaces: [Int] = []

  private struct Group {
    /// How often the last element is repeated by its own and inner counts; `nil` where nothing can be repeated.
    var last: Int?
    /// The greatest such number of all elements.
    var most = 1
  }

  /// Go's limit for one count and for the product of nested ones.
  private static let repetitionLimit = 1000

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  /// - Throws: `error parsing regexp: ` with Go's reason and the place.
  mutating func check() throws(PromQLError) {
    while let scalar = peek() {
      let start = position
      var isRepetition = false
      switch scalar {
      case "(": try openGroup()
      case "|":
        position += 1
        groups[groups.count - 1].last = nil
      case ")": try closeGroup()
      case "[":
        try readClass()
        addElement()
      case "*", "+", "?":
        position += 1
        try finishRepetition(from: start)
        isRepetition = true
      case "{": isRepetition = try readCount()
      case "\\": try readEscape()
      default:
        position += 1
        addElement()
      }
      lastRepetition = isRepetition ? start : nil
    }
    guard groups.count == 1 else { throw mistake("missing closing )", 0..<text.count) }
  }

  /// The checked expression for PCRE2: braces that count nothing, and the minus behind a class within a class, escaped.
  var escaped: String {
    var result = String.UnicodeScalarView()
    var start = 0
    for place in plainPlaces {
      result += text[start..<place]
      result.append("\\")
      start = place
    }
    result += text[start...]
    return String(result)
  }

  // MARK: Words

  private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
    position + distance < text.count ? text[position + distance] : nil
  }

  private mutating func next() -> Unicode.Scalar? {
    defer { position = min(position + 1, text.count) }
    return peek()
  }

  private func mistake(_ reason: String, _ range: Range<Int>) -> PromQLError {
    PromQLError("error parsing regexp: \(reason): `\(String(String.UnicodeScalarView(text[range])))`")
  }

  private mutating func addElement(repeated: Int = 1) {
    groups[groups.count - 1].last = repeated
    groups[groups.count - 1].most = max(groups[groups.count - 1].most, repeated)
  }

  // MARK: Groups

  private mutating func openGroup() throws(PromQLError) {
    let start = position
    position += 1
    guard peek() == "?" else {
      groups.append(Group())
      return
    }
    if peek(1) == "P", peek(2) == "<" {
      guard let end = text[start...].firstIndex(of: ">") else {
        throw mistake("invalid named capture", start..<text.count)
      }
      let name = text[(start + 4)..<end]
      guard !name.isEmpty, name.allSatisfy(Self.isWordCharacter) else {
        throw mistake("invalid named capture", start..<(end + 1))
      }
      position = end + 1
      groups.append(Group())
      return
    }
    position += 1
    try readFlags(from: start)
  }

  /// `i`, `m`, `s`, `U`, some of them after a minus, and the end of the flags or the beginning of a group.
  private mutating func readFlags(from start: Int) throws(PromQLError) {
    var isNegative = false
    var hasFlag = false
    while let scalar = next() {
      switch scalar {
      case "i", "m", "s", "U":
        hasFlag = true
        continue
      case "-" where !isNegative:
        isNegative = true
        hasFlag = false
        continue
      case ":" where !isNegative || hasFlag:
        groups.append(Group())
        return
      case ")" where !isNegative || hasFlag: return
      default: break
      }
      throw mistake("invalid or unsupported Perl syntax", start..<position)
    }
    throw mistake("missing closing )", 0..<text.count)
  }

  private mutating func closeGroup() throws(PromQLError) {
    guard groups.count > 1 else { throw mistake("unexpected )", 0..<text.count) }
    position += 1
    addElement(repeated: groups.removeLast().most)
  }

  // MARK: Repetitions

  /// The check behind an operator that begins at `start`; a question mark behind it belongs to it.
  private mutating func finishRepetition(from start: Int, times: Int = 1) throws(PromQLError) {
    if peek() == "?" { position += 1 }
    if let lastRepetition { throw mistake("invalid nested repetition operator", lastRepetition..<position) }
    guard let last = groups[groups.count - 1].last else {
      throw mistake("missing argument to repetition operator", start..<position)
    }
    let product = last.multipliedReportingOverflow(by: times)
    guard times < 2 || !product.overflow && product.partialValue <= Self.repetitionLimit else {
      throw mistake("invalid repeat count", start..<position)
    }
    addElement(repeated: times == 0 ? 1 : product.partialValue)
  }

  /// `{2}`, `{2,}`, `{2,3}`; any other brace stands for itself.
  private mutating func readCount() throws(PromQLError) -> Bool {
    let start = position
    position += 1
    guard let range = readBounds() else {
      position = start + 1
      plainPlaces.append(start)
      addElement()
      return false
    }
    let most = range.most ?? range.least
    guard range.least <= Self.repetitionLimit, most <= Self.repetitionLimit, range.least <= most else {
      throw mistake("invalid repeat count", start..<position)
    }
    try finishRepetition(from: start, times: most)
    return true
  }

  private mutating func readBounds() -> (least: Int, most: Int?)? {
    guard let least = readNumber() else { return nil }
    var most: Int? = least
    if peek() == "," {
      position += 1
      if peek() == "}" {
        most = nil
      } else {
        guard let number = readNumber() else { return nil }
        most = number
      }
    }
    return next() == "}" ? (least, most) : nil
  }

  /// Digits without leading zeros.
  private mutating func readNumber() -> Int? {
    let digits = text[position...].prefix { ("0"..."9").contains($0) }
    guard let first = digits.first, first != "0" || digits.count == 1 else { return nil }
    position += digits.count
    return Int(String(String.UnicodeScalarView(digits))) ?? .max
  }

  // MARK: Classes and escapes

  private mutating func readClass() throws(PromQLError) {
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
  private mutating func readNamedClass() throws(PromQLError) -> Bool {
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

  private mutating func readClassCharacter(_ classStart: Int) throws(PromQLError) -> UInt32 {
    guard let scalar = peek() else { throw mistake("missing closing ]", classStart..<text.count) }
    if scalar == "\\" { return try readCharacterEscape() }
    position += 1
    return scalar.value
  }

  /// `\d`, `\pL`, `\p{Greek}` and the like.
  private mutating func readClassEscape() throws(PromQLError) -> Bool {
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

  private mutating func readEscape() throws(PromQLError) {
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
  private mutating func readCharacterEscape() throws(PromQLError) -> UInt32 {
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
  private mutating func readHexadecimal() -> UInt32? {
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

  private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar) || ("A"..."Z").contains(scalar) || ("a"..."z").contains(scalar) || scalar == "_"
  }
}
