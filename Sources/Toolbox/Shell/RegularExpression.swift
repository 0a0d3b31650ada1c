import CPCRE2

/// A compiled regular expression. Texts are matched byte by byte of their UTF-8.
///
/// POSIX's two grammars are rewritten for PCRE2, which has everything they have (POSIX.1-2024, Base Definitions, 9).
final class RegularExpression: @unchecked Sendable {
  enum Grammar { case basic, extended, literal, perl }

  /// A pattern that is none.
  struct Mistake: Error { var message: String }

  private let code: OpaquePointer
  private let data: OpaquePointer

  init(_ pattern: String, _ grammar: Grammar = .extended, ignoresCase: Bool = false, wholeWords: Bool = false)
    throws(Mistake)
  {
    var text = Self.translated(pattern, grammar)
    if wholeWords { text = "(?<!\\w)(?:\(text))(?!\\w)" }
    var (error, offset): (Int32, Int) = (0, 0)
    let options: UInt32 = (ignoresCase ? 0x0000_0008 : 0) | 0x0008_0000 | 0x0000_0400
    let bytes = Array(text.utf8)
    let compiled = bytes.withUnsafeBufferPointer {
      pcre2_compile_8($0.baseAddress, bytes.count, options, &error, &offset, nil)
    }
    guard let compiled, let data = pcre2_match_data_create_from_pattern_8(compiled, nil) else {
      throw Mistake(message: Self.message(error))
    }
    code = compiled
    self.data = data
  }

  deinit {
    pcre2_match_data_free_8(data)
    pcre2_code_free_8(code)
  }

  private static func message(_ error: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = pcre2_get_error_message_8(error, &buffer, buffer.count)
    return String(decoding: buffer[..<max(0, Int(count))], as: UTF8.self)
  }

  /// The ranges of the first match at or behind an offset: the whole, then the groups; `nil` for a group without one.
  func match(_ bytes: [UInt8], from start: Int = 0) -> [Range<Int>?]? {
    let count = bytes.withUnsafeBufferPointer { pcre2_match_8(code, $0.baseAddress, bytes.count, start, 0, data, nil) }
    guard count > 0 else { return nil }
    let pairs = pcre2_get_ovector_pointer_8(data)!
    return (0..<Int(pcre2_get_ovector_count_8(data))).map { group in
      let (from, to) = (pairs[group * 2], pairs[group * 2 + 1])
      return group < Int(count) && from != Int.max && from <= to && from >= 0 && to <= bytes.count ? from..<to : nil
    }
  }

  func matches(_ text: String) -> Bool { match(Array(text.utf8)) != nil }

  /// The texts of the first match: the whole, then the groups.
  func firstMatch(in text: String) -> [String?]? {
    let bytes = Array(text.utf8)
    return match(bytes)?.map { $0.map { String(decoding: bytes[$0], as: UTF8.self) } }
  }

  /// All matches from left to right that do not overlap.
  func allMatches(in bytes: [UInt8]) -> [[Range<Int>?]] {
    var (found, start): ([[Range<Int>?]], Int) = ([], 0)
    while start <= bytes.count, let match = match(bytes, from: start), let whole = match[0] {
      found.append(match)
      start = whole.isEmpty ? whole.upperBound + 1 : whole.upperBound
    }
    return found
  }

  private static func translated(_ pattern: String, _ grammar: Grammar) -> String {
    switch grammar {
    case .perl: return pattern
    case .literal: return pattern.map { $0.isLetter || $0.isNumber ? String($0) : "\\" + String($0) }.joined()
    case .basic, .extended: return posix(Array(pattern), isBasic: grammar == .basic)
    }
  }

  private static func posix(_ characters: [Character], isBasic: Bool) -> String {
    var (text, index) = ("", 0)
    while index < characters.count {
      let character = characters[index]
      if character == "[" {
        text += bracket(characters, &index)
        continue
      }
      index += 1
      if character == "\\", index < characters.count {
        let next = characters[index]
        index += 1
        if next == "<" || next == ">" {
          text += "\\b"
        } else {
          text += isBasic && "(){}|+?".contains(next) ? String(next) : "\\" + String(next)
        }
      } else if isBasic, "(){}|+?".contains(character) || (character == "*" && text.isEmpty) {
        text += "\\" + String(character)
      } else {
        text.append(character)
      }
    }
    return text
  }

  /// A bracket expression, in which POSIX gives a backslash no meaning.
  private static func bracket(_ characters: [Character], _ index: inout Int) -> String {
    var text = "["
    index += 1
    if index < characters.count, characters[index] == "^" {
      text += "^"
      index += 1
    }
    var isFirst = true
    while index < characters.count, characters[index] != "]" || isFirst {
      isFirst = false
      if characters[index] == "[", index + 1 < characters.count, ":.=".contains(characters[index + 1]) {
        while index < characters.count, characters[index] != "]" {
          text.append(characters[index])
          index += 1
        }
        if index < characters.count { text.append("]") }
        index += 1
        continue
      }
      text +=
        characters[index] == "\\" || characters[index] == "]"
        ? "\\" + String(characters[index]) : String(characters[index])
      index += 1
    }
    index += 1
    return text + "]"
  }
}
