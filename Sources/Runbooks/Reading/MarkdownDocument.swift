import CCmark

/// A Markdown document as a list of what stands in it, in order, with line numbers; read by libcmark-gfm with its tables.
struct MarkdownDocument {
  /// One thing in the document.
  enum Element {
    case heading(level: Int, text: String)
    /// A fenced block: what stands behind the fence, and its text.
    case code(info: String, text: String)
    /// A block of HTML, such as a comment.
    case html(String)
    /// Words between blocks.
    case text(String)
    /// Code inside of a line.
    case inlineCode(String)
    case link(target: String)
  }

  var elements: [(line: Int, element: Element)] = []

  /// - Parameter text: CommonMark; what libcmark makes of it is what every Markdown reader makes of it.
  init(_ text: String) {
    _ = Self.registration
    let parser = cmark_parser_new(CMARK_OPT_DEFAULT)
    defer { cmark_parser_free(parser) }
    if let table = cmark_find_syntax_extension("table") { cmark_parser_attach_syntax_extension(parser, table) }
    let bytes = Array(text.utf8)
    bytes.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { cmark_parser_feed(parser, $0.baseAddress, $0.count) }
    }
    guard let root = cmark_parser_finish(parser) else { return }
    defer { cmark_node_free(root) }
    let iterator = cmark_iter_new(root)
    defer { cmark_iter_free(iterator) }
    var line = 1
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { break }
      guard event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator) else { continue }
      let own = Int(cmark_node_get_start_line(node))
      if own > 0 { line = own }
      if let element = Self.element(node) { elements.append((line, element)) }
    }
  }

  /// The extensions live in a table of the library; it is filled once.
  private static let registration: Void = cmark_gfm_core_extensions_ensure_registered()

  private static func element(_ node: OpaquePointer) -> Element? {
    let type = cmark_node_get_type(node)
    func literal() -> String { cmark_node_get_literal(node).map { String(cString: $0) } ?? "" }
    switch type {
    case CMARK_NODE_HEADING: return .heading(level: Int(cmark_node_get_heading_level(node)), text: plainText(node))
    case CMARK_NODE_CODE_BLOCK:
      return .code(info: cmark_node_get_fence_info(node).map { String(cString: $0) } ?? "", text: literal())
    case CMARK_NODE_HTML_BLOCK: return .html(literal())
    case CMARK_NODE_TEXT: return .text(literal())
    case CMARK_NODE_CODE: return .inlineCode(literal())
    case CMARK_NODE_LINK: return .link(target: cmark_node_get_url(node).map { String(cString: $0) } ?? "")
    default: return nil
    }
  }

  private static func plainText(_ node: OpaquePointer) -> String {
    var text = ""
    var child = cmark_node_first_child(node)
    while let current = child {
      if let literal = cmark_node_get_literal(current) {
        text += String(cString: literal)
      } else {
        text += plainText(current)
      }
      child = cmark_node_next(current)
    }
    return text
  }
}
