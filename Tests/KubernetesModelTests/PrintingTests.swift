import Documents
import SimulationKernel
import Testing

@testable import KubernetesModel

@Suite struct Printing {
  @Test(arguments: [
    (-2, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (185, "3m5s"), (599, "9m59s"), (600, "10m"),
    (10_799, "179m"), (10_800, "3h"), (11_100, "3h5m"), (28_799, "7h59m"), (28_800, "8h"), (172_799, "47h"),
    (172_800, "2d"), (190_800, "2d5h"), (691_199, "7d23h"), (691_200, "8d"), (63_071_999, "729d"), (63_072_000, "2y"),
    (67_392_000, "2y50d"), (252_288_000, "8y"),
  ])
  func ages(_ seconds: Int, _ text: String) {
    #expect(humanDuration(.seconds(Double(seconds))) == text)
  }

  private static func container(_ state: JSONValue, ready: Bool = false, restarts: Int64 = 0) -> JSONValue {
    ["name": "app", "ready": .bool(ready), "restartCount": .integer(restarts), "state": state]
  }

  private static func pod(_ status: JSONValue, initContainers: Int = 0, containers: Int = 1) -> JSONValue {
    func specs(_ count: Int) -> JSONValue { .array((0..<count).map { ["name": .string("c\($0)")] }) }
    return [
      "metadata": ["name": "web"],
      "spec": ["initContainers": specs(initContainers), "containers": specs(containers)], "status": status,
    ]
  }

  private static func terminated(_ code: Int64, _ reason: String = "", signal: Int64 = 0) -> JSONValue {
    var state: JSONValue = ["exitCode": .integer(code), "finishedAt": "2026-03-02T08:00:00Z"]
    if !reason.isEmpty { state["reason"] = .string(reason) }
    if signal != 0 { state["signal"] = .integer(signal) }
    return ["terminated": state]
  }

  private static let running: JSONValue = ["running": ["startedAt": "2026-03-02T08:00:00Z"]]
  private static func waiting(_ reason: String) -> JSONValue { ["waiting": ["reason": .string(reason)]] }

  static let statusCases: [(JSONValue, String, String)] = [
    (pod(["phase": "Pending"]), "0/1", "Pending"),
    (pod(["phase": "Failed", "reason": "Evicted"]), "0/1", "Evicted"),
    (pod(["phase": "Running", "containerStatuses": [container(running, ready: true)]]), "1/1", "Running"),
    (
      pod(["phase": "Running", "containerStatuses": [container(waiting("CrashLoopBackOff"))]]), "0/1",
      "CrashLoopBackOff"
    ),
    (pod(["phase": "Running", "containerStatuses": [container(terminated(137, "OOMKilled"))]]), "0/1", "OOMKilled"),
    (pod(["phase": "Failed", "containerStatuses": [container(terminated(3))]]), "0/1", "ExitCode:3"),
    (pod(["phase": "Failed", "containerStatuses": [container(terminated(0, signal: 9))]]), "0/1", "Signal:9"),
    (pod(["phase": "Pending", "initContainerStatuses": [container(running)]], initContainers: 2), "0/1", "Init:0/2"),
    (
      pod(
        [
          "phase": "Pending",
          "initContainerStatuses": [container(terminated(0)), container(waiting("PodInitializing"))],
        ],
        initContainers: 2), "0/1", "Init:1/2"
    ),
    (
      pod(["phase": "Pending", "initContainerStatuses": [container(waiting("CrashLoopBackOff"))]], initContainers: 1),
      "0/1", "Init:CrashLoopBackOff"
    ),
    (
      pod(["phase": "Pending", "initContainerStatuses": [container(terminated(1, "Error"))]], initContainers: 1), "0/1",
      "Init:Error"
    ),
    (
      pod(
        [
          "phase": "Running", "conditions": [["type": "Ready", "status": "True"]],
          "containerStatuses": [container(terminated(0, "Completed")), container(running, ready: true)],
        ], containers: 2), "1/2", "Running"
    ),
    (
      pod(
        [
          "phase": "Running",
          "containerStatuses": [container(terminated(0, "Completed")), container(running, ready: true)],
        ], containers: 2), "1/2", "NotReady"
    ),
  ]

  @Test(arguments: statusCases)
  func podColumns(_ pod: JSONValue, _ ready: String, _ status: String) {
    let columns = PodColumns(pod, now: .zero)
    #expect(columns.ready == ready && columns.status == status)
  }

  @Test func terminatingAndLost() {
    var pod = Self.pod(["phase": "Running", "containerStatuses": [Self.container(Self.running, ready: true)]])
    pod.set("metadata", "deletionTimestamp", to: "2026-03-02T08:00:30Z")
    #expect(PodColumns(pod, now: .zero).status == "Terminating")
    pod.set("status", "reason", to: "NodeLost")
    #expect(PodColumns(pod, now: .zero).status == "Unknown")
    pod.set("status", "reason", to: nil)
    pod.set("status", "phase", to: "Succeeded")
    #expect(PodColumns(pod, now: .zero).status == "Succeeded", "an ended pod is not shown as terminating")
  }

  @Test func restartsShowTheLast() {
    var container = Self.container(Self.running, ready: true, restarts: 3)
    container["lastState"] = Self.terminated(1, "Error")
    let pod = Self.pod(["phase": "Running", "containerStatuses": [container]])
    #expect(PodColumns(pod, now: .zero + .seconds(45)).restarts == "3 (45s ago)")
  }

  @Test func tabStopsReachOverNeighbouringLines() {
    #expect(elasticText("a:\tb\nlong:\tc\nd\ne:\tf\n") == "a:     b\nlong:  c\nd\ne:  f\n")
  }

  @Test func anAutoscalersTargets() {
    var autoscaler = KubeObject(.horizontalPodAutoscaler, namespace: "shop", name: "web")
    autoscaler.json["spec"] = [
      "scaleTargetRef": ["kind": "Deployment", "name": "web"], "minReplicas": 2, "maxReplicas": 8,
      "metrics": [
        [
          "type": "Resource",
          "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 70]],
        ]
      ],
    ]
    #expect(
      Table([autoscaler], of: autoscaler.kind, columns: [], now: .zero).rows[0].prefix(6) == [
        "web", "Deployment/web", "cpu: <unknown>/70%", "2", "8", "0",
      ])
    autoscaler.json["status"] = [
      "currentReplicas": 3,
      "currentMetrics": [["resource": ["name": "cpu", "current": ["averageUtilization": 85]]]],
    ]
    #expect(Table([autoscaler], of: autoscaler.kind, columns: [], now: .zero).rows[0][2] == "cpu: 85%/70%")
  }

  @Test func kindsWithoutColumnsHaveNameAndAge() {
    let kind = ResourceKind("example.org", "v1", "Thing", "things")
    var thing = KubeObject(kind, namespace: "shop", name: "one")
    thing.json.set("metadata", "creationTimestamp", to: "2026-03-02T08:00:00Z")
    #expect(Table([thing], of: kind, columns: [], now: .zero + .minutes(5)).text() == "NAME   AGE\none    5m\n")
  }

  @Test func externalSecrets() {
    var external = KubeObject(
      ResourceKind("external-secrets.io", "v1", "ExternalSecret", "externalsecrets"), namespace: "shop",
      name: "database")
    external.json["spec"] = ["secretStoreRef": ["kind": "ClusterSecretStore", "name": "aws"], "refreshInterval": "1h"]
    external.json["status"] = ["conditions": [["type": "Ready", "status": "True", "reason": "SecretSynced"]]]
    #expect(
      Table([external], of: external.kind, columns: KnownDefinition.of(external.kind)?.columns ?? [], now: .zero).text()
        == "NAME       STORETYPE            STORE   REFRESH INTERVAL   STATUS         READY\n"
        + "database   ClusterSecretStore   aws     1h                 SecretSynced   True\n")
  }
}
