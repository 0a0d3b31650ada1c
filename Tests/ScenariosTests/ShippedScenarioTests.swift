import Documents
import Faults
import Scenarios
import Testing
import TwinWorld

@Suite("Scenario files of the repository")
struct ShippedScenarioTests {
  static let files = [
    "steady", "crashloop", "oom", "bad-image", "node-loss", "db-outage", "db-outage-security-group", "db-dns",
    "db-security-group",
    "pool-exhaustion", "slow-link",
  ]

  /// The repository's folder `scenarios`.
  static var folder: String {
    #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/scenarios"
  }

  @Test("decodes and refers only to what its platform has", arguments: files)
  func lintsClean(_ name: String) throws {
    let scenario = try Scenario.load("\(Self.folder)/\(name).yaml", catalogue: .standard)
    let platform = try Platform.load(Self.folder + "/platforms/payments")
    let facts = PlatformFacts(
      platform, commands: ["kubectl", "aws", "git", "psql", "base64", "sort", "uniq", "true", "test"])
    #expect(scenario.lint(against: facts).map(\.description) == [])
    #expect(scenario.name.value == name)
  }

  @Test("a scenario with a fault has a solution and a trap", arguments: files)
  func provesItself(_ name: String) throws {
    let scenario = try Scenario.load("\(Self.folder)/\(name).yaml", catalogue: .standard)
    guard !scenario.faults.isEmpty else { return }
    #expect(!scenario.solutions.isEmpty)
    #expect(!scenario.traps.isEmpty)
  }

  /// What `steady` expects of all alerts, that none fires, is seen by running it; so is what is found here.
  @Test func eachShippedAlertIsExpectedToFireInSomeScenario() throws {
    let platform = try Platform.load(Self.folder + "/platforms/payments")
    let rules = platform.regions[0].objects.filter { $0["kind"]?.string == "PrometheusRule" }
      .flatMap { $0.at("spec", "groups")?.sequence ?? [] }.flatMap { $0["rules"]?.sequence ?? [] }
    let shipped = Set(
      rules.compactMap { rule in
        rule["alert"]?.string.map { "\($0) \(rule.at("labels", "severity")?.string ?? "")" }
      })
    #expect(shipped.count > 20)
    var expected: Set<String> = []
    for file in try #require(fileNames(in: Self.folder)).filter({ $0.hasSuffix(".yaml") }) {
      let scenario = try Scenario.load("\(Self.folder)/\(file)", catalogue: .standard)
      for case .alert(let alert) in scenario.expectations.map(\.verb) where alert.bound != .never {
        expected.formUnion(
          shipped.filter { row in
            let parts = row.split(separator: " ").map(String.init)
            let severity = alert.labels.first { $0.name == "severity" }?.value
            return alert.name.value == parts[0] && (severity ?? parts[1]) == parts[1]
          })
      }
    }
    #expect(shipped.subtracting(expected).sorted() == [])
  }
}
