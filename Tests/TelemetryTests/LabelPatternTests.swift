import Telemetry
import Testing

@Suite struct LabelPatternTests {
  @Test(arguments: [
    ("a|b", "a", true), ("a|b", "ab", false), ("a|", "", true), ("", "", true), ("", "a", false),
    ("5..", "500", true), ("5..", "5000", false), ("foo.*", "foo", true), ("foo.*", "afoo", false),
    (".+", "", false), (".*", "a\nb", false), ("(?s).*", "a\nb", true), ("(?i)get", "GET", true),
    ("[\\w-.]+", "a-b.c", true), ("[\\w-.]+", "a+b", false), ("a{,3}", "a{,3}", true), ("x{01}", "x{01}", true),
    ("é", "é", true), ("é", "e\u{301}", false), (".", "é", true), ("a$", "a\n", false),
    ("\\Qa.b\\E", "a.b", true), ("\\Qa.b\\E", "axb", false), ("[[:alpha:]]+", "abc", true), ("\\pL+", "äß", true),
  ])
  func matchesTheWholeValue(_ pattern: String, _ value: String, _ doesMatch: Bool) throws {
    #expect(try LabelPattern(pattern).matches(value) == doesMatch)
  }

  @Test(
    arguments: [
      ("(.*)-(.*)", "$2/$1", "a-b", "b/a"), ("(.*)", "${1}x", "a", "ax"), ("(.*)", "$1x", "a", ""),
      ("(?P<host>.*):.*", "$host", "web:80", "web"), ("(?P<host>.*):.*", "${host}s", "web:80", "webs"),
      ("a", "$$1", "a", "$1"), ("a", "$0", "a", "a"), ("a", "$9", "a", ""), ("a", "x$", "a", "x$"),
      ("a", "${", "a", "${"), ("(a)|b", "<$1>", "b", "<>"), ("a", "x", "b", nil), ("a", "x", "ab", nil),
      ("a|b", "$0!", "b", "b!"),
    ] as [(String, String, String, String?)])
  func fillsTemplates(_ pattern: String, _ template: String, _ value: String, _ result: String?) throws {
    #expect(try LabelPattern(pattern).expand(template, in: value) == result)
  }
}
