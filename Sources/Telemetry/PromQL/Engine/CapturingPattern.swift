import CPCRE2

/// A regular expression that has to match a whole text, and tells what its groups matched.
final class CapturingPattern {
  private let code: OpaquePointer
  private let match: OpaquePointer
  private let names: [(name: String, group: Int)]

  /// `nil` when `text` is no regular expression.
  init?(_ text: String) {
    var error: Int32 = 0
    var offset = 0
    let pattern = Array("^(?:\(text))$".utf8)
    guard
      let code = pcre2_compile_8(
        pattern, pattern.count, UInt32(PCRE2_UTF | PCRE2_DOLLAR_ENDONLY), &error, &offset, nil),
      let match = pcre2_match_data_create_from_pattern_8(code, nil)
    else { return nil }
    self.code = code
    self.match = match
    names = Self.names(code)
  }

  deinit {
    pcre2_match_data_free_8(match)
    pcre2_code_free_8(code)
  }

  private static func names(_ code: OpaquePointer) -> [(name: String, group: Int)] {
    var count: UInt32 = 0
    var size: UInt32 = 0
    var table: UnsafePointer<UInt8>?
    pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMECOUNT), &count)
    pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &size)
    pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table)
    guard let table else { return [] }
    return (0..<Int(count)).map { index in
      let entry = table + index * Int(size)
      return (String(cString: entry + 2), Int(entry[0]) << 8 | Int(entry[1]))
    }
  }

  /// Whether all of `text` matches.
  func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { pcre2_match_8(code, $0.baseAddress, $0.count, 0, 0, match, nil) > 0 }
  }

  /// What the groups matched, the whole match first; a group that took no part is empty. `nil` when there is no match.
  func captures(in text: String) -> [Substring]? {
    var text = text
    return text.withUTF8 { bytes in
      let count = pcre2_match_8(code, bytes.baseAddress, bytes.count, 0, 0, match, nil)
      guard count > 0, let bounds = pcre2_get_ovector_pointer_8(match) else { return nil }
      return (0..<Int(pcre2_get_ovector_count_8(match))).map { group in
        let (low, high) = (bounds[2 * group], bounds[2 * group + 1])
        // A group that took no part has the greatest number there is.
        guard group < Int(count), low <= high, high <= bytes.count else { return "" }
        return Substring(decoding: bytes[low..<high], as: UTF8.self)
      }
    }
  }

  /// `template` with `$1`, `${1}`, `$name`, `${name}` and `$$` replaced, as Go's `regexp.Expand` does: a name is as long as
  /// can be, one that is no group is empty, and a dollar sign before anything else stays.
  func expand(_ template: String, _ captures: [Substring]) -> String {
    var result = ""
    var rest = Substring(template)
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "$" {
        result += "$"
        rest = rest.dropFirst()
        continue
      }
      guard let (name, length) = Self.reference(rest) else {
        result += "$"
        continue
      }
      rest = rest.dropFirst(length)
      if let number = Int(name) {
        if number < captures.count { result += captures[number] }
      } else if let group = names.first(where: { $0.name == name })?.group, group < captures.count {
        result += captures[group]
      }
    }
    return result + rest
  }

  /// The name that `text` begins with, and how many characters it takes.
  private static func reference(_ text: Substring) -> (name: Substring, length: Int)? {
    let isBraced = text.first == "{"
    let name = text.dropFirst(isBraced ? 1 : 0).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    guard !name.isEmpty else { return nil }
    if isBraced, text.dropFirst(1 + name.count).first != "}" { return nil }
    return (name, name.count + (isBraced ? 2 : 0))
  }
}
