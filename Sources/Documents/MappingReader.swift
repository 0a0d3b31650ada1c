/// Reads the keys of one mapping strictly: missing, unknown, repeated and ill-typed keys are all reported.
///
///     let form = Form<Hint>.mapping("hint") { reader in
///       let after = reader.required("after", .duration, "When the hint may be asked for.")
///       let cost = reader.optional("cost", .integer(in: 0...100), "Points that it costs.", default: 0)
///       guard let after else { return nil }
///       return Hint(after: after, cost: cost)
///     }
///
/// The same closure run without a file writes the JSON Schema; therefore a decoder asks for all of its keys before its
/// first `guard`.
package final class MappingReader {
  private struct Key {
    var name: String
    var schema: JSONValue
    var isRequired: Bool
  }

  /// What the mapping describes, as messages name it: `fault`.
  package let subject: String
  /// Where the mapping starts.
  package let mark: SourceMark
  package let diagnostics: Diagnostics
  private let entries: [Node.Entry]
  private let isRecording: Bool
  private var keys: [Key] = []
  private var choices: [JSONValue] = []
  private var reportedKeys: Set<String> = []

  /// A reader of a file's mapping.
  fileprivate init(subject: String, entries: [Node.Entry], at mark: SourceMark, diagnostics: Diagnostics) {
    self.subject = subject
    self.entries = entries
    self.mark = mark
    self.diagnostics = diagnostics
    isRecording = false
  }

  /// A reader without a file, which only notes the keys that are asked for.
  fileprivate init(recording subject: String) {
    self.subject = subject
    entries = []
    mark = SourceMark(file: "")
    diagnostics = Diagnostics()
    isRecording = true
  }

  /// The value of a key that must be there; `nil` after the mistake was reported.
  package func required<Value>(_ key: String, _ form: Form<Value>, _ meaning: String) -> Value? {
    note(key, form, meaning, isRequired: true)
    if isRecording { return nil }
    guard let node = node(key) else {
      diagnostics.error(at: mark, "\(subject) has no \"\(key)\"; it takes \(form.accepted)", hint: misspelling(of: key))
      return nil
    }
    return form.read(node, diagnostics)
  }

  /// The value of a key that may be missing; `nil` also after a mistake was reported.
  package func optional<Value>(_ key: String, _ form: Form<Value>, _ meaning: String) -> Value? {
    note(key, form, meaning, isRequired: false)
    return node(key).flatMap { form.read($0, diagnostics) }
  }

  /// The value of a key, or what holds where it is missing.
  package func optional<Value>(
    _ key: String, _ form: Form<Value>, _ meaning: String, default fallback: Value
  ) -> Value {
    optional(key, form, meaning) ?? fallback
  }

  /// The value of the only one of several keys that must be there.
  ///
  /// - Parameter what: what the keys are called in messages: `verb`.
  package func exactlyOne<Value>(_ what: String, of alternatives: [Alternative<Value>]) -> Value? {
    choices = alternatives.map { ["required": [.string($0.key)]] }
    for alternative in alternatives { note(alternative.key, alternative.form, alternative.meaning, isRequired: false) }
    if isRecording { return nil }
    let accepted = alternatives.map(\.key)
    let present = entries.filter { entry in accepted.contains(entry.key.keyText ?? "") }
    if present.isEmpty {
      reportMissingChoice(what, accepted: accepted)
    }
    for extra in present.dropFirst() {
      let first = present[0].key.keyText ?? ""
      let message = "\(subject) has exactly one \(what); \"\(extra.key.keyText ?? "")\" stands beside \"\(first)\""
      diagnostics.error(at: extra.key.mark, message)
    }
    guard let entry = present.first, let chosen = alternatives.first(where: { $0.key == entry.key.keyText }) else {
      return nil
    }
    return chosen.form.read(entry.value, diagnostics)
  }

  /// The node of a key, for checks that go beyond its form.
  package func node(_ key: String) -> Node? {
    entries.first { $0.key.keyText == key && $0.key.string != nil }?.value
  }

  package func has(_ key: String) -> Bool { node(key) != nil }

  /// Reports a mistake at a key's value, or at the mapping where the key is missing.
  package func error(at key: String? = nil, _ message: String, hint: String? = nil) {
    if isRecording { return }
    diagnostics.error(at: key.flatMap { node($0)?.mark } ?? mark, message, hint: hint)
  }
}

/// One of the keys of which a mapping holds exactly one.
package struct Alternative<Value> {
  package var key: String
  package var form: Form<Value>
  package var meaning: String

  package init(_ key: String, _ form: Form<Value>, _ meaning: String) {
    self.key = key
    self.form = form
    self.meaning = meaning
  }
}

extension Form {
  /// A mapping whose keys are those that `decode` asks for.
  ///
  /// - Parameters:
  ///   - subject: what the mapping describes, as messages name it.
  ///   - allowsOtherKeys: whether keys that `decode` does not ask for are accepted.
  package static func mapping(
    _ subject: String, allowsOtherKeys: Bool = false, _ decode: @escaping (MappingReader) -> Value?
  ) -> Form {
    func schema() -> JSONValue {
      let reader = MappingReader(recording: subject)
      _ = decode(reader)
      return reader.schema(allowsOtherKeys: allowsOtherKeys)
    }
    return Form(accepted: "a mapping", schema: schema()) { node, diagnostics in
      guard let entries = node.mapping else {
        diagnostics.error(at: node.mark, "\(subject): expected a mapping, found \(node.found)")
        return nil
      }
      let reader = MappingReader(subject: subject, entries: entries, at: node.mark, diagnostics: diagnostics)
      let value = decode(reader)
      if !allowsOtherKeys { reader.reportUnknownKeys() }
      return value
    }
  }
}

// The mechanism: notes, unknown keys, schema.
extension MappingReader {
  private func note<Value>(_ name: String, _ form: Form<Value>, _ meaning: String, isRequired: Bool) {
    var schema: JSONValue = .null
    if isRecording {
      schema = form.schema
      if !meaning.isEmpty, schema.object != nil { schema["description"] = .string(meaning) }
    }
    keys.append(Key(name: name, schema: schema, isRequired: isRequired))
  }

  /// A key of the file that was probably meant to be the missing one.
  private func misspelling(of key: String) -> String? {
    let unknown = entries.compactMap(\.key.keyText).filter { name in !keys.contains { $0.name == name } }
    return nearestSpelling(of: key, among: unknown).map { "is \"\($0)\" meant to be it?" }
  }

  private func reportMissingChoice(_ what: String, accepted: [String]) {
    let list = accepted.joined(separator: ", ")
    let unknown = entries.first { entry in !keys.contains { $0.name == entry.key.keyText } }
    guard let key = unknown?.key, let name = key.keyText else {
      return diagnostics.error(at: mark, "\(subject) has no \(what); it has exactly one of \(list)")
    }
    reportedKeys.insert(name)
    let hint = spellingHint(for: name, among: accepted)
    diagnostics.error(at: key.mark, "unknown \(what) \"\(name)\"; \(subject) has exactly one of \(list)", hint: hint)
  }

  fileprivate func reportUnknownKeys() {
    let accepted = keys.map(\.name)
    for entry in entries {
      guard let name = entry.key.keyText, !reportedKeys.contains(name) else { continue }
      if let scalar = entry.key.scalar, entry.key.string == nil {
        let read = scalar.value.bool.map { "the Boolean \($0)" } ?? entry.key.found
        let message = "key \(scalar.text) is read as \(read) by YAML 1.1, not as a word"
        diagnostics.error(at: entry.key.mark, message, hint: "\(subject) takes \(accepted.joined(separator: ", "))")
      } else if !accepted.contains(name) {
        let takes = accepted.isEmpty ? "no keys" : accepted.joined(separator: ", ")
        let message = "unknown key \"\(name)\" in \(subject); it takes \(takes)"
        diagnostics.error(at: entry.key.mark, message, hint: spellingHint(for: name, among: accepted))
      }
    }
  }

  fileprivate func schema(allowsOtherKeys: Bool) -> JSONValue {
    var schema: JSONValue = ["type": "object"]
    schema["properties"] = .object(JSONObject(keys.map { ($0.name, $0.schema) }))
    let required = keys.filter(\.isRequired).map { JSONValue.string($0.name) }
    if !required.isEmpty { schema["required"] = .array(required) }
    if !choices.isEmpty { schema["oneOf"] = .array(choices) }
    schema["additionalProperties"] = .bool(allowsOtherKeys)
    return schema
  }
}
