import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  private static let terminal: [Flag] = [.on("stdin", "i"), .on("tty", "t"), .on("quiet", "q")]

  /// `exec POD -- COMMAND` (kubectl, `pkg/cmd/exec`). There is no terminal: `-it` is taken, and nothing is typed.
  static let exec = Verb(
    path: ["exec"],
    flags: terminal + [.value("container", "c"), .duration("pod-running-timeout"), .value("filename", "f")]
  ) { call in
    guard let word = call.flags.words.first, call.flags.wordsBeforeDash != 0 else {
      throw KubectlError("pod, type/name or --filename must be specified")
    }
    let command = Array(call.flags.words.dropFirst())
    if call.flags.wordsBeforeDash == nil, !command.isEmpty {
      throw KubectlError.usage(
        "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead", call.path)
    }
    guard !command.isEmpty else { throw KubectlError("you must specify at least one command for the container") }
    let pod = try call.pods(behind: word)[0]
    let container = try call.container(of: pod, call.flags["container"])
    let process = try await call.process(of: pod, container)
    let session = ContainerSession(process, of: call.cluster, on: call.host, input: call.host.standardInput)
    try await call.execute(command, in: session, id: "\(pod.uid)/\(container)/\(call.simulation.now.nanoseconds)")
  }

  /// `debug POD --image=IMAGE -- COMMAND`: an ephemeral container that shares the pod's network (kubectl, `pkg/cmd/debug`).
  /// Copies of pods and debugging on nodes are left out.
  static let debug = Verb(
    path: ["debug"],
    flags: terminal + [
      .value("image"), .value("container", "c"), .value("target"), .value("profile"), .value("env"),
      .value("image-pull-policy"), .on("attach"),
    ]
  ) { call in
    guard let image = call.flags["image"] else {
      throw KubectlError("you must specify --image when not using --copy-to.")
    }
    guard let word = call.flags.words.first, call.flags.wordsBeforeDash != 0 else {
      throw KubectlError("NAME is required for debug")
    }
    guard !word.hasPrefix("node/") else { throw KubectlError("debugging on nodes is not supported here") }
    let pod = try call.pods(behind: word)[0]
    try await call.debug(pod, image: image, Array(call.flags.words.dropFirst()))
  }
}

extension KubectlCall {
  /// How long the API server waits for a kubelet that does not answer.
  private static let dialTimeout = TimeSpan.seconds(30)

  /// - Throws: what the API server says when the node of a pod does not answer.
  func reachKubelet(of pod: KubeObject) async throws {
    guard let node = pod.spec["nodeName"]?.string else {
      throw APIError(.badRequest, "pod \(pod.name) does not have a host assigned")
    }
    guard !cluster.isKubeletReachable(node) else { return }
    await pause(Self.dialTimeout)
    let address = cluster.kubeletAddress(node) ?? node
    throw APIError(.unknown, "error dialing backend: dial tcp \(address):10250: i/o timeout")
  }

  /// The running process of a container.
  fileprivate func process(of pod: KubeObject, _ container: String) async throws -> ContainerProcess {
    try authorize("create", .pod, pod.namespace, pod.name, subresource: "exec")
    if let phase = pod.status["phase"]?.string, ["Succeeded", "Failed"].contains(phase) {
      throw KubectlError("cannot exec into a container in a completed pod; current phase is \(phase)")
    }
    try await reachKubelet(of: pod)
    guard let process = cluster.processes(pod.namespace, pod.name).first(where: { $0.name == container }) else {
      throw KubectlError(
        "Internal error occurred: unable to upgrade connection: container not found (\"\(container)\")")
    }
    return process
  }

  /// Runs a command and passes on what it prints and how it ends.
  ///
  /// - Parameter id: what the runtime's id of the execution is made of.
  fileprivate func execute(_ command: [String], in session: ContainerSession, id: String) async throws {
    guard let ended = await session.run(command) else {
      let name = command[0]
      let cause =
        name.contains("/") ? "stat \(name): no such file or directory" : "executable file not found in $PATH"
      throw KubectlError(
        "Internal error occurred: Internal error occurred: error executing command in container: failed to exec in "
          + "container: failed to start exec \"\(Self.runtimeID(id))\": OCI runtime exec failed: exec failed: unable to "
          + "start container process: exec: \"\(name)\": \(cause): unknown")
    }
    write(ended.output)
    result.errors += ended.errors
    guard ended.exitCode != 0 else { return }
    throw KubectlError(
      "command terminated with exit code \(ended.exitCode)", isVerbatim: true, exitCode: ended.exitCode)
  }

  /// 64 hexadecimal digits.
  private static func runtimeID(_ seed: String) -> String {
    (0..<4).map { part in
      let digits = String(fnv1a("\(seed)/\(part)".utf8), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  fileprivate func debug(_ pod: KubeObject, image: String, _ command: [String]) async throws {
    try authorize("patch", .pod, pod.namespace, pod.name, subresource: "ephemeralcontainers")
    let name = flags["container"] ?? "debugger-\(suffix(of: pod))"
    if flags["container"] == nil { warn("Defaulting debug container name to \(name).") }
    if let target = flags["target"] {
      warn(
        "Targeting container \"\(target)\". If you don't see processes from this container it may be because the "
          + "container runtime doesn't support this feature.")
    }
    var entry: JSONValue = ["name": .string(name), "image": .string(image)]
    if let target = flags["target"] { entry["targetContainerName"] = .string(target) }
    if !command.isEmpty { entry["command"] = .array(command.map { .string($0) }) }
    var changed = pod
    changed.json.set(
      "spec", "ephemeralContainers", to: .array((pod.spec["ephemeralContainers"]?.array ?? []) + [entry]))
    _ = try server.update(changed, as: requester.name)
    try await reachKubelet(of: pod)
    guard PublicImages.holds(image), let host = cluster.host(of: pod.key) else {
      throw KubectlError("timed out waiting for the condition")
    }
    await pause(.seconds(2))
    guard !command.isEmpty else { return }
    let session = ContainerSession(pod: pod, host: host, of: cluster, on: self.host, image: image)
    try await execute(command, in: session, id: "\(pod.uid)/\(name)")
  }

  private func suffix(of pod: KubeObject) -> String {
    let number = fnv1a("\(pod.uid)/\(simulation.now.nanoseconds)".utf8)
    let letters = APIServer.nameAlphabet
    return String((0..<5).map { letters[Int(number >> UInt64($0 * 8)) % letters.count] })
  }
}
