import Documents
import Glibc
import SimulationKernel

/// What a run was made of: enough to make the same run again, wherever its record is carried.
package struct RunSources: Sendable {
  /// A file as it was read.
  package struct File: Sendable {
    /// From the folder that all files of the run share.
    package var path: String
    package var content: [UInt8]
  }

  /// The scenario first, then its platform's files and runbooks.
  package var files: [File]
  /// The path of the runbook that one of the legs works through, among the files.
  package var runbook: String?
  /// `--set`.
  package var settings: [(key: String, value: String)]
  /// The run's length after T0, where `--until` cut it.
  package var duration: TimeSpan

  package init(
    files: [File], runbook: String? = nil, settings: [(key: String, value: String)], duration: TimeSpan
  ) {
    self.files = files
    self.runbook = runbook
    self.settings = settings
    self.duration = duration
  }

  /// Reads the files of a scenario.
  ///
  /// - Parameter runbook: the path of one that is no part of the scenario.
  package init(
    _ scenario: Scenario, runbook: String? = nil, settings: [(key: String, value: String)]
  ) throws(FileError) {
    var paths = [scenario.file] + Self.files(below: scenario.platformPath)
    if let runbook = scenario.drill?.runbook.map({ path($0.value, relativeTo: scenario.file) }) {
      paths.append(runbook)
    }
    let words = (scenario.solutions + scenario.traps).flatMap(\.steps).flatMap { $0.value.split(separator: " ") }
    paths += Set(words.map { path(String($0), relativeTo: scenario.file) }).filter(isFile).sorted()
    if let runbook { paths.append(runbook) }
    var read: [(parts: [Substring], content: [UInt8])] = []
    for path in paths { read.append((try Self.absolute(path).split(separator: "/"), try readFile(path))) }
    let folders = read.map { $0.parts.dropLast() }
    let shared = folders.dropFirst().reduce(folders[0]) { shared, folder in
      shared.prefix(zip(shared, folder).prefix { $0 == $1 }.count)
    }
    files = read.map { File(path: $0.parts.dropFirst(shared.count).joined(separator: "/"), content: $0.content) }
    self.runbook = runbook == nil ? nil : files.last?.path
    self.settings = settings
    duration = scenario.duration
  }

  private static func files(below folder: String) -> [String] {
    (fileNames(in: folder) ?? []).flatMap { name -> [String] in
      let path = "\(folder)/\(name)"
      return isFolder(path) ? files(below: path) : [path]
    }
  }

  private static func absolute(_ path: String) throws(FileError) -> String {
    guard let resolved = realpath(path, nil) else {
      throw FileError(path: path, reason: String(cString: strerror(errno)))
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Writes the files below a folder that exists.
  ///
  /// - Returns: the path of the scenario.
  package func write(below folder: String) throws(FileError) -> String {
    for file in files {
      var directory = folder
      for part in file.path.split(separator: "/").dropLast() {
        directory += "/\(part)"
        guard mkdir(directory, 0o777) == 0 || errno == EEXIST else {
          throw FileError(path: directory, reason: String(cString: strerror(errno)))
        }
      }
      try writeFile("\(folder)/\(file.path)", file.content)
    }
    return "\(folder)/\(files[0].path)"
  }
}
