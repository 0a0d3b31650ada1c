import Documents
import Testing

@Suite struct JSONText {
  @Test(arguments: [
    "null", "true", "[1,-2,3.5]", "{\"b\":1,\"a\":{\"c\":[]}}", "\"a\\\"b\\\\c\\n\"", "{}", "\"é😀\"", "1e-7", "1e+21",
    "\"\\u0001\"",
  ])
  func compactRoundTrip(text: String) throws {
    #expect(try parseJSON(text).jsonText() == text)
  }

  @Test(arguments: [
    ("1.0", "1"), ("-0.0", "-0"), ("1E2", "100"), ("\"\\u0041\\/\"", "\"A/\""), ("\"\\ud83d\\ude00\"", "\"😀\""),
    ("\"\\ud83d\"", "\"\u{FFFD}\""), (" [ 1 , 2 ] ", "[1,2]"), ("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}"),
    ("12345678901234567890", "12345678901234567000"), ("0.000001", "0.000001"), ("1e20", "100000000000000000000"),
    ("123456.789", "123456.789"),
  ])
  func canonicalForm(text: String, canonical: String) throws {
    #expect(try parseJSON(text).jsonText() == canonical)
  }

  @Test(arguments: [
    ("", "1:1: error: the text ends here; a value was expected"),
    ("{\"a\":}", "1:6: error: \"}\" is not JSON here; a value was expected"),
    ("{\n  \"a\" 1}", "2:7: error: \"1\" is not JSON here; \":\" was expected after the key"),
    ("[1 2]", "1:4: error: \"2\" is not JSON here; \",\" or \"]\" was expected"),
    ("[1,]", "1:4: error: \"]\" is not JSON here; a value was expected"),
    ("{a: 1}", "1:2: error: \"a\" is not JSON here; a key in double quotes was expected"),
    ("01", "1:1: error: a number has no leading 0"), ("1.", "1:3: error: the text ends here; digits were expected"),
    ("-", "1:1: error: \"-\" is not JSON here; a value was expected"), ("1e999", "1:1: error: 1e999 is out of range"),
    ("\"a", "1:1: error: the string is not closed"), ("\"\\x\"", "1:3: error: no such escape in JSON"),
    ("\"\\u12\"", "1:4: error: four hexadecimal digits were expected"),
    ("\"a\nb\"", "1:3: error: a control character in a string must be escaped"),
    ("true false", "1:6: error: \"f\" is not JSON here; nothing may follow the value"),
    ("truth", "1:1: error: \"t\" is not JSON here; a value was expected"),
    (String(repeating: "[", count: 1000), "1:501: error: nested deeper than 500 levels (maximumDepth)"),
  ])
  func mistakes(text: String, expected: String) {
    #expect {
      try parseJSON(text)
    } throws: { error in
      "\(error)".hasPrefix("JSON:\(expected)")
    }
  }

  @Test func kubectlLayout() throws {
    let value: JSONValue = ["kind": "Pod", "apiVersion": "v1", "list": [1, ["x": "<&>"]], "none": [], "empty": [:]]
    let expected = """
      {
          "apiVersion": "v1",
          "empty": {},
          "kind": "Pod",
          "list": [
              1,
              {
                  "x": "\\u003c\\u0026\\u003e"
              }
          ],
          "none": []
      }
      """
    #expect(value.jsonText(.kubectl) == expected)
  }
}
