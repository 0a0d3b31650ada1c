import Documents
import KubernetesModel
import SimulationKernel

// What `delete` and its relatives share (kubectl, `pkg/cmd/delete`).
extension KubectlCall {
  /// The grace period and what becomes of dependants.
  func deletionOptions() throws -> (grace: Int64?, propagation: DeletionPropagation) {
    var grace = flags.integer("grace-period").flatMap { $0 < 0 ? nil : $0 }
    let isForced = flags.isOn("force")
    if flags.isOn("now") {
      guard grace == nil else { throw KubectlError("--now and --grace-period cannot be specified together") }
      grace = 1
    }
    if isForced, let grace, grace > 0 {
      throw KubectlError("--force and --grace-period greater than 0 cannot be specified together")
    }
    // Without --force 0 becomes 1, so that nobody loses data by accident.
    if grace == 0, !isForced { grace = 1 }
    if isForced {
      grace = 0
      warn(
        "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. "
          + "The resource may continue to run on the cluster indefinitely.")
    }
    switch flags["cascade"] {
    case nil, "background", "true": return (grace, .background)
    case "foreground": return (grace, .foreground)
    case "orphan", "false": return (grace, .orphan)
    case let text?:
      throw KubectlError(
        "invalid cascade value (\(text)). Must be \"background\", \"foreground\", or \"orphan\"")
    }
  }

  func remove(_ object: KubeObject, gracePeriod: Int64?, _ propagation: DeletionPropagation) throws(APIError) {
    try authorize("delete", object.kind, object.namespace, object.name)
    try server.delete(
      object.kind, object.namespace, object.name, gracePeriodSeconds: gracePeriod, propagation: propagation,
      as: requester.name)
  }

  func reportDeletion(_ object: KubeObject) throws {
    if flags["output"] == "name" { return print(object.printedName) }
    if let output = flags["output"], !output.isEmpty {
      throw KubectlError("unexpected -o output mode: \(output). We only support '-o name'")
    }
    let done = flags.isOn("force") ? "force deleted" : "deleted"
    let place = object.kind.isNamespaced ? " from \(object.namespace) namespace" : ""
    let suffix = dryRun == .none ? "" : dryRun == .client ? " (dry run)" : " (server dry run)"
    print("\(object.kind.printedName) \"\(object.name)\" \(done)\(place)\(suffix)")
  }

  /// Waits until objects of these uids are there no more; `--timeout` counts for all together.
  func waitUntilGone(_ objects: [KubeObject]) async throws {
    let limit = flags["timeout"].flatMap { TimeSpan(timeout: $0) } ?? .zero
    let end = simulation.now + (limit > .zero ? limit : .hours(168))
    for object in objects {
      while server.find(object.kind, object.namespace, object.name)?.uid == object.uid {
        guard simulation.now < end else {
          throw KubectlError("timed out waiting for the condition on \(object.kind.plural)/\(object.name)")
        }
        await pause(.seconds(1))
      }
    }
  }
}
