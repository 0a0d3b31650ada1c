import Testing

@testable import Toolbox

@Suite struct LogFilterPatterns {
  @Test(arguments: [
    ("ERROR", "an ERROR here", true), ("ERROR", "an error here", false), ("a b", "b and a", true), ("a b", "a", false),
    ("?one ?two", "two", true), ("?one ?two", "three", false), ("all -not", "all but not", false),
    ("all -not", "all", true), ("\"two words\"", "two words", true), ("\"two words\"", "two other words", false),
    ("{ $.level = \"error\" }", #"{"level":"error"}"#, true), ("{ $.level = \"error\" }", #"{"level":"info"}"#, false),
    ("{ $.level = \"e*r\" }", #"{"level":"error"}"#, true), ("{ $.level != \"info\" }", #"{"level":"error"}"#, true),
    ("{ $.tries > 2 }", #"{"tries":3}"#, true), ("{ $.tries > 2 }", #"{"tries":2}"#, false),
    ("{ $.a.b = 1 && $.c = \"x\" }", #"{"a":{"b":1},"c":"x"}"#, true),
    ("{ $.a.b = 1 && $.c = \"x\" }", #"{"a":{"b":1},"c":"y"}"#, false),
    ("{ $.a = 2 || $.c = \"x\" }", #"{"a":1,"c":"x"}"#, true), ("{ $.a = 1 }", "no json", false),
  ])
  func matchesAsTheUserGuideSays(_ pattern: String, _ message: String, _ matches: Bool) throws {
    #expect(try #require(LogFilterPattern(pattern)).matches(message) == matches)
  }

  @Test(arguments: ["{ level = 1 }", "{ $.level }", "\"open", "[a, b]", "dash-ed", "{ $.a = }"])
  func malformedPatternsAreRefused(_ pattern: String) { #expect(LogFilterPattern(pattern) == nil) }
}
