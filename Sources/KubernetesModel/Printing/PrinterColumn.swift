import Documents
import SimulationKernel

/// A column of a custom resource's table: an entry of `additionalPrinterColumns` (apiextensions-apiserver,
/// `pkg/registry/customresource/tableconvertor`).
package struct PrinterColumn: Sendable {
  package let name: String
  /// `string`, `integer`, `number`, `boolean` or `date`.
  let type: String
  let path: JSONPath
  /// Shown with `-o wide` only.
  let isWide: Bool

  /// Reads an entry; `nil` when its path is malformed.
  package init?(_ json: JSONValue) {
    guard let name = json["name"]?.string, let path = json["jsonPath"]?.string else { return nil }
    self.init(name, path, type: json["type"]?.string ?? "string", isWide: json["priority"]?.integer ?? 0 > 0)
  }

  init?(_ name: String, _ path: String, type: String = "string", isWide: Bool = false) {
    guard let path = try? JSONPath(relaxed: path) else { return nil }
    (self.name, self.path, self.type, self.isWide) = (name, path, type, isWide)
  }

  /// The cell of an object; empty when the path finds nothing.
  func cell(_ object: KubeObject, now: Instant) -> String {
    guard let value = path.values(object.json).first, !value.isNull else { return "" }
    if type == "date" { return KubernetesModel.age(since: value.string, now: now) }
    return JSONPath.plain(value)
  }

  /// AGE, which stands last unless a definition has columns of its own.
  static let age = PrinterColumn("Age", ".metadata.creationTimestamp", type: "date")
}

/// What is known of the custom resources that the platforms use, from the definitions that their projects ship: short names,
/// categories and columns.
struct KnownDefinition: Sendable {
  let group: String
  let kind: String
  var shortNames: [String] = []
  var categories: [String] = []
  var columns: [PrinterColumn] = []

  init(
    _ group: String, _ kind: String, _ shortNames: [String] = [], _ categories: [String] = [],
    _ columns: [PrinterColumn?] = []
  ) {
    self.group = group
    self.kind = kind
    self.shortNames = shortNames
    self.categories = categories
    self.columns = columns.compactMap(\.self)
  }

  static func of(_ kind: ResourceKind) -> KnownDefinition? {
    table.first { $0.group == kind.group && $0.kind == kind.kind }
      ?? (kind.group.hasSuffix(".upbound.io") || kind.group.hasSuffix(".crossplane.io") ? managed : nil)
  }

  private static let ready = ".status.conditions[?(@.type==\"Ready\")]"

  /// Crossplane's managed resources (upbound/provider-aws, `package/crds`).
  private static let managed = KnownDefinition(
    "", "", [], ["managed", "aws"],
    [
      PrinterColumn("Ready", ready + ".status"),
      PrinterColumn("Synced", ".status.conditions[?(@.type==\"Synced\")].status"),
      PrinterColumn("External-Name", ".metadata.annotations.crossplane\\.io/external-name"), .age,
    ])

  private static let stores: [PrinterColumn?] = [
    .age, PrinterColumn("Status", ready + ".reason"), PrinterColumn("Capabilities", ".status.capabilities"),
    PrinterColumn("Ready", ready + ".status"),
  ]

  /// external-secrets `config/crds`, argo-cd `manifests/crds`, prometheus-operator `example/prometheus-operator-crd`.
  private static let table: [KnownDefinition] = [
    KnownDefinition(
      "external-secrets.io", "ExternalSecret", ["es"], ["external-secrets"],
      [
        PrinterColumn("StoreType", ".spec.secretStoreRef.kind"), PrinterColumn("Store", ".spec.secretStoreRef.name"),
        PrinterColumn("Refresh Interval", ".spec.refreshInterval"), PrinterColumn("Status", ready + ".reason"),
        PrinterColumn("Ready", ready + ".status"),
      ]),
    KnownDefinition("external-secrets.io", "SecretStore", ["ss"], ["external-secrets"], stores),
    KnownDefinition("external-secrets.io", "ClusterSecretStore", ["css"], ["external-secrets"], stores),
    KnownDefinition(
      "argoproj.io", "Application", ["app", "apps"], [],
      [
        PrinterColumn("Sync Status", ".status.sync.status"), PrinterColumn("Health Status", ".status.health.status"),
        PrinterColumn("Revision", ".status.sync.revision", isWide: true),
        PrinterColumn("Project", ".spec.project", isWide: true),
      ]),
    KnownDefinition("argoproj.io", "AppProject", ["appproj", "appprojs"]),
    KnownDefinition("monitoring.coreos.com", "ServiceMonitor", ["smon"], ["prometheus-operator"]),
    KnownDefinition("monitoring.coreos.com", "PodMonitor", ["pmon"], ["prometheus-operator"]),
    KnownDefinition("monitoring.coreos.com", "PrometheusRule", ["promrule"], ["prometheus-operator"]),
  ]
}
