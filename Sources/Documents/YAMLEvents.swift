import CYAML

/// One event of libyaml's parser, copied out of C memory.
struct YAMLEvent {
  enum Kind: Equatable {
    case streamStart, streamEnd, documentStart, documentEnd
    case alias(String)
    case scalar(text: String, isPlain: Bool, tag: String?)
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd
  }

  var kind: Kind
  var anchor: String?
  var mark: SourceMark
}

/// A pull parser over libyaml. Owns the C parser and the bytes that it reads.
final class YAMLEvents {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>
  private let file: String

  init(bytes: [UInt8], file: String) {
    self.file = file
    parser = .allocate(capacity: 1)
    precondition(yaml_parser_initialize(parser) == 1, "libyaml could not allocate a parser")
    input = .allocate(capacity: max(bytes.count, 1))
    _ = input.initialize(from: bytes)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  /// The next event; a syntax error is a diagnostic, after which no event may be asked for.
  func next() throws(Diagnostic) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    defer { yaml_event_delete(&event) }
    let mark = place(event.start_mark)
    switch event.type {
    case YAML_STREAM_START_EVENT: return YAMLEvent(kind: .streamStart, mark: mark)
    case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return YAMLEvent(kind: .streamEnd, mark: mark)
    case YAML_DOCUMENT_START_EVENT: return YAMLEvent(kind: .documentStart, mark: mark)
    case YAML_DOCUMENT_END_EVENT: return YAMLEvent(kind: .documentEnd, mark: mark)
    case YAML_ALIAS_EVENT:
      return YAMLEvent(kind: .alias(text(event.data.alias.anchor) ?? ""), mark: mark)
    case YAML_SCALAR_EVENT: return scalar(event, at: mark)
    case YAML_SEQUENCE_START_EVENT:
      return YAMLEvent(kind: .sequenceStart, anchor: text(event.data.sequence_start.anchor), mark: mark)
    case YAML_SEQUENCE_END_EVENT: return YAMLEvent(kind: .sequenceEnd, mark: mark)
    case YAML_MAPPING_START_EVENT:
      return YAMLEvent(kind: .mappingStart, anchor: text(event.data.mapping_start.anchor), mark: mark)
    default: return YAMLEvent(kind: .mappingEnd, mark: mark)
    }
  }

  private func scalar(_ event: yaml_event_t, at mark: SourceMark) -> YAMLEvent {
    let scalar = event.data.scalar
    let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    return YAMLEvent(
      kind: .scalar(
        text: String(decoding: bytes, as: UTF8.self),
        isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.plain_implicit == 1,
        tag: text(scalar.tag)),
      anchor: text(scalar.anchor), mark: mark)
  }

  private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  private func place(_ mark: yaml_mark_t) -> SourceMark {
    SourceMark(file: file, line: mark.line + 1, column: mark.column + 1)
  }

  private func syntaxError() -> Diagnostic {
    let state = parser.pointee
    let problem = state.problem.map { String(cString: $0) } ?? "cannot be read"
    if state.error == YAML_READER_ERROR {
      return Diagnostic(at: placeOfByte(state.problem_offset), "not YAML text: \(problem)")
    }
    let context = state.context.map { " \(String(cString: $0))" } ?? ""
    let opened =
      state.context == nil || state.context_mark.line == state.problem_mark.line
      ? "" : " that starts in line \(state.context_mark.line + 1)"
    let hint = tabHint(at: state.problem_mark) ?? templateHint(inLine: state.problem_mark.line)
    return Diagnostic(
      at: place(state.problem_mark), "not YAML: \(problem)\(context)\(opened)",
      hint: hint ?? syntaxHints.first { $0.problem == problem }?.hint)
  }

  private func templateHint(inLine line: Int) -> String? {
    let lines = input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.indices.contains(line) else { return nil }
    let text = String(decoding: lines[line], as: UTF8.self)
    return text.contains("{{") ? unrenderedTemplateHint : nil
  }

  /// libyaml calls a tab in the indentation "a character that cannot start any token". Its index counts characters.
  private func tabHint(at mark: yaml_mark_t) -> String? {
    let characters = input.lazy.filter { $0 & 0xC0 != 0x80 }
    let isTab = characters.dropFirst(mark.index).first == UInt8(ascii: "\t")
    return isTab ? "indent with spaces, not with a tab" : nil
  }

  private func placeOfByte(_ offset: Int) -> SourceMark {
    var mark = SourceMark(file: file)
    for byte in input.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        mark.line += 1
        mark.column = 1
      } else if byte & 0xC0 != 0x80 {
        mark.column += 1
      }
    }
    return mark
  }
}

/// Said where Helm's braces stand in a file that should have been rendered.
let unrenderedTemplateHint = "is this a template? Give the output of `helm template`"

/// What usually lies behind libyaml's words.
private let syntaxHints: [(problem: String, hint: String)] = [
  ("mapping values are not allowed in this context", "quote text that holds a colon, or mend the indentation"),
  ("did not find expected key", "mend the indentation, or quote the text before this"),
]
