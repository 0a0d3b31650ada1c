import Faults
import Scenarios
import SimulationKernel
import Testing

@Suite struct Comparisons {
  @Test(arguments: [
    ("< 400ms", "< 400ms"), ("p(99)<400ms", "p(99) < 400ms"), ("p(99.9) >= 1m", "p(99.9) >= 1m0s"),
    ("avg != 0", "avg != 0"), ("> 99.95%", "> 99.95%"), ("<= 6", "<= 6"), ("max == 2.5", "max == 2.5"),
  ])
  func parses(text: String, canonical: String) {
    #expect(Comparison(parsing: text)?.description == canonical)
  }

  @Test(arguments: [
    "", "400ms", "=< 4", "p99 < 4", "p(0) < 1", "p(101) < 1", "< ", "< -1", "< 4 5x", "median < 1s", "< 1e3",
  ])
  func refuses(text: String) {
    #expect(Comparison(parsing: text) == nil)
  }

  @Test(arguments: [
    ("< 6", 5.0, true), ("< 6", 6.0, false), ("<= 6", 6.0, true), ("> 6", 6.0, false), (">= 6", 6.0, true),
    ("== 6", 6.0, true), ("!= 6", 6.0, false), ("p(99) < 400ms", 0.399, true), ("p(99) < 400ms", 0.4, false),
    ("> 99%", 0.995, true),
  ])
  func holds(text: String, value: Double, expected: Bool) throws {
    #expect(try #require(Comparison(parsing: text)).holds(for: value) == expected)
  }
}

@Suite struct Targets {
  @Test(arguments: [
    ("spain/deployment/payments/app", "spain/deployment/payments/app", true),
    ("*/deployment/payments/*", "mexico/deployment/payments/app", true),
    ("spain/link/app->*", "spain/link/app->redis", true), ("spain/link/app->*", "spain/link/ns/app->redis", false),
    ("spain/pod/payments/a?p-*-x", "spain/pod/payments/app-1-2-x", true),
    ("spain/pod/payments/app", "spain/pod/payments/app2", false), ("*/*/*", "a/b/c", true), ("*/*/*", "a/b/c/d", false),
    ("spain/pod/*/**a*", "spain/pod/x/bca", true),
  ])
  func matches(pattern: String, target: String, expected: Bool) throws {
    #expect(try TargetPattern(parsing: pattern).matches(target) == expected)
  }

  @Test(arguments: [
    ("one", 10, 1), ("all", 10, 10), ("3", 10, 3), ("3", 2, 2), ("25%", 10, 3), ("1%", 10, 1), ("one", 0, 0),
  ])
  func modes(text: String, matching: Int, taken: Int) throws {
    #expect(try #require(TargetMode(parsing: text)).count(of: matching) == taken)
  }
}
