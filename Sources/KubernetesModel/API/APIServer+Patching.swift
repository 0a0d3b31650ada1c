import Documents

extension APIServer {
  /// A patch's format.
  package enum PatchType: String, Sendable { case json, merge, strategic }

  /// A part of an object that is written on its own.
  package enum Subresource: String, Sendable { case status, scale }

  /// Patches an object, or one of its subresources.
  ///
  /// - Throws: what `update` throws; `invalid` for a patch that cannot be applied; `unsupportedMediaType` for a strategic
  ///   merge patch of a custom resource, whose lists have no merge keys.
  @discardableResult
  package func patch(
    _ kind: ResourceKind, _ namespace: String, _ name: String, _ type: PatchType, _ patch: JSONValue,
    subresource: Subresource? = nil, as user: UserName
  ) throws(APIError) -> KubeObject {
    let current = try get(kind, namespace, name)
    if subresource == .scale { return try patchScale(of: current, type, patch, as: user) }
    let patched = try self.patched(current, type, patch)
    return subresource == .status ? try updateStatus(patched, as: user) : try update(patched, as: user)
  }

  /// The object after a patch, not stored and not yet validated.
  package func patched(
    _ current: KubeObject, _ type: PatchType, _ patch: JSONValue
  ) throws(APIError) -> KubeObject {
    if type == .strategic, !current.kind.isBuiltIn { throw .noStrategicMerge }
    var patched = current
    patched.json = try applying(patch, type, to: current.json, current)
    guard patched.name == current.name else {
      throw APIError(
        .badRequest,
        "the name of the object (\(patched.name)) does not match the name on the URL (\(current.name))")
    }
    if let problem = FieldSchema.typeProblem(patched.json, current.kind) {
      throw .invalidPatch(patch.jsonText(), problem)
    }
    return patched
  }

  private func applying(
    _ patch: JSONValue, _ type: PatchType, to original: JSONValue, _ object: KubeObject
  ) throws(APIError) -> JSONValue {
    switch type {
    case .merge: return original.applyingMergePatch(patch)
    case .strategic:
      if let problem = patch.strategicMergeProblem { throw APIError(.unknown, problem.description) }
      return original.applyingStrategicMergePatch(patch)
    case .json:
      do throws(PatchError) { return try original.applyingJSONPatch(patch) } catch { throw .unprocessable }
    }
  }

  /// `scale` shows `spec.replicas` alone (autoscaling/v1, `Scale`).
  private func patchScale(
    of current: KubeObject, _ type: PatchType, _ patch: JSONValue, as user: UserName
  ) throws(APIError) -> KubeObject {
    let scale: JSONValue = [
      "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": current.json["metadata"] ?? [:],
      "spec": ["replicas": current.spec["replicas"] ?? 1],
    ]
    let patched = try applying(patch, type, to: scale, current)
    var updated = current
    updated.json.set("spec", "replicas", to: patched.at("spec", "replicas"))
    if let wanted = patched.at("metadata", "resourceVersion") {
      updated.json.set("metadata", "resourceVersion", to: wanted)
    }
    return try update(updated, as: user)
  }
}

extension APIError {
  /// Custom resources have no strategic merge.
  fileprivate static let noStrategicMerge = APIError(
    .unsupportedMediaType,
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
      + "application/merge-patch+json, application/apply-patch+yaml, application/apply-patch+cbor")

  /// A JSON patch that does not apply; the server keeps to itself which operation it was (kubernetes-client/javascript,
  /// issue 2095, shows kubectl's words).
  fileprivate static let unprocessable = APIError.invalidRequest(
    "the server rejected our request due to an error in our request")

  /// An object whose fields do not have the types of its kind.
  static func undecodable(_ kind: ResourceKind, _ problem: String) -> APIError {
    APIError(
      .badRequest, "\(kind.kind) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): \(problem)")
  }
}
