import Documents
import Testing

/// Fields that are changed where they stand.
@Suite struct YAMLEditing {
  private static let text = """
    # A comment before.
    kind: One   # the first
    spec:
      plain: 3  # how many
      double: "a \\"b\\""
      single: 'it''s'   # quoted
      flow: {a: 1, b: 'x'}
      list:
        - name: first
          image: app:1
        - name: second
      folded: >
        two
        lines
    ---
    kind: Two
    spec: {plain: 4}

    """

  private static func set(_ path: String, _ value: JSONValue?, kind: String = "One") throws -> String {
    try YAMLEdit.setting(
      path.split(separator: ".").map(String.init), to: value, in: text, file: "a.yaml",
      document: { $0["kind"]?.string == kind })
  }

  @Test(arguments: [
    ("spec.plain", JSONValue.integer(6), "  plain: 3  # how many", "  plain: 6  # how many"),
    ("spec.plain", .string("3"), "  plain: 3  # how many", "  plain: \"3\"  # how many"),
    ("spec.double", .string("x \"y\""), "  double: \"a \\\"b\\\"\"", "  double: \"x \\\"y\\\"\""),
    ("spec.single", .string("that's"), "  single: 'it''s'   # quoted", "  single: 'that''s'   # quoted"),
    ("spec.flow.a", .string("x, y"), "{a: 1, b: 'x'}", "{a: \"x, y\", b: 'x'}"),
    ("spec.flow.b", .string("y"), "{a: 1, b: 'x'}", "{a: 1, b: 'y'}"),
    ("spec.list.0.image", .string("app:2"), "image: app:1", "image: app:2"),
    ("kind", .string("Other"), "kind: One   # the first", "kind: Other   # the first"),
  ])
  func theValueAloneIsReplaced(_ path: String, _ value: JSONValue, _ old: String, _ new: String) throws {
    let edited = try Self.set(path, value)
    #expect(edited == Self.text.replacing(old, with: new))
    #expect(try parseYAML(edited).count == 2)
  }

  @Test func anotherDocumentIsLeftAlone() throws {
    #expect(
      try Self.set("spec.plain", .integer(5), kind: "Two") == Self.text.replacing("{plain: 4}", with: "{plain: 5}"))
  }

  @Test func aFieldIsTakenAway() throws {
    #expect(try Self.set("spec.plain", nil) == Self.text.replacing("  plain: 3  # how many\n", with: ""))
  }

  @Test func aFieldIsAdded() throws {
    let edited = try Self.set("spec.list.1.image", .string("app:9"))
    #expect(edited == Self.text.replacing("name: second\n", with: "name: second\n      image: app:9\n"))
  }

  @Test(arguments: [
    ("spec.folded", JSONValue.string("x")), ("spec.flow", .string("x")), ("spec.flow.c", .string("x")),
    ("spec.nothing.at", .string("x")), ("spec.list.7.image", .string("x")), ("spec.more", .string("x")),
  ])
  func otherFormsAreRefused(_ path: String, _ value: JSONValue) {
    #expect(throws: YAMLEdit.Refusal.self) { try Self.set(path, value) }
  }

  @Test func whatIsMissingCannotBeTakenAway() {
    #expect(throws: YAMLEdit.Refusal.self) { try Self.set("spec.more", nil) }
    #expect(throws: YAMLEdit.Refusal.self) { try Self.set("spec.plain", nil, kind: "Three") }
  }
}
