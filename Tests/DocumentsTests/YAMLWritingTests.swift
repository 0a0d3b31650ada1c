import Documents
import Testing

@Suite struct YAMLWriting {
  /// How go-yaml writes a string: plain where it is read back as the same string, else quoted.
  @Test(arguments: [
    ("nginx:1.25", "nginx:1.25"), ("", "\"\""), ("true", "\"true\""), ("yes", "\"yes\""), ("y", "\"y\""),
    ("null", "\"null\""), ("~", "\"~\""), ("10", "\"10\""), ("1e3", "\"1e3\""), ("0x1f", "\"0x1f\""),
    ("250m", "250m"), ("512Mi", "512Mi"), ("1.25.3", "1.25.3"), (".inf", "\".inf\""), ("12:30", "\"12:30\""),
    ("12:99", "12:99"), ("2026-11-20T22:50:10Z", "\"2026-11-20T22:50:10Z\""), ("2026-11-20", "\"2026-11-20\""),
    ("2026-13-20", "2026-13-20"), ("a: b", "'a: b'"), ("a:b", "a:b"), ("a:", "'a:'"), ("a #b", "'a #b'"),
    ("a#b", "a#b"), ("#a", "'#a'"), ("- a", "'- a'"), ("-a", "-a"), ("-", "'-'"), ("*.example", "'*.example'"),
    ("&a", "'&a'"), ("[a]", "'[a]'"), ("{a}", "'{a}'"), ("a{b}", "a{b}"), ("it's", "it's"), ("'it's", "'''it''s'"),
    ("\"quoted\"", "'\"quoted\"'"), (" a", "' a'"), ("a ", "'a '"), ("a\tb", "\"a\\tb\""), ("?", "'?'"), ("?a", "?a"),
    ("---", "'---'"), ("é", "é"), ("😀", "\"\\U0001F600\""), ("%a", "'%a'"), ("@a", "'@a'"), ("<<", "\"<<\""),
    ("a\u{0}", "\"a\\0\""), ("0755", "\"0755\""), ("=", "="), ("!a", "'!a'"), (">=1", "'>=1'"),
  ])
  func strings(text: String, written: String) throws {
    let yaml = JSONValue.object(JSONObject([("key", .string(text))])).yamlText()
    #expect(yaml == "key: \(written)\n")
    #expect(try parseYAML(yaml)[0]["key"]?.json == .string(text))
  }

  @Test(arguments: [
    ("a\nb\n", "key: |\n  a\n  b\n"), ("a\nb", "key: |-\n  a\n  b\n"), ("a\n\nb\n", "key: |\n  a\n\n  b\n"),
    ("a\n\n", "key: |+\n  a\n\n"), ("  a\nb\n", "key: |2\n    a\n  b\n"), ("a \nb\n", "key: \"a \\nb\\n\"\n"),
    ("\n", "key: |2+\n\n"), ("{\"a\":1}\n", "key: |\n  {\"a\":1}\n"),
  ])
  func blocks(text: String, written: String) throws {
    let yaml = JSONValue.object(JSONObject([("key", .string(text))])).yamlText()
    #expect(yaml == written)
    #expect(try parseYAML(yaml)[0]["key"]?.json == .string(text))
  }

  @Test func collections() throws {
    let value: JSONValue = [
      "spec": ["ports": [["port": 80, "name": "http"], ["port": 443]], "nested": [[1, 2], []], "none": [:]],
      "kind": "Service", "weight": 0.5, "big": 1_000_000.0, "tiny": 0.00001, "ok": true, "nothing": .null,
    ]
    let yaml = """
      big: 1000000
      kind: Service
      nothing: null
      ok: true
      spec:
        nested:
        - - 1
          - 2
        - []
        none: {}
        ports:
        - name: http
          port: 80
        - port: 443
      tiny: 1e-05
      weight: 0.5

      """
    #expect(value.yamlText() == yaml)
    #expect(try parseYAML(yaml)[0].json.yamlText() == yaml)
    #expect(JSONValue.array([]).yamlText() == "[]\n")
    #expect(JSONValue.string("x").yamlText() == "x\n")
  }

  @Test func keysAreSortedAsGoYAMLSortsThem() {
    let keys = ["a10", "a9", "a-b", "ab", "a.b", "a", "8080", "443", "true", "A", "a01", "b/c", "b"]
    let yaml = JSONValue.object(JSONObject(keys.map { ($0, 1) })).yamlText()
    let written = yaml.split(separator: "\n").map { $0.dropLast(3) }
    #expect(
      written == ["\"443\"", "\"8080\"", "A", "a", "a-b", "a.b", "a01", "a9", "a10", "ab", "b", "b/c", "\"true\""])
  }

  @Test func longTextIsFoldedBehindColumn80() throws {
    let plain = "0/4 nodes are available and none of them will take the pod because all of them are out of memory now"
    let quoted =
      "0/4 nodes are available: 2 Insufficient cpu, 2 node(s) had untolerated taint {dedicated: system}, that's all."
    let value: JSONValue = ["conditions": [["message": .string(plain)], ["message": .string(quoted)]]]
    let expected = """
      conditions:
      - message: 0/4 nodes are available and none of them will take the pod because all
          of them are out of memory now
      - message: '0/4 nodes are available: 2 Insufficient cpu, 2 node(s) had untolerated
          taint {dedicated: system}, that''s all.'

      """
    #expect(value.yamlText() == expected)
    #expect(try parseYAML(value.yamlText())[0].json == value)
  }
}
