import Documents
import Drills
import Reports
import Scenarios
import SimulationKernel

/// What a drill leaves beside its log and its score: the record of its last branch, as a run leaves one, so that `twin report` and
/// `twin inspect` read it.
@Simulated
struct DrillRecord {
  let course: DrillCourse
  let loaded: LoadedScenario

  func write(to folder: String) throws {
    let rehearsal = course.session.rehearsal
    var sources = try RunSources(loaded.scenario, settings: [])
    sources.duration = rehearsal.scenario.duration
    try RunRecord(rehearsal, sources: sources).write(to: folder)
    let setup = course.log.setup
    let platform: JSONValue = [
      "name": .string(loaded.platform.name), "regions": .array(loaded.platform.regions.map { .string($0.name) }),
    ]
    let result = ScenarioResult(
      loaded.scenario, seed: setup.seed, runs: [try LegReport(rehearsal).json()],
      replay: "twin grade \(folder)", platform: platform)
    let document = resultDocument([result], wallSeconds: 0)
    try writeFile("\(folder)/run.json", Array((document.jsonText(JSONLayout(indent: 2)) + "\n").utf8))
  }
}
