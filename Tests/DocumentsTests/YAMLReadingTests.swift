import Documents
import Testing

@Suite struct YAMLReading {
  @Test(arguments: [
    ("", JSONValue.null), ("~", .null), ("null", .null), ("Null", .null), ("true", true), ("True", true), ("yes", true),
    ("on", true), ("y", true), ("OFF", false), ("no", false), ("n", false), ("tRue", "tRue"), ("0", 0), ("-7", -7),
    ("+7", 7), ("1_000", 1000), ("0x1F", 31), ("-0x1f", -31), ("0o17", 15), ("017", 15), ("08", 8.0), ("0b101", 5),
    ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5", 1.5), ("-.5", -0.5), ("1.", 1.0),
    ("1e3", 1000.0),
    ("1E-2", 0.01), (".", "."), ("e3", "e3"), ("1e", "1e"), (".inf", ".inf"), (".nan", ".nan"),
    ("1:30", "1:30"), ("2026-01-01", "2026-01-01"), ("1.2.3", "1.2.3"), ("10m", "10m"), ("0x", "0x"), ("<", "<"),
    ("'yes'", "yes"), ("\"10\"", "10"), ("'it''s'", "it's"), ("\"a\\tb\\u00e9\"", "a\tbé"), ("!!str 10", "10"),
    ("!!int '10'", 10), ("!custom 10", "10"),
  ])
  func scalars(text: String, value: JSONValue) throws {
    #expect(try parseYAML("key: \(text)\n")[0]["key"]?.json == value)
  }

  @Test func blocks() throws {
    let text = """
      literal: |
        a
          b

      folded: >-
        a
        b
      kept: |+
        a

      """
    #expect(try parseYAML(text)[0].json == ["literal": "a\n  b\n", "folded": "a b", "kept": "a\n"])
  }

  @Test func everyNodeKnowsItsPlace() throws {
    let text = "a: 1\nb:\n  - x\n  - {c: é, d: [y]}\n---\ne: f\n"
    let documents = try parseYAML(Array(text.utf8), file: "f.yaml")
    #expect(documents.count == 2)
    let list = try #require(documents[0]["b"]?.sequence)
    #expect(list.map(\.mark.description) == ["f.yaml:3:5", "f.yaml:4:5"])
    #expect(list[1]["d"]?.sequence?[0].mark.description == "f.yaml:4:16")
    #expect(documents[0].mapping?[1].key.mark.description == "f.yaml:2:1")
    #expect(documents[1]["e"]?.mark.description == "f.yaml:6:4")
  }

  @Test(arguments: [("", 0), ("# comment\n", 0), ("---\n", 1), ("---\n---\na: b\n", 2), ("a: b\n...\n---\nc\n", 2)])
  func documents(text: String, count: Int) throws {
    #expect(try parseYAML(text).count == count)
  }

  @Test func anchorsAndMergeKeys() throws {
    let text = """
      base: &base {image: a, cpu: 1}
      more: &more {cpu: 2, memory: 3}
      one: {<<: *base, cpu: 9}
      two: {<<: [*more, *base]}
      three: *base
      quoted: {"<<": x}

      """
    let json = try parseYAML(text)[0].json
    #expect(json["one"] == ["cpu": 9, "image": "a"])
    #expect(json["two"] == ["cpu": 2, "memory": 3, "image": "a"])
    #expect(json["three"] == json["base"])
    #expect(json["quoted"] == ["<<": "x"])
  }

  @Test func keysOfOtherTypesAreWrittenAsGoDoes() throws {
    let json = try parseYAML("on: 1\n80: 2\n~: 3\n1.50: 4\n'off': 5\n")[0].json
    #expect(json.object?.keys == ["true", "80", "null", "1.50", "off"])
  }

  @Test func orderOfKeysIsKept() throws {
    let keys = (0..<50).map { "k\(($0 * 37) % 50)" }
    let json = try parseYAML(keys.map { "\($0): 1\n" }.joined())[0].json
    #expect(json.object?.keys == keys)
  }

  @Test func windowsLineEndsAndByteOrderMark() throws {
    #expect(try parseYAML("\u{FEFF}a: 1\r\nb:\r\n- x\r\n")[0].json == ["a": 1, "b": ["x"]])
  }
}
