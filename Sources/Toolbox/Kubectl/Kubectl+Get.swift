import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  /// `get` (kubectl, `pkg/cmd/get`); tables come from the server.
  static let get = Verb(
    path: ["get"],
    flags: [
      .on("all-namespaces", "A"), .value("output", "o"), .value("selector", "l"), .value("field-selector"),
      .value("sort-by"), .on("no-headers"), .on("show-labels"), .on("show-kind"), .on("ignore-not-found"),
      .integer("chunk-size"), .on("show-managed-fields"), .on("server-print"), .value("label-columns", "L"),
      .on("watch", "w"), .on("watch-only"), .on("output-watch-events"), .value("filename", "f"),
    ]
  ) { call in
    let isFromFiles = call.flags["filename"] != nil
    guard isFromFiles || !call.flags.words.isEmpty else {
      throw KubectlError(
        "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported "
          + "resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed "
          + "description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples",
        isVerbatim: true)
    }
    let format = try OutputFormat(call.flags["output"])
    let references =
      isFromFiles
      ? try call.documentsOfFiles().map { ResourceReference(kind: $0.object.kind, name: $0.object.name) }
      : try call.references(call.flags.words)
    try call.checkSelection(references)
    if call.flags.isOn("watch") || call.flags.isOn("watch-only") { return try await call.watch(references, format) }
    var groups = try call.find(references)
    if let path = call.flags["sort-by"] { groups = try groups.map { ($0, try call.sorted($1, by: path)) } }
    try call.show(groups, format, isSingle: references.count == 1 && references[0].name != nil)
  }
}

extension KubectlCall {
  fileprivate func checkSelection(_ references: [ResourceReference]) throws(KubectlError) {
    guard references.contains(where: { $0.name != nil }) else { return }
    if flags["selector"] != nil || flags["field-selector"] != nil {
      throw KubectlError("name cannot be provided when a selector is specified")
    }
    if allNamespaces { throw KubectlError("a resource cannot be retrieved by name across all namespaces") }
  }

  /// The objects of each reference's kind, kinds in the order named; what is not found is reported and left out.
  fileprivate func find(_ references: [ResourceReference]) throws -> [(ResourceKind, [KubeObject])] {
    var groups: [(ResourceKind, [KubeObject])] = []
    func add(_ kind: ResourceKind, _ objects: [KubeObject]) {
      if let index = groups.firstIndex(where: { $0.0 == kind }) {
        groups[index].1 += objects
      } else {
        groups.append((kind, objects))
      }
    }
    for reference in references {
      let kind = reference.kind
      guard let name = reference.name else {
        add(kind, try listed(kind))
        continue
      }
      do throws(APIError) { add(kind, [try fetch(kind, namespace, name)]) } catch {
        if !(flags.isOn("ignore-not-found") && error.reason == .notFound) { fail(error) }
      }
    }
    return groups
  }

  private func listed(_ kind: ResourceKind) throws(APIError) -> [KubeObject] {
    var fields: FieldSelector?
    if let text = flags["field-selector"] { fields = try FieldSelector(parsing: text, kind: kind) }
    return try objects(kind, scope(kind), labels: try labelSelector(), fields: fields)
  }

  fileprivate func sorted(_ objects: [KubeObject], by path: String) throws -> [KubeObject] {
    let expression: JSONPath
    do throws(JSONPath.SyntaxError) { expression = try JSONPath(relaxed: path) } catch {
      throw KubectlError("error parsing jsonpath \(path), \(error.message)")
    }
    let keyed = objects.enumerated().map { ($0.offset, expression.values($0.element.json).first, $0.element) }
    if !objects.isEmpty, keyed.allSatisfy({ $0.1 == nil }) {
      throw KubectlError(
        "couldn't find any field with path \"{.\(path.drop { "{.".contains($0) }.filter { $0 != "}" })}\" in the list of objects"
      )
    }
    return keyed.sorted { left, right in
      let (first, second) = (left.1, right.1)
      if let one = Self.amount(first), let other = Self.amount(second), one != other { return one < other }
      let (one, other) = (first.map(JSONPath.plain) ?? "", second.map(JSONPath.plain) ?? "")
      return one != other && Self.amount(first) == nil ? one < other : left.0 < right.0
    }.map(\.2)
  }

  /// Numbers and quantities are compared by size (kubectl, `get/sorter.go`, `isLess`).
  private static func amount(_ value: JSONValue?) -> Double? {
    value?.number
      ?? value.flatMap { value in
        value.string?.first?.isNumber == true ? (try? Quantity(value))?.doubleValue : nil
      }
  }

  // MARK: Printing

  fileprivate func show(_ groups: [(ResourceKind, [KubeObject])], _ format: OutputFormat, isSingle: Bool) throws {
    let objects = groups.flatMap(\.1)
    if case .table(let wide) = format {
      return showTables(groups.filter { !$0.1.isEmpty }, wide: wide, hasSeveralKinds: groups.count > 1, isSingle)
    }
    if isSingle, objects.isEmpty { return }
    let tree: JSONValue =
      isSingle
      ? objects[0].json
      : [
        "apiVersion": "v1", "items": .array(objects.map(\.json)), "kind": "List", "metadata": ["resourceVersion": ""],
      ]
    switch format {
    case .json: print(tree.jsonText(.kubectl))
    case .yaml: write(tree.yamlText())
    case .name: for object in objects { print(object.printedName) }
    case .path(let path): write(path.text(tree))
    case .pathAsJSON(let path): print(JSONValue.array(path.values(tree)).jsonText(.kubectl))
    case .columns(let columns): showColumns(columns, objects)
    case .table: break
    }
  }

  private func showColumns(_ columns: [(header: String, path: JSONPath)], _ objects: [KubeObject]) {
    let rows = objects.map { object in
      columns.map { column in
        let found = column.path.values(object.json).map(JSONPath.plain)
        return found.isEmpty ? "<none>" : found.joined(separator: ",")
      }
    }
    let table = Table(columns: columns.map { Table.Column($0.header) }, rows: rows)
    write(table.text(headers: !flags.isOn("no-headers")))
  }

  private func showTables(
    _ groups: [(ResourceKind, [KubeObject])], wide: Bool, hasSeveralKinds: Bool, _ isSingle: Bool
  ) {
    if groups.isEmpty {
      guard result.exitCode == 0, !isSingle, !flags.isOn("ignore-not-found") else { return }
      let isScoped = !allNamespaces && namedKindsAreNamespaced
      return warn(isScoped ? "No resources found in \(namespace) namespace." : "No resources found")
    }
    for (index, group) in groups.enumerated() {
      if index > 0 { print("") }
      let table = shownTable(group.0, group.1, withKind: hasSeveralKinds)
      write(table.text(wide: wide, headers: !flags.isOn("no-headers")))
    }
  }

  /// The server's table with the columns that the flags add.
  func shownTable(_ kind: ResourceKind, _ objects: [KubeObject], withKind: Bool) -> Table {
    var table = server.table(of: kind, objects)
    if withKind || flags.isOn("show-kind"), let column = table.columns.firstIndex(where: { $0.name == "NAME" }) {
      for row in table.rows.indices { table.rows[row][column] = objects[row].printedName }
    }
    if allNamespaces, kind.isNamespaced { table = table.prepending("NAMESPACE", objects.map(\.namespace)) }
    for key in flags.list("label-columns") {
      let header = String(key.split(separator: "/").last ?? "").uppercased()
      table = table.appending(header, objects.map { $0.label(key) ?? "" })
    }
    if flags.isOn("show-labels") {
      table = table.appending("LABELS", objects.map { labelText($0.json.at("metadata", "labels")) })
    }
    return table
  }

  private var namedKindsAreNamespaced: Bool {
    guard let references = try? references(flags.words) else { return true }
    return references.allSatisfy(\.kind.isNamespaced)
  }
}
