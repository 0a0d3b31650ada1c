/// The parts of the platform as boxes, coloured by their state at an instant. The page's script moves the instant.
struct TopologyPicture {
  let topology: IncidentTopology
  let cursor: Double

  private static let box = (width: 172.0, height: 46.0)
  private static let gap = (x: 26.0, y: 12.0)
  private static let top = 20.0

  var svg: String {
    let regions = Self.distinct(topology.nodes.map(\.region))
    var text = ""
    var y = 0.0
    for region in regions {
      let nodes = topology.nodes.filter { $0.region == region }
      let rows = (nodes.map(\.row).max() ?? 0) + 1
      text += "<text class=\"region\" x=\"6\" y=\"\(coordinate(y + 13))\">\(markup(region))</text>"
      text += edges(nodes, y) + nodes.map { box($0, y) }.joined()
      y += Self.top + Double(rows) * (Self.box.height + Self.gap.y)
    }
    let columns = (topology.nodes.map(\.column).max() ?? 0) + 1
    let width = max(600, 12 + Double(columns) * (Self.box.width + Self.gap.x))
    let words = "Parts of the platform from the customers inwards, and their state at the cursor"
    return """
      <div class="scroll" tabindex="0"><svg class="topology" viewBox="0 0 \(coordinate(width)) \(coordinate(y))" role="img" \
      aria-label="\(markup(words))" style="max-width:\(coordinate(width))px"><title>\(markup(words))</title>\
      \(text)</svg></div>

      """
  }

  private static func distinct(_ names: [String]) -> [String] {
    names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private func place(_ node: IncidentTopology.Node, _ y: Double) -> (x: Double, y: Double) {
    (
      6 + Double(node.column) * (Self.box.width + Self.gap.x),
      y + Self.top + Double(node.row) * (Self.box.height + Self.gap.y)
    )
  }

  private func edges(_ nodes: [IncidentTopology.Node], _ y: Double) -> String {
    topology.edges.compactMap { edge in
      guard let from = nodes.first(where: { $0.key == edge.from }), let to = nodes.first(where: { $0.key == edge.to })
      else { return nil }
      let (start, end) = (place(from, y), place(to, y))
      if from.column == to.column {
        let x = start.x + Self.box.width / 2
        let isBelow = end.y > start.y
        let (a, b) = (isBelow ? start.y + Self.box.height : start.y, isBelow ? end.y : end.y + Self.box.height)
        return "<path class=\"edge\" d=\"M\(coordinate(x)) \(coordinate(a))V\(coordinate(b))\"/>"
      }
      let (a, b) = (start.y + Self.box.height / 2, end.y + Self.box.height / 2)
      let right = start.x + Self.box.width
      return
        "<path class=\"edge\" d=\"M\(coordinate(right)) \(coordinate(a))C\(coordinate(right + 13)) \(coordinate(a)) \(coordinate(end.x - 13)) \(coordinate(b)) \(coordinate(end.x)) \(coordinate(b))\"/>"
    }.joined()
  }

  private func box(_ node: IncidentTopology.Node, _ y: Double) -> String {
    let (x, top) = place(node, y)
    let effect = node.effect(at: cursor)
    return """
      <g class="node\(effect == nil ? "" : " hurt")" data-node="\(markup(node.key))"><title>\(markup(node.key))</title>\
      <rect x="\(coordinate(x))" y="\(coordinate(top))" width="\(coordinate(Self.box.width))" \
      height="\(coordinate(Self.box.height))" rx="5"/><text class="kind" x="\(coordinate(x + 8))" \
      y="\(coordinate(top + 13))">\(markup(node.kind == "customer" ? "" : node.kind))</text>\
      <text x="\(coordinate(x + 8))" y="\(coordinate(top + 27))">\(markup(Self.short(node.name)))</text>\
      <text class="effect" x="\(coordinate(x + 8))" y="\(coordinate(top + 40))">\(markup(Self.short(effect ?? "")))</text></g>
      """
  }

  static func short(_ text: String) -> String { text.count > 26 ? text.prefix(25) + "…" : text }
}
