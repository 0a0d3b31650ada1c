import ClusterOperators
import Documents
import Foundation
import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel
import Testing
import TwinWorld

@testable import Telemetry

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// The payments platform with a little traffic, run for a while.
@Simulated
private func runningWorld(seconds: Double) throws -> World {
  let world = try World(try Platform.load(root.path + "/scenarios/platforms/payments"), seed: 21)
  try world.simulation.run(until: .zero + .seconds(45))
  for host in world.platform.hosts { world.addTraffic(to: host, path: "/api/payment/simulate") { _ in 10 } }
  try world.run(seconds: seconds - 45)
  return world
}

extension World {
  fileprivate func run(seconds: Double) throws { try simulation.run(until: simulation.now + .seconds(seconds)) }
}

extension Region {
  /// The series with these labels.
  fileprivate func series(_ labels: [String: String]) -> [SeriesHandle] {
    let wanted = labels.sorted { $0.key < $1.key }.map { Label($0.key, $0.value) }
    return monitoring.store.indices(with: wanted.first, from: 0).map { SeriesHandle(index: $0) }.filter { handle in
      let own = monitoring.store.labels(handle)
      return wanted.allSatisfy { own[$0.name] == $0.value }
    }
  }

  fileprivate func samples(_ handle: SeriesHandle) -> [Sample] {
    monitoring.store.withSamples(handle, in: Int64.min...Int64.max - 1) { Array($0) }
  }

  /// The latest sample of each series with these labels, staleness markers as `nil`.
  fileprivate func latest(_ labels: [String: String]) -> [Double?] {
    series(labels).compactMap { samples($0).last }.map { StalenessMarker.isMarker($0.value) ? nil : $0.value }
  }

  /// The body of a target's metrics, asked for from its Prometheus' host.
  fileprivate func body(of target: ScrapeTarget, _ world: World) throws -> String {
    var text = ""
    let from = try #require(monitoring.servers.first?.host)
    world.simulation.spawn("test.scrape") {
      let deadline = world.simulation.now + .seconds(5)
      guard
        let connection = try? await world.network.connect(
          from: from, to: target.address, port: target.port, deadline: deadline),
        let response = try? await connection.send(HTTPRequest(path: target.path), deadline: deadline)
      else { return }
      text = String(decoding: response.body, as: UTF8.self)
    }
    try world.run(seconds: 5)
    return text
  }

  fileprivate func paymentPods() -> [String] { cluster.server.list(.pod, namespace: "payments").map(\.name) }
}

@Suite struct Monitoring {
  /// Targets by job and how many there are in Spain.
  static let jobs = [
    ("alertmanager-operated", 1), ("coredns", 2), ("kube-state-metrics", 1), ("kubelet", 12), ("node-exporter", 4),
    ("payment-latency-api", 6),
    ("prometheus", 1),
    ("yet-another-cloudwatch-exporter", 1),
  ]

  @Test func everyTargetIsUp() throws {
    try Simulated.perform {
      let world = try runningWorld(seconds: 260)
      for region in world.regions {
        let up = region.series(["__name__": "up"]).map { region.monitoring.store.labels($0) }
        #expect(Set(up.map { $0["job"] }).sorted() == Self.jobs.map(\.0))
        let failing = region.monitoring.servers.flatMap(\.targets).filter { !$0.isUp }
        #expect(failing.isEmpty, "\(failing)")
        #expect(region.latest(["__name__": "up"]).allSatisfy { $0 == 1 })
      }
      let spain = try #require(world.region("spain"))
      for (job, count) in Self.jobs { #expect(spain.series(["__name__": "up", "job": job]).count == count, "\(job)") }
      try checkLabels(spain)
      checkValues(spain)
    }
  }

  /// A pod's labels as the operator's configuration sets them; kube-state-metrics keeps its own.
  @Simulated private func checkLabels(_ spain: Region) throws {
    let pod = try #require(spain.paymentPods().first)
    let up = try #require(spain.series(["__name__": "up", "pod": pod]).first)
    let address = try #require(spain.cluster.server.find(.pod, "payments", pod)?.status["podIP"]?.string)
    #expect(
      spain.monitoring.store.labels(up).pairs == [
        Label("__name__", "up"), Label("container", "payment-latency-api"), Label("endpoint", "http"),
        Label("instance", "\(address):8080"), Label("job", "payment-latency-api"), Label("namespace", "payments"),
        Label("pod", pod), Label("service", "payment-latency-api"),
      ])
    let phase = spain.latest(["__name__": "kube_pod_status_phase", "pod": pod, "phase": "Running"])
    #expect(phase == [1])
    #expect(spain.series(["__name__": "up", "job": "kubelet", "metrics_path": "/metrics/cadvisor"]).count == 4)
  }

  /// What is stored says what is so.
  @Simulated private func checkValues(_ spain: Region) {
    let captured = spain.latest(["__name__": "payments_total", "state": "captured"]).compactMap(\.self).reduce(0, +)
    #expect((1900...2200).contains(captured), "\(captured) payments in 215 s at 10 a second")
    let available = spain.latest([
      "__name__": "kube_deployment_status_replicas_available", "deployment": "payment-latency-api",
    ])
    #expect(available == [6])
    let memory = spain.latest(["__name__": "container_memory_working_set_bytes", "container": "payment-latency-api"])
    #expect(memory.count == 6 && memory.allSatisfy { ($0 ?? 0) > 20e6 })
    let requests = spain.latest(["__name__": "aws_applicationelb_request_count_sum"])
    #expect(requests.count == 2 && requests.allSatisfy { (500...700).contains($0 ?? 0) }, "\(requests)")
    #expect(spain.latest(["__name__": "aws_rds_database_connections_average"]).allSatisfy { ($0 ?? 0) >= 1 })
    #expect(spain.latest(["__name__": "kube_horizontalpodautoscaler_spec_max_replicas"]) == [12])
    #expect(spain.latest(["__name__": "scrape_series_added", "job": "kube-state-metrics"]) == [0])
  }

  @Test func aHungPodMissesItsScrapes() throws {
    try Simulated.perform {
      let world = try runningWorld(seconds: 120)
      let spain = try #require(world.region("spain"))
      let pod = try #require(spain.paymentPods().first)
      for process in spain.cluster.processes("payments", pod) { process.isHung = true }
      try world.run(seconds: 30)
      #expect(spain.latest(["__name__": "up", "pod": pod]) == [0])
      #expect(spain.latest(["__name__": "scrape_duration_seconds", "pod": pod]) == [10])
      #expect(spain.latest(["__name__": "payments_total", "pod": pod]) == [nil, nil])
      #expect(spain.latest(["__name__": "up", "job": "payment-latency-api"]).count { $0 == 1 } == 5)
    }
  }

  @Test func whatIsGoneIsNoTargetAnyMore() throws {
    try Simulated.perform {
      let world = try runningWorld(seconds: 120)
      let spain = try #require(world.region("spain"))
      let pod = try #require(spain.paymentPods().first)
      try spain.cluster.server.delete(.pod, "payments", pod, as: "test")
      let monitor = PrometheusOperator.kinds.serviceMonitor
      try spain.cluster.server.delete(monitor, "monitoring", "coredns", as: "test")
      try world.run(seconds: 180)
      #expect(spain.latest(["__name__": "up", "pod": pod]) == [nil])
      #expect(spain.latest(["__name__": "up", "job": "coredns"]) == [nil, nil])
      #expect(spain.latest(["__name__": "up", "job": "payment-latency-api"]).compactMap(\.self).count == 6)
      #expect(spain.monitoring.servers.first?.targets.contains { $0.target.labels["job"] == "coredns" } == false)
    }
  }

  @Test func withoutItsPodNothingIsScraped() throws {
    try Simulated.perform {
      let world = try runningWorld(seconds: 100)
      let spain = try #require(world.region("spain"))
      let up = try #require(spain.series(["__name__": "up", "job": "kube-state-metrics"]).first)
      let before = spain.samples(up).count
      // Back-off keeps the container away: kill it as soon as it is back.
      for _ in 0..<3 {
        spain.cluster.kill("monitoring", "prometheus-k8s-0", container: "prometheus")
        try world.run(seconds: 25)
      }
      let gap = spain.samples(up).count
      try world.run(seconds: 180)
      let samples = spain.samples(up)
      #expect(gap - before <= 2 && samples.count > gap, "\(before) \(gap) \(samples.count)")
      #expect(samples.allSatisfy { $0.value == 1 }, "a dead server writes no markers, and its store outlives it")
    }
  }

  @Test func aStoppedKubeletRefuses() throws {
    try Simulated.perform {
      let world = try runningWorld(seconds: 100)
      let spain = try #require(world.region("spain"))
      let node = try #require(spain.cluster.server.list(.node).first?.name)
      spain.cluster.stopKubelet(node)
      try world.run(seconds: 35)
      #expect(spain.latest(["__name__": "up", "job": "kubelet", "node": node]) == [0, 0, 0])
      #expect(spain.latest(["__name__": "kubelet_running_pods", "node": node]) == [nil])
      spain.cluster.startKubelet(node)
      try world.run(seconds: 35)
      #expect(spain.latest(["__name__": "up", "job": "kubelet", "node": node]) == [1, 1, 1])
    }
  }

  /// From a rule object to a page: evaluated by the server, sent over the network, grouped by Alertmanager.
  @Test func anAlertPages() throws {
    try Simulated.perform {
      let world = try runningWorld(seconds: 60)
      let spain = try #require(world.region("spain"))
      var rule = KubeObject(PrometheusOperator.kinds.rule, namespace: "monitoring", name: "kubelets")
      rule.json["spec"] = [
        "groups": [
          [
            "name": "kubelets",
            "rules": [
              ["record": "job:up:sum", "expr": "sum by (job) (up)"],
              [
                "alert": "KubeletRefuses", "expr": "up{job=\"kubelet\",metrics_path=\"/metrics\"} == 0", "for": "1m",
                "labels": ["severity": "page"], "annotations": ["summary": "{{ $labels.node }} is down"],
              ],
            ],
          ]
        ]
      ]
      try spain.cluster.server.create(rule, as: "test")
      // The configuration reaches the server within a minute or so.
      try world.run(seconds: 120)
      #expect(spain.latest(["__name__": "job:up:sum", "job": "kubelet"]) == [12])
      #expect(changes(world).isEmpty)
      // A node of the application: Alertmanager itself is on a system node.
      let node = try #require(spain.cluster.server.list(.node).last?.name)
      spain.cluster.stopKubelet(node)
      let stopped = world.simulation.now
      try world.run(seconds: 240)
      #expect(changes(world).map(\.state) == [.pending, .firing])
      #expect(changes(world).last?.annotations == [Label("summary", "\(node) is down")])
      #expect(changes(world).last?.labels["cluster"] == "spain")
      #expect(spain.latest(["__name__": "ALERTS", "alertstate": "firing", "alertname": "KubeletRefuses"]) == [1])
      let page = try #require(world.journal.notifications.first { $0.group["alertname"] == "KubeletRefuses" })
      #expect(page.region == "spain" && page.isPage && page.firing.count == 1)
      // A scrape, an evaluation and what the rule's minute rounds up to, and the wait of the group.
      let delay = (page.at - stopped).seconds
      #expect((70...160).contains(delay), "\(delay) s")
      spain.cluster.startKubelet(node)
      try world.run(seconds: 240)
      #expect(changes(world).last?.state == .inactive)
    }
  }

  @Simulated private func changes(_ world: World) -> [Journal.AlertChange] {
    world.journal.alertChanges.filter { $0.labels["alertname"] == "KubeletRefuses" }
  }

  // MARK: promtool

  private static let promtool = "/usr/bin/promtool"

  /// Every exporter's text is read by Prometheus' own parser. Its style rules count too, but for exporters whose
  /// names follow CloudWatch's and the kernel's.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: promtool)))
  func promtoolReadsEveryExporter() throws {
    try Simulated.perform {
      let world = try runningWorld(seconds: 200)
      let spain = try #require(world.region("spain"))
      var seen: Set<String> = []
      for entry in try #require(spain.monitoring.servers.first).targets where seen.insert(entry.target.job).inserted {
        let text = try spain.body(of: entry.target, world)
        #expect(text.utf8.count > 200, "\(entry.target.job)")
        let (status, output) = try Self.check(text)
        let ownStyle = ["cloudwatch", "node-exporter"].contains { entry.target.job.contains($0) }
        let accepted: [Int32] = ownStyle ? [0, 3] : [0]
        #expect(accepted.contains(status), "\(entry.target.job): \(output)")
      }
      #expect(seen.count == 10)
    }
  }

  private static func check(_ text: String) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: promtool)
    process.arguments = ["check", "metrics"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try input.fileHandleForWriting.close()
    let answer = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: answer, as: UTF8.self))
  }
}
