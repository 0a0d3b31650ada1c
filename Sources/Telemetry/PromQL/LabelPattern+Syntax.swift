/// Reads a regular expression as Go 1.19 does (`regexp/syntax/parse.go`, flags `Perl`): finds its first mistake, and the
/// characters that PCRE2 would take for something else.
struct RegularExpressionSyntax {
  let text: [Unicode.Scalar]
  var position = 0
  /// The open groups, the whole expression first.
  var groups = [Group()]
  /// Where the repetition operator before this place began, if there is one.
  var lastRepetition: Int?
  /// Where characters stand for themselves to Go alone, in the order of the text.
  var plainPlaces: [Int] = []

  struct Group {
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

  func peek(_ distance: Int = 0) -> Unicode.Scalar? {
    position + distance < text.count ? text[position + distance] : nil
  }

  mutating func next() -> Unicode.Scalar? {
    defer { position = min(position + 1, text.count) }
    return peek()
  }

  func mistake(_ reason: String, _ range: Range<Int>) -> PromQLError {
    PromQLError("error parsing regexp: \(reason): `\(String(String.UnicodeScalarView(text[range])))`")
  }

  mutating func addElement(repeated: Int = 1) {
    groups[groups.count - 1].last = repeated
    groups[groups.count - 1].most = max(groups[groups.count - 1].most, repeated)
  }

  // MARK: Groups

  mutating func openGroup() throws(PromQLError) {
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
  mutating func readFlags(from start: Int) throws(PromQLError) {
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

  mutating func closeGroup() throws(PromQLError) {
    guard groups.count > 1 else { throw mistake("unexpected )", 0..<text.count) }
    position += 1
    addElement(repeated: groups.removeLast().most)
  }

  // MARK: Repetitions

  /// The check behind an operator that begins at `start`; a question mark behind it belongs to it.
  mutating func finishRepetition(from start: Int, times: Int = 1) throws(PromQLError) {
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
  mutating func readCount() throws(PromQLError) -> Bool {
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

  mutating func readBounds() -> (least: Int, most: Int?)? {
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
  mutating func readNumber() -> Int? {
    let digits = text[position...].prefix { ("0"..."9").contains($0) }
    guard let first = digits.first, first != "0" || digits.count == 1 else { return nil }
    position += digits.count
    return Int(String(String.UnicodeScalarView(digits))) ?? .max
  }

  static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar) || ("A"..."Z").contains(scalar) || ("a"..."z").contains(scalar) || scalar == "_"
  }
}
