import AWSModel
import ClusterOperators
import Documents
import KubernetesModel
import NetworkModel
import PaymentCore
import SimulationKernel
import Telemetry
import Workloads

/// A platform in operation: its regions on one network, in one simulation, with one journal.
@Simulated
package final class World {
  package let platform: Platform
  package let simulation: Simulation
  package let network: Network
  package let journal: Journal
  package let images = ImageCatalog()
  private let monitoring = MonitoringPrograms()
  package private(set) var regions: [Region] = []
  package private(set) var traffic: [TrafficSource] = []

  private let securityGroups = SecurityGroups()

  /// The platform's manifests under version control; read when somebody first asks for it.
  package private(set) lazy var repository = GitRepository(folder: platform.folder, title: platform.title)

  /// Builds the platform at instant zero; nothing has run yet.
  ///
  /// - Parameter withTelemetry: off only where its cost is measured.
  /// - Throws: `DiagnosticList` for manifests that contradict each other.
  package init(_ platform: Platform, seed: UInt64, recordingTrace: Bool = false, withTelemetry: Bool = true) throws {
    self.platform = platform
    simulation = Simulation(seed: seed)
    if recordingTrace { simulation.recordTrace() }
    network = Network(simulation)
    journal = Journal(simulation)
    network.add(securityGroups)
    let diagnostics = Diagnostics()
    addImages(diagnostics)
    for definition in platform.regions {
      let region = try Region(
        definition, network: network, securityGroups: securityGroups, images: images, journal: journal,
        withTelemetry: withTelemetry, diagnostics)
      regions.append(region)
      monitoring.add(region.monitoring, region: region.code)
    }
    try diagnostics.throwIfErrors()
    simulation.every(Self.watchPeriod, Self.watchEvent) { [weak self] in self?.noteServiceLevels() }
  }

  private func addImages(_ diagnostics: Diagnostics) {
    for image in platform.images {
      if let maker = monitoring.maker(of: image.program.value) {
        images.add(repository: image.repository, tags: image.tags, size: image.size, maker)
        continue
      }
      guard images.add(repository: image.repository, tags: image.tags, size: image.size, program: image.program.value)
      else {
        let known = Self.programs.map(\.name)
        diagnostics.error(
          at: image.program.mark,
          "unknown program \"\(image.program.value)\"; the programs are \(known.joined(separator: ", "))",
          hint: spellingHint(for: image.program.value, among: known))
        continue
      }
    }
  }

  /// The programs that images may hold, by the names under which platforms refer to them.
  package nonisolated static let programs = ImageCatalog.programs + MonitoringPrograms.programs

  package func region(_ name: String) -> Region? { regions.first { $0.name == name } }

  // MARK: Traffic

  /// Sends requests to a host of a region at a rate that may change with time.
  ///
  /// - Returns: false when no region serves the host.
  @discardableResult
  package func addTraffic(to host: String, path: String, rate: @escaping @Simulated (Instant) -> Double) -> Bool {
    guard let region = regions.first(where: { $0.hosts.contains(host) }) else { return false }
    let objectives = platform.objectives.filter { $0.region == region.name }
    let source = TrafficSource(
      host: host, path: path, region: region, objectives: objectives, network: network, rate: rate)
    traffic.append(source)
    source.start()
    return true
  }

  /// The traffic to a region.
  package func traffic(of region: String) -> TrafficSource? { traffic.first { $0.region.name == region } }

  // MARK: What users feel

  static let watchPeriod = TimeSpan.seconds(10)
  nonisolated private static let watchEvent: EventName = "world.servicelevels"

  /// Notes in the journal when a region's customers suffer: of the requests of the last period, as far as they are decided.
  private func noteServiceLevels() {
    for region in regions { region.noteDeployments(journal) }
    for source in traffic {
      let component = "\(source.region.name)/service/\(source.host)"
      let total = source.recorder.total((simulation.now - .seconds(12))..<(simulation.now - .seconds(2)))
      let decided = total.served + total.failed
      guard decided > 0 else { continue }
      let late = total.served - total.withinLatencyLimit
      let balancers = source.region.aws.loadBalancers.map(\.component)
      let depends =
        balancers + source.region.aws.proxies.map(\.component)
        + source.region.servingDeployments.map { source.region.replicasComponent($0.object) }
        + journal.degradedLinks(of: source.region.name)
      if Double(total.failed) > 0.01 * Double(decided) {
        journal.degrade(component, effect: "requests fail", dependsOn: depends)
      } else if Double(late) > 0.05 * Double(decided) {
        journal.degrade(component, effect: "answers are late", dependsOn: depends)
      } else {
        journal.recover(component)
      }
    }
  }

  // MARK: What must always hold

  /// Audits the money of every region.
  package func audit() throws -> [(region: String, findings: [AuditFinding])] {
    try regions.map { region in
      let acknowledged = traffic.filter { $0.region === region }.flatMap(\.acknowledged)
      let findings = try region.aws.instances.flatMap { instance in
        try LedgerAudit(instance.store, residency: region.residency).findings(acknowledged: acknowledged)
      }
      return (region.name, findings)
    }
  }
}
