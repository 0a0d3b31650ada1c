import Documents
import Testing

@Suite struct MalformedManifests {
  @Test(arguments: [
    ("metadata:\n  name: a\n  name: b\n", ["3:3: error: key \"name\" is already set in line 2 of this mapping"]),
    (
      "a: 1\na: 2\nb: 1\nb: 2\n",
      [
        "2:1: error: key \"a\" is already set in line 1 of this mapping",
        "4:1: error: key \"b\" is already set in line 3 of this mapping",
      ]
    ),
    ("true: 1\non: 2\n", ["2:1: error: key \"true\" is already set in line 1 of this mapping"]),
    ("spec:\n\treplicas: 1\n", ["2:1: error: not YAML: found character that cannot start any token"]),
    ("spec:\n  a: 1\n b: 2\n", ["3:2: error: not YAML: did not find expected key"]),
    ("image: nginx: latest\n", ["1:13: error: not YAML: mapping values are not allowed in this context"]),
    ("a: [1, 2\nb: 3\n", ["2:2: error: not YAML: did not find expected ',' or ']'"]),
    ("a: {b: 1\n", ["2:1: error: not YAML: did not find expected ',' or '}'"]),
    ("a: 'never closed\n", ["2:1: error: not YAML: found unexpected end of stream"]),
    ("a: \"\\z\"\n", ["1:5: error: not YAML: found unknown escape character"]),
    ("a: @b\n", ["1:4: error: not YAML: found character that cannot start any token"]),
    ("a: %b\n", ["1:4: error: not YAML: found character that cannot start any token"]),
    ("a: *b\n", ["1:4: error: no anchor \"b\" stands before this alias"]),
    ("a: &b [*b]\n", ["1:8: error: anchor \"b\" contains itself"]),
    ("a: &app 1\nb: *ap\n", ["2:4: error: no anchor \"ap\" stands before this alias; did you mean \"app\"?"]),
    ("<<: 5\n", ["1:5: error: \"<<\" takes a mapping or a list of mappings, not the number 5"]),
    ("<<: [{a: 1}, b]\n", ["1:14: error: \"<<\" takes a mapping or a list of mappings, not \"b\""]),
    ("? {a: 1}\n: 2\n", ["1:3: error: a key is a word, not a mapping"]),
    ("a: !!int ten\n", ["1:4: error: \"ten\" cannot be read as !!int"]),
    ("a: b\n--- c\n--- [\n", ["4:1: error: not YAML: did not find expected node content"]),
    ("{{ .Values.image }}: x\n", ["1:2: error: a key is a word, not a mapping; is this a template?"]),
    (
      "- {{- if .Values.x }}\n",
      ["1:5: error: not YAML: did not find expected node content while parsing a flow node; is this a template?"]
    ),
    ("a: b\u{1}\n", ["1:5: error: not YAML text: control characters are not allowed"]),
  ])
  func mistakes(text: String, expected: [String]) {
    #expect {
      try parseYAML(Array(text.utf8), file: "m.yaml")
    } throws: { error in
      let lines = (error as? DiagnosticList)?.diagnostics.map { $0.description.dropFirst("m.yaml:".count) } ?? []
      let isExpected = lines.count == expected.count && zip(lines, expected).allSatisfy { $0.hasPrefix($1) }
      if !isExpected { print(lines) }
      return isExpected
    }
  }

  @Test(arguments: [
    ([0x61, 0x3A, 0x20, 0xFF], "1:4"), ([0x61, 0x0A, 0xC3], "2:1"), ([0xC3, 0xA9, 0xC0, 0x80], "1:2"),
    ([0x61, 0xED, 0xA0, 0x80], "1:2"), ([0xF5, 0x80, 0x80, 0x80], "1:1"),
  ])
  func invalidUTF8(bytes: [UInt8], place: String) {
    #expect {
      try parseYAML(bytes, file: "m.yaml")
    } throws: { error in
      "\(error)" == "m.yaml:\(place): error: invalid UTF-8: the file must be UTF-8 text"
    }
  }

  /// Each limit with the least input that breaks it.
  @Test func limitsHaveNames() throws {
    var limits = YAMLLimits()
    limits.maximumBytes = 200
    limits.maximumDepth = 3
    limits.maximumNodes = 20
    limits.maximumAliasNodes = 10
    let cases = [
      (String(repeating: "#", count: 201), "1:1: error: the file has 201 bytes, maximumBytes is 200"),
      ("[[[a]]]", "1:4: error: nested deeper than 3 levels (maximumDepth)"),
      ("[" + String(repeating: "a,", count: 20) + "]", "1:40: error: more than 20 nodes (maximumNodes)"),
      ("[&a [1, 2], *a, *a, *a, *a]", "1:25: error: aliases expand to more than 10 nodes (maximumAliasNodes)"),
    ]
    for (text, expected) in cases {
      #expect {
        try parseYAML(Array(text.utf8), file: "m.yaml", limits: limits)
      } throws: { error in
        "\(error)" == "m.yaml:\(expected)"
      }
    }
  }

  @Test func deepNestingDoesNotExhaustTheStack() {
    for text in [String(repeating: "[", count: 100_000), String(repeating: "{a: ", count: 50_000)] {
      #expect(throws: DiagnosticList.self) { try parseYAML(text) }
    }
  }

  @Test func aBillionLaughsIsRefusedEarly() {
    let levels = (1...9).map {
      "l\($0): &l\($0) [\(Array(repeating: "*l\($0 - 1)", count: 9).joined(separator: ", "))]\n"
    }
    #expect(throws: DiagnosticList.self) { try parseYAML("l0: &l0 lol\n" + levels.joined()) }
  }
}
