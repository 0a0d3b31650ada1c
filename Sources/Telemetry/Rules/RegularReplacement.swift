import CPCRE2

/// `reReplaceAll` of templates: every match of a regular expression replaced by a text with groups.
enum RegularReplacement {
  static func replace(_ pattern: String, in text: String, with replacement: String) throws(TemplateError) -> String {
    let bytes = Array(pattern.utf8)
    var error: Int32 = 0
    var offset = 0
    guard let code = pcre2_compile_8(bytes, bytes.count, UInt32(PCRE2_UTF), &error, &offset, nil) else {
      throw TemplateError(
        message: "error calling reReplaceAll: regexp: Compile(\(quotedText(pattern))): error parsing regexp")
    }
    defer { pcre2_code_free_8(code) }
    let (subject, template) = (Array(text.utf8), Array(replacement.utf8))
    var size = subject.count * 2 + template.count * (subject.count + 1) + 64
    var output = [UInt8](repeating: 0, count: size)
    let options = UInt32(PCRE2_SUBSTITUTE_GLOBAL) | UInt32(PCRE2_SUBSTITUTE_UNSET_EMPTY)
    let count = pcre2_substitute_8(
      code, subject, subject.count, 0, options, nil, nil, template, template.count, &output, &size)
    return count < 0 ? text : String(decoding: output[..<size], as: UTF8.self)
  }
}
