import CYAML

/// Bounds on what one YAML file may hold. Each has a name that the diagnostic tells.
package struct YAMLLimits: Sendable {
  /// Size of a file.
  package var maximumBytes = 16 << 20
  /// How deep sequences and mappings may nest.
  package var maximumDepth = 100
  /// Nodes of one file, with the nodes behind each alias counted each time the alias is used.
  package var maximumNodes = 2_000_000
  /// The part of `maximumNodes` that may come from aliases: what stops a "billion laughs" file.
  package var maximumAliasNodes = 100_000

  package init() {}
}

/// Reads all documents of a YAML file. Anchors, aliases and merge keys (`<<`) are resolved; keys of a mapping differ.
///
/// An empty file has no documents; a document without content is a null scalar. The error lists every mistake up to the
/// first one of syntax, after which nothing can be read.
package func parseYAML(
  _ bytes: [UInt8], file: String, limits: YAMLLimits = YAMLLimits()
) throws(DiagnosticList) -> [Node] {
  let diagnostics = Diagnostics()
  if bytes.count > limits.maximumBytes {
    let size = "the file has \(bytes.count) bytes, maximumBytes is \(limits.maximumBytes)"
    throw DiagnosticList([Diagnostic(at: SourceMark(file: file), size)])
  }
  if let fault = firstInvalidUTF8(in: bytes, file: file) { throw DiagnosticList([fault]) }
  let text = bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(byteOrderMark.count)) : bytes
  var composer = YAMLComposer(bytes: text, file: file, limits: limits, diagnostics: diagnostics)
  var documents: [Node] = []
  do throws(Diagnostic) {
    documents = try composer.documents()
  } catch {
    diagnostics.add([error])
  }
  try diagnostics.throwIfErrors()
  return documents
}

/// Reads a YAML file that was given as text, for tests and built-in documents.
package func parseYAML(_ text: String, file: String = "text") throws(DiagnosticList) -> [Node] {
  try parseYAML(Array(text.utf8), file: file)
}

/// Builds nodes from libyaml's events.
private struct YAMLComposer {
  private struct Anchor {
    var node: Node
    /// Nodes that an alias of this anchor stands for.
    var count: Int
  }

  private let events: YAMLEvents
  private let file: String
  private let limits: YAMLLimits
  private let diagnostics: Diagnostics
  private var anchors: [String: Anchor] = [:]
  private var openAnchors: [String] = []
  private var nodeCount = 0
  private var aliasNodeCount = 0

  init(bytes: [UInt8], file: String, limits: YAMLLimits, diagnostics: Diagnostics) {
    events = YAMLEvents(bytes: bytes, file: file)
    self.file = file
    self.limits = limits
    self.diagnostics = diagnostics
  }

  mutating func documents() throws(Diagnostic) -> [Node] {
    var documents: [Node] = []
    while true {
      let event = try events.next()
      switch event.kind {
      case .streamEnd: return documents
      case .documentStart:
        anchors = [:]
        documents.append(try node(from: events.next(), depth: 1))
      default: continue
      }
    }
  }

  private mutating func node(from event: YAMLEvent, depth: Int) throws(Diagnostic) -> Node {
    if case .alias(let name) = event.kind { return try alias(name, at: event.mark) }
    guard depth <= limits.maximumDepth else {
      let message = "nested deeper than \(limits.maximumDepth) levels (maximumDepth)"
      throw Diagnostic(at: event.mark, message)
    }
    let before = nodeCount
    try count(1, at: event.mark)
    if let anchor = event.anchor { openAnchors.append(anchor) }
    let node = Node(try content(of: event, depth: depth), at: event.mark)
    if let anchor = event.anchor {
      openAnchors.removeLast()
      anchors[anchor] = Anchor(node: node, count: nodeCount - before)
    }
    return node
  }

  private mutating func content(of event: YAMLEvent, depth: Int) throws(Diagnostic) -> Node.Content {
    switch event.kind {
    case .scalar(let text, let isPlain, let tag):
      return .scalar(try scalar(text, isPlain: isPlain, tag: tag, at: event.mark))
    case .sequenceStart:
      var nodes: [Node] = []
      while true {
        let next = try events.next()
        if next.kind == .sequenceEnd { return .sequence(nodes) }
        nodes.append(try node(from: next, depth: depth + 1))
      }
    case .mappingStart:
      return .mapping(try mapping(depth: depth))
    default:
      throw Diagnostic(at: event.mark, "a value was expected here")
    }
  }

  private func scalar(
    _ text: String, isPlain: Bool, tag: String?, at mark: SourceMark
  ) throws(Diagnostic) -> Node.Scalar {
    let coreTag = tag.flatMap { $0.hasPrefix(coreTagPrefix) ? String($0.dropFirst(coreTagPrefix.count)) : nil }
    guard let coreTag else {
      return Node.Scalar(text: text, isPlain: isPlain, value: isPlain ? resolvePlainScalar(text) : .string(text))
    }
    let resolved = resolvePlainScalar(text)
    let value: JSONValue? =
      switch coreTag {
      case "str", "binary", "timestamp": .string(text)
      case "int": resolved.integer.map(JSONValue.integer)
      case "float": resolved.number.map(JSONValue.number)
      case "bool": resolved.bool.map(JSONValue.bool)
      case "null": resolved.isNull ? .null : nil
      default: resolved
      }
    guard let value else { throw Diagnostic(at: mark, "\"\(text)\" cannot be read as !!\(coreTag)") }
    return Node.Scalar(text: text, isPlain: isPlain, value: value)
  }

  private mutating func alias(_ name: String, at mark: SourceMark) throws(Diagnostic) -> Node {
    if openAnchors.contains(name) { throw Diagnostic(at: mark, "anchor \"\(name)\" contains itself") }
    guard let anchor = anchors[name] else {
      let known = anchors.keys.sorted()
      throw Diagnostic(
        at: mark, "no anchor \"\(name)\" stands before this alias", hint: spellingHint(for: name, among: known))
    }
    aliasNodeCount += anchor.count
    guard aliasNodeCount <= limits.maximumAliasNodes else {
      let message = "aliases expand to more than \(limits.maximumAliasNodes) nodes (maximumAliasNodes)"
      throw Diagnostic(at: mark, message)
    }
    try count(anchor.count, at: mark)
    return anchor.node
  }

  private mutating func count(_ nodes: Int, at mark: SourceMark) throws(Diagnostic) {
    nodeCount += nodes
    guard nodeCount <= limits.maximumNodes else {
      throw Diagnostic(at: mark, "more than \(limits.maximumNodes) nodes (maximumNodes)")
    }
  }
}

// Mappings: distinct keys and merge keys.
extension YAMLComposer {
  private mutating func mapping(depth: Int) throws(Diagnostic) -> [Node.Entry] {
    var entries: [Node.Entry] = []
    var merged: [Node.Entry] = []
    var lines: [String: Int] = [:]
    while true {
      let event = try events.next()
      if event.kind == .mappingEnd { break }
      let key = try node(from: event, depth: depth + 1)
      let value = try node(from: events.next(), depth: depth + 1)
      guard let text = key.keyText else {
        let hint = key.mapping == nil ? nil : unrenderedTemplateHint
        throw Diagnostic(at: key.mark, "a key is a word, not \(key.found)", hint: hint)
      }
      if text == "<<", key.scalar?.isPlain == true {
        merged += try mergedEntries(of: value)
      } else if let line = lines[text] {
        diagnostics.error(at: key.mark, "key \"\(text)\" is already set in line \(line) of this mapping")
      } else {
        lines[text] = key.mark.line
        entries.append(Node.Entry(key: key, value: value))
      }
    }
    for entry in merged {
      guard let text = entry.key.keyText, lines[text] == nil else { continue }
      lines[text] = entry.key.mark.line
      entries.append(entry)
    }
    return entries
  }

  /// The entries that `<<:` brings in; of several mappings the earlier wins.
  private func mergedEntries(of value: Node) throws(Diagnostic) -> [Node.Entry] {
    let accepted = "\"<<\" takes a mapping or a list of mappings"
    switch value.content {
    case .mapping(let entries): return entries
    case .sequence(let nodes):
      var entries: [Node.Entry] = []
      for node in nodes {
        guard let mapping = node.mapping else { throw Diagnostic(at: node.mark, "\(accepted), not \(node.found)") }
        entries += mapping
      }
      return entries
    case .scalar: throw Diagnostic(at: value.mark, "\(accepted), not \(value.found)")
    }
  }
}

private let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

private let coreTagPrefix = "tag:yaml.org,2002:"

/// The place of the first byte that is not UTF-8, `nil` for valid text.
private func firstInvalidUTF8(in bytes: [UInt8], file: String) -> Diagnostic? {
  guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
  var decoder = UTF8()
  var iterator = bytes.makeIterator()
  var mark = SourceMark(file: file)
  while true {
    switch decoder.decode(&iterator) {
    case .scalarValue("\n"):
      mark.line += 1
      mark.column = 1
    case .scalarValue: mark.column += 1
    case .emptyInput: return nil
    case .error: return Diagnostic(at: mark, "invalid UTF-8: the file must be UTF-8 text")
    }
  }
}
