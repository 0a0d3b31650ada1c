import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

/// CoreDNS as its container runs it. Names are resolved by the network's own name systems; the process takes its turn among the
/// cluster's name servers in being asked, obeys its Corefile where one is mounted, and serves what it met as metrics on port 9153
/// (coredns/coredns, plugin/metrics, plugin/cache, plugin/reload; probes on 8080 and 8181).
@Simulated
final class NameServerProgram: ContainerProgram {
  private static let start = Distribution.uniform(.milliseconds(100), .milliseconds(300))
  private static let memory: Int64 = 20 << 20
  private static let server = "dns://:53"
  nonisolated private static let event: EventName = "exporter.start"

  private let stack: @Simulated (ContainerProcess) -> MonitoringStack?

  init(_ stack: @escaping @Simulated (ContainerProcess) -> MonitoringStack?) { self.stack = stack }

  func run(_ container: ContainerProcess) async -> Int32 {
    container.use(memory: Self.memory)
    await container.simulation.sleep(Self.start.sample(container.stream), Self.event)
    guard container.isAlive, let lookups = stack(container)?.cluster.lookups else { return 1 }
    let counter = LookupCounter()
    if let text = container.file(Corefile.path) {
      do throws(Corefile.Mistake) { configure(counter, try Corefile(parsing: text), container) } catch {
        container.write(error.text)
        return 1
      }
      container.simulation.spawn(Self.reloadEvent) { [self] in await reload(counter, text, container) }
    }
    lookups.add(counter)
    container.scope.add { lookups.remove(counter) }
    container.listen(9153, MetricsService(container, paths: []) { Self.exposition(counter, container) })
    container.listen(8080, MetricsService(container, paths: ["/health"]) { [] })
    container.listen(8181, MetricsService(container, paths: ["/ready"]) { [] })
    container.write("CoreDNS-1.11.4")
    await container.waitForTermination()
    return 0
  }

  /// How often `reload` looks at the file, and how much that varies (coredns/coredns, plugin/reload).
  private static let reloadPeriod = Distribution.uniform(.seconds(30), .seconds(45))
  nonisolated private static let reloadEvent: EventName = "coredns.reload"

  /// Follows the file; one that cannot be read leaves the configuration as it was.
  private func reload(_ counter: LookupCounter, _ first: String, _ container: ContainerProcess) async {
    var current = first
    while true {
      await container.simulation.sleep(Self.reloadPeriod.sample(container.stream), Self.reloadEvent)
      guard container.isAlive else { return }
      guard let text = container.file(Corefile.path), text != current else { continue }
      current = text
      container.write("[INFO] Reloading")
      do throws(Corefile.Mistake) {
        configure(counter, try Corefile(parsing: text), container)
        container.write("[INFO] Reloading complete")
      } catch {
        container.write("[ERROR] Restart failed: \(error.text)")
      }
    }
  }

  /// The network's own resolver is what `/etc/resolv.conf` of a node names, the second address of the VPC and its link-local twin.
  private func configure(_ counter: LookupCounter, _ file: Corefile, _ container: ContainerProcess) {
    let second = IPv4Address(bits: container.host.address.bits & 0xFFFF_0000 + 2)
    let resolvers = ["/etc/resolv.conf", "169.254.169.253", second.description]
    counter.objection = { file.objection(to: $0, resolvers: resolvers) }
  }

  private static func exposition(_ counter: LookupCounter, _ container: ContainerProcess) -> [UInt8] {
    var text = ExpositionText(capacity: 4096)
    let common = [("server", server), ("view", ""), ("zone", ".")]
    text.single(
      "coredns_build_info", .gauge,
      "A metric with a constant '1' value labeled by version, revision, and goversion from which CoreDNS was built.",
      [("goversion", "go1.23.3"), ("revision", ""), ("version", "1.11.4")], 1)
    text.family("coredns_cache_hits_total", .counter, "The count of cache hits.")
    text.sample(
      "coredns_cache_hits_total", [("server", server), ("type", "success"), ("view", ""), ("zones", ".")],
      Double(counter.cacheHits))
    text.family(
      "coredns_cache_misses_total", .counter,
      "The count of cache misses. Deprecated, derive misses from cache hits/requests counters.")
    text.sample(
      "coredns_cache_misses_total", [("server", server), ("view", ""), ("zones", ".")], Double(counter.cacheMisses))
    text.family(
      "coredns_dns_request_duration_seconds", .histogram,
      "Histogram of the time (in seconds) each request took per zone.")
    let buckets = zip(LookupCounter.bounds, counter.durations).map { (bound: $0.seconds, count: $1) }
    text.histogram(
      "coredns_dns_request_duration_seconds", common, buckets: Array(buckets),
      overflow: counter.durations.last ?? 0, sum: counter.totalDuration.seconds)
    text.family("coredns_dns_requests_total", .counter, "Counter of DNS requests made per zone, protocol and family.")
    for type in ["A", "AAAA"] {
      text.sample(
        "coredns_dns_requests_total",
        [("family", "1"), ("proto", "udp"), ("server", server), ("type", type), ("view", ""), ("zone", ".")],
        Double(counter.questions))
    }
    text.family("coredns_dns_responses_total", .counter, "Counter of response status codes.")
    for code in LookupCounter.Code.allCases {
      // Both answers of a pair have the same code.
      text.sample(
        "coredns_dns_responses_total",
        [("plugin", "forward"), ("rcode", code.label), ("server", server), ("view", ""), ("zone", ".")],
        Double(2 * counter.answers[code.rawValue]))
    }
    container.writeProcessMetrics(into: &text)
    return text.bytes
  }
}
