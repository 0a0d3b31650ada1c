import Glibc

/// Why a file could not be read or written.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  package var path: String
  /// The system's text, such as `No such file or directory`.
  package var reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

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

/// Reads a file that somebody has written for this program: one that cannot be read is a diagnostic like a mistake in it.
package func readSource(_ path: String) throws(DiagnosticList) -> [UInt8] {
  do throws(FileError) { return try readFile(path) } catch {
    throw DiagnosticList([Diagnostic(at: SourceMark(file: path), "cannot be read: \(error.reason)")])
  }
}

/// The documents of a YAML file, without empty ones. What is wrong goes to the diagnostics.
package func readYAML(_ path: String, _ diagnostics: Diagnostics) -> [Node] {
  do throws(DiagnosticList) {
    return try parseYAML(try readSource(path), file: path).filter { !$0.isNull }
  } catch {
    diagnostics.add(error.diagnostics)
    return []
  }
}

/// Writes a whole file in place of what may be there.
package func writeFile(_ path: String, _ bytes: [UInt8]) throws(FileError) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
  guard descriptor >= 0 else { throw FileError(path: path, reason: String(cString: strerror(errno))) }
  defer { close(descriptor) }
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { throw FileError(path: path, reason: String(cString: strerror(errno))) }
    rest = rest.dropFirst(count)
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
