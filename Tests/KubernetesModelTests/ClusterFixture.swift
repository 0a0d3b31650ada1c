import Documents
import HTTPMessages
import NetworkModel
import SimulationKernel
import Telemetry

@testable import KubernetesModel

/// A registry whose images run closures.
@Simulated
final class ScriptedRegistry: ImageRegistry {
  typealias Script = @Simulated (ContainerProcess) async -> Int32

  private var images: [String: ContainerImage] = [:]

  func image(_ reference: String) -> ContainerImage? { images[reference] }

  func add(
    _ reference: String, size: Int64 = 8 << 20, executables: [String]? = nil, _ script: @escaping Script
  ) {
    images[reference] = ContainerImage(size: size, executables: executables) { ScriptedProgram(script) }
  }
}

@Simulated
final class ScriptedProgram: ContainerProgram {
  private let script: ScriptedRegistry.Script

  init(_ script: @escaping ScriptedRegistry.Script) { self.script = script }

  func run(_ container: ContainerProcess) async -> Int32 { await script(container) }
}

/// A health endpoint whose answer the test decides.
@Simulated
final class HealthEndpoint: HTTPService {
  var status = 200
  /// Answers never come while this is set.
  var hangs = false
  private(set) var requests = 0
  private let simulation: Simulation

  init(_ simulation: Simulation) { self.simulation = simulation }

  func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
    requests += 1
    if hangs { _ = try? await Reply<Bool>(simulation).get() }
    return HTTPResponse(status: status)
  }
}

/// A small cluster in one region: nodes in three zones, a namespace `shop`, scripted images.
@Simulated
final class ClusterFixture {
  let simulation: Simulation
  let network: Network
  let journal: Journal
  let registry = ScriptedRegistry()
  let cluster: Cluster
  private var nextAddress: UInt32 = 10

  init(nodes: Int = 3, seed: UInt64 = 1) {
    let simulation = Simulation(seed: seed)
    self.simulation = simulation
    network = Network(simulation)
    journal = Journal(simulation)
    weak var fixture: ClusterFixture?
    let configuration = Cluster.Configuration(name: "spain", region: "eu-south-2") { _ in
      guard let fixture else { return nil }
      fixture.nextAddress += 1
      return IPv4Address(bits: 0x0A0A_0000 + fixture.nextAddress)
    }
    cluster = Cluster(configuration, network: network, registry: registry, journal: journal)
    fixture = self
    create(KubeObject(.namespace, name: "shop"))
    for index in 0..<nodes { addNode(index) }
    registry.add("app:1") { await Self.serve($0) }
    cluster.startKubelets()
  }

  var server: APIServer { cluster.server }

  func addNode(_ index: Int, cpu: String = "2", taint: String? = nil) {
    var node = KubeObject(.node, name: "node-\(index)")
    let zone = "eu-south-2" + ["a", "b", "c"][index % 3]
    node.json.set("metadata", "labels", "topology.kubernetes.io/zone", to: .string(zone))
    node.json.set("metadata", "labels", "kubernetes.io/hostname", to: .string("node-\(index)"))
    let capacity: JSONValue = ["cpu": .string(cpu), "memory": "4Gi", "pods": "17"]
    node.json["status"] = [
      "capacity": capacity, "allocatable": capacity,
      "addresses": [["type": "InternalIP", "address": .string("10.10.9.\(10 + index)")]],
    ]
    if let taint {
      node.json.set("spec", "taints", to: [["key": "dedicated", "value": .string(taint), "effect": "NoSchedule"]])
    }
    create(node)
  }

  /// A program that serves until SIGTERM.
  static func serve(_ container: ContainerProcess, _ endpoint: HealthEndpoint? = nil) async -> Int32 {
    container.listen(8080, endpoint ?? HealthEndpoint(container.simulation))
    let ended = Reply<Bool>(container.simulation)
    container.onTermination { ended.fulfil(true) }
    _ = try? await ended.get(scope: container.scope)
    return 0
  }

  @discardableResult
  func create(_ object: KubeObject) -> KubeObject {
    do throws(APIError) { return try server.create(object, as: "test") } catch { fatalError("\(error)") }
  }

  func run(_ span: TimeSpan) {
    do { try simulation.run(until: simulation.now + span) } catch { fatalError("\(error)") }
  }

  // MARK: Objects

  /// A container of the image, changed by `edit`.
  static func container(_ image: String, _ edit: (inout JSONValue) -> Void = { _ in }) -> JSONValue {
    var container: JSONValue = [
      "name": "app", "image": .string(image), "ports": [["name": "http", "containerPort": 8080]],
    ]
    edit(&container)
    return container
  }

  static let readinessProbe: JSONValue = [
    "httpGet": ["path": "/health", "port": "http"], "periodSeconds": 5, "failureThreshold": 2,
  ]

  @discardableResult
  func createPod(
    _ name: String = "web", _ container: JSONValue = container("app:1"), _ edit: (inout KubeObject) -> Void = { _ in }
  ) -> KubeObject {
    var pod = KubeObject(.pod, namespace: "shop", name: name)
    pod.json.set("metadata", "labels", to: ["app": .string(name)])
    pod.json["spec"] = ["containers": [container]]
    edit(&pod)
    return create(pod)
  }

  @discardableResult
  func createDeployment(
    _ name: String = "web", replicas: Int64 = 3, _ container: JSONValue = container("app:1"),
    _ edit: (inout KubeObject) -> Void = { _ in }
  ) -> KubeObject {
    var deployment = KubeObject(.deployment, namespace: "shop", name: name)
    deployment.json["spec"] = [
      "replicas": .integer(replicas), "selector": ["matchLabels": ["app": .string(name)]],
      "template": ["metadata": ["labels": ["app": .string(name)]], "spec": ["containers": [container]]],
    ]
    edit(&deployment)
    return create(deployment)
  }

  func patch(_ kind: ResourceKind, _ name: String, _ patch: JSONValue) {
    do throws(APIError) {
      try server.patch(kind, kind.isNamespaced ? "shop" : "", name, .strategic, patch, as: "test")
    } catch {
      fatalError("\(error)")
    }
  }

  // MARK: Looking

  func pod(_ name: String = "web") -> KubeObject? { server.find(.pod, "shop", name) }
  var pods: [KubeObject] { server.list(.pod, namespace: "shop") }
  func deployment(_ name: String = "web") -> KubeObject { server.find(.deployment, "shop", name)! }

  func containerStatus(_ name: String = "web") -> JSONValue {
    pod(name)?.json.at("status", "containerStatuses")?[0] ?? .null
  }

  func isReady(_ pod: KubeObject) -> Bool { pod.condition("Ready")?["status"]?.string == "True" }

  /// Events about objects of a name as `type reason message`, in the order of their first occurrence.
  func events(_ name: String) -> [String] {
    server.list(.event).filter { $0.json.at("involvedObject", "name")?.string == name }
      .sorted { $0.resourceVersion < $1.resourceVersion }
      .map {
        "\($0.json["type"]?.string ?? "") \($0.json["reason"]?.string ?? "") \($0.json["message"]?.string ?? "")"
      }
  }

  /// When a condition first held, looked at every 100 ms.
  func firstTime(within span: TimeSpan, _ holds: () -> Bool) -> Instant? {
    let limit = simulation.now + span
    while simulation.now < limit {
      if holds() { return simulation.now }
      run(.milliseconds(100))
    }
    return holds() ? simulation.now : nil
  }
}
