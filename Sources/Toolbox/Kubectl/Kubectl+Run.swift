import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  /// `run NAME --image=IMAGE`: a pod by itself; with `-i` or `--attach` its output is shown until it ends, with `--rm` it is
  /// deleted afterwards (kubectl, `pkg/cmd/run`).
  static let run = Verb(
    path: ["run"],
    flags: dryRunFlags + [
      .value("image"), .value("restart"), .on("rm"), .on("stdin", "i"), .on("tty", "t"), .on("attach"), .on("command"),
      .value("env"), .value("labels", "l"), .integer("port"), .value("image-pull-policy"), .on("quiet", "q"),
      .value("overrides"), .value("annotations"), .duration("pod-running-timeout"), .on("expose"),
    ]
  ) { call in
    guard let image = call.flags["image"] else { throw KubectlError("required flag(s) \"image\" not set") }
    guard let name = call.flags.words.first, call.flags.wordsBeforeDash != 0 else {
      throw KubectlError.usage("NAME is required for run", call.path)
    }
    try call.checkDryRun()
    let policy = call.flags["restart"] ?? "Always"
    guard RestartPolicy(rawValue: policy) != nil else { throw KubectlError("invalid restart policy: \(policy)") }
    let attaches = call.flags.isOn("stdin") || call.flags.isOn("attach")
    if call.flags.isOn("rm"), !attaches { throw KubectlError("--rm should only be used for attached containers") }
    if call.dryRun == .client, attaches {
      throw KubectlError(
        "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)")
    }
    var pod = try call.podToRun(name, image: image, policy)
    if let text = call.flags["overrides"] {
      guard let overrides = try? parseJSON(text) else { throw KubectlError("Invalid JSON Patch") }
      pod.json = pod.json.applyingMergePatch(overrides)
    }
    guard call.dryRun != .client else { return try call.report(pod, "created") }
    pod.json = try call.server.decoded(pod, .ignore).object.json
    call.bringPrograms()
    let created = try call.create(pod)
    guard attaches, call.dryRun == .none else { return try call.report(created, "created") }
    try await call.attach(created)
  }
}

extension KubectlCall {
  fileprivate func podToRun(_ name: String, image: String, _ policy: String) throws -> KubeObject {
    var pod = KubeObject(.pod, namespace: namespace, name: name)
    if dryRun == .client {
      pod.json.set("metadata", "creationTimestamp", to: .null)
      if flags["namespace"] == nil { pod.json.set("metadata", "namespace", to: nil) }
    }
    let labels = flags.list("labels").map { part in
      let words = part.split(separator: "=", maxSplits: 1).map(String.init)
      return (words[0], JSONValue.string(words.count > 1 ? words[1] : ""))
    }
    pod.json.set("metadata", "labels", to: labels.isEmpty ? ["run": .string(name)] : .object(JSONObject(labels)))
    var container: JSONValue = ["image": .string(image), "name": .string(name)]
    if dryRun == .client { container["resources"] = [:] }
    let words = Array(flags.words.dropFirst()).map { JSONValue.string($0) }
    if !words.isEmpty { container[flags.isOn("command") ? "command" : "args"] = .array(words) }
    let variables = try flags.all("env").map { text -> JSONValue in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty else { throw KubectlError("invalid env: \(text)") }
      return ["name": .string(parts[0]), "value": .string(parts[1])]
    }
    if !variables.isEmpty { container["env"] = .array(variables) }
    if let port = flags.integer("port") { container["ports"] = [["containerPort": .integer(port)]] }
    if let pull = flags["image-pull-policy"] { container["imagePullPolicy"] = .string(pull) }
    pod.json["spec"] = [
      "containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": .string(policy),
    ]
    if dryRun == .client { pod.json["status"] = [:] }
    return pod
  }

  /// Lets the containers of public images run the toolbox's programs.
  fileprivate func bringPrograms() {
    let (cluster, base) = (self.cluster, host)
    cluster.registry.run = { process, command in
      let session = ContainerSession(process, of: cluster, on: base)
      guard let ended = await session.run(command) else {
        process.write("exec: \"\(command.first ?? "")\": executable file not found in $PATH")
        return 127
      }
      for text in [ended.output, ended.errors] {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0)
        where !text.isEmpty { process.write(String(line)) }
      }
      return ended.exitCode
    }
  }

  /// How long kubectl waits for the pod to run (`--pod-running-timeout`).
  private var runningTimeout: TimeSpan {
    flags["pod-running-timeout"].flatMap { TimeSpan(timeout: $0) } ?? .minutes(1)
  }

  /// Shows a pod's output until its end; kubectl then exits as the container did.
  fileprivate func attach(_ pod: KubeObject) async throws {
    let deadline = simulation.now + runningTimeout
    let end = watchEnd
    var current = pod
    while let found = server.find(.pod, pod.namespace, pod.name), found.uid == pod.uid {
      current = found
      let phase = found.status["phase"]?.string ?? ""
      if phase == "Succeeded" || phase == "Failed" || simulation.now >= end { break }
      if phase == "Pending", simulation.now >= deadline {
        try remove(after: pod)
        throw KubectlError("timed out waiting for the condition")
      }
      await pause(.milliseconds(250))
    }
    for line in cluster.logs(pod.namespace, pod.name, container: pod.name, previous: false) ?? [] { print(line.text) }
    let ended = current.status["containerStatuses"]?[0]?.at("state", "terminated")
    try remove(after: pod)
    guard let code = ended?["exitCode"]?.integer, code != 0 else { return }
    throw KubectlError(
      "pod \(pod.namespace)/\(pod.name) terminated (\(ended?["reason"]?.string ?? "Error"))", isVerbatim: true,
      exitCode: Int32(clamping: code))
  }

  private func remove(after pod: KubeObject) throws {
    guard flags.isOn("rm") else { return }
    try remove(pod, gracePeriod: nil, .background)
    if !flags.isOn("quiet") { print("pod \"\(pod.name)\" deleted from \(pod.namespace) namespace") }
  }
}
