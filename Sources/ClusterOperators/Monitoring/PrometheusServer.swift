import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

/// A Prometheus server as its container runs it: reads the configuration that the operator wrote, discovers targets, scrapes
/// them, and serves its own metrics on port 9090. What it stores outlives it, as a volume does.
@Simulated
package final class PrometheusServer: ContainerProgram {
  package static let port: UInt16 = 9090
  /// Reading the log of the last two hours at start.
  private static let start = Distribution.uniform(.milliseconds(900), .milliseconds(2200))
  /// From a new configuration to the server's reading it: kubelet's refresh of the mounted Secret, and the reloader's look.
  private static let reloadDelay = Distribution.uniform(.seconds(5), .seconds(65))
  /// How long discovery collects changes before targets change (Prometheus, discovery/manager.go, `updatert`).
  private static let discoveryPeriod = TimeSpan.seconds(5)
  private static let baseMemory: Int64 = 160 << 20
  /// Memory of one series in the head.
  private static let memoryPerSeries: Int64 = 4 << 10

  nonisolated private static let event: EventName = "prometheus.server"
  nonisolated private static let discoveryEvent: EventName = "prometheus.discovery"

  private let stack: @Simulated (ContainerProcess) -> MonitoringStack?
  private(set) var container: ContainerProcess?
  private(set) var monitoring: MonitoringStack?
  /// The rule groups that are evaluated.
  var groups: [RunningGroup] = []
  private var object = ObjectKey(namespace: "", name: "")
  /// What the server works by; `nil` before it has found a configuration.
  package private(set) var configuration: PrometheusConfiguration?
  private var loops: [ScrapeTarget: ScrapeLoop] = [:]
  /// The loops by job and address.
  private var sortedLoops: [ScrapeLoop] = []
  private var isDiscoveryDue = false
  private var isReloadDue = false
  private var reloads = 0
  private var lastReload = Instant.zero
  private var finishedSamples = 0

  /// - Parameter stack: the monitoring of the region in which a container runs.
  init(_ stack: @escaping @Simulated (ContainerProcess) -> MonitoringStack?) { self.stack = stack }

  package func run(_ container: ContainerProcess) async -> Int32 {
    self.container = container
    container.use(memory: Self.baseMemory)
    await container.simulation.sleep(Self.start.sample(container.stream), Self.event)
    guard container.isAlive else { return 137 }
    guard let monitoring = stack(container) else {
      container.write(#"level=error msg="Error loading config" err="no such file or directory""#)
      return 2
    }
    self.monitoring = monitoring
    let name = (container.environment["PROMETHEUS_OBJECT"] ?? "").split(separator: "/").map(String.init)
    object = ObjectKey(namespace: name.first ?? container.namespace, name: name.last ?? "")
    container.listen(Self.port, Web(self))
    watch(monitoring)
    load()
    container.write(#"level=info msg="Server is ready to receive web requests.""#)
    monitoring.began(self)
    await container.waitForTermination()
    container.write(#"level=warn msg="Received an OS signal, exiting gracefully..." signal=terminated"#)
    for group in groups { container.simulation.cancel(group.timer) }
    monitoring.ended(self)
    return 0
  }

  /// Whether it scrapes and evaluates.
  package var isRunning: Bool { container.map { $0.isAlive && !$0.isHung } ?? false }
  /// Its host on the network, from which it reaches Alertmanagers.
  package var host: Host? { container?.host }
  /// The life of its process: waits that end with it.
  package var scope: CancelScope? { container?.scope }

  // MARK: Configuration

  private func watch(_ monitoring: MonitoringStack) {
    monitoring.prometheusOperator.observe { [weak self] key in
      guard let self, key == object else { return }
      scheduleReload()
    }
    let server = monitoring.cluster.server
    server.watch(.endpointSlice) { [weak self] _ in self?.scheduleDiscovery() }
    server.watch(.service) { [weak self] _ in self?.scheduleDiscovery() }
    server.watch(.pod) { [weak self] event in
      // Pods matter where they are discovered themselves; others reach the server through their EndpointSlices.
      guard let self, configuration?.jobs.contains(where: { $0.role == .pods }) == true else { return }
      scheduleDiscovery()
    }
  }

  private func scheduleReload() {
    guard let container, container.isAlive else { return }
    guard configuration != nil else { return load() }
    guard !isReloadDue else { return }
    isReloadDue = true
    container.simulation.after(Self.reloadDelay.sample(container.stream), Self.event) { [weak self] in
      guard let self, container.isAlive else { return }
      isReloadDue = false
      load()
    }
  }

  private func load() {
    guard let container, let monitoring, monitoring.isOn,
      let found = monitoring.prometheusOperator.configuration(object)
    else { return }
    configuration = found
    reloads += 1
    lastReload = container.simulation.now
    container.write(#"level=info msg="Completed loading of configuration file""#)
    loadRules(found, container, monitoring)
    // Jobs may have changed in what targets do not show: all loops begin anew, as a reload of a changed job does.
    for loop in sortedLoops where !isSame(loop.job) { retire(loop) }
    scheduleDiscovery()
  }

  /// Whether a job goes on as it was.
  private func isSame(_ job: ScrapeJob) -> Bool {
    guard let now = configuration?.jobs.first(where: { $0.name == job.name }) else { return false }
    return now.interval == job.interval && now.timeout == job.timeout && now.honorsLabels == job.honorsLabels
      && now.sampleLimit == job.sampleLimit && now.metricRelabelings == job.metricRelabelings
  }

  // MARK: Targets

  private func scheduleDiscovery() {
    guard !isDiscoveryDue, let container, container.isAlive, configuration != nil else { return }
    isDiscoveryDue = true
    container.simulation.after(Self.discoveryPeriod, Self.discoveryEvent) { [weak self] in
      guard let self, container.isAlive else { return }
      isDiscoveryDue = false
      discover()
    }
  }

  private func discover() {
    guard let container, let monitoring, let network = container.network, let configuration else { return }
    let discovery = TargetDiscovery(server: monitoring.cluster.server)
    var wanted: Set<ScrapeTarget> = []
    for job in configuration.jobs {
      for target in discovery.targets(of: job) where wanted.insert(target).inserted && loops[target] == nil {
        let loop = ScrapeLoop(target, job, container: container, network: network, store: monitoring.store)
        loops[target] = loop
        loop.start()
      }
    }
    for loop in sortedLoops where !wanted.contains(loop.target) { retire(loop) }
    sortedLoops = loops.sorted { ($0.key.job, $0.key.url, $0.key.labels) < ($1.key.job, $1.key.url, $1.key.labels) }
      .map(\.value)
    container.use(memory: Self.baseMemory + Int64(seriesCount) * Self.memoryPerSeries)
  }

  private func retire(_ loop: ScrapeLoop) {
    finishedSamples += loop.samplesScraped
    loop.stop()
    loops[loop.target] = nil
    sortedLoops.removeAll { $0 === loop }
  }

  private var seriesCount: Int { sortedLoops.reduce(0) { $0 + $1.seriesCount } }

  /// The active targets as the page "Targets" shows them.
  package var targets: [(target: ScrapeTarget, isUp: Bool, lastScrape: Instant?, lastError: String)] {
    sortedLoops.map { ($0.target, $0.isUp, $0.lastScrape, $0.lastError) }
  }

  // MARK: Its own metrics

  fileprivate var exposition: [UInt8] {
    guard let container else { return [] }
    var text = ExpositionText(capacity: 4096)
    text.single(
      "prometheus_build_info", .gauge,
      "A metric with a constant '1' value labeled by version, revision, branch, goversion from which prometheus was built, and the goos and goarch for the build.",
      [("branch", "HEAD"), ("goarch", "amd64"), ("goos", "linux"), ("goversion", "go1.22.6"), ("version", "2.54.1")], 1)
    text.single(
      "prometheus_config_last_reload_success_timestamp_seconds", .gauge,
      "Timestamp of the last successful configuration reload.", [], ClusterClock.seconds(lastReload))
    text.single(
      "prometheus_config_last_reload_successful", .gauge,
      "Whether the last configuration reload attempt was successful.", [], reloads > 0 ? 1 : 0)
    text.family("prometheus_sd_discovered_targets", .gauge, "Current number of discovered targets.")
    for job in configuration?.jobs ?? [] {
      let count = sortedLoops.count { $0.job.name == job.name }
      text.sample("prometheus_sd_discovered_targets", [("config", job.name), ("name", "scrape")], Double(count))
    }
    text.single(
      "prometheus_tsdb_head_samples_appended_total", .counter, "Total number of appended samples.",
      [("type", "float")], Double(sortedLoops.reduce(finishedSamples) { $0 + $1.samplesScraped }))
    text.single(
      "prometheus_tsdb_head_series", .gauge, "Total number of series in the head block.", [], Double(seriesCount))
    container.writeProcessMetrics(into: &text)
    return text.bytes
  }

  /// Port 9090.
  private final class Web: HTTPService {
    private weak var server: PrometheusServer?

    init(_ server: PrometheusServer) { self.server = server }

    func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
      guard let server, let container = server.container else { throw NetworkError.reset }
      let metrics = MetricsService(container, paths: ["/-/healthy", "/-/ready"]) { [weak server] in
        server?.exposition ?? []
      }
      return try await metrics.respond(to: request, exchange)
    }
  }
}
