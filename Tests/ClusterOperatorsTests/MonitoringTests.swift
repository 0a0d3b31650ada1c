import Documents
import KubernetesModel
import SimulationKernel
import Telemetry
import Testing

@testable import ClusterOperators

@Suite struct TargetDiscoveries {
  static let workload = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web, team.example/name: pay}}
        spec:
          containers:
            - {name: web, image: "web:1", ports: [{name: http, containerPort: 8080}, {name: admin, containerPort: 9000}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}
    spec:
      selector: {app: web}
      ports: [{name: plain, port: 80, targetPort: http}]
    """

  static let prometheus = """
    apiVersion: v1
    kind: Namespace
    metadata: {name: monitoring, labels: {team: ops}}
    ---
    apiVersion: v1
    kind: Namespace
    metadata: {name: kube-system}
    ---
    apiVersion: monitoring.coreos.com/v1
    kind: Prometheus
    metadata: {name: k8s, namespace: monitoring}
    spec:
      scrapeInterval: 1m
      externalLabels: {cluster: spain}
      serviceMonitorSelector: {matchLabels: {release: main}}
      serviceMonitorNamespaceSelector: {}
      podMonitorSelector: {}
      ruleSelector: {}
      ruleNamespaceSelector: {matchLabels: {team: ops}}
    """

  static func monitor(_ kind: String, _ namespace: String, _ spec: String, labels: String = "{release: main}") -> String
  {
    """
    apiVersion: monitoring.coreos.com/v1
    kind: \(kind)
    metadata: {name: web, namespace: \(namespace), labels: \(labels)}
    spec: \(spec)
    """
  }

  /// A running workload, the operator, and one monitor.
  @Simulated
  static func started(_ monitor: String) -> (fixture: OperatorFixture, jobs: [ScrapeJob]) {
    let fixture = OperatorFixture()
    let monitoring = PrometheusOperator(fixture.cluster)
    fixture.apply(workload)
    fixture.apply(prometheus)
    fixture.apply(monitor)
    fixture.run(.seconds(60))
    let key = ObjectKey(namespace: "monitoring", name: "k8s")
    return (fixture, monitoring.configuration(key)?.jobs ?? [])
  }

  @Test func labelsOfAServicesTargets() throws {
    try Simulated.perform {
      let (fixture, jobs) = Self.started(
        Self.monitor(
          "ServiceMonitor", "monitoring",
          """
          {jobLabel: tier, namespaceSelector: {matchNames: [shop]}, selector: {matchLabels: {app: web}},
          targetLabels: [app], podTargetLabels: [team.example/name],
          endpoints: [{port: plain, path: /m, scheme: https, interval: 10s, scrapeTimeout: 20s, honorLabels: true,
          relabelings: [{sourceLabels: [__meta_kubernetes_pod_node_name], targetLabel: node},
          {action: labeldrop, regex: container}], metricRelabelings: [{action: drop, sourceLabels: [__name__], regex: go_.*}]}]}
          """))
      let job = try #require(jobs.first)
      #expect(job.name == "serviceMonitor/monitoring/web/0" && job.honorsLabels && job.metricRelabelings.count == 1)
      #expect(job.interval == .seconds(10) && job.timeout == .seconds(10), "a timeout is no longer than the interval")
      let targets = TargetDiscovery(server: fixture.cluster.server).targets(of: job)
      #expect(targets.count == 2)
      let target = try #require(targets.first)
      let pod = try #require(fixture.find(.pod, target.labels["pod"]))
      #expect(target.address.description == pod.status["podIP"]?.string)
      #expect(target.url == "https://\(target.address):8080/m")
      #expect(
        target.labels.pairs == [
          Label("app", "web"), Label("endpoint", "plain"), Label("instance", "\(target.address):8080"),
          Label("job", "front"), Label("namespace", "shop"), Label("node", pod.spec["nodeName"]?.string ?? ""),
          Label("pod", pod.name), Label("service", "web"), Label("team_example_name", "pay"),
        ])
    }
  }

  @Test func labelsOfAPodMonitorsTargets() {
    Simulated.perform {
      // A PodMonitor of another namespace is not selected without a namespace selector.
      for (namespace, count) in [("monitoring", 2), ("shop", 0)] {
        let (fixture, jobs) = Self.started(
          Self.monitor(
            "PodMonitor", namespace,
            "{namespaceSelector: {any: true}, selector: {matchLabels: {app: web}}, podMetricsEndpoints: [{port: admin}]}"
          ))
        let targets = jobs.flatMap { TargetDiscovery(server: fixture.cluster.server).targets(of: $0) }
        #expect(targets.count == count)
        guard let target = targets.first else { continue }
        #expect(target.labels["job"] == "monitoring/web" && target.labels["container"] == "web")
        #expect(target.port == 9000 && target.path == "/metrics" && target.labels["endpoint"] == "admin")
      }
    }
  }

  /// Monitors that select nothing here: another namespace, other labels, another port, a monitor that is not selected.
  @Test(arguments: [
    ("{selector: {matchLabels: {app: web}}, endpoints: [{port: plain}]}", "{release: main}", 0),
    (
      "{namespaceSelector: {any: true}, selector: {matchLabels: {app: x}}, endpoints: [{port: plain}]}",
      "{release: main}", 0
    ),
    ("{namespaceSelector: {any: true}, selector: {}, endpoints: [{port: http}]}", "{release: main}", 0),
    (
      "{namespaceSelector: {any: true}, selector: {matchLabels: {app: web}}, endpoints: [{targetPort: http}]}",
      "{release: main}", 2
    ),
    (
      "{namespaceSelector: {any: true}, selector: {matchLabels: {app: web}}, endpoints: [{targetPort: 8080}]}",
      "{release: main}", 2
    ),
    (
      "{namespaceSelector: {any: true}, selector: {matchLabels: {app: web}}, endpoints: [{port: plain}]}",
      "{release: x}", 0
    ),
    (
      "{namespaceSelector: {any: true}, selector: {matchLabels: {app: web}}, endpoints: [{port: plain, relabelings: [{action: keep, sourceLabels: [__meta_kubernetes_namespace], regex: other}]}]}",
      "{release: main}", 0
    ),
  ])
  func selection(_ row: (spec: String, labels: String, targets: Int)) {
    Simulated.perform {
      let (fixture, jobs) = Self.started(
        Self.monitor("ServiceMonitor", "monitoring", row.spec, labels: row.labels))
      let targets = jobs.flatMap { TargetDiscovery(server: fixture.cluster.server).targets(of: $0) }
      #expect(targets.count == row.targets)
    }
  }

  @Test func theOperatorMakesAStatefulSetAndAKubeletService() throws {
    try Simulated.perform {
      let fixture = OperatorFixture()
      let monitoring = PrometheusOperator(fixture.cluster)
      fixture.apply(Self.prometheus)
      fixture.apply(
        """
        apiVersion: monitoring.coreos.com/v1
        kind: PrometheusRule
        metadata: {name: alerts, namespace: monitoring}
        spec: {groups: [{name: g, rules: []}]}
        """)
      fixture.run(.seconds(60))
      let server = fixture.cluster.server
      let kind = server.kind(apiVersion: "apps/v1", kind: "StatefulSet")
      let set = try server.get(kind, "monitoring", "prometheus-k8s")
      #expect(set.controller?["kind"]?.string == "Prometheus" && set.spec["replicas"]?.integer == 1)
      #expect(server.find(.pod, "monitoring", "prometheus-k8s-0") != nil)
      let slice = try server.get(.endpointSlice, "kube-system", "kubelet")
      let nodes = (slice.json["endpoints"]?.array ?? []).compactMap { $0.at("targetRef", "name")?.string }
      #expect(nodes == ["node-a", "node-b"])
      let configuration = try #require(monitoring.configuration(ObjectKey(namespace: "monitoring", name: "k8s")))
      #expect(configuration.rules.map(\.name) == ["monitoring/alerts"])
      #expect(configuration.scrapeInterval == .seconds(60))
      #expect(
        configuration.externalLabels.pairs == [Label("cluster", "spain"), Label("prometheus", "monitoring/k8s")])
    }
  }
}

@Suite struct StateMetrics {
  /// Lines for a pod whose container restarts over and over.
  @Test func aCrashingPod() {
    Simulated.perform {
      let fixture = OperatorFixture()
      let store = StateMetricsStore(fixture.cluster.server)
      fixture.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop}
        spec:
          nodeName: elsewhere
          containers: [{name: c, image: "i:1", resources: {requests: {cpu: 250m, memory: 64Mi}}}]
        status:
          phase: Running
          conditions: [{type: Ready, status: "False"}]
          containerStatuses:
            - name: c
              image: i:1
              ready: false
              restartCount: 4
              state: {waiting: {reason: CrashLoopBackOff}}
              lastState: {terminated: {exitCode: 137, reason: OOMKilled, finishedAt: "2026-03-02T08:00:05Z"}}
        """)
      fixture.run(.seconds(1))
      let text = String(decoding: store.exposition, as: UTF8.self)
      let uid = fixture.find(.pod, "web")?.uid ?? ""
      let pod = "namespace=\"shop\",pod=\"web\",uid=\"\(uid)\""
      let expected = [
        "kube_pod_status_phase{\(pod),phase=\"Running\"} 1", "kube_pod_status_phase{\(pod),phase=\"Failed\"} 0",
        "kube_pod_status_ready{\(pod),condition=\"false\"} 1",
        "kube_pod_container_status_restarts_total{\(pod),container=\"c\"} 4",
        "kube_pod_container_status_waiting_reason{\(pod),container=\"c\",reason=\"CrashLoopBackOff\"} 1",
        "kube_pod_container_status_last_terminated_reason{\(pod),container=\"c\",reason=\"OOMKilled\"} 1",
        "kube_pod_container_status_last_terminated_exitcode{\(pod),container=\"c\"} 137",
        "kube_pod_container_status_last_terminated_timestamp{\(pod),container=\"c\"} 1.772438405e+09",
        "kube_pod_container_resource_requests{\(pod),container=\"c\",node=\"elsewhere\",resource=\"cpu\",unit=\"core\"} 0.25",
        "kube_pod_container_resource_requests{\(pod),container=\"c\",node=\"elsewhere\",resource=\"memory\",unit=\"byte\"} 6.7108864e+07",
        "kube_namespace_status_phase{namespace=\"shop\",phase=\"Active\"} 1",
        "kube_node_status_capacity{node=\"node-a\",resource=\"cpu\",unit=\"core\"} 2",
      ]
      for line in expected { #expect(text.contains(line + "\n"), "\(line)") }
    }
  }

  @Test func aChangedObjectIsWrittenAnew() throws {
    try Simulated.perform {
      let fixture = OperatorFixture()
      let store = StateMetricsStore(fixture.cluster.server)
      fixture.apply(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: "i:1"}]}}}
        """)
      fixture.run(.seconds(30))
      func line(_ replicas: Int) -> String {
        "kube_deployment_spec_replicas{namespace=\"shop\",deployment=\"web\"} \(replicas)\n"
      }
      #expect(String(decoding: store.exposition, as: UTF8.self).contains(line(2)))
      fixture.merge(.deployment, "web", ["spec": ["replicas": 3]])
      fixture.run(.seconds(30))
      #expect(String(decoding: store.exposition, as: UTF8.self).contains(line(3)))
      try fixture.cluster.server.delete(.deployment, "shop", "web", as: "test")
      fixture.run(.seconds(60))
      #expect(!String(decoding: store.exposition, as: UTF8.self).contains("deployment=\"web\""))
    }
  }
}

@Suite struct CloudWatchNames {
  @Test(arguments: [
    ("HTTPCode_Target_5XX_Count", "httpcode_target_5_xx_count"), ("RequestCount", "request_count"),
    ("CPUUtilization", "cpuutilization"), ("DatabaseConnections", "database_connections"),
    ("HTTPCode_ELB_502_Count", "httpcode_elb_502_count"), ("UnHealthyHostCount", "un_healthy_host_count"),
  ])
  func inPrometheus(_ row: (name: String, expected: String)) {
    Simulated.perform { #expect(CloudWatchExporter.snakeCase(row.name) == row.expected) }
  }
}
