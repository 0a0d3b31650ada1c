import Documents
import KubernetesModel

extension Kubectl {
  /// `autoscale` (kubectl, `pkg/cmd/autoscale`).
  static let autoscale = Verb(
    path: ["autoscale"],
    flags: dryRunFlags + [
      .integer("min"), .integer("max"), .integer("cpu-percent"), .value("name"), .value("filename", "f"),
    ]
  ) { call in
    guard let most = call.flags.integer("max") else { throw KubectlError("required flag(s) \"max\" not set") }
    try call.checkDryRun()
    let least = call.flags.integer("min") ?? -1
    guard most >= 1 else { throw KubectlError("--max=MAXPODS is required and must be at least 1, max: \(most)") }
    guard most >= least else {
      throw KubectlError("--max=MAXPODS must be larger or equal to --min=MINPODS, max: \(most), min: \(least)")
    }
    for target in try call.targets(call.flags.words) {
      guard [.deployment, .replicaSet, .statefulSet].contains(target.kind) else {
        throw KubectlError(
          "cannot autoscale a \(target.kind.kind): no autoscaler has been implemented for \"\(target.kind.kind)\"")
      }
      var autoscaler = KubeObject(
        .horizontalPodAutoscaler, namespace: target.namespace, name: call.flags["name"] ?? target.name)
      autoscaler.json["spec"] = [
        "maxReplicas": .integer(most),
        "scaleTargetRef": [
          "apiVersion": .string(target.kind.apiVersion), "kind": .string(target.kind.kind),
          "name": .string(target.name),
        ],
      ]
      if least > 0 { autoscaler.json.set("spec", "minReplicas", to: .integer(least)) }
      let percent = call.flags.integer("cpu-percent") ?? 80
      autoscaler.json.set(
        "spec", "metrics",
        to: [
          [
            "type": "Resource",
            "resource": [
              "name": "cpu",
              "target": ["type": "Utilization", "averageUtilization": .integer(percent > 0 ? percent : 80)],
            ],
          ]
        ])
      try call.report(call.dryRun == .client ? autoscaler : try call.create(autoscaler), "autoscaled")
    }
  }

  /// `expose` (kubectl, `pkg/cmd/expose`).
  static let expose = Verb(
    path: ["expose"],
    flags: dryRunFlags + [
      .value("port"), .value("target-port"), .value("name"), .value("type"), .value("protocol"), .value("selector"),
      .value("labels", "l"), .value("cluster-ip"), .value("filename", "f"),
    ]
  ) { call in
    try call.checkDryRun()
    for target in try call.targets(call.flags.words) { try call.expose(target) }
  }
}

extension KubectlCall {
  fileprivate func expose(_ target: KubeObject) throws {
    guard [.deployment, .replicaSet, .service, .pod].contains(target.kind) else {
      throw KubectlError("cannot expose a \(target.kind.kind)")
    }
    let selector: JSONValue?
    switch target.kind {
    case .service: selector = target.spec["selector"]
    case .pod: selector = target.json.at("metadata", "labels")
    default: selector = target.spec.at("selector", "matchLabels")
    }
    guard let selector, selector.object?.isEmpty == false else {
      throw KubectlError(
        "couldn't retrieve selectors via --selector flag or introspection: the \(target.kind.singular) has no labels and cannot be exposed"
      )
    }
    let ports = try portsToExpose(target)
    var service = KubeObject(.service, namespace: target.namespace, name: flags["name"] ?? target.name)
    if let labels = target.json.at("metadata", "labels") { service.json.set("metadata", "labels", to: labels) }
    service.json["spec"] = ["ports": .array(ports), "selector": selector]
    if let type = flags["type"] { service.json.set("spec", "type", to: .string(type)) }
    if let address = flags["cluster-ip"] { service.json.set("spec", "clusterIP", to: .string(address)) }
    try report(dryRun == .client ? service : try create(service), "exposed")
  }

  private func portsToExpose(_ target: KubeObject) throws -> [JSONValue] {
    let given = flags.list("port").compactMap { Int64($0) }
    let found = containers(of: target).flatMap { $0["ports"]?.array ?? [] }.compactMap { $0["containerPort"]?.integer }
    let numbers = given.isEmpty ? found : given
    guard !numbers.isEmpty else {
      throw KubectlError(
        "couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' for help and examples")
    }
    return numbers.enumerated().map { index, number in
      let wanted = flags["target-port"].map { text in Int64(text).map { JSONValue.integer($0) } ?? .string(text) }
      var port: JSONValue = [
        "port": .integer(number), "protocol": .string(flags["protocol"] ?? "TCP"),
        "targetPort": wanted ?? .integer(number),
      ]
      if numbers.count > 1 { port["name"] = .string("port-\(index + 1)") }
      return port
    }
  }
}
