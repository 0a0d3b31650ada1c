import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

/// Scrapes one target at its interval, over the network, for as long as the server runs and the target is there
/// (Prometheus, scrape/scrape.go, `scrapeLoop`).
@Simulated
final class ScrapeLoop {
  let target: ScrapeTarget
  /// The job as it was when the loop began; a changed job gets a new loop.
  let job: ScrapeJob
  /// Why the last scrape failed, in Prometheus' words; empty when it did not.
  private(set) var lastError = ""
  private(set) var lastScrape: Instant?
  private(set) var lastDuration = TimeSpan.zero
  private(set) var samplesScraped = 0

  private let container: ContainerProcess
  private let network: Network
  private let cache: ScrapeCache
  private var connection: Connection?
  private var isStopped = false

  nonisolated private static let event: EventName = "prometheus.scrape"
  /// Processor time of the server for a scrape and for each sample of it.
  private static let fixedCost = TimeSpan.milliseconds(0.3)
  private static let costPerSample = TimeSpan.microseconds(2)
  private static let userAgent = "Prometheus/2.54.1"

  init(
    _ target: ScrapeTarget, _ job: ScrapeJob, container: ContainerProcess, network: Network, store: any SampleStore
  ) {
    self.target = target
    self.job = job
    self.container = container
    self.network = network
    cache = ScrapeCache(
      SampleLabelling(target: target.labels, honorsLabels: job.honorsLabels, relabelings: job.metricRelabelings),
      sampleLimit: job.sampleLimit, store: store)
  }

  var isUp: Bool { lastScrape != nil && lastError.isEmpty }
  var seriesCount: Int { cache.seriesCount }
  private var simulation: Simulation { container.simulation }

  func start() {
    simulation.spawn(Self.event) { [self] in
      await simulation.sleep(untilFirst, Self.event)
      while container.isAlive {
        let due = simulation.now
        guard !isStopped else { return end() }
        await scrape()
        guard container.isAlive else { return }
        // A scrape that took longer than the interval leaves ticks out, as a ticker does.
        let missed = (simulation.now - due).nanoseconds / job.interval.nanoseconds
        await simulation.sleep(until: due + job.interval * Int(missed + 1), Self.event)
      }
    }
  }

  /// The target is gone: the next tick ends its series.
  func stop() { isStopped = true }

  /// Each target has its own moment within the interval, by a hash of what it is, so that the server's work is spread.
  private var untilFirst: TimeSpan {
    let text = target.labels.pairs.map { "\($0.name)=\($0.value);" }.joined() + target.url
    let interval = job.interval.nanoseconds / 1_000_000
    let offset = Int64(fnv1a(text.utf8) % UInt64(interval))
    let now = simulation.now.nanoseconds / 1_000_000
    let passed = now % interval
    let wait = (offset - passed + interval) % interval
    return .nanoseconds((now + wait) * 1_000_000 - simulation.now.nanoseconds)
  }

  private func end() {
    let time = ClusterClock.milliseconds(simulation.now)
    cache.markStale(at: time)
    cache.markReportStale(at: time)
    connection?.close()
  }

  // MARK: One scrape

  private func scrape() async {
    let began = simulation.now
    let time = ClusterClock.milliseconds(began)
    lastScrape = began
    var report = ScrapeCache.Report()
    let answer = await fetch(deadline: began + job.timeout)
    guard container.isAlive else { return }
    lastDuration = simulation.now - began
    switch answer {
    case .success(let body):
      do throws(ExpositionError) {
        report = try cache.ingest(body, at: time)
        lastError = ""
      } catch {
        lastError = error.problem
      }
    case .failure(let failure): lastError = failure.text
    }
    if !lastError.isEmpty {
      cache.markStale(at: time)
      report = ScrapeCache.Report()
    }
    samplesScraped += report.scraped
    cache.record(report, isUp: lastError.isEmpty, duration: lastDuration.seconds, at: time)
    _ = container.cpu.completion(of: Self.fixedCost + Self.costPerSample * report.scraped)
  }

  private struct Failure: Error {
    var text: String
  }

  private func fetch(deadline: Instant) async -> Result<[UInt8], Failure> {
    do throws(NetworkError) {
      let response = try await request(deadline)
      guard response.status == 200 else {
        return .failure(Failure(text: "server returned HTTP status \(response.status)"))
      }
      return .success(response.body)
    } catch {
      return .failure(Failure(text: error.goText(url: target.url, address: target.address, port: target.port)))
    }
  }

  /// Asks on the kept connection; when the other side has closed that one meanwhile, once more on a new one, as Go's client
  /// does for a GET.
  private func request(_ deadline: Instant) async throws(NetworkError) -> HTTPResponse {
    var request = HTTPRequest(host: target.address.description, path: target.path)
    request.headers["User-Agent"] = Self.userAgent
    if let kept = connection, kept.isUsable {
      do throws(NetworkError) { return try await kept.send(request, deadline: deadline) } catch {
        guard case .reset = error else { throw error }
      }
    }
    connection?.close()
    // Monitors of TLS endpoints inside the cluster do not verify (`insecureSkipVerify`), as kubelets' certificates are their own.
    let tls = target.scheme == "https" ? TLSPolicy(verifiesServer: false) : nil
    let fresh = try await network.connect(
      from: container.host, to: target.address, port: target.port, tls: tls, deadline: deadline,
      scope: container.scope)
    connection = fresh
    return try await fresh.send(request, deadline: deadline)
  }
}
