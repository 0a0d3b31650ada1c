import Telemetry
import Testing

@Suite("Labels")
struct LabelsTests {
  @Test("Labels are sorted by name, and an empty value is none")
  func order() {
    let labels = Labels([Label("b", "2"), Label("a", "1"), Label("c", ""), Label("b", "3")])
    #expect(labels.pairs == [Label("a", "1"), Label("b", "3")])
    #expect(labels["c"].isEmpty)
  }
}
