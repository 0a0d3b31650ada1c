import Documents
import Foundation
import Testing

/// The repository's root, found from this file.
let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// The release build of `twin`, which `make test` makes first.
struct Program {
  /// What a call printed and how it ended.
  struct Outcome {
    var output: String
    var errors: String
    var code: Int32

    /// The document of `-o json`.
    var json: JSONValue { (try? parseJSON(output)) ?? .null }

    /// Digests by the name of the run, of the first scenario.
    var digests: [String: String] {
      var digests: [String: String] = [:]
      for run in json["scenarios"]?[0]?["runs"]?.array ?? [] {
        digests[run["name"]?.string ?? ""] = run["digest"]?.string
      }
      return digests
    }
  }

  static func start(_ arguments: [String], in folder: URL = root, input: String? = nil) throws -> (
    process: Process, output: Pipe, errors: Pipe
  ) {
    let program = root.appendingPathComponent(".build/release/twin")
    try #require(FileManager.default.isExecutableFile(atPath: program.path), "run `make build` first")
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    if let input {
      let file = try scratchFolder().appendingPathComponent("input")
      try input.write(to: file, atomically: true, encoding: .utf8)
      process.standardInput = try FileHandle(forReadingFrom: file)
    }
    try process.run()
    return (process, output, errors)
  }

  static func run(_ arguments: [String], in folder: URL = root, input: String? = nil) throws -> Outcome {
    let (process, output, errors) = try start(arguments, in: folder, input: input)
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    let complained = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      output: String(decoding: printed, as: UTF8.self), errors: String(decoding: complained, as: UTF8.self),
      code: process.terminationStatus)
  }

  /// A new empty folder.
  static func scratchFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "twin-test-\(ProcessInfo.processInfo.globallyUniqueString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }
}
