import Testing

@Suite(.serialized) struct Determinism {
  static let scenarios = [
    "crashloop", "oom", "db-outage", "slow-link",
  ]

  /// Swift's hash seed differs between processes, so that any dependence on it shows here.
  @Test(arguments: scenarios) func theDigestIsEqualInSeveralProcesses(scenario: String) throws {
    let arguments = ["run", "scenarios/\(scenario).yaml", "--solve", "none", "--until", "10m", "-o", "json"]
    let digests = try (0..<(scenario == "crashloop" ? 4 : 2)).map { _ in
      try #require(try Program.run(arguments).digests["untouched"])
    }
    #expect(Set(digests).count == 1, "\(digests)")
    let other = try #require(try Program.run(arguments + ["--seed", "99"]).digests["untouched"])
    #expect(other != digests[0], "another seed gave the same digest")
  }

  @Test func aForkedLegEqualsTheLegRunAlone() throws {
    let arguments = ["run", "scenarios/crashloop.yaml", "--until", "15m", "-o", "json"]
    let forked = try Program.run(arguments).digests
    let alone = try Program.run(arguments + ["--no-fork"]).digests
    #expect(forked.count == 5)
    #expect(forked == alone)
    #expect(Set(forked.map(\.value)).count == 5, "legs that differ have different digests")
  }

  @Test func noiseHappensAndHarmsNobody() throws {
    let quiet = ["run", "scenarios/steady.yaml", "--until", "4m", "-o", "json"]
    let calm = try Program.run(quiet)
    let noisy = try Program.run(quiet + ["--set", "noise=high"])
    #expect(calm.code == 0)
    // Bystanders crash-loop, and that is all that is to be seen: customers, alerts that page and the money are untouched.
    let failed = (noisy.json["scenarios"]?[0]?["runs"]?[0]?["expectations"]?.array ?? []).filter {
      $0["held"]?.bool == false
    }
    #expect(failed.map { "\($0["verb"]?.string ?? "") \($0["name"]?.string ?? "")" } == ["event */pod/*/* BackOff"])
    #expect(calm.digests != noisy.digests)
  }
}
