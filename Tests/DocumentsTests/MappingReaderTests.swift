import Documents
import Testing

private enum Level: String, CaseIterable {
  case low, high
}

private struct Probe: Equatable {
  var path: String
  var period: Duration
  var level: Level
  var codes: [Int]
}

private var probeForm: Form<Probe> {
  .mapping("probe") { reader in
    let path = reader.required("path", .nonEmptyString, "What is asked for.")
    let period = reader.optional("period", .positiveDuration, "How often.", default: .seconds(10))
    let level = reader.optional("level", .word, "How loud.", default: Level.low)
    let codes = reader.optional("codes", .list(of: .integer(in: 100...599)), "What is good.", default: [200])
    guard let path else { return nil }
    return Probe(path: path, period: period, level: level, codes: codes)
  }
}

private func read(_ text: String) throws -> (value: Probe?, diagnostics: [String]) {
  let diagnostics = Diagnostics()
  let value = probeForm.read(try parseYAML(text, file: "p")[0], diagnostics)
  return (value, diagnostics.all.map(\.description))
}

@Suite struct Mappings {
  @Test func defaultsAndValues() throws {
    #expect(
      try read("{path: /health}").value == Probe(path: "/health", period: .seconds(10), level: .low, codes: [200]))
    let full = try read("{path: /, period: 1m30s, level: high, codes: [200, 204]}")
    #expect(full.value == Probe(path: "/", period: .seconds(90), level: .high, codes: [200, 204]))
    #expect(full.diagnostics == [])
  }

  @Test(arguments: [
    ("{}", ["p:1:1: error: probe has no \"path\"; it takes text that is not empty"]),
    (
      "{pth: /}",
      [
        "p:1:1: error: probe has no \"path\"; it takes text that is not empty; is \"pth\" meant to be it?",
        "p:1:2: error: unknown key \"pth\" in probe; it takes path, period, level, codes; did you mean \"path\"?",
      ]
    ),
    (
      "{path: /, level: hihg, codes: [99, ok]}",
      [
        "p:1:18: error: expected one of low, high, found \"hihg\"; did you mean \"high\"?",
        "p:1:32: error: expected a whole number from 100 to 599, found the number 99",
        "p:1:36: error: expected a whole number from 100 to 599, found \"ok\"",
      ]
    ),
    (
      "{path: /, on: 1}",
      [
        "p:1:11: error: key on is read as the Boolean true by YAML 1.1, not as a word; probe takes path, period, level, codes"
      ]
    ),
    ("[a]", ["p:1:1: error: probe: expected a mapping, found a list"]),
    ("{path: 5}", ["p:1:8: error: expected text that is not empty, found the number 5"]),
  ])
  func mistakes(text: String, expected: [String]) throws {
    #expect(try read(text).diagnostics == expected)
  }

  @Test func theSameClosureWritesTheSchema() {
    #expect(
      probeForm.schema == [
        "type": "object",
        "properties": [
          "path": ["type": "string", "minLength": 1, "description": "What is asked for."],
          "period": [
            "type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d))+$|^0$", "description": "How often.",
          ],
          "level": ["enum": ["low", "high"], "description": "How loud."],
          "codes": [
            "type": "array", "items": ["type": "integer", "minimum": 100, "maximum": 599],
            "description": "What is good.",
          ],
        ],
        "required": ["path"], "additionalProperties": false,
      ])
  }

  @Test func tablesAndPlaces() throws {
    let form = Form.table(of: .located(.string))
    let diagnostics = Diagnostics()
    let rows = try #require(form.read(try parseYAML("b: x\na: z\n", file: "t")[0], diagnostics))
    #expect(rows.map(\.key.value) == ["b", "a"])
    #expect(rows.map(\.value.mark.description) == ["t:1:4", "t:2:4"])
  }
}

@Suite struct DiagnosticTexts {
  @Test func areOrderedByPlace() {
    let diagnostics = Diagnostics()
    diagnostics.error(at: SourceMark(file: "b", line: 1, column: 1), "third")
    diagnostics.warning(at: SourceMark(file: "a", line: 2, column: 1), "second")
    diagnostics.error(at: SourceMark(file: "a", line: 1, column: 9), "first", hint: "mend it")
    #expect(
      diagnostics.all.map(\.description) == [
        "a:1:9: error: first; mend it", "a:2:1: warning: second", "b:1:1: error: third",
      ])
    #expect(diagnostics.hasErrors)
    #expect(throws: DiagnosticList.self) { try diagnostics.throwIfErrors() }
  }

  @Test(arguments: [
    ("solution", ["solutions", "seed"], "solutions"), ("hihg", ["low", "high"], "high"), ("xyz", ["low", "high"], nil),
    ("Replicas", ["replicas"], "replicas"), ("at", ["to", "it"], "it"), ("", ["a"], "a"), ("longest", [], nil),
  ])
  func nearest(word: String, accepted: [String], expected: String?) {
    #expect(nearestSpelling(of: word, among: accepted) == expected)
  }

  @Test(arguments: [("kitten", "sitting", 3), ("ab", "ba", 1), ("", "abc", 3), ("same", "same", 0), ("a", "A", 0)])
  func distances(left: String, right: String, distance: Int) {
    #expect(editDistance(left, right, limit: 5) == distance)
    #expect(editDistance(right, left, limit: 5) == distance)
    if distance > 0 { #expect(editDistance(left, right, limit: distance - 1) == nil) }
  }
}
