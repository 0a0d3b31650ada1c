import Documents

extension Node {
  /// The document with one value replaced or added, for `--set key=value`. The value is read as YAML; its place is told as
  /// the option itself.
  ///
  /// - Parameter path: keys and list positions joined by points, such as `load.0.startRate`.
  package func setting(_ path: String, to text: String) throws(DiagnosticList) -> Node {
    let option = "--set \(path)=\(text)"
    let value = try parseYAML(Array(text.utf8), file: option).first
    let keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !keys.contains("") else {
      throw DiagnosticList([
        Diagnostic(at: SourceMark(file: option), "expected keys joined by points, found \"\(path)\"")
      ])
    }
    let null = Node(.scalar(Scalar(text: "", isPlain: true, value: .null)), at: SourceMark(file: option))
    return try setting(keys[...], to: value ?? null)
  }

  private func setting(_ keys: ArraySlice<String>, to value: Node) throws(DiagnosticList) -> Node {
    guard let key = keys.first else { return value }
    var changed = self
    switch content {
    case .mapping(var entries):
      if let index = entries.firstIndex(where: { $0.key.keyText == key }) {
        entries[index].value = try entries[index].value.setting(keys.dropFirst(), to: value)
      } else {
        let scalar = Scalar(text: key, isPlain: false, value: .string(key))
        let empty = Node(.mapping([]), at: value.mark)
        let added = try empty.setting(keys.dropFirst(), to: value)
        entries.append(Entry(key: Node(.scalar(scalar), at: value.mark), value: added))
      }
      changed.content = .mapping(entries)
    case .sequence(var items):
      guard let index = Int(key), items.indices.contains(index) else {
        let message = "expected a position from 0 to \(items.count - 1), found \"\(key)\""
        throw DiagnosticList([Diagnostic(at: value.mark, message)])
      }
      items[index] = try items[index].setting(keys.dropFirst(), to: value)
      changed.content = .sequence(items)
    case .scalar:
      throw DiagnosticList([Diagnostic(at: value.mark, "\"\(key)\" would stand below \(found), which has no keys")])
    }
    return changed
  }
}
