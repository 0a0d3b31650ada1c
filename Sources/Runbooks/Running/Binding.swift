import KubernetesModel
import Scenarios
import SimulationKernel
import TwinWorld

/// Gives placeholders their values: from the page's labels, then from the runbook's `vars`, then from what was captured.
@Simulated
final class Binding {
  private let world: World
  private let page: Page
  private let variables: [(name: String, value: String)]
  private var captured: [(name: String, value: String)] = []

  init(_ world: World, page: Page, variables: [(name: String, value: String)]) {
    self.world = world
    self.page = page
    self.variables = variables
  }

  func capture(_ name: String, _ value: String) { captured.append((name, value)) }

  /// The value for a placeholder or a variable; `nil` for one that nothing binds.
  func value(_ name: String) -> String? {
    let key = Placeholders.key(name)
    if let own = page.labels.pairs.first(where: { Placeholders.key($0.name) == key }), !own.value.isEmpty {
      return own.value
    }
    if let label = Placeholders.label(key), let value = label == "alertname" ? page.alert : labelled(label) {
      return value
    }
    if let variable = variables.first(where: { Placeholders.key($0.name) == key }) { return variable.value }
    return captured.last { Placeholders.key($0.name) == key }?.value
  }

  /// Where `sql` blocks connect to, unless the runbook has set `PGHOST`: the region's database by the way that its pods take, with
  /// the login that its secret holds.
  var databaseLogin: [(name: String, value: String)] {
    guard let instance = region?.aws.instances.first else { return [] }
    let endpoint = region?.aws.proxies.first { $0.target === instance }?.configuration.endpoint
    return [
      ("PGHOST", endpoint ?? instance.configuration.endpoint), ("PGPORT", "\(instance.configuration.port)"),
      ("PGUSER", instance.configuration.user), ("PGPASSWORD", instance.password),
      ("PGDATABASE", instance.configuration.databaseName),
    ]
  }

  // MARK: The alert's labels

  private var region: Region? { world.region(page.region) }

  /// The labels of the alert as it stands now: of the serving workload that is worst off.
  private func labelled(_ label: String) -> String? {
    guard let region else { return nil }
    switch label {
    case "context": return region.name
    case "region": return region.code
    case "dbinstance": return region.aws.instances.first?.configuration.identifier
    case "host": return region.hosts.first
    default: break
    }
    guard let deployment = worstDeployment(region) else { return nil }
    switch label {
    case "namespace": return deployment.namespace
    case "deployment": return deployment.name
    case "deploymentlabel":
      return deployment.json.at("spec", "selector", "matchLabels")?.object?.members.map {
        "\($0.key)=\($0.value.string ?? "")"
      }.joined(separator: ",")
    case "container":
      return deployment.json.at("spec", "template", "spec", "containers")?[0]?["name"]?.string
    case "service": return nameOfFirst(.service, region, deployment.namespace)
    case "configmap": return reference("configMapRef", "configMapKeyRef", deployment)
    case "secret": return reference("secretRef", "secretKeyRef", deployment)
    default: break
    }
    guard let pod = worstPod(region, deployment) else { return nil }
    switch label {
    case "pod": return pod.name
    case "node": return pod.spec["nodeName"]?.string
    case "replicaset": return pod.json.at("metadata", "ownerReferences")?[0]?["name"]?.string
    default: return nil
    }
  }

  private func nameOfFirst(_ kind: ResourceKind, _ region: Region, _ namespace: String) -> String? {
    region.cluster.server.list(kind, namespace: namespace).first?.name
  }

  private func worstDeployment(_ region: Region) -> KubeObject? {
    let namespaces = Set(region.cluster.server.list(.ingress).map(\.namespace)).sorted()
    let deployments = namespaces.flatMap { region.cluster.server.list(.deployment, namespace: $0) }
    func missing(_ deployment: KubeObject) -> Int64 {
      (deployment.spec["replicas"]?.integer ?? 0) - (deployment.status["availableReplicas"]?.integer ?? 0)
    }
    return deployments.enumerated().max { (missing($0.element), -$0.offset) < (missing($1.element), -$1.offset) }?
      .element
  }

  /// Not ready before ready, then the one that restarted most.
  private func worstPod(_ region: Region, _ deployment: KubeObject) -> KubeObject? {
    let pods = region.cluster.server.list(
      .pod, namespace: deployment.namespace, labels: LabelSelector(deployment.spec["selector"]))
    func badness(_ pod: KubeObject) -> (Int, Int64) {
      let isReady = pod.condition("Ready")?["status"]?.string == "True"
      let restarts = (pod.status["containerStatuses"]?.array ?? []).reduce(0) {
        $0 + ($1["restartCount"]?.integer ?? 0)
      }
      return (isReady ? 0 : 1, restarts)
    }
    return pods.sorted { $0.name < $1.name }.max { badness($0) < badness($1) }
  }

  private func reference(_ whole: String, _ key: String, _ deployment: KubeObject) -> String? {
    let container = deployment.json.at("spec", "template", "spec", "containers")?[0]
    if let name = (container?["envFrom"]?.array ?? []).compactMap({ $0.at(whole, "name")?.string }).first {
      return name
    }
    return (container?["env"]?.array ?? []).compactMap { $0.at("valueFrom", key, "name")?.string }.first
  }
}
