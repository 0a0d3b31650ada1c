import Documents
import KubernetesModel
import SimulationKernel

/// A table that grows row by row; columns keep the greatest width they have had (cli-runtime,
/// `printers.GetNewTabWriter`, `RememberWidths`).
struct GrowingTable {
  private var widths: [Int] = []
  private var hasHeader: Bool

  init(headers: Bool) { hasHeader = !headers }

  /// The text of more rows, below the header the first time.
  mutating func text(_ table: Table, wide: Bool) -> String {
    let shown = table.columns.indices.filter { wide || !table.columns[$0].isWide }
    let lines = (hasHeader ? [] : [table.columns.map(\.name)]) + table.rows
    hasHeader = true
    let cells = lines.map { line in shown.map { line[$0] } }
    for line in cells {
      for (column, cell) in line.dropLast().enumerated() {
        if column == widths.count { widths.append(6) }
        widths[column] = max(widths[column], cell.count + 3)
      }
    }
    return cells.map { line in
      line.enumerated().map { column, cell in
        column == line.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
      }.joined() + "\n"
    }.joined()
  }
}

extension KubectlCall {
  /// Shows what there is, and every change until the time is up.
  func watch(_ references: [ResourceReference], _ format: OutputFormat) async throws {
    guard references.count == 1, let reference = references.first else {
      throw KubectlError("you may only specify a single resource type")
    }
    let kind = reference.kind
    var fields = try flags["field-selector"].map { try FieldSelector(parsing: $0, kind: kind) }
    if let name = reference.name {
      _ = try fetch(kind, namespace, name)
      fields = try FieldSelector(parsing: "metadata.name=\(name)", kind: kind)
    }
    let (place, labels) = (scope(kind), try labelSelector())
    let known = try objects(kind, place, labels: labels, fields: fields)
    var printer = WatchPrinter(call: self, kind: kind, format: format)
    if !flags.isOn("watch-only"), !known.isEmpty { printer.show(known, "ADDED") }
    let end = watchEnd
    try authorize("watch", kind, place ?? "")
    let watch = server.watch(kind, isFromNow: true) { event in
      let object = event.object
      guard place == nil || object.namespace == place, labels?.matches(object.labels) ?? true,
        fields?.matches(object) ?? true
      else { return }
      printer.show([object], event.word)
    }
    await simulation.sleep(until: end, Kubectl.callEvent)
    watch.cancel()
  }
}

extension WatchEvent {
  /// As `--output-watch-events` shows it.
  var word: String {
    switch self {
    case .added: "ADDED"
    case .modified: "MODIFIED"
    case .deleted: "DELETED"
    }
  }
}

/// Prints objects as they come.
@Simulated
private struct WatchPrinter {
  let call: KubectlCall
  let kind: ResourceKind
  let format: OutputFormat
  var table: GrowingTable
  var count = 0

  init(call: KubectlCall, kind: ResourceKind, format: OutputFormat) {
    self.call = call
    self.kind = kind
    self.format = format
    table = GrowingTable(headers: !call.flags.isOn("no-headers"))
  }

  mutating func show(_ objects: [KubeObject], _ event: String) {
    switch format {
    case .table(let wide):
      var shown = call.shownTable(kind, objects, withKind: false)
      if call.flags.isOn("output-watch-events") { shown = shown.prepending("EVENT", objects.map { _ in event }) }
      return call.write(table.text(shown, wide: wide))
    case .columns(let columns):
      let rows = objects.map { object in
        columns.map { column in
          let found = column.path.values(object.json).map(JSONPath.plain)
          return found.isEmpty ? "<none>" : found.joined(separator: ",")
        }
      }
      let shown = Table(columns: columns.map { Table.Column($0.header) }, rows: rows)
      return call.write(table.text(shown, wide: false))
    default: break
    }
    for object in objects {
      switch format {
      case .json: call.print(object.json.jsonText(.kubectl))
      case .yaml: call.write((count > 0 ? "---\n" : "") + object.json.yamlText())
      case .name: call.print(object.printedName)
      case .path(let path): call.write(path.text(object.json))
      case .pathAsJSON(let path): call.print(JSONValue.array(path.values(object.json)).jsonText(.kubectl))
      default: break
      }
      count += 1
    }
  }
}
