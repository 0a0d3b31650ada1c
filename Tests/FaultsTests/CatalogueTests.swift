import Faults
import SimulationKernel
import Testing

@Suite struct Catalogue {
  @Test func everyVerbHasAnActionAndEveryActionAVerb() {
    let actions = Simulated.perform { FaultInjector.verbs }
    #expect(actions.sorted() == FaultCatalogue.standard.verbs.map(\.name).sorted())
  }

  @Test(arguments: FaultCatalogue.standard.verbs.map(\.name)) func everyVerbSaysWhatItIs(name: String) throws {
    let verb = try #require(FaultCatalogue.standard[name])
    #expect(verb.name.contains("."), "verbs are family.action")
    #expect(verb.summary.hasSuffix("."))
    #expect(!verb.targetKinds.isEmpty)
  }

  @Test(arguments: [
    (TargetMode.one, 6, 1), (.all, 6, 6), (.count(4), 3, 3), (.percentage(50), 5, 3), (.percentage(1), 5, 1),
  ])
  func modesTakeSoMany(mode: TargetMode, matching: Int, taken: Int) {
    #expect(mode.count(of: matching) == taken)
  }
}
