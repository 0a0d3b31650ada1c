import Documents
import KubernetesModel
import SimulationKernel
import Telemetry

extension Kubectl {
  /// `logs` (kubectl, `pkg/cmd/logs`, `polymorphichelpers/logsforobject.go`).
  static let logs = Verb(
    path: ["logs"],
    flags: [
      .on("previous", "p"), .value("container", "c"), .integer("tail"), .duration("since"), .value("since-time"),
      .on("timestamps"), .on("all-containers"), .on("all-pods"), .value("selector", "l"), .on("prefix"),
      .on("follow", "f"), .integer("max-log-requests"), .on("ignore-errors"), .integer("limit-bytes"),
      .duration("pod-running-timeout"),
    ]
  ) { call in
    try call.checkLogFlags()
    let pods = try call.logPods()
    var sources: [LogSource] = []
    for pod in pods {
      for container in try call.logContainers(pod) { sources.append(LogSource(pod: pod, container: container)) }
    }
    let limit = call.flags.integer("max-log-requests") ?? 5
    if call.flags.isOn("follow"), sources.count > limit {
      throw KubectlError(
        "you are attempting to follow \(sources.count) log streams, but maximum allowed concurrency is \(limit), "
          + "use --max-log-requests to increase the limit")
    }
    let tail = call.flags.integer("tail") ?? (call.flags["selector"] != nil ? 10 : -1)
    for index in sources.indices {
      do {
        let source = sources[index]
        try await call.reachLogs(of: source.pod, source.container)
        try call.showLog(&sources[index], tail: Int(tail))
      } catch {
        guard call.flags.isOn("ignore-errors") else { throw error }
        call.warn("\(error)")
      }
    }
    if call.flags.isOn("follow") { await call.follow(sources) }
  }
}

/// One container's log, and how far it has been shown.
private struct LogSource {
  let pod: KubeObject
  let container: String
  /// When the last line that was shown was written, and how many lines of that instant were.
  var last = Instant.zero
  var countAtLast = 0
  var hasEnded = false

  /// The lines that have not been shown yet.
  mutating func fresh(_ lines: [LogLine]) -> ArraySlice<LogLine> {
    var skip = countAtLast
    let start = lines.firstIndex { line in
      if line.at > last { return true }
      guard line.at == last, skip == 0 else {
        if line.at == last { skip -= 1 }
        return false
      }
      return true
    }
    let fresh = lines[(start ?? lines.endIndex)...]
    if let newest = fresh.last {
      let same = fresh.count { $0.at == newest.at }
      countAtLast = newest.at == last ? countAtLast + same : same
      last = newest.at
    }
    return fresh
  }
}

extension KubectlCall {
  private static let usage =
    "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs "
    + "command"

  fileprivate func checkLogFlags() throws(KubectlError) {
    if flags["since"] != nil, flags["since-time"] != nil {
      throw KubectlError("at most one of `sinceTime` or `sinceSeconds` may be specified")
    }
    if let span = flags["since"].flatMap({ TimeSpan(timeout: $0) }), span <= .zero {
      throw KubectlError("--since must be greater than 0")
    }
    if let text = flags["since-time"], ClusterClock.instant(text) == nil {
      throw KubectlError(
        "parsing time \"\(text)\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\(text)\" as \"2006\"")
    }
    if let tail = flags.integer("tail"), tail < -1 {
      throw KubectlError("--tail must be greater than or equal to -1")
    }
    if flags.isOn("all-containers"), let name = flags["container"] {
      throw KubectlError("--all-containers=true should not be specified with container name \(name)")
    }
  }

  fileprivate func logPods() throws -> [KubeObject] {
    if flags["selector"] != nil {
      guard flags.words.isEmpty else { throw KubectlError.usage("only a selector (-l) or a POD name is allowed", path) }
      let pods = try objects(.pod, namespace, labels: try labelSelector())
      if pods.isEmpty { warn("No resources found in \(namespace) namespace.") }
      return pods
    }
    guard let word = flags.words.first else { throw KubectlError.usage(Self.usage, path) }
    if flags.words.count > 1, flags["container"] != nil {
      throw KubectlError("only one of -c or an inline [CONTAINER] arg is allowed")
    }
    return try pods(behind: word, all: flags.isOn("all-pods"))
  }

  /// The pods that `POD` or `TYPE/NAME` means; of several one is chosen, and said so.
  func pods(behind word: String, all: Bool = false) throws -> [KubeObject] {
    guard word.contains("/") else { return [try fetch(.pod, namespace, word)] }
    let reference = try references([word])[0]
    let object = try fetch(reference.kind, namespace, reference.name ?? "")
    if object.kind == .pod { return [object] }
    let selector = LabelSelector(object.spec["selector"])
    guard !selector.isEmpty else {
      throw KubectlError(
        "cannot get the logs from \(object.kind.apiVersion), Kind=\(object.kind.kind): selector is empty")
    }
    let ranked = try objects(.pod, namespace, labels: selector).sorted { rank($0) < rank($1) }
    guard let first = ranked.first else { throw KubectlError("timed out waiting for the condition") }
    if all { return ranked }
    if ranked.count > 1 { warn("Found \(ranked.count) pods, using pod/\(first.name)") }
    return [first]
  }

  /// Ready and older pods first (kubectl, `podutils.ByLogging`).
  private func rank(_ pod: KubeObject) -> (Int, Int, String, String) {
    let isReady = pod.condition("Ready")?["status"]?.string == "True"
    let isAssigned = pod.spec["nodeName"] != nil
    return (isAssigned ? 0 : 1, isReady ? 0 : 1, pod.creationTimestamp, pod.name)
  }

  fileprivate func logContainers(_ pod: KubeObject) throws -> [String] {
    func names(_ list: String) -> [String] { (pod.spec[list]?.array ?? []).compactMap { $0["name"]?.string } }
    if flags.isOn("all-containers") { return names("initContainers") + names("containers") }
    return [try container(of: pod, flags["container"] ?? (flags.words.count > 1 ? flags.words[1] : nil))]
  }

  /// The container that is wanted, or the first; the choice among several is said (`podcmd.FindOrDefaultContainerByName`).
  func container(of pod: KubeObject, _ wanted: String?) throws(KubectlError) -> String {
    func names(_ list: String) -> [String] { (pod.spec[list]?.array ?? []).compactMap { $0["name"]?.string } }
    let (own, initial, debugging) = (names("containers"), names("initContainers"), names("ephemeralContainers"))
    let all = own + debugging.map { "\($0) (ephem)" } + initial.map { "\($0) (init)" }
    guard let wanted else {
      let chosen = pod.annotation("kubectl.kubernetes.io/default-container").flatMap { own.contains($0) ? $0 : nil }
      if let chosen { return chosen }
      if all.count > 1 { warn("Defaulted container \"\(own[0])\" out of: \(all.joined(separator: ", "))") }
      return own[0]
    }
    guard (own + initial + debugging).contains(wanted) else {
      throw KubectlError("container \(wanted) is not valid for pod \(pod.name) out of: \(all.joined(separator: ", "))")
    }
    return wanted
  }

  /// Logs are kubelet's; a pod without a node has none.
  fileprivate func reachLogs(of pod: KubeObject, _ container: String) async throws {
    try authorize("get", .pod, pod.namespace, pod.name, subresource: "log")
    try await reachKubelet(of: pod, "containerLogs/\(pod.namespace)/\(pod.name)/\(container)")
  }

  fileprivate func showLog(_ source: inout LogSource, tail: Int) throws {
    let (pod, container) = (source.pod, source.container)
    let isPrevious = flags.isOn("previous")
    if !isPrevious { try refuseWaiting(pod, container) }
    guard let lines = cluster.logs(pod.namespace, pod.name, container: container, previous: isPrevious) else {
      if isPrevious {
        throw APIError(
          .badRequest, "previous terminated container \"\(container)\" in pod \"\(pod.name)\" not found")
      }
      throw APIError(
        .badRequest, "container \"\(container)\" in pod \"\(pod.name)\" is waiting to start: ContainerCreating")
    }
    var since = flags["since"].flatMap { TimeSpan(timeout: $0) }.map { simulation.now - $0 }
    if let text = flags["since-time"] { since = ClusterClock.instant(text) }
    let recent = source.fresh(lines).filter { line in since.map { line.at >= $0 } ?? true }
    show(tail >= 0 ? recent.suffix(tail) : recent[...], of: source)
  }

  private func show(_ lines: ArraySlice<LogLine>, of source: LogSource) {
    let hasPrefix = flags.isOn("prefix") || flags.isOn("all-pods")
    let prefix = hasPrefix ? "[pod/\(source.pod.name)/\(source.container)] " : ""
    for line in lines {
      print(prefix + (flags.isOn("timestamps") ? Self.preciseTime(line.at) + " " : "") + line.text)
    }
  }

  /// A time with nine digits of a second, as kubelet puts it before a line.
  private static func preciseTime(_ instant: Instant) -> String {
    let fraction = String(instant.nanoseconds % 1_000_000_000)
    return ClusterClock.timestamp(instant).dropLast() + "." + String(repeating: "0", count: 9 - fraction.count)
      + fraction + "Z"
  }

  /// Shows new lines until every container has ended, or the time is up.
  fileprivate func follow(_ sources: [LogSource]) async {
    var sources = sources
    let end = watchEnd
    while simulation.now < end, sources.contains(where: { !$0.hasEnded }) {
      await pause(min(.milliseconds(500), end - simulation.now))
      for index in sources.indices where !sources[index].hasEnded {
        let source = sources[index]
        let (namespace, name) = (source.pod.namespace, source.pod.name)
        let lines = cluster.logs(namespace, name, container: source.container, previous: false) ?? []
        show(sources[index].fresh(lines), of: source)
        sources[index].hasEnded = hasEnded(source)
      }
    }
  }

  private func hasEnded(_ source: LogSource) -> Bool {
    guard let pod = server.find(.pod, source.pod.namespace, source.pod.name), pod.uid == source.pod.uid else {
      return true
    }
    let list = pod.status["containerStatuses"]?.array ?? []
    return list.first { $0["name"]?.string == source.container }?.at("state", "running") == nil
  }

  /// A container that has not started has no log; one that waits after a run still shows that run's.
  private func refuseWaiting(_ pod: KubeObject, _ container: String) throws {
    let all = (pod.status["containerStatuses"]?.array ?? []) + (pod.status["initContainerStatuses"]?.array ?? [])
    let status = all.first { $0["name"]?.string == container }
    guard let reason = status?.at("state", "waiting", "reason")?.string,
      status?.at("lastState", "terminated") == nil
    else { return }
    let text = ["ErrImagePull", "ImagePullBackOff"].contains(reason) ? "trying and failing to pull image" : reason
    throw APIError(.badRequest, "container \"\(container)\" in pod \"\(pod.name)\" is waiting to start: \(text)")
  }
}
