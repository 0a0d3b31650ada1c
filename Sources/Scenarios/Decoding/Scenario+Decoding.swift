import Documents
import Faults
import SimulationKernel

extension Scenario {
  /// Reads a scenario file. The error lists all mistakes that can be found without the platform.
  ///
  /// - Parameter catalogue: the fault verbs that files may use.
  package static func load(_ file: String, catalogue: FaultCatalogue) throws(DiagnosticList) -> Scenario {
    try decode(try readSource(file), file: file, catalogue: catalogue)
  }

  /// Reads a scenario that was read from, or stands for, `file`; paths in it count from that file's folder.
  package static func decode(
    _ bytes: [UInt8], file: String, catalogue: FaultCatalogue
  ) throws(DiagnosticList) -> Scenario {
    var limits = YAMLLimits()
    limits.maximumBytes = 1 << 20
    limits.maximumDepth = 40
    let documents = try parseYAML(bytes, file: file, limits: limits)
    let start = SourceMark(file: file)
    guard let document = documents.first, !document.isNull else {
      throw DiagnosticList([
        Diagnostic(at: documents.first?.mark ?? start, "the file is empty; a scenario was expected")
      ])
    }
    if documents.count > 1 {
      throw DiagnosticList([
        Diagnostic(at: documents[1].mark, "a scenario file holds one document, found \(documents.count)")
      ])
    }
    return try decode(document, catalogue: catalogue)
  }

  /// Reads a scenario from its parsed document, which may have been changed by `setting(_:to:)`.
  package static func decode(_ document: Node, catalogue: FaultCatalogue) throws(DiagnosticList) -> Scenario {
    let diagnostics = Diagnostics()
    guard var scenario = Form.scenario(from: catalogue).read(document, diagnostics) else {
      throw DiagnosticList(diagnostics.all)
    }
    let areFaultsComplete = scenario.faults.count == document["faults"]?.sequence?.count ?? 0
    scenario.resolveStarts(reportsUnknown: areFaultsComplete, diagnostics)
    // A fault that could not be read would make offsets look as if they named nothing.
    if areFaultsComplete { scenario.checkOffsets(diagnostics) }
    scenario.checkNames(diagnostics)
    if document["load"] == nil { scenario.checkLoad(diagnostics) }
    scenario.checkFiles(diagnostics)
    try diagnostics.throwIfErrors()
    return scenario
  }

  private mutating func resolveStarts(reportsUnknown: Bool, _ diagnostics: Diagnostics) {
    let starts = faults.map { FaultStart(id: $0.id.value, at: $0.at) }
    timeline = Timeline.resolving(starts, end: duration, reportsUnknown: reportsUnknown, diagnostics)
    for index in faults.indices {
      guard let start = timeline.start(of: faults[index].id.value) else { continue }
      faults[index].start = start
      if start >= duration {
        let message = "fault \"\(faults[index].id.value)\" starts at \(start.duration.shortText), the run ends at "
        diagnostics.error(at: faults[index].at.mark, message + duration.duration.shortText)
      }
    }
  }

  private func checkFiles(_ diagnostics: Diagnostics) {
    if !platform.value.isEmpty, !isFolder(platformPath) {
      diagnostics.error(
        at: platform.mark, "there is no folder \"\(platformPath)\"; platform names a folder of manifests")
    }
    if let runbook = drill?.runbook, !isFile(path(runbook.value, relativeTo: file)) {
      diagnostics.error(at: runbook.mark, "there is no file \"\(path(runbook.value, relativeTo: file))\"")
    }
  }
}

extension Form where Value == Scenario {
  /// A whole scenario file, whose offsets are not resolved yet. What is missing was reported, and is filled with what
  /// provokes no further reports, so that the checks that follow find all other mistakes.
  static func scenario(from catalogue: FaultCatalogue) -> Form {
    .mapping("scenario") { reader in
      _ = reader.required("apiVersion", .word(among: ["twin/v1"]), "The version of the format.")
      _ = reader.required("kind", .word(among: ["Scenario"]), "What the file is.")
      let name = reader.required("name", .located(.name), "The scenario's name.")
      let title = reader.required("title", .nonEmptyString, "One line about it.")
      let tags = reader.optional("tags", .list(of: .name), "Words to select scenarios by.", default: [])
      let difficulty = reader.optional("difficulty", .integer(in: 1...5), "1 (easy) to 5 (hard).")
      let seed = reader.optional("seed", .integer(in: 0...Int.max), "The seed of all randomness.", default: 1)
      let duration = reader.required("duration", .runLength, "The run's length after T0.")
      let history = reader.optional("history", .duration, "The healthy past before T0; 10m where nothing is said.")
      let noise = reader.optional("noise", Form<Scenario.Noise>.word, "Unrelated events.", default: .none)
      let platform = reader.required("platform", .located(.nonEmptyString), "The folder of manifests, from this file.")
      let load = reader.optional("load", .list(of: .load), "Traffic in an open model.", default: [])
      let faults = reader.optional("faults", .list(of: .fault(from: catalogue)), "What breaks, and when.", default: [])
      let expect = reader.required("expect", .list(of: .expectation), "What must hold.")
      let solutions = reader.optional(
        "solutions", .list(of: .solution("solution")), "Repairs that must work.", default: [])
      let traps = reader.optional(
        "traps", .list(of: .solution("trap")), "Plausible repairs that must not work.", default: [])
      let drill = reader.optional("drill", .drill, "The interactive rehearsal.")
      let debrief = reader.optional("debrief", .nonEmptyString, "What really happened.")
      if reader.node("expect")?.sequence?.isEmpty == true {
        reader.error(at: "expect", "a scenario expects something, found an empty list")
      }
      let nothing = Located("", at: reader.mark)
      let end = duration.map { TimeSpan($0) } ?? .forever
      return Scenario(
        name: name ?? nothing, title: title ?? "", tags: tags, difficulty: difficulty, seed: UInt64(seed),
        duration: end, history: history.map { TimeSpan($0) } ?? Scenario.defaultHistory, noise: noise,
        platform: platform ?? nothing, load: load, faults: faults, expectations: expect ?? [], solutions: solutions,
        traps: traps, drill: drill, debrief: debrief, timeline: Timeline(end: end), file: reader.mark.file)
    }
  }
}

extension Form where Value == Duration {
  /// More than nothing, and at most 30 days.
  fileprivate static var runLength: Form {
    positiveDuration.rejecting { $0 <= .seconds(30 * 86_400) ? nil : "a run has at most 30d, found \($0.shortText)" }
  }
}
