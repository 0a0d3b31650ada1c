import Documents
import KubernetesModel

extension Kubectl {
  /// `edit`: there is no terminal in which an editor could open, so `KUBE_EDITOR` (or `EDITOR`) names a file with a patch,
  /// as YAML or JSON, that is merged into each object (kubectl, `pkg/cmd/util/editor`, for the texts).
  static let edit = Verb(
    path: ["edit"], flags: selection + [.value("output", "o"), .on("save-config"), .on("show-managed-fields")]
  ) { call in
    let targets = try call.targets(call.flags.words)
    guard let editor = call.host.environment("KUBE_EDITOR") ?? call.host.environment("EDITOR") else {
      call.warn("there is no terminal for an editor here: set KUBE_EDITOR to a file with a patch in YAML or JSON")
      throw KubectlError("there was a problem with the editor \"vi\"")
    }
    guard let bytes = call.host.readFile(editor), let node = try? parseYAML(bytes, file: editor).first,
      node.mapping != nil
    else {
      call.warn("\(editor): is no file with a patch in YAML or JSON")
      throw KubectlError("there was a problem with the editor \"\(editor)\"")
    }
    for object in targets { try call.edit(object, node.json) }
  }
}

extension KubectlCall {
  fileprivate func edit(_ object: KubeObject, _ change: JSONValue) throws {
    let type: APIServer.PatchType = object.kind.isBuiltIn ? .strategic : .merge
    do {
      let edited = try server.patched(object, type, change)
      guard edited.json != object.json else { return warn("Edit cancelled, no changes made.") }
      try patch(object, type, change, .warn)
      print("\(object.printedName) edited")
    } catch {
      warn(error.description)
      throw KubectlError("Edit cancelled, no valid changes were saved.")
    }
  }
}
