import AWSModel
import Documents
import HTTPMessages
import NetworkModel
import SimulationKernel
import Telemetry
import TwinWorld

@testable import KubernetesModel
@testable import Toolbox

/// A registry whose images serve, crash, or are missing.
@Simulated
final class FixtureRegistry: ImageRegistry {
  func image(_ reference: String) -> ContainerImage? {
    guard reference.hasPrefix("app:") else { return nil }
    let crashes = reference.hasSuffix("-crashes")
    return ContainerImage(size: 8 << 20) { FixtureProgram(crashes: crashes) }
  }
}

@Simulated
final class FixtureProgram: ContainerProgram, HTTPService {
  private let crashes: Bool

  init(crashes: Bool) { self.crashes = crashes }

  func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
    HTTPResponse(status: 200)
  }

  func run(_ container: ContainerProcess) async -> Int32 {
    container.write("starting \(container.environment["MODE"] ?? "plain")")
    if crashes {
      container.write("fatal: no configuration")
      return 1
    }
    container.listen(8080, self)
    let ended = Reply<Bool>(container.simulation)
    container.onTermination { ended.fulfil(true) }
    _ = try? await ended.get(scope: container.scope)
    return 0
  }
}

/// A cluster `spain` with three nodes, a namespace `shop` and a Deployment `web`; a region eu-south-2 with two security
/// groups, a database and a secret.
@Simulated
final class ToolFixture: ToolHost {
  let simulation: Simulation
  let journal: Journal
  let spain: Cluster
  let aws: AWSRegion
  var files: [String: String] = [:]
  private let registry = FixtureRegistry()
  private let shell = Shell()

  init(seed: UInt64 = 1) {
    let simulation = Simulation(seed: seed)
    self.simulation = simulation
    let network = Network(simulation)
    journal = Journal(simulation)
    var next: UInt32 = 10
    spain = Cluster(
      Cluster.Configuration(name: "spain", region: "eu-south-2") { _ in
        next += 1
        return IPv4Address(bits: 0x0A0A_0000 + next)
      }, network: network, registry: registry, journal: journal)
    aws = AWSRegion(
      name: "spain", code: "eu-south-2", accountID: "111122223333", network: network, securityGroups: SecurityGroups(),
      journal: journal)
    loadRegion()
    create(KubeObject(.namespace, name: "shop"))
    for index in 0..<3 { addNode(index) }
    spain.startKubelets()
    var deployment = KubeObject(.deployment, namespace: "shop", name: "web")
    deployment.json["spec"] = [
      "replicas": 3, "selector": ["matchLabels": ["app": "web"]],
      "template": [
        "metadata": ["labels": ["app": "web"]],
        "spec": ["containers": [["name": "app", "image": "app:1", "ports": [["containerPort": 8080]]]]],
      ],
    ]
    create(deployment)
    run(.seconds(30))
  }

  private func addNode(_ index: Int) {
    var node = KubeObject(.node, name: "node-\(index)")
    let zone = "eu-south-2" + ["a", "b", "c"][index % 3]
    node.json.set("metadata", "labels", "topology.kubernetes.io/zone", to: .string(zone))
    let capacity: JSONValue = ["cpu": "2", "memory": "4Gi", "pods": "17"]
    node.json["status"] = [
      "capacity": capacity, "allocatable": capacity,
      "addresses": [["type": "InternalIP", "address": .string("10.10.9.\(10 + index)")]],
    ]
    create(node)
  }

  private func create(_ object: KubeObject) {
    do throws(APIError) { try spain.server.create(object, as: "test") } catch { fatalError("\(error)") }
  }

  private func loadRegion() {
    let diagnostics = Diagnostics()
    do { try aws.load(try parseYAML(Self.manifests), diagnostics) } catch { fatalError("\(error)") }
    if diagnostics.hasErrors { fatalError("\(diagnostics.all)") }
  }

  private static let manifests = """
    {apiVersion: v1, kind: Secret, metadata: {name: database-password}, stringData: {password: s3cret}}
    ---
    {apiVersion: ec2.aws.upbound.io/v1beta1, kind: Subnet, metadata: {name: database-a}, spec: {forProvider: {cidrBlock: 10.10.48.0/24, availabilityZone: eu-south-2a, tags: {Tier: database}}}}
    ---
    {apiVersion: ec2.aws.upbound.io/v1beta1, kind: Subnet, metadata: {name: database-b}, spec: {forProvider: {cidrBlock: 10.10.49.0/24, availabilityZone: eu-south-2b, tags: {Tier: database}}}}
    ---
    {apiVersion: ec2.aws.upbound.io/v1beta1, kind: SecurityGroup, metadata: {name: pods, annotations: {crossplane.io/external-name: sg-0aaaaaaaaaaaaaaaa}}, spec: {forProvider: {name: pods, description: Pods}}}
    ---
    {apiVersion: ec2.aws.upbound.io/v1beta1, kind: SecurityGroup, metadata: {name: database, annotations: {crossplane.io/external-name: sg-0bbbbbbbbbbbbbbbb}}, spec: {forProvider: {name: database, description: Database}}}
    ---
    {apiVersion: ec2.aws.upbound.io/v1beta1, kind: SecurityGroupRule, metadata: {name: database-from-pods}, spec: {forProvider: {type: ingress, protocol: tcp, fromPort: 5432, toPort: 5432, securityGroupIdRef: {name: database}, sourceSecurityGroupIdRef: {name: pods}}}}
    ---
    {apiVersion: secretsmanager.aws.upbound.io/v1beta1, kind: Secret, metadata: {name: database}, spec: {forProvider: {name: payments/database}}}
    ---
    {apiVersion: secretsmanager.aws.upbound.io/v1beta1, kind: SecretVersion, metadata: {name: database}, spec: {forProvider: {secretIdRef: {name: database}, secretStringSecretRef: {name: database-password, key: password}}}}
    ---
    {apiVersion: rds.aws.upbound.io/v1beta1, kind: Instance, metadata: {name: ledger}, spec: {forProvider: {instanceClass: db.t3.medium, username: app, dbName: ledger, engineVersion: "16.4", multiAz: true, passwordSecretRef: {name: database-password, key: password}, vpcSecurityGroupIdRefs: [{name: database}]}}}
    ---
    {apiVersion: ec2.aws.upbound.io/v1beta1, kind: Subnet, metadata: {name: public-a}, spec: {forProvider: {cidrBlock: 10.10.50.0/24, availabilityZone: eu-south-2a, tags: {Tier: public}}}}
    ---
    {apiVersion: ec2.aws.upbound.io/v1beta1, kind: Subnet, metadata: {name: private-a}, spec: {forProvider: {cidrBlock: 10.10.51.0/24, availabilityZone: eu-south-2a, tags: {Tier: private}}}}
    ---
    {apiVersion: v1, kind: Secret, metadata: {name: login}, stringData: {json: '{"username": "app", "password": "s3cret"}'}}
    ---
    {apiVersion: kms.aws.upbound.io/v1beta1, kind: Key, metadata: {name: main}, spec: {forProvider: {description: Secrets}}}
    ---
    {apiVersion: secretsmanager.aws.upbound.io/v1beta1, kind: Secret, metadata: {name: login}, spec: {forProvider: {name: payments/login, kmsKeyIdRef: {name: main}}}}
    ---
    {apiVersion: secretsmanager.aws.upbound.io/v1beta1, kind: SecretVersion, metadata: {name: login}, spec: {forProvider: {secretIdRef: {name: login}, secretStringSecretRef: {name: login, key: json}}}}
    ---
    {apiVersion: iam.aws.upbound.io/v1beta1, kind: Role, metadata: {name: eso}, spec: {forProvider: {assumeRolePolicy: '{"Statement": []}'}}}
    ---
    {apiVersion: rds.aws.upbound.io/v1beta1, kind: Proxy, metadata: {name: ledger}, spec: {forProvider: {auth: [{secretArnRef: {name: login}}], vpcSecurityGroupIdRefs: [{name: pods}]}}}
    ---
    {apiVersion: rds.aws.upbound.io/v1beta1, kind: ProxyTarget, metadata: {name: ledger}, spec: {forProvider: {dbProxyNameRef: {name: ledger}, dbInstanceIdentifierRef: {name: ledger}}}}
    """

  // MARK: ToolHost

  let contexts = ["spain"]
  func cluster(context: String) -> Cluster? { context == "spain" ? spain : nil }
  func region(code: String) -> AWSRegion? { code == "eu-south-2" ? aws : nil }

  /// The files of the test, then those of the repository.
  func readFile(_ path: String) -> [UInt8]? {
    files[path].map { Array($0.utf8) } ?? shop.workingTree[path]?.content
  }

  /// The manifests beside the transcripts under version control.
  private(set) lazy var shop = GitRepository(
    folder: #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 } + "/KubectlTranscripts/manifests",
    title: "shop")
  var repository: GitRepository? { shop }
  func repositoryPath(_ path: String) -> String? { path == "." ? "" : path }

  // MARK: Running

  func run(_ span: TimeSpan) {
    do { try simulation.run(until: simulation.now + span) } catch { fatalError("\(error)") }
  }

  /// Types a line and waits for its end, for at most half an hour.
  func type(_ line: String) -> Toolbox.CommandResult {
    var result: Toolbox.CommandResult?
    simulation.spawn("test.command") { [self] in result = await shell.run(line: line, on: self) }
    let limit = simulation.now + .minutes(30)
    while result == nil, simulation.now < limit { run(.milliseconds(100)) }
    return result ?? Toolbox.CommandResult(errors: "did not end", exitCode: -1)
  }

  /// A shell at a terminal behind which there is nothing: for what the shell does itself.
  static var shellOnly: BareTerminal { BareTerminal() }

  /// `kubectl -n shop …`.
  func kubectl(_ arguments: String) -> Toolbox.CommandResult { type("kubectl --context spain -n shop \(arguments)") }

  var deployment: KubeObject { spain.server.find(.deployment, "shop", "web")! }
}

/// A terminal without clusters and regions.
@Simulated
final class BareTerminal: ToolHost {
  let simulation = Simulation(seed: 1)
  let journal: Journal
  let contexts: [String] = []
  private let shell = Shell()

  init() { journal = Journal(simulation) }

  func cluster(context: String) -> Cluster? { nil }
  func region(code: String) -> AWSRegion? { nil }
  func readFile(_ path: String) -> [UInt8]? { nil }

  func type(_ line: String) -> Toolbox.CommandResult {
    var result: Toolbox.CommandResult?
    simulation.spawn("test.command") { [self] in result = await shell.run(line: line, on: self) }
    do { try simulation.run(until: .zero + .minutes(1)) } catch { fatalError("\(error)") }
    return result ?? Toolbox.CommandResult(errors: "did not end", exitCode: -1)
  }
}
