import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  static let get = Verb(
    path: ["get"],
    flags: [
      .on("all-namespaces", "A"), .value("output", "o"), .value("selector", "l"), .value("field-selector"),
      .value("sort-by"), .on("no-headers"), .on("show-labels"), .on("ignore-not-found"), .value("chunk-size"),
      .on("show-managed-fields"),
    ]
  ) { call in
    guard !call.flags.words.isEmpty else {
      throw KubectlError(
        "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported "
          + "resources.\n\nerror: Required resource not specified.\nSee 'kubectl get -h' for help and examples",
        isVerbatim: true)
    }
    let format = try OutputFormat(call.flags["output"])
    let references = try call.references(call.flags.words)
    let isNamed = references.contains { $0.name != nil }
    if isNamed, call.flags["selector"] != nil || call.flags["field-selector"] != nil {
      throw KubectlError("name cannot be provided when a selector is specified")
    }
    if isNamed, call.allNamespaces {
      throw KubectlError("a resource cannot be retrieved by name across all namespaces")
    }
    var groups = try call.find(references)
    if let path = call.flags["sort-by"] { groups = try groups.map { ($0, try call.sorted($1, by: path)) } }
    try call.show(groups, format, isSingle: references.count == 1 && isNamed)
  }
}

/// The value of `-o`.
enum OutputFormat: Sendable {
  case table(wide: Bool), json, yaml, name
  case path(JSONPath)
  case columns([(header: String, path: JSONPath)])

  init(_ text: String?) throws {
    switch text {
    case nil, "": self = .table(wide: false)
    case "wide": self = .table(wide: true)
    case "json": self = .json
    case "yaml": self = .yaml
    case "name": self = .name
    case let text? where text.hasPrefix("jsonpath="):
      let template = String(text.dropFirst("jsonpath=".count))
      do throws(JSONPath.SyntaxError) { self = .path(try JSONPath(template)) } catch {
        throw KubectlError("error parsing jsonpath \(template), \(error.message)")
      }
    case let text? where text.hasPrefix("custom-columns="):
      self = .columns(try Self.columns(String(text.dropFirst("custom-columns=".count))))
    case let text?:
      throw KubectlError(
        "unable to match a printer suitable for the output format \"\(text)\", allowed formats are: "
          + "custom-columns,json,jsonpath,name,wide,yaml")
    }
  }

  private static func columns(_ text: String) throws -> [(header: String, path: JSONPath)] {
    try text.split(separator: ",").map { column in
      let parts = column.split(separator: ":", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw KubectlError(
          "unexpected custom-columns spec: \(column), expected <header>:<json-path-expr>")
      }
      do throws(JSONPath.SyntaxError) { return (parts[0], try JSONPath(relaxed: parts[1])) } catch {
        throw KubectlError("error parsing custom column \(column): \(error.message)")
      }
    }
  }
}

extension KubectlCall {
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
    let labels = try flags["selector"].map { try LabelSelector(parsing: $0) }
    for reference in references {
      let kind = reference.kind
      guard let name = reference.name else {
        let fields = try flags["field-selector"].map { try FieldSelector(parsing: $0, kind: kind) }
        add(kind, server.list(kind, namespace: scope(kind), labels: labels, fields: fields))
        continue
      }
      do throws(APIError) { add(kind, [try server.get(kind, namespace, name)]) } catch {
        if !(flags.isOn("ignore-not-found") && error.reason == .notFound) { fail(error) }
      }
    }
    return groups
  }

  fileprivate func sorted(_ objects: [KubeObject], by path: String) throws -> [KubeObject] {
    let expression: JSONPath
    do throws(JSONPath.SyntaxError) { expression = try JSONPath(relaxed: path) } catch {
      throw KubectlError("error parsing jsonpath \(path), \(error.message)")
    }
    let keyed = objects.enumerated().map { ($0.offset, expression.values($0.element.json).first, $0.element) }
    return keyed.sorted { left, right in
      let (first, second) = (left.1, right.1)
      if let one = first?.number, let other = second?.number, one != other { return one < other }
      let (one, other) = (first.map(JSONPath.plain) ?? "", second.map(JSONPath.plain) ?? "")
      return one != other && first?.number == nil ? one < other : left.0 < right.0
    }.map(\.2)
  }

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
      if result.exitCode == 0, !isSingle {
        let isScoped = !allNamespaces && !flags.words.isEmpty && namedKindsAreNamespaced
        warn(isScoped ? "No resources found in \(namespace) namespace." : "No resources found")
      }
      return
    }
    for (index, group) in groups.enumerated() {
      if index > 0 { print("") }
      var table = server.table(of: group.0, group.1)
      if hasSeveralKinds, let column = table.columns.firstIndex(where: { $0.name == "NAME" }) {
        for row in table.rows.indices { table.rows[row][column] = group.1[row].printedName }
      }
      if allNamespaces, group.0.isNamespaced { table = table.prepending("NAMESPACE", group.1.map(\.namespace)) }
      if flags.isOn("show-labels") {
        table = table.appending("LABELS", group.1.map { labelText($0.json.at("metadata", "labels")) })
      }
      write(table.text(wide: wide, headers: !flags.isOn("no-headers")))
    }
  }

  private var namedKindsAreNamespaced: Bool {
    let first = flags.words.first?.split(separator: ",").first.map(String.init) ?? ""
    return server.kind(named: first)?.isNamespaced ?? true
  }
}
