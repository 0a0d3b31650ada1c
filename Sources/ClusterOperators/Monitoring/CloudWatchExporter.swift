import AWSModel
import Documents
import KubernetesModel
import SimulationKernel
import Telemetry

/// yet-another-cloudwatch-exporter as its container runs it: asks CloudWatch at an interval for what its configuration file
/// names, and serves the latest values on port 5000 (prometheus-community/yet-another-cloudwatch-exporter, pkg/promutil).
@Simulated
final class CloudWatchExporter: ContainerProgram {
  static let port: UInt16 = 5000
  static let configurationFile = "/tmp/config.yml"
  private static let start = Distribution.uniform(.milliseconds(300), .milliseconds(800))
  private static let memory: Int64 = 30 << 20
  /// `-scraping-interval`, unless the arguments say otherwise.
  private static let defaultInterval = TimeSpan.seconds(300)
  nonisolated private static let event: EventName = "exporter.cloudwatch"

  private let stack: @Simulated (ContainerProcess) -> MonitoringStack?
  private var body: [UInt8] = []
  private var requests = 0

  init(_ stack: @escaping @Simulated (ContainerProcess) -> MonitoringStack?) { self.stack = stack }

  func run(_ container: ContainerProcess) async -> Int32 {
    container.use(memory: Self.memory)
    await container.simulation.sleep(Self.start.sample(container.stream), Self.event)
    guard container.isAlive, let region = stack(container)?.region else { return 1 }
    guard let text = container.file(Self.configurationFile),
      let document = try? parseYAML(Array(text.utf8), file: Self.configurationFile).first
    else {
      container.write(
        #"{"level":"error","msg":"Couldn't read config file","file":"\#(Self.configurationFile)"}"#)
      return 1
    }
    let jobs = Self.jobs(document.json)
    container.listen(
      Self.port, MetricsService(container, paths: ["/healthz", "/"]) { [weak self] in self?.body ?? [] })
    let interval = Self.interval(container.arguments)
    container.simulation.spawn(Self.event) { [self] in
      while container.isAlive {
        refresh(jobs, region, container)
        await container.simulation.sleep(interval, Self.event)
      }
    }
    await container.waitForTermination()
    return 0
  }

  private static func interval(_ arguments: [String]) -> TimeSpan {
    let flag = arguments.first { $0.contains("scraping-interval=") }
    let seconds = flag?.split(separator: "=").last.flatMap { Double($0) }
    return seconds.map { .seconds(max(1, $0)) } ?? defaultInterval
  }

  // MARK: Configuration

  /// A metric that a job asks for.
  private struct Wanted {
    var namespace: String
    var name: String
    var statistics: [String]
    var period: TimeSpan
    /// How far back a value may lie.
    var length: TimeSpan
    /// Whether a missing value is zero.
    var nilToZero: Bool
  }

  private static func jobs(_ json: JSONValue) -> [Wanted] {
    (json.at("discovery", "jobs")?.array ?? []).flatMap { job in
      (job["metrics"]?.array ?? []).map { metric in
        func setting(_ name: String) -> JSONValue? { metric[name] ?? job[name] }
        let period = setting("period")?.number ?? 300
        return Wanted(
          namespace: job["type"]?.string ?? "", name: metric["name"]?.string ?? "",
          statistics: (setting("statistics")?.array ?? ["Average"]).compactMap(\.string), period: .seconds(period),
          length: .seconds(setting("length")?.number ?? period), nilToZero: setting("nilToZero")?.bool ?? false)
      }
    }
  }

  // MARK: Values

  private func refresh(_ jobs: [Wanted], _ region: AWSRegion, _ container: ContainerProcess) {
    var families: [(name: String, help: String, samples: [(labels: [(String, String)], value: Double)])] = []
    let now = region.network.simulation.now
    for wanted in jobs {
      let metrics = region.cloudWatch.list(namespace: wanted.namespace, name: wanted.name)
      requests += 1
      for statistic in wanted.statistics {
        guard let reading = CloudWatch.Statistic(statistic) else { continue }
        var samples: [(labels: [(String, String)], value: Double)] = []
        for metric in metrics {
          let points = region.cloudWatch.data(metric, from: now - wanted.length, to: now, period: wanted.period)
          let newest = points.last.flatMap { reading.value(of: $0.set) }
          guard let value = newest ?? (wanted.nilToZero ? 0 : nil) else { continue }
          samples.append((Self.labels(metric, region), value))
        }
        guard !samples.isEmpty else { continue }
        families.append((Self.name(metric: wanted, statistic), "Help is not implemented yet.", samples))
      }
    }
    var text = ExpositionText(capacity: 8192)
    for family in families.sorted(by: { $0.name < $1.name }) {
      text.family(family.name, .gauge, family.help)
      for sample in family.samples { text.sample(family.name, sample.labels, sample.value) }
    }
    text.single(
      "yace_cloudwatch_requests_total", .counter, "Help is not implemented yet.", [], Double(requests))
    body = text.bytes
  }

  /// Such as `aws_applicationelb_httpcode_target_5_xx_count_sum`.
  private static func name(metric wanted: Wanted, _ statistic: String) -> String {
    let namespace = wanted.namespace.lowercased().replacing("/", with: "_")
    return "\(namespace)_\(snakeCase(wanted.name))_\(statistic.lowercased())"
  }

  /// A word boundary lies between a small letter or digit and a capital (pkg/promutil/prometheus.go, `splitString`).
  static func snakeCase(_ name: String) -> String {
    var result: [UInt8] = []
    var last: UInt8 = 0
    for byte in name.utf8 {
      let isCapital = (65...90).contains(byte)
      if isCapital, (48...57).contains(last) || (97...122).contains(last) { result.append(UInt8(ascii: "_")) }
      result.append(isCapital ? byte | 0x20 : byte)
      last = byte
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func labels(_ metric: CloudWatch.Metric, _ region: AWSRegion) -> [(String, String)] {
    var labels = [("account_id", region.accountID)]
    for dimension in metric.dimensions.sorted() { labels.append(("dimension_" + dimension.name, dimension.value)) }
    labels.append(("name", region.arn(of: metric)))
    labels.append(("region", region.code))
    return labels
  }
}
