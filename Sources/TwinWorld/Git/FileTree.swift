/// The files of a commit, of the index, or of the working tree, by their paths from the repository's root.
package struct FileTree: Hashable, Sendable {
  /// A file's content and its name in the repository.
  package struct Blob: Hashable, Sendable {
    package let content: [UInt8]
    package let id: ObjectID

    package init(_ content: [UInt8]) {
      self.content = content
      id = ObjectID("blob", content)
    }

    package static func == (left: Blob, right: Blob) -> Bool { left.id == right.id }
    package func hash(into hasher: inout Hasher) { hasher.combine(id) }

    package var text: String { String(decoding: content, as: UTF8.self) }
  }

  private var blobs: [String: Blob] = [:]

  package init() {}

  /// Sorted as Git sorts an index.
  package var paths: [String] { blobs.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

  package subscript(path: String) -> Blob? {
    get { blobs[path] }
    set { blobs[path] = newValue }
  }

  /// Whether it is a folder of the tree; the empty path is the root.
  package func isFolder(_ path: String) -> Bool { path.isEmpty || blobs.keys.contains { $0.hasPrefix(path + "/") } }

  /// What stands directly in a folder, in the order of a tree object.
  package func entries(of folder: String) -> [(name: String, isFolder: Bool)] {
    let prefix = folder.isEmpty ? "" : folder + "/"
    var names: [String] = []
    for path in paths where path.hasPrefix(prefix) {
      let rest = path.dropFirst(prefix.count)
      let name = rest.firstIndex(of: "/").map { String(rest[...$0]) } ?? String(rest)
      if !names.contains(name) { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .map { $0.hasSuffix("/") ? (String($0.dropLast()), true) : ($0, false) }
  }

  /// The name of a folder's tree object (gitformat-pack, "tree": mode, name, a zero byte, 20 bytes).
  package func id(of folder: String = "") -> ObjectID {
    var content: [UInt8] = []
    for entry in entries(of: folder) {
      let path = folder.isEmpty ? entry.name : "\(folder)/\(entry.name)"
      let id = entry.isFolder ? id(of: path) : blobs[path]?.id ?? .none
      content += Array("\(entry.isFolder ? "40000" : "100644") \(entry.name)\0".utf8) + id.bytes
    }
    return ObjectID("tree", content)
  }

  /// Paths at which two trees differ, sorted.
  package func differences(from other: FileTree) -> [String] {
    Set(paths + other.paths).filter { self[$0] != other[$0] }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
