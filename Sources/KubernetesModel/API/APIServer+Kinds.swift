import Documents

extension APIServer {
  /// Serves a kind that is not built in, as a CustomResourceDefinition would make it.
  ///
  /// - Parameter columns: the columns of its tables beside NAME; without any they are NAME and AGE.
  package func register(_ kind: ResourceKind, columns: [PrinterColumn] = []) {
    let known = KnownDefinition.of(kind)
    let shown = columns.isEmpty ? known?.columns ?? [] : columns
    if !shown.isEmpty { printerColumns[kind] = shown }
    if !kinds.contains(kind) { kinds.append(kind.named(known)) }
  }

  /// Serves the kind that a CustomResourceDefinition defines, with its `additionalPrinterColumns`.
  func register(definition: KubeObject) {
    let spec = definition.spec
    let versions = spec["versions"]?.array ?? []
    guard let group = spec["group"]?.string, let kind = spec.at("names", "kind")?.string,
      let plural = spec.at("names", "plural")?.string,
      let version = versions.first(where: { $0["storage"]?.bool == true }) ?? versions.first
    else { return }
    let resource = ResourceKind(
      group, version["name"]?.string ?? "v1", kind, plural,
      (spec.at("names", "shortNames")?.array ?? []).compactMap(\.string),
      categories: (spec.at("names", "categories")?.array ?? []).compactMap(\.string),
      namespaced: spec["scope"]?.string != "Cluster")
    register(resource, columns: (version["additionalPrinterColumns"]?.array ?? []).compactMap(PrinterColumn.init))
    if let known = kinds.firstIndex(of: resource) { kinds[known] = resource }
  }

  /// The kind of an object by its `apiVersion` and `kind`; unknown ones are registered as custom resources.
  package func kind(apiVersion: String, kind name: String) -> ResourceKind {
    let parts = apiVersion.split(separator: "/", maxSplits: 1).map(String.init)
    let (group, version) = parts.count == 2 ? (parts[0], parts[1]) : ("", apiVersion)
    if let known = kinds.first(where: { $0.group == group && $0.kind == name }) { return known }
    let kind = ResourceKind(
      group, version, name, Self.plural(of: name.lowercased()),
      namespaced: !name.hasPrefix("Cluster") && name != "StorageClass")
    register(kind)
    return kind
  }

  /// The regular plural of a word.
  private static func plural(of word: String) -> String {
    if word.hasSuffix("y"), let before = word.dropLast().last, !"aeiou".contains(before) {
      return word.dropLast() + "ies"
    }
    return ["s", "x", "ch", "sh"].contains(where: word.hasSuffix) ? word + "es" : word + "s"
  }

  /// The kinds that a word stands for as a category, in the order of discovery: `all`, `managed`.
  package func kinds(inCategory word: String) -> [ResourceKind] { kinds.filter { $0.categories.contains(word) } }

  /// The kind that a word of the command line means; of several the one that has been served longest.
  package func kind(named word: String) -> ResourceKind? { kinds.first { $0.isNamed(word) } }

  /// The table of objects of one kind, as kubectl gets it.
  package func table(of kind: ResourceKind, _ objects: [KubeObject]) -> Table {
    Table(objects, of: kind, columns: printerColumns[kind] ?? [], now: simulation.now)
  }
}
