import AWSModel
import ClusterOperators
import Documents
import KubernetesModel
import NetworkModel
import PaymentCore
import SimulationKernel
import Telemetry
import Workloads

/// One region of a world: its AWS side, its cluster, and the operators between them.
@Simulated
package final class Region {
  package let name: String
  package let code: String
  package let residency: Residency
  package let aws: AWSRegion
  package let cluster: Cluster
  package let loadBalancerController: LoadBalancerController
  package let secretSync: SecretSync
  package let monitoring: MonitoringStack
  /// Host names of its ingresses.
  package let hosts: [String]

  static let user = "deployer"

  init(
    _ definition: Platform.RegionDefinition, network: Network, securityGroups: SecurityGroups, images: ImageCatalog,
    journal: Journal, withTelemetry: Bool = true, _ diagnostics: Diagnostics
  ) throws {
    name = definition.name
    code = definition.code
    guard let residency = Residency(word: definition.residency.value) else {
      throw DiagnosticList([
        Diagnostic(at: definition.residency.mark, "unknown residency \(definition.residency.value)")
      ])
    }
    self.residency = residency
    let aws = AWSRegion(
      name: name, code: code, accountID: definition.accountID, network: network, securityGroups: securityGroups,
      journal: journal, keepsLogs: withTelemetry)
    self.aws = aws
    try aws.load(definition.awsResources, diagnostics)
    for instance in aws.instances {
      try PaymentSchema.install(on: instance.store, residency: residency, currency: residency == .eu ? .eur : .mxn)
    }
    let configuration = Cluster.Configuration(
      name: name, region: code, podSecurityGroups: aws.clusterSecurityGroups, logs: aws.logs
    ) { zone in
      aws.allocateAddress(tier: "private", zone: zone)?.address
    }
    cluster = Cluster(configuration, network: network, registry: images, journal: journal)
    hosts = definition.objects.filter { $0["kind"]?.string == "Ingress" }
      .flatMap { $0.at("spec", "rules")?.sequence ?? [] }.compactMap { $0["host"]?.string }
    loadBalancerController = LoadBalancerController(cluster, aws)
    secretSync = SecretSync(cluster, aws)
    monitoring = MonitoringStack(cluster, aws, isOn: withTelemetry)
    apply(definition.objects, diagnostics)
    cluster.startKubelets()
  }

  /// Creates the objects: namespaces first, then what others refer to, as `kubectl apply` of a sorted release does.
  private func apply(_ objects: [Node], _ diagnostics: Diagnostics) {
    let stages = [["Namespace"], ["Node", "ConfigMap", "ServiceAccount"]]
    func stage(_ node: Node) -> Int { stages.firstIndex { $0.contains(node["kind"]?.string ?? "") } ?? stages.count }
    for current in 0...stages.count {
      for node in objects where stage(node) == current {
        let kind = cluster.server.kind(
          apiVersion: node["apiVersion"]?.string ?? "", kind: node["kind"]?.string ?? "")
        do throws(APIError) { try cluster.server.create(KubeObject(kind, node.json), as: Self.user) } catch {
          diagnostics.error(at: node.mark, error.message)
        }
      }
    }
  }
}

extension Region {
  /// What wrote a stream, as scenario targets are written: a pod, a database, a proxy; empty for anything else.
  package func component(of stream: LogStream) -> String {
    if case .container(let namespace, let pod, _, _) = stream.envelope { return "\(name)/pod/\(namespace)/\(pod)" }
    return aws.instances.first { $0.logGroup == stream.group }?.component
      ?? aws.proxies.first { $0.logGroup == stream.group }?.component ?? ""
  }
}

// What the journal sees of the deployments behind the ingresses.
extension Region {
  /// Deployments of the namespaces that have an ingress, with their component paths.
  var servingDeployments: [(path: String, object: KubeObject)] {
    let namespaces = Set(cluster.server.list(.ingress).map(\.namespace)).sorted()
    return namespaces.flatMap { cluster.server.list(.deployment, namespace: $0) }
      .map { ("\(name)/deployment/\($0.namespace)/\($0.name)", $0) }
  }

  /// The component that stands for a deployment's pods together, beside the deployment as an object.
  func replicasComponent(_ deployment: KubeObject) -> String {
    "\(name)/replicas/\(deployment.namespace)/\(deployment.name)"
  }

  /// A deployment suffers while fewer pods are available than it asks for, by its pods that suffer.
  func noteDeployments(_ journal: Journal) {
    for (path, deployment) in servingDeployments {
      let replicas = replicasComponent(deployment)
      let desired = deployment.spec["replicas"]?.integer ?? 0
      let available = deployment.status["availableReplicas"]?.integer ?? 0
      guard available < desired else {
        journal.recover(replicas)
        continue
      }
      let pods = cluster.server.list(
        .pod, namespace: deployment.namespace, labels: LabelSelector(deployment.spec["selector"])
      )
      .map { "\(name)/pod/\($0.namespace)/\($0.name)" }.filter { journal.currentEffect($0) != nil }
      journal.degrade(replicas, effect: "\(available) of \(desired) available", dependsOn: pods + [path])
    }
  }
}
