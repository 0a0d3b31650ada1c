import Documents
import Faults
import Scenarios
import Testing
import TwinWorld

@Suite("Scenario files of the repository")
struct ShippedScenarioTests {
  static let files = [
    "steady", "crashloop", "oom", "bad-image", "node-loss", "db-outage", "db-outage-security-group", "db-dns",
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
    let facts = PlatformFacts(platform, commands: ["kubectl", "aws", "psql", "base64", "sort", "uniq", "true"])
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
}
