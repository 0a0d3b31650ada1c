import Drills
import Testing

@Suite struct Sparklines {
  @Test func barsReachFromTheLowestToTheHighest() {
    #expect(sparkline([0, 5, 10]) == "▁▅█")
    #expect(sparkline([3, nil, 3]) == "▁ ▁")
    #expect(sparkline([nil, .nan]) == "  ")
  }
}
