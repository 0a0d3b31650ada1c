import Documents

extension World {
  /// Where an object stands in the platform's repository; `nil` for what no manifest holds.
  ///
  /// - Parameter kind: in lower case, such as `configmap`.
  package func manifest(
    region: String, kind: String, namespace: String?, name: String
  ) -> (path: String, isMeant: @Sendable (Node) -> Bool)? {
    let isMeant: @Sendable (Node) -> Bool = { node in
      node["kind"]?.string?.lowercased() == kind && node.at("metadata", "name")?.string == name
        && (namespace == nil || node.at("metadata", "namespace")?.string ?? "default" == namespace)
    }
    // A region's own manifests stand behind those that all regions share.
    let definition = platform.regions.first { $0.name == region }
    guard let node = definition?.objects.last(where: isMeant), node.mark.file.hasPrefix(platform.folder + "/") else {
      return nil
    }
    return (String(node.mark.file.dropFirst(platform.folder.count + 1)), isMeant)
  }
}
