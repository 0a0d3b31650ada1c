import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  static let getFlags: [CommandFlags.Specification] = [
    .value("--output", "-o"), .value("--selector", "-l"), .value("--field-selector"), .flag("--all-namespaces", "-A"),
    .flag("--no-headers"), .flag("--show-labels"), .value("--sort-by"),
  ]

  func get(_ call: Invocation) throws -> String {
    guard let first = call.words.first else {
      throw Failure(
        "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples"
      )
    }
    let kinds = first.contains("/") ? [] : try first.split(separator: ",").map { try kind(String($0), call.cluster) }
    let isNamed = first.contains("/") || call.words.count > 1
    var sections: [String] = []
    if isNamed {
      let pairs = try named(call.words, call)
      let objects = try pairs.map { try object($0.kind, $0.name, call) }
      return try render(objects, pairs[0].kind, call, isSingle: objects.count == 1)
    }
    for kind in kinds {
      let objects = try list(kind, call)
      let isMany = kinds.count > 1
      if objects.isEmpty, isMany { continue }
      sections.append(try render(objects, kind, call, isSingle: false, prefix: isMany))
    }
    if sections.isEmpty { return nothingFound(call) }
    return sections.joined(separator: "\n")
  }

  private func nothingFound(_ call: Invocation) -> String {
    Self.notice
      + (call.flags.has("--all-namespaces")
        ? "No resources found\n" : "No resources found in \(call.namespace) namespace.\n")
  }

  private func list(_ kind: ResourceKind, _ call: Invocation) throws -> [KubeObject] {
    let namespace = call.flags.has("--all-namespaces") || !kind.isNamespaced ? nil : call.namespace
    let labels = try call.flags["--selector"].map { try LabelSelector(parsing: $0) }
    let fields = try call.flags["--field-selector"].map { try FieldSelector(parsing: $0, kind: kind) }
    var objects = call.cluster.server.list(kind, namespace: namespace, labels: labels, fields: fields)
    if kind == .event {
      objects.sort {
        ($0.json["lastTimestamp"]?.string ?? "", $0.name) < ($1.json["lastTimestamp"]?.string ?? "", $1.name)
      }
    }
    if let path = call.flags["--sort-by"] {
      let expression = try JSONPath(parsing: path.hasPrefix("{") ? path : "{\(path.hasPrefix(".") ? "" : ".")\(path)}")
      objects = objects.enumerated().sorted { left, right in
        let (a, b) = (expression.evaluate(left.element.json), expression.evaluate(right.element.json))
        return a == b ? left.offset < right.offset : a < b
      }.map(\.element)
    }
    return objects
  }

  private func render(
    _ objects: [KubeObject], _ kind: ResourceKind, _ call: Invocation, isSingle: Bool, prefix: Bool = false
  ) throws -> String {
    let format = call.flags["--output"] ?? ""
    switch format {
    case "json", "yaml":
      let value: JSONValue =
        isSingle
        ? objects[0].json
        : [
          "apiVersion": "v1", "items": .array(objects.map(\.json)), "kind": "List", "metadata": ["resourceVersion": ""],
        ]
      return format == "json" ? value.jsonText(.kubectl) + "\n" : value.yamlText()
    case "name": return objects.map { "\($0.kind.printedName)/\($0.name)\n" }.joined()
    case "", "wide": return try renderTable(objects, kind, call, wide: format == "wide", prefix: prefix)
    default:
      guard format.hasPrefix("jsonpath=") else {
        throw Failure(
          "error: unable to match a printer suitable for the output format \"\(format)\", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,wide,yaml"
        )
      }
      let value: JSONValue = isSingle ? objects[0].json : ["items": .array(objects.map(\.json))]
      return try JSONPath(parsing: String(format.dropFirst("jsonpath=".count))).evaluate(value)
    }
  }

  private func renderTable(_ objects: [KubeObject], _ kind: ResourceKind, _ call: Invocation, wide: Bool, prefix: Bool)
    throws -> String
  {
    guard !objects.isEmpty else { return nothingFound(call) }
    let now = terminal.world.simulation.now
    var result = KubernetesModel.table(objects, kind, wide: wide, now: now)
    if prefix {
      for index in result.rows.indices { result.rows[index][0] = "\(kind.printedName)/\(result.rows[index][0])" }
    }
    if call.flags.has("--all-namespaces"), kind.isNamespaced {
      result.columns.insert("NAMESPACE", at: 0)
      for index in result.rows.indices { result.rows[index].insert(objects[index].namespace, at: 0) }
    }
    if call.flags.has("--show-labels") {
      result.columns.append("LABELS")
      for index in result.rows.indices { result.rows[index].append(selectorText(.object(objects[index].labels))) }
    }
    return result.text(headers: !call.flags.has("--no-headers"))
  }
}

/// The part of kubectl's JSONPath that people type: text, `{.a.b[0].c}`, `{.items[*].a}`, `{range .items[*]}…{end}`, `{"\n"}`
/// (client-go, `util/jsonpath`).
struct JSONPath {
  private indirect enum Part {
    case text(String)
    case path([Step])
    case range([Step], [Part])
  }

  private enum Step {
    case key(String)
    case index(Int)
    case all
  }

  private let parts: [Part]

  init(parsing text: String) throws(Kubectl.Failure) {
    var rest = text[...]
    parts = try Self.parse(&rest, isInRange: false)
  }

  private static func parse(_ rest: inout Substring, isInRange: Bool) throws(Kubectl.Failure) -> [Part] {
    var parts: [Part] = []
    while let first = rest.first {
      guard first == "{" else {
        let text = rest.prefix { $0 != "{" }
        parts.append(.text(String(text)))
        rest = rest[text.endIndex...]
        continue
      }
      guard let close = rest.firstIndex(of: "}") else {
        throw Kubectl.Failure("error: error parsing jsonpath \(rest), unclosed action")
      }
      let action = String(rest[rest.index(after: rest.startIndex)..<close])
      rest = rest[rest.index(after: close)...]
      if action == "end" {
        guard isInRange else { throw Kubectl.Failure("error: error parsing jsonpath, not in range, nothing to end") }
        return parts
      }
      if action.hasPrefix("range ") {
        parts.append(.range(try steps(action.dropFirst(6)), try parse(&rest, isInRange: true)))
      } else if action.hasPrefix("\"") || action.hasPrefix("'") {
        parts.append(
          .text(String(action.dropFirst().dropLast()).replacing("\\n", with: "\n").replacing("\\t", with: "\t")))
      } else {
        parts.append(.path(try steps(action[...])))
      }
    }
    return parts
  }

  private static func steps(_ text: Substring) throws(Kubectl.Failure) -> [Step] {
    var steps: [Step] = []
    var rest = text.drop { $0 == "$" || $0 == "@" || $0 == " " }
    while let first = rest.first {
      if first == "." {
        rest = rest.dropFirst()
        var key = ""
        while let character = rest.first, character != ".", character != "[" {
          rest = rest.dropFirst()
          if character == "\\", let next = rest.popFirst() { key.append(next) } else { key.append(character) }
        }
        if key == "*" { steps.append(.all) } else if !key.isEmpty { steps.append(.key(key)) }
      } else if first == "[", let close = rest.firstIndex(of: "]") {
        let inside = rest[rest.index(after: rest.startIndex)..<close]
        if inside == "*" {
          steps.append(.all)
        } else if let index = Int(inside) {
          steps.append(.index(index))
        } else {
          steps.append(.key(inside.filter { $0 != "'" && $0 != "\"" }))
        }
        rest = rest[rest.index(after: close)...]
      } else {
        throw Kubectl.Failure("error: error parsing jsonpath {\(text)}, unrecognized character in action: U+\(first)")
      }
    }
    return steps
  }

  func evaluate(_ value: JSONValue) -> String { Self.evaluate(parts, value) }

  private static func evaluate(_ parts: [Part], _ value: JSONValue) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .path(let steps): select(steps[...], value).map { $0.string ?? $0.jsonText() }.joined(separator: " ")
      case .range(let steps, let inner): select(steps[...], value).map { evaluate(inner, $0) }.joined()
      }
    }.joined()
  }

  private static func select(_ steps: ArraySlice<Step>, _ value: JSONValue) -> [JSONValue] {
    guard let step = steps.first else { return [value] }
    switch step {
    case .key(let key): return value[key].map { select(steps.dropFirst(), $0) } ?? []
    case .index(let index):
      let items = value.array ?? []
      let position = index < 0 ? items.count + index : index
      return items.indices.contains(position) ? select(steps.dropFirst(), items[position]) : []
    case .all:
      let items = value.array ?? value.object?.members.map(\.value) ?? []
      return items.flatMap { select(steps.dropFirst(), $0) }
    }
  }
}
