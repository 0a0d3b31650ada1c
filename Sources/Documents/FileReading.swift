import Glibc

/// Why a file could not be read or written.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  package var path: String
  /// The system's text, such as `No such file or directory`.
  package var reason: String

  package var description: String { "\(path): \(reason)" }
}

/// Reads a whole file. Directories and unreadable files throw the system's reason.
package func readFile(_ path: String) throws(FileError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError(path: path, reason: String(cString: strerror(errno))) }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(descriptor, &chunk, chunk.count)
    if count == 0 { return bytes }
    guard count > 0 else {
      if errno == EINTR { continue }
      throw FileError(path: path, reason: String(cString: strerror(errno)))
    }
    bytes += chunk[..<count]
  }
}

/// Whether a path leads to a folder.
package func isFolder(_ path: String) -> Bool { mode(of: path) & S_IFMT == S_IFDIR }

/// Whether a path leads to a file that is no folder.
package func isFile(_ path: String) -> Bool { mode(of: path) & S_IFMT == S_IFREG }

private func mode(of path: String) -> mode_t {
  var status = stat()
  return stat(path, &status) == 0 ? status.st_mode : 0
}

/// The names in a folder, sorted, without hidden ones; `nil` when it cannot be read.
package func fileNames(in folder: String) -> [String]? {
  guard let directory = opendir(folder) else { return nil }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if !name.hasPrefix(".") { names.append(name) }
  }
  return names.sorted()
}
