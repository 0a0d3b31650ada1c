/// What a place in a file may hold: how to read it, how messages name it, and its JSON Schema. Decoders are put
/// together from forms, so that what is read, what messages promise and what the schema says cannot differ.
package struct Form<Value> {
  /// The accepted values as a noun phrase: `a duration such as 90s or 1h30m`.
  package let accepted: String
  private let makeSchema: () -> JSONValue
  private let readNode: (Node, Diagnostics) -> Value?

  /// A form whose reading reports its own mistakes and returns `nil` after doing so.
  package init(
    accepted: String, schema: @autoclosure @escaping () -> JSONValue,
    reading: @escaping (Node, Diagnostics) -> Value?
  ) {
    self.accepted = accepted
    makeSchema = schema
    readNode = reading
  }

  /// A form whose conversion returns `nil` for what is not accepted; the mistake is reported with `accepted`.
  package init(
    accepted: String, schema: @autoclosure @escaping () -> JSONValue, converting: @escaping (Node) -> Value?
  ) {
    self.init(accepted: accepted, schema: schema()) { node, diagnostics in
      if let value = converting(node) { return value }
      diagnostics.error(at: node.mark, "expected \(accepted), found \(node.found)")
      return nil
    }
  }

  /// The JSON Schema (draft 7) of the accepted values.
  package var schema: JSONValue { makeSchema() }

  /// The value of a node, or `nil` after its mistakes were reported.
  package func read(_ node: Node, _ diagnostics: Diagnostics) -> Value? { readNode(node, diagnostics) }

  /// The same form with its values changed.
  package func map<Other>(_ transform: @escaping (Value) -> Other) -> Form<Other> {
    Form<Other>(accepted: accepted, schema: schema) { node, diagnostics in
      read(node, diagnostics).map(transform)
    }
  }

  /// The same form with a further condition; `complaint` returns what is wrong with a value, `nil` for a good one.
  package func rejecting(_ complaint: @escaping (Value) -> String?) -> Form {
    Form(accepted: accepted, schema: schema) { node, diagnostics in
      guard let value = read(node, diagnostics) else { return nil }
      guard let problem = complaint(value) else { return value }
      diagnostics.error(at: node.mark, problem)
      return nil
    }
  }

  /// The same form with a changed schema, for conditions that span several keys.
  package func describing(_ change: @escaping (inout JSONValue) -> Void) -> Form {
    func changed() -> JSONValue {
      var schema = schema
      change(&schema)
      return schema
    }
    return Form(accepted: accepted, schema: changed(), reading: readNode)
  }
}

// Forms made of other forms.
extension Form {
  /// A value that remembers where it stands.
  package static func located<Inner>(_ form: Form<Inner>) -> Form where Value == Located<Inner> {
    Form(accepted: form.accepted, schema: form.schema) { node, diagnostics in
      form.read(node, diagnostics).map { Located($0, at: node.mark) }
    }
  }

  /// A list of any length. Items that cannot be read are reported and left out.
  package static func list<Item>(of item: Form<Item>) -> Form where Value == [Item] {
    Form(accepted: "a list", schema: ["type": "array", "items": item.schema]) { node, diagnostics in
      guard let items = node.sequence else {
        diagnostics.error(at: node.mark, "expected a list, found \(node.found)")
        return nil
      }
      return items.compactMap { item.read($0, diagnostics) }
    }
  }

  /// The values of a mapping whose keys are free, in the order of the file.
  package static func table<Item>(of item: Form<Item>) -> Form where Value == [(key: Located<String>, value: Item)] {
    Form(
      accepted: "a mapping", schema: ["type": "object", "additionalProperties": item.schema]
    ) { node, diagnostics in
      guard let entries = node.mapping else {
        diagnostics.error(at: node.mark, "expected a mapping, found \(node.found)")
        return nil
      }
      var values: [(key: Located<String>, value: Item)] = []
      for entry in entries {
        guard let value = item.read(entry.value, diagnostics) else { continue }
        values.append((Located(entry.key.keyText ?? "", at: entry.key.mark), value))
      }
      return values.count == entries.count ? values : nil
    }
  }
}

/// A value together with its place in the file.
package struct Located<Value> {
  package var value: Value
  package var mark: SourceMark

  package init(_ value: Value, at mark: SourceMark) {
    self.value = value
    self.mark = mark
  }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}
