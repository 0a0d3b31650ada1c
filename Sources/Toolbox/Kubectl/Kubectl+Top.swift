import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  private static let flags: [Flag] = [
    .value("selector", "l"), .value("sort-by"), .on("no-headers"), .on("use-protocol-buffers"),
  ]

  /// `top` (kubectl, `pkg/cmd/top`, `pkg/metricsutil`), from what metrics-server knows.
  static let topVerbs = [
    Verb(
      path: ["top", "pod"],
      flags: flags + [.on("all-namespaces", "A"), .on("containers"), .value("field-selector"), .on("sum")]
    ) { try $0.topPods() },
    Verb(path: ["top", "node"], flags: flags + [.on("show-capacity")]) { try $0.topNodes() },
  ]
}

extension KubectlCall {
  private func checkSorting() throws(KubectlError) {
    if let sort = flags["sort-by"], !["cpu", "memory"].contains(sort) {
      throw KubectlError("--sort-by accepts only cpu or memory")
    }
    if flags["selector"] != nil, !flags.words.isEmpty {
      throw KubectlError("only one of NAME or selector can be provided")
    }
  }

  /// By name, or by what `--sort-by` says, the greatest first.
  private func sorted<Row>(_ rows: [Row], _ usage: @escaping (Row) -> MetricsServer.Usage) -> [Row] {
    let amount: (Row) -> Double
    switch flags["sort-by"] {
    case "cpu": amount = { usage($0).cpu }
    case "memory": amount = { Double(usage($0).memory) }
    default: return rows
    }
    return rows.enumerated().sorted { left, right in
      let (one, other) = (amount(left.element), amount(right.element))
      return one == other ? left.offset < right.offset : one > other
    }.map(\.element)
  }

  private func cells(_ usage: MetricsServer.Usage) -> [String] {
    ["\(Int64((usage.cpu * 1000).rounded(.up)))m", "\(usage.memory / (1 << 20))Mi"]
  }

  fileprivate func topPods() throws {
    try checkSorting()
    guard flags.words.count < 2 else { throw KubectlError.usage("pod [NAME | -l label]", path) }
    let pods: [KubeObject]
    if let name = flags.words.first {
      pods = [try fetch(.pod, namespace, name)]
    } else {
      let fields = try flags["field-selector"].map { try FieldSelector(parsing: $0, kind: .pod) }
      pods = try objects(.pod, scope(.pod), labels: try labelSelector(), fields: fields)
    }
    let measured = pods.map { ($0, cluster.metricsServer?.usage(of: $0.key) ?? []) }.filter { !$0.1.isEmpty }
    guard !measured.isEmpty else { return try explainMissing(pods) }
    var lines: [[String]] = []
    func total(_ list: [MetricsServer.ContainerUsage]) -> MetricsServer.Usage {
      list.reduce(MetricsServer.Usage()) { $0 + $1.usage }
    }
    for (pod, containers) in sorted(measured, { total($0.1) }) {
      let place = allNamespaces ? [pod.namespace] : []
      if flags.isOn("containers") {
        lines += containers.map { place + [pod.name, $0.container] + cells($0.usage) }
      } else {
        lines.append(place + [pod.name] + cells(total(containers)))
      }
    }
    let header =
      (allNamespaces ? ["NAMESPACE"] : []) + (flags.isOn("containers") ? ["POD"] : [])
      + ["NAME", "CPU(cores)", "MEMORY(bytes)"]
    if flags.isOn("sum") {
      let empty = [String](repeating: "", count: header.count - 2)
      lines.append(empty + ["________", "________"])
      lines.append(empty + cells(total(measured.flatMap(\.1))))
    }
    showLines(header, lines)
  }

  /// Every cell ends with a tab, so that lines end with blanks as kubectl's do.
  private func showLines(_ header: [String], _ lines: [[String]]) {
    let shown = (flags.isOn("no-headers") ? [] : [header]) + lines
    write(alignedText(shown.map { $0 + [""] }, padding: 3, minimum: 6))
  }

  private func explainMissing(_ pods: [KubeObject]) throws {
    guard let pod = pods.first else {
      return warn(allNamespaces ? "No resources found" : "No resources found in \(namespace) namespace.")
    }
    if flags.words.first != nil {
      throw APIError(.notFound, "podmetrics.metrics.k8s.io \"\(pod.namespace)/\(pod.name)\" not found")
    }
    let created = ClusterClock.instant(pod.creationTimestamp) ?? .zero
    let age = simulation.now - created
    if age > .minutes(2) {
      throw KubectlError(
        "Metrics not available for pod \(pod.namespace)/\(pod.name), age: "
          + Duration.milliseconds(age.nanoseconds / 1_000_000).goText)
    }
    throw KubectlError("metrics not available yet")
  }

  fileprivate func topNodes() throws {
    try checkSorting()
    let nodes =
      flags.words.isEmpty
      ? try objects(.node, nil, labels: try labelSelector()) : try flags.words.map { try fetch(.node, "", $0) }
    let usages = nodes.map { ($0, cluster.metricsServer?.usage(ofNode: $0.name)) }
    let measured = usages.compactMap { node, usage in usage.map { (node, $0) } }
    guard !measured.isEmpty else { throw KubectlError("metrics not available yet") }
    let list = flags.isOn("show-capacity") ? "capacity" : "allocatable"
    func percent(_ used: Double, _ node: KubeObject, _ resource: String) -> String {
      guard let all = node.status.at(list, resource).flatMap({ try? Quantity($0) })?.doubleValue, all > 0 else {
        return "0%"
      }
      return "\(Int64(used / all * 100))%"
    }
    var lines = sorted(measured, { $0.1 }).map { node, usage in
      let shown = cells(usage)
      return [
        node.name, shown[0], percent(usage.cpu, node, "cpu"), shown[1], percent(Double(usage.memory), node, "memory"),
      ]
    }
    lines += usages.filter { $0.1 == nil }.map { [$0.0.name] + [String](repeating: "<unknown>", count: 4) }
    showLines(["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"], lines)
  }
}
