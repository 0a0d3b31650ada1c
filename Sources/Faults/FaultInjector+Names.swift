import Documents
import KubernetesModel
import SimulationKernel
import TwinWorld

// What the verb on names does.
extension FaultInjector {
  static let nameActions: [(verb: String, action: Action)] = [
    (
      "dns.fail",
      { _, region, target, arguments in
        try failName(target.name, arguments.text("mode") ?? "nxdomain", region)
      }
    )
  ]

  /// The ConfigMap from which the cluster's name servers read their Corefile.
  private static let nameServer = (namespace: "kube-system", name: "coredns", key: "Corefile")
  /// An address at which no name server answers.
  private static let deadResolver = "10.255.255.53"

  /// Somebody adds a block to the Corefile; the name servers obey it once they have read it again.
  private static func failName(_ name: String, _ mode: String, _ region: Region) throws -> FaultEffect {
    let server = region.cluster.server
    guard let before = server.find(.configMap, nameServer.namespace, nameServer.name),
      let text = before.json.at("data", nameServer.key)?.string, let end = text.lastIndex(of: "}")
    else { throw FaultError(description: "\(region.name): the cluster has no Corefile in kube-system/coredns") }
    let block = corefileBlock(name, mode)
    var edited = before
    let changed = mode == "timeout" ? text + block : String(text[..<end]) + block + String(text[end...])
    edited.json.set("data", nameServer.key, to: .string(changed))
    try server.update(edited, as: user)
    return FaultEffect(repair: {
      guard var current = server.find(.configMap, nameServer.namespace, nameServer.name),
        let text = current.json.at("data", nameServer.key)?.string
      else { return }
      current.json.set("data", nameServer.key, to: .string(text.replacing(block, with: "")))
      _ = try? server.update(current, as: user)
    })
  }

  /// What makes CoreDNS answer so: a `template` with a code, or a zone of its own whose upstream is silent.
  private static func corefileBlock(_ name: String, _ mode: String) -> String {
    if mode == "timeout" { return "\(name):53 {\n    errors\n    cache 30\n    forward . \(deadResolver)\n}\n" }
    return "    template ANY ANY \(name) {\n        rcode \(mode.uppercased())\n    }\n"
  }
}
