import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  static let logs = Verb(
    path: ["logs"],
    flags: [
      .on("previous", "p"), .value("container", "c"), .value("tail"), .value("since"), .on("timestamps"),
      .on("all-containers"), .value("selector", "l"), .on("prefix"),
    ]
  ) { call in
    let pods = try call.logPods()
    let tail = call.flags["tail"].flatMap { Int($0) } ?? (call.flags["selector"] != nil ? 10 : -1)
    for pod in pods {
      for container in try call.logContainers(pod) { try call.showLog(pod, container, tail: tail) }
    }
  }
}

extension KubectlCall {
  private static let usage =
    "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs "
    + "command\nSee 'kubectl logs -h' for help and examples"

  fileprivate func logPods() throws -> [KubeObject] {
    if let selector = flags["selector"] {
      let pods = server.list(.pod, namespace: namespace, labels: try LabelSelector(parsing: selector))
      if pods.isEmpty { warn("No resources found in \(namespace) namespace.") }
      return pods
    }
    guard let word = flags.words.first else { throw KubectlError(Self.usage) }
    guard word.contains("/") else { return [try server.get(.pod, namespace, word)] }
    let reference = try references([word])[0]
    let object = try server.get(reference.kind, namespace, reference.name ?? "")
    if object.kind == .pod { return [object] }
    guard object.spec["selector"] != nil else {
      throw KubectlError(
        "cannot get the logs from \(object.kind.apiVersion), Kind=\(object.kind.kind): selector is empty")
    }
    let pods = server.list(.pod, namespace: namespace, labels: LabelSelector(object.spec["selector"]))
    let ranked = pods.sorted { rank($0) < rank($1) }
    guard let first = ranked.first else {
      throw KubectlError("timed out waiting for the condition")
    }
    if pods.count > 1 { warn("Found \(pods.count) pods, using pod/\(first.name)") }
    return [first]
  }

  /// Ready and older pods first (kubectl, `podutils.ByLogging`).
  private func rank(_ pod: KubeObject) -> (Int, Int, String, String) {
    let isReady = pod.condition("Ready")?["status"]?.string == "True"
    let isAssigned = pod.spec["nodeName"] != nil
    return (isAssigned ? 0 : 1, isReady ? 0 : 1, pod.creationTimestamp, pod.name)
  }

  fileprivate func logContainers(_ pod: KubeObject) throws -> [String] {
    let names = (pod.spec["containers"]?.array ?? []).compactMap { $0["name"]?.string }
    if flags.isOn("all-containers") { return names }
    guard let wanted = flags["container"] ?? (flags.words.count > 1 ? flags.words[1] : nil) else {
      if names.count > 1 {
        warn("Defaulted container \"\(names[0])\" out of: \(names.joined(separator: ", "))")
      }
      return Array(names.prefix(1))
    }
    guard names.contains(wanted) else {
      throw APIError(.badRequest, "container \(wanted) is not valid for pod \(pod.name)")
    }
    return [wanted]
  }

  fileprivate func showLog(_ pod: KubeObject, _ container: String, tail: Int) throws {
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
    let since = flags["since"].flatMap { TimeSpan(timeout: $0) }.map { simulation.now - $0 }
    let recent = lines.filter { line in since.map { line.at >= $0 } ?? true }
    let prefix = flags.isOn("prefix") ? "[pod/\(pod.name)/\(container)] " : ""
    for line in tail >= 0 ? recent.suffix(tail) : recent[...] {
      print(prefix + (flags.isOn("timestamps") ? ClusterClock.timestamp(line.at) + " " : "") + line.text)
    }
  }

  /// A container that has not started has no log; one that waits after a run still shows that run's.
  private func refuseWaiting(_ pod: KubeObject, _ container: String) throws {
    if pod.spec["nodeName"]?.string == nil {
      throw APIError(.badRequest, "pod \(pod.name) does not have a host assigned")
    }
    let status = pod.status["containerStatuses"]?.array?.first { $0["name"]?.string == container }
    guard let reason = status?.at("state", "waiting", "reason")?.string,
      status?.at("lastState", "terminated") == nil
    else { return }
    let text = ["ErrImagePull", "ImagePullBackOff"].contains(reason) ? "trying and failing to pull image" : reason
    throw APIError(.badRequest, "container \"\(container)\" in pod \"\(pod.name)\" is waiting to start: \(text)")
  }
}
