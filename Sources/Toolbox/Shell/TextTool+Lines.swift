import Documents

// Tools that choose, order and count lines (GNU coreutils and grep).
extension TextTool {
  static func cat(_ call: TextCall) throws(TextToolError) -> CommandResult {
    let (_, files) = try call.options(switches: "u")
    return CommandResult(output: try call.text(files))
  }

  /// Objects of buckets are handed out unpacked, so that there is nothing left to do.
  static func unpack(_ call: TextCall) throws(TextToolError) -> CommandResult {
    let (_, files) = try call.options(switches: "cdf", long: [("stdout", "c"), ("decompress", "d")])
    return CommandResult(output: try call.text(files))
  }

  static func grep(_ call: TextCall) throws(TextToolError) -> CommandResult {
    var (given, words) = try call.options(
      switches: "EFGPvciohHnqlwxsr", values: "eABCm",
      long: [
        ("extended-regexp", "E"), ("fixed-strings", "F"), ("invert-match", "v"), ("count", "c"), ("ignore-case", "i"),
        ("only-matching", "o"), ("quiet", "q"), ("word-regexp", "w"), ("line-number", "n"), ("color", "s"),
        ("max-count", "m"), ("after-context", "A"), ("before-context", "B"), ("context", "C"),
      ])
    func has(_ letter: Character) -> Bool { given.contains { $0.letter == letter } }
    func number(_ letter: Character) -> Int? { given.last { $0.letter == letter }.flatMap { Int($0.value) } }
    var patterns = given.filter { $0.letter == "e" }.map(\.value)
    if patterns.isEmpty {
      guard !words.isEmpty else {
        throw TextToolError(
          message: "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.", exitCode: 2)
      }
      patterns = [words.removeFirst()]
    }
    let grammar: RegularExpression.Grammar =
      has("F") ? .literal : has("P") ? .perl : has("E") || call.name == "egrep" ? .extended : .basic
    var expressions: [RegularExpression] = []
    for pattern in patterns.flatMap({ $0.split(separator: "\n", omittingEmptySubsequences: false) }) {
      do throws(RegularExpression.Mistake) {
        expressions.append(
          try RegularExpression(
            String(pattern), grammar, ignoresCase: has("i"), wholeWords: has("w")))
      } catch { throw call.fail(error.message, exitCode: 2) }
    }
    let lines = try call.lines(words)
    var hits = lines.indices.filter { index in
      let bytes = Array(lines[index].utf8)
      let matches = expressions.contains { expression in
        expression.match(bytes).map { !has("x") || $0[0] == 0..<bytes.count } ?? false
      }
      return matches != has("v")
    }
    if let limit = number("m") { hits = Array(hits.prefix(limit)) }
    let exitCode: Int32 = hits.isEmpty ? 1 : 0
    if has("q") { return CommandResult(exitCode: exitCode) }
    if has("c") { return CommandResult(output: "\(hits.count)\n", exitCode: exitCode) }
    if has("o") {
      let pieces = hits.flatMap { index -> [String] in
        let bytes = Array(lines[index].utf8)
        return expressions.flatMap { $0.allMatches(in: bytes) }.compactMap { $0[0] }.filter { !$0.isEmpty }
          .sorted { $0.lowerBound < $1.lowerBound }.map { String(decoding: bytes[$0], as: UTF8.self) }
      }
      return CommandResult(output: joined(pieces), exitCode: exitCode)
    }
    let after = number("A") ?? number("C") ?? 0
    let before = number("B") ?? number("C") ?? 0
    return CommandResult(
      output: context(lines, hits, before: before, after: after, numbers: has("n")), exitCode: exitCode)
  }

  /// The hits with the lines around them; `--` between groups that do not touch.
  private static func context(_ lines: [String], _ hits: [Int], before: Int, after: Int, numbers: Bool) -> String {
    var text = ""
    var last = -1
    let isHit = Set(hits)
    for hit in hits {
      let from = max(last + 1, hit - before)
      guard from <= hit else { continue }
      if last >= 0, from > last + 1, before + after > 0 { text += "--\n" }
      // What follows a hit belongs to it up to the next one's own context.
      for index in from...min(lines.count - 1, hit + after) {
        text += (numbers ? "\(index + 1)\(isHit.contains(index) ? ":" : "-")" : "") + lines[index] + "\n"
        last = index
      }
    }
    return text
  }

  static func head(_ call: TextCall) throws(TextToolError) -> CommandResult {
    let (count, files, _) = try lineCount(call)
    let lines = try call.lines(files)
    return CommandResult(output: joined(count < 0 ? lines.dropLast(-count) : lines.prefix(count)))
  }

  static func tail(_ call: TextCall) throws(TextToolError) -> CommandResult {
    let (count, files, isFromStart) = try lineCount(call)
    let lines = try call.lines(files)
    return CommandResult(output: joined(isFromStart ? lines.dropFirst(max(0, count - 1)) : lines.suffix(abs(count))))
  }

  /// `-n N`, `-N`, `-nN`, `-n +N`; 10 without any.
  private static func lineCount(_ call: TextCall) throws(TextToolError) -> (Int, [String], isFromStart: Bool) {
    if let first = call.arguments.first, first.hasPrefix("-"), let number = Int(first.dropFirst()), number >= 0 {
      return (number, Array(call.arguments.dropFirst()), false)
    }
    let (given, files) = try call.options(switches: "q", values: "n", long: [("lines", "n")])
    guard let text = given.last(where: { $0.letter == "n" })?.value else { return (10, files, false) }
    guard let number = Int(text) else { throw call.fail("invalid number of lines: ‘\(text)’") }
    return (number, files, text.hasPrefix("+"))
  }

  static func wc(_ call: TextCall) throws(TextToolError) -> CommandResult {
    let (given, files) = try call.options(switches: "lwcm", long: [("lines", "l"), ("words", "w"), ("bytes", "c")])
    let text = try call.text(files)
    let counts: [(letter: Character, count: Int)] = [
      ("l", text.utf8.count { $0 == 10 }), ("w", text.split(whereSeparator: \.isWhitespace).count),
      ("c", text.utf8.count),
    ]
    let wanted = given.isEmpty ? counts : counts.filter { count in given.contains { $0.letter == count.letter } }
    let words = wanted.map { wanted.count == 1 ? "\($0.count)" : padded("\($0.count)", to: 7) }
    return CommandResult(output: (words + files.prefix(1)).joined(separator: " ") + "\n")
  }

  private static func padded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// `-n -r -u -h` and `-k N[,M]` with `-t C`, in the C locale.
  static func sort(_ call: TextCall) throws(TextToolError) -> CommandResult {
    let (given, files) = try call.options(
      switches: "nruhgfbs", values: "kt",
      long: [("numeric-sort", "n"), ("reverse", "r"), ("unique", "u"), ("key", "k")])
    func has(_ letter: Character) -> Bool { given.contains { $0.letter == letter } }
    let separator = given.last { $0.letter == "t" }?.value.first
    let key = given.last { $0.letter == "k" }?.value
    let isNumeric = has("n") || has("g") || has("h") || key?.contains("n") == true
    let isReverse = has("r") || key?.contains("r") == true
    let field = key.flatMap { Int($0.prefix { $0.isNumber }) }
    func sortKey(_ line: String) -> String {
      guard let field else { return line }
      let fields =
        separator.map { line.split(separator: $0, omittingEmptySubsequences: false) }
        ?? line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      return fields.dropFirst(field - 1).joined(separator: separator.map(String.init) ?? " ")
    }
    func number(_ text: String) -> Double {
      let digits = text.trimmed.prefix { $0.isNumber || $0 == "." || $0 == "-" }
      let value = Double(digits) ?? 0
      let unit = text.trimmed.dropFirst(digits.count).first
      let scale: [Character: Double] = ["K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12]
      return has("h") ? value * (unit.flatMap { scale[$0] } ?? 1) : value
    }
    var rows = try call.lines(files).map { (line: $0, key: sortKey($0)) }
    rows.sort { left, right in
      if isNumeric {
        let (a, b) = (number(left.key), number(right.key))
        if a != b { return (a < b) != isReverse }
      } else if left.key != right.key {
        return left.key.utf8.lexicographicallyPrecedes(right.key.utf8) != isReverse
      }
      return left.line.utf8.lexicographicallyPrecedes(right.line.utf8) != (isReverse && left.line != right.line)
    }
    var lines = rows.map(\.line)
    if has("u") {
      lines = lines.enumerated().filter { $0.offset == 0 || lines[$0.offset - 1] != $0.element }.map(\.element)
    }
    return CommandResult(output: joined(lines))
  }

  static func uniq(_ call: TextCall) throws(TextToolError) -> CommandResult {
    let (given, files) = try call.options(switches: "cdui", long: [("count", "c"), ("repeated", "d"), ("unique", "u")])
    func has(_ letter: Character) -> Bool { given.contains { $0.letter == letter } }
    var groups: [(line: String, count: Int)] = []
    for line in try call.lines(files) {
      let isSame = groups.last.map { has("i") ? $0.line.lowercased() == line.lowercased() : $0.line == line } ?? false
      if isSame { groups[groups.count - 1].count += 1 } else { groups.append((line, 1)) }
    }
    if has("d") { groups = groups.filter { $0.count > 1 } }
    if has("u") { groups = groups.filter { $0.count == 1 } }
    return CommandResult(
      output: joined(groups.map { has("c") ? padded("\($0.count)", to: 7) + " " + $0.line : $0.line }))
  }

  /// `-d C -f LIST` and `-c LIST`.
  static func cut(_ call: TextCall) throws(TextToolError) -> CommandResult {
    let (given, files) = try call.options(
      switches: "s", values: "dfcb", long: [("delimiter", "d"), ("fields", "f"), ("characters", "c")])
    let delimiter = given.last { $0.letter == "d" }?.value ?? "\t"
    guard delimiter.count == 1, let separator = delimiter.first else {
      throw call.fail("the delimiter must be a single character\nTry 'cut --help' for more information.")
    }
    guard let list = given.last(where: { "fcb".contains($0.letter) }) else {
      throw call.fail("you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.")
    }
    var ranges: [ClosedRange<Int>] = []
    for part in list.value.split(separator: ",") {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false)
      let from = ends[0].isEmpty ? 1 : Int(ends[0])
      let to = ends.count == 1 ? from : ends[1].isEmpty ? Int.max : Int(ends[1])
      guard let from, let to, from >= 1, from <= to else {
        throw call.fail("invalid field value ‘\(part)’\nTry 'cut --help' for more information.")
      }
      ranges.append(from...to)
    }
    let isByField = list.letter == "f"
    let cutLines = try call.lines(files).map { line -> String in
      if isByField, !line.contains(separator) { return line }
      let parts =
        isByField
        ? line.split(separator: separator, omittingEmptySubsequences: false).map(String.init) : line.map { String($0) }
      return parts.enumerated().filter { part in ranges.contains { $0.contains(part.offset + 1) } }.map(\.element)
        .joined(separator: isByField ? delimiter : "")
    }
    return CommandResult(output: joined(cutLines))
  }

  static func base64(_ call: TextCall) throws(TextToolError) -> CommandResult {
    let (given, files) = try call.options(switches: "di", values: "w", long: [("decode", "d"), ("wrap", "w")])
    let text = try call.text(files)
    guard given.contains(where: { $0.letter == "d" }) else {
      let encoded = Array(base64Encoded(Array(text.utf8)))
      let width = given.last { $0.letter == "w" }.flatMap { Int($0.value) } ?? 76
      if width == 0 { return CommandResult(output: String(encoded)) }
      return CommandResult(
        output: joined(
          stride(from: 0, to: encoded.count, by: width).map { String(encoded[$0..<min($0 + width, encoded.count)]) }))
    }
    guard let bytes = base64Decoded(text.filter { !$0.isWhitespace }) else { throw call.fail("invalid input") }
    return CommandResult(output: String(decoding: bytes, as: UTF8.self))
  }
}
