import CPCRE2

/// A regular expression that must match the whole of a text, with its groups. Prometheus uses RE2; the expressions of
/// relabelling mean the same to PCRE2.
package struct RelabelPattern: Hashable, Sendable {
  package let text: String
  private let code: Compiled?

  /// Keeps the compiled form for as long as a copy of the pattern lives. PCRE2's compiled patterns are not changed by
  /// matching (pcre2api(3), "Multithreading").
  private final class Compiled: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { pcre2_code_free_8(pointer) }
  }

  /// `(.*)`, the default of every rule.
  package static let everything = RelabelPattern("(.*)")!

  /// - Returns: `nil` for an expression that is malformed.
  package init?(_ text: String) {
    self.text = text
    guard text != "(.*)" else {
      code = nil
      return
    }
    let whole = Array("^(?:\(text))$".utf8)
    var error: Int32 = 0
    var offset = 0
    let options = UInt32(PCRE2_UTF) | UInt32(PCRE2_DOLLAR_ENDONLY)
    guard let compiled = pcre2_compile_8(whole, whole.count, options, &error, &offset, nil) else { return nil }
    code = Compiled(compiled)
  }

  package static func == (one: RelabelPattern, other: RelabelPattern) -> Bool { one.text == other.text }

  package func hash(into hasher: inout Hasher) { hasher.combine(text) }

  package func matches(_ value: String) -> Bool { groups(of: value) != nil }

  /// The template with `$1`, `${1}` and `${name}` filled in from the groups; `nil` when the value does not match
  /// (Go's `regexp.Expand`).
  package func expand(_ template: String, matching value: String) -> String? {
    guard let groups = groups(of: value) else { return nil }
    guard template.utf8.contains(UInt8(ascii: "$")) else { return template }
    var result: [UInt8] = []
    let bytes = Array(template.utf8)
    var index = 0
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "$"), index + 1 < bytes.count else {
        result.append(bytes[index])
        index += 1
        continue
      }
      if bytes[index + 1] == UInt8(ascii: "$") {
        result.append(bytes[index])
        index += 2
        continue
      }
      let isBraced = bytes[index + 1] == UInt8(ascii: "{")
      let start = index + (isBraced ? 2 : 1)
      var end = start
      while end < bytes.count, Self.isWordCharacter(bytes[end]) { end += 1 }
      guard end > start, !isBraced || end < bytes.count && bytes[end] == UInt8(ascii: "}") else {
        result.append(bytes[index])
        index += 1
        continue
      }
      result.append(contentsOf: group(String(decoding: bytes[start..<end], as: UTF8.self), groups).utf8)
      index = isBraced ? end + 1 : end
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func isWordCharacter(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
  }

  private func group(_ name: String, _ groups: [String]) -> String {
    if let number = Int(name) { return groups.indices.contains(number) ? groups[number] : "" }
    guard let code else { return "" }
    let number = Int(
      name.withCString { cName in
        cName.withMemoryRebound(to: UInt8.self, capacity: name.utf8.count + 1) {
          pcre2_substring_number_from_name_8(code.pointer, $0)
        }
      })
    return groups.indices.contains(number) ? groups[number] : ""
  }

  /// The whole match and its groups; `nil` without a match.
  private func groups(of value: String) -> [String]? {
    guard let code else { return value.utf8.contains(10) ? nil : [value, value] }
    let subject = Array(value.utf8)
    guard let data = pcre2_match_data_create_from_pattern_8(code.pointer, nil) else { return nil }
    defer { pcre2_match_data_free_8(data) }
    let count = pcre2_match_8(code.pointer, subject, subject.count, 0, 0, data, nil)
    guard count > 0, let offsets = pcre2_get_ovector_pointer_8(data) else { return nil }
    return (0..<Int(count)).map { group in
      let (start, end) = (offsets[2 * group], offsets[2 * group + 1])
      // A group that took no part has PCRE2_UNSET here.
      return start <= end && end <= subject.count ? String(decoding: subject[start..<end], as: UTF8.self) : ""
    }
  }
}
