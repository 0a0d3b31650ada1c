/// One cluster: its API server and store, the controllers, the scheduler and a kubelet on each node.
///
/// The module imports the network model, because probes are packets, and knows no cloud: what bridges a cluster to one is
/// in ClusterOperators, what runs in its containers in Workloads.

/// A kind of API resource.
package struct ResourceKind: Hashable, Sendable {
  /// Empty for the core group.
  package let group: String
  package let version: String
  package let kind: String
  package let plural: String
  package let shortNames: [String]
  /// Such as `all`.
  package let categories: [String]
  package let isNamespaced: Bool

  package init(
    _ group: String, _ version: String, _ kind: String, _ plural: String, _ shortNames: [String] = [],
    categories: [String] = [], namespaced: Bool = true
  ) {
    self.group = group
    self.version = version
    self.kind = kind
    self.plural = plural
    self.shortNames = shortNames
    self.categories = categories
    isNamespaced = namespaced
  }

  // A cluster keeps its objects in a dictionary by kind: group and kind say it all and are quick to hash.
  package static func == (left: ResourceKind, right: ResourceKind) -> Bool {
    left.kind == right.kind && left.group == right.group
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(kind) }

  /// The kind with the names of its shipped definition where it has none of its own.
  func named(_ definition: KnownDefinition?) -> ResourceKind {
    guard let definition else { return self }
    return ResourceKind(
      group, version, kind, plural, shortNames.isEmpty ? definition.shortNames : shortNames,
      categories: categories.isEmpty ? definition.categories : categories, namespaced: isNamespaced)
  }

  package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
  /// `deployments.apps`, as error messages name it.
  package var qualifiedName: String { group.isEmpty ? plural : "\(plural).\(group)" }
  package var singular: String { kind.lowercased() }
  /// `deployment.apps`, as kubectl prints before a name.
  package var printedName: String { group.isEmpty ? singular : "\(singular).\(group)" }

  /// Whether a word of the command line means this kind: plural, singular, short name or kind, with the group and the
  /// version or without (`deployments.v1.apps`).
  package func isNamed(_ word: String) -> Bool {
    let word = word.lowercased()
    return word == plural || word == singular || shortNames.contains(word) || word == qualifiedName
      || word == printedName || word == "\(plural).\(version).\(group)"
  }
}
