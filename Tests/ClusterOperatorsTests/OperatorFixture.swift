import Documents
import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

@testable import AWSModel
@testable import ClusterOperators

/// A region with three public and private subnets, a secret, and a cluster with two nodes and both operators.
@Simulated
final class OperatorFixture {
  let simulation = Simulation(seed: 1)
  let network: Network
  let journal: Journal
  let region: AWSRegion
  let cluster: Cluster
  let registry = OneImage()
  private(set) var balancers: LoadBalancerController!
  private(set) var secrets: SecretSync!

  init() {
    network = Network(simulation)
    journal = Journal(simulation)
    let region = AWSRegion(
      name: "spain", code: "eu-south-2", accountID: "111122223333", network: network, securityGroups: SecurityGroups(),
      journal: journal)
    self.region = region
    do { try region.load(parseYAML(Self.manifests), Diagnostics()) } catch { fatalError("\(error)") }
    let configuration = Cluster.Configuration(name: "spain", region: "eu-south-2") {
      region.allocateAddress(tier: "private", zone: $0)?.address
    }
    cluster = Cluster(configuration, network: network, registry: registry, journal: journal)
    balancers = LoadBalancerController(cluster, region)
    secrets = SecretSync(cluster, region)
    region.secrets.create(
      SecretsManager.Secret(name: "shop/database", arn: "arn:database", description: ""))
    put(#"{"url": "postgres://one", "key": "k"}"#)
    apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}")
    for zone in ["a", "b"] {
      apply(
        """
        apiVersion: v1
        kind: Node
        metadata: {name: node-\(zone), labels: {topology.kubernetes.io/zone: eu-south-2\(zone)}}
        status: {capacity: {cpu: "2", memory: 8Gi, pods: "29"}}
        """)
    }
    cluster.startKubelets()
  }

  private static let manifests =
    ["public", "private"].flatMap { tier in
      ["a", "b", "c"].enumerated().map { index, zone in
        """
        apiVersion: ec2.aws.upbound.io/v1beta1
        kind: Subnet
        metadata: {name: \(tier)-\(zone)}
        spec:
          forProvider:
            availabilityZone: eu-south-2\(zone)
            cidrBlock: 10.10.\(index + (tier == "public" ? 0 : 8)).0/24
            tags: {Tier: \(tier)}
        """
      }
    }.joined(separator: "\n---\n") + "\n---\n" + """
      apiVersion: ec2.aws.upbound.io/v1beta1
      kind: SecurityGroup
      metadata: {name: alb}
      spec: {forProvider: {name: alb}}
      """

  func put(_ value: String) {
    do throws(SecretsManagerError) { try region.secrets.put("shop/database", value: value) } catch {
      fatalError("\(error)")
    }
  }

  func apply(_ yaml: String) {
    do {
      for node in try parseYAML(yaml) {
        let kind = cluster.server.kind(
          apiVersion: node["apiVersion"]?.string ?? "", kind: node["kind"]?.string ?? "")
        try cluster.server.create(KubeObject(kind, node.json), as: "test")
      }
    } catch { fatalError("\(error)") }
  }

  func merge(_ kind: ResourceKind, _ name: String, _ patch: JSONValue) {
    do throws(APIError) { try cluster.server.patch(kind, "shop", name, .merge, patch, as: "test") } catch {
      fatalError("\(error)")
    }
  }

  func run(_ span: TimeSpan) {
    do { try simulation.run(until: simulation.now + span) } catch { fatalError("\(error)") }
  }

  func find(_ kind: ResourceKind, _ name: String) -> KubeObject? { cluster.server.find(kind, "shop", name) }

  func events(_ name: String) -> [String] {
    cluster.server.list(.event).filter { $0.json.at("involvedObject", "name")?.string == name }
      .sorted { $0.resourceVersion < $1.resourceVersion }
      .map { "\($0.json["type"]?.string ?? "") \($0.json["reason"]?.string ?? "") \($0.json["message"]?.string ?? "")" }
  }
}

/// A registry in which every image is one HTTP server that answers 200 on port 8080.
@Simulated
final class OneImage: ImageRegistry {
  func image(_ reference: String) -> ContainerImage? { ContainerImage(size: 1 << 20) { Server() } }

  final class Server: ContainerProgram, HTTPService {
    func run(_ container: ContainerProcess) async -> Int32 {
      container.listen(8080, self)
      await container.waitForTermination()
      return 0
    }

    func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
      HTTPResponse(status: 200)
    }
  }
}
