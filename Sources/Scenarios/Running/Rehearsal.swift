import Documents
import Faults
import KubernetesModel
import SimulationKernel
import Telemetry
import Toolbox
import TwinWorld

/// One leg of a scenario in progress: the world, the faults to come, and the steps of whoever acts.
///
/// Time here is virtual; who calls `advance` decides how fast it goes. T0 is `origin`: before it lies a start-up and a
/// healthy past.
@Simulated
package final class Rehearsal {
  package private(set) var scenario: Scenario
  package let world: World
  /// T0.
  package let origin: Instant
  package private(set) var leg: Leg
  package private(set) var commands: [ExecutedStep] = []
  /// Why a fault could not be injected; makes the run INVALID.
  package internal(set) var failures: [String] = []
  /// Deployments that ran at T0, by region, namespace and name.
  private(set) var baselineWorkloads: [String] = []

  /// The digest of the run at every minute, by which a replay is known to be the same run.
  package private(set) var digests: [(at: Instant, digest: RunDigest)] = []

  let injector: FaultInjector
  /// Ids of faults that are no part of the incident: decoys of the file, and noise.
  package internal(set) var decoys: [String]
  private var injected: [String] = []
  private var isFinished = false

  /// A step that somebody typed.
  package struct ExecutedStep: Sendable {
    package var at: Instant
    package var ended: Instant
    package var line: String
    package var result: Toolbox.CommandResult

    package init(at: Instant, ended: Instant, line: String, result: Toolbox.CommandResult) {
      self.at = at
      self.ended = ended
      self.line = line
      self.result = result
    }
  }

  /// Time for pods to start before traffic begins.
  package static let startUp = TimeSpan.seconds(45)
  /// Time after the end in which requests under way are answered and nothing new is sent.
  package static let settling = TimeSpan.seconds(15)
  /// How long before the end a solved leg meets the scenario's peak load, wherever that had been.
  package static let burst = TimeSpan.minutes(1)

  static let digestPeriod = TimeSpan.minutes(1)

  nonisolated private static let faultEvent: EventName = "scenario.fault"
  nonisolated private static let historyEvent: EventName = "scenario.history"
  nonisolated private static let stepEvent: EventName = "scenario.step"

  /// Builds the world and lines up everything that happens without somebody acting.
  package init(
    _ scenario: Scenario, platform: Platform, seed: UInt64, recordingTrace: Bool = false, withTelemetry: Bool = true
  ) throws {
    self.scenario = scenario
    leg = scenario.legs(.none)[0]
    world = try World(platform, seed: seed, recordingTrace: recordingTrace, withTelemetry: withTelemetry)
    origin = Instant.zero + Self.startUp + scenario.history
    injector = FaultInjector(world)
    decoys = scenario.faults.filter(\.isDecoy).map(\.id.value)
    scheduleTraffic()
    scheduleHistory()
    scheduleFaults()
    scheduleNoise()
    world.simulation.every(Self.digestPeriod, Self.historyEvent) { [self] in
      digests.append((world.simulation.now, world.simulation.digest))
    }
    world.simulation.at(origin, Self.historyEvent) { [self] in baselineWorkloads = runningWorkloads() }
  }

  package var injections: [Injection] { injector.injections }
  package var end: Instant { origin + scenario.duration }

  // MARK: What happens by itself

  private func scheduleTraffic() {
    world.simulation.at(.zero + Self.startUp, Self.historyEvent) { [self] in
      for profile in scenario.load {
        world.addTraffic(to: profile.host, path: profile.path) { [unowned self] now in rate(profile, at: now) }
      }
    }
  }

  private func rate(_ profile: LoadProfile, at now: Instant) -> Double {
    if isFinished { return 0 }
    let rate = profile.rate(at: now - origin)
    return leg.kind != .untouched && now >= end - Self.burst ? max(rate, profile.peakRate) : rate
  }

  /// The healthy past: a rollout of what serves the traffic, and the loss of a pod that nobody misses.
  private func scheduleHistory() {
    guard scenario.history >= .minutes(2) else { return }
    let start = Instant.zero + Self.startUp
    world.simulation.at(start + scenario.history * 0.3, Self.historyEvent) { [self] in
      for region in world.regions { restartServingDeployments(region) }
    }
    world.simulation.at(start + scenario.history * 0.7, Self.historyEvent) { [self] in
      guard let region = world.regions.first,
        let pod = region.cluster.server.list(.pod, namespace: "kube-system").first
      else { return }
      try? region.cluster.server.delete(.pod, pod.namespace, pod.name, as: "cluster-maintenance")
    }
  }

  private func restartServingDeployments(_ region: Region) {
    let server = region.cluster.server
    let namespaces = Set(server.list(.ingress).map(\.namespace)).sorted()
    for namespace in namespaces {
      for var deployment in server.list(.deployment, namespace: namespace) {
        let path = ["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"]
        deployment.json.set(path[...], to: .string(server.timestamp))
        _ = try? server.update(deployment, as: "ci-deployer")
      }
    }
  }

  private func scheduleFaults() {
    for fault in scenario.faults {
      if let start = fault.start {
        world.simulation.at(origin + start, Self.faultEvent) { [self] in inject(fault) }
      } else if let delay = scenario.timeline.delayAfterAlert(of: fault.id.value) {
        awaitPage { [self] page in
          world.simulation.at(origin + page + delay, Self.faultEvent) { [self] in inject(fault) }
        }
      }
    }
  }

  /// Looks once a second whether the incident's first page has gone out.
  private func awaitPage(_ body: @escaping @Simulated (TimeSpan) -> Void) {
    world.simulation.after(.seconds(1), Self.faultEvent) { [self] in
      if let page = firstPage { body(page) } else { awaitPage(body) }
    }
  }

  private func inject(_ fault: FaultSpecification) {
    injected.append(fault.id.value)
    do {
      try injector.inject(
        id: fault.id.value, verb: fault.verb.name, target: fault.target.value, mode: fault.mode,
        arguments: fault.arguments, for: fault.duration, committing: fault.commit)
    } catch { failures.append("fault \(fault.id.value) could not be injected: \(error)") }
    guard let period = fault.period, world.simulation.now + period < end else { return }
    world.simulation.after(period, Self.faultEvent) { [self] in inject(fault) }
  }

  /// Injects a fault that is none of the file's, now.
  @discardableResult
  package func inject(
    id: String, verb: FaultVerb, target: TargetPattern, arguments: FaultArguments, for duration: TimeSpan?
  ) throws -> Injection {
    try injector.inject(id: id, verb: verb.name, target: target, mode: .all, arguments: arguments, for: duration)
  }

  /// Faults of the file that did not begin before the end.
  var faultsNotReached: [FaultSpecification] { scenario.faults.filter { !injected.contains($0.id.value) } }

  private func runningWorkloads() -> [String] {
    world.regions.flatMap { region in
      region.cluster.server.list(.deployment).filter { ($0.spec["replicas"]?.integer ?? 0) > 0 }
        .map { "\(region.name)/deployment/\($0.namespace)/\($0.name)" }
    }
  }

  /// Baseline workloads that are gone or scaled to nothing, `region/deployment/namespace/name`.
  package func missingWorkloads() -> [String] {
    let running = runningWorkloads()
    return baselineWorkloads.filter { !running.contains($0) }
  }

  // MARK: Going on

  /// Goes on to a time since T0.
  package func advance(to time: TimeSpan) throws(SimulationError) {
    try world.simulation.run(until: origin + time)
  }

  /// When a leg begins, in time since T0: whole seconds where it waits for an alert, `nil` as long as that has not come.
  package func start(of leg: Leg) -> TimeSpan? {
    func wholeSeconds(_ span: TimeSpan) -> TimeSpan {
      TimeSpan(nanoseconds: (span.nanoseconds + 999_999_999) / 1_000_000_000 * 1_000_000_000)
    }
    return switch leg.start {
    case .at(let time): time
    case .afterAlert(let name, let plus): firstFiring(of: name).map { wholeSeconds($0 + plus) }
    case .afterPage(let plus): firstPage.map { wholeSeconds($0 + plus) }
    }
  }

  /// The run ends as this leg, whose alert has not come: it proves nothing.
  package func giveUp(_ leg: Leg) {
    self.leg = leg
    failures.append("\(leg.name) never began: it waits for \(leg.start), and that did not come")
  }

  /// From here on the run is this leg: its steps begin now, one after another; a step that fails ends them.
  package func take(_ leg: Leg) {
    self.leg = leg
    let terminal = Terminal(world, folder: folder)
    world.simulation.spawn(Self.stepEvent) { [self] in
      for step in leg.steps {
        let began = world.simulation.now
        let result = await terminal.run(step)
        commands.append(ExecutedStep(at: began, ended: world.simulation.now, line: step, result: result))
        guard result.exitCode == 0 else { return }
      }
    }
  }

  /// From here on the run is this leg: somebody acts who decides as it goes.
  package func take(_ leg: Leg, acting: @escaping @Simulated (Terminal) async -> Void) {
    self.leg = leg
    let terminal = Terminal(world, folder: folder)
    world.simulation.spawn(Self.stepEvent) { await acting(terminal) }
  }

  /// Notes a step that somebody typed.
  package func note(_ step: ExecutedStep) { commands.append(step) }

  /// The run ends at this time since T0, earlier or later than its scenario says.
  package func end(at time: TimeSpan) { scenario.duration = time }

  /// Whether every objective of every region with traffic was met between two times since T0, traffic flowing.
  package func areObjectivesMet(from: TimeSpan, to: TimeSpan) -> Bool {
    Restoration(rehearsal: self).areMet(from, to)
  }

  /// The share of each objective's error budget that was burnt between T0 and a time, by `region/objective`.
  package func budgetBurnt(until time: TimeSpan) -> [(objective: String, share: Double)] {
    world.platform.objectives.filter { world.traffic(of: $0.region) != nil }.map { objective in
      ("\(objective.region)/\(objective.name)", Restoration(rehearsal: self).burn(objective, (.zero, time)))
    }
  }

  /// The scenario's folder with a slash at its end, or nothing: where file names of commands begin.
  package var folder: String {
    scenario.file.lastIndex(of: "/").map { String(scenario.file[...$0]) } ?? ""
  }

  /// Ends the run: no new requests, and time for those under way.
  package func finish() throws(SimulationError) {
    isFinished = true
    try world.simulation.run(until: end + Self.settling)
    for region in world.regions { region.monitoring.traces.close() }
    for source in world.traffic { world.simulation.absorb(UInt64(source.acknowledged.count)) }
  }
}
