import AWSModel
import Documents
import KubernetesModel
import SimulationKernel
import Telemetry

// The log files of a database as RDS shows them: one for each hour, beside what CloudWatch Logs got.
extension AWSCall {
  private func files() throws -> [(name: String, lines: [LogLine])] {
    let database = try instance()
    let lines = region.logs.streams(of: database.logGroup).flatMap(\.lines)
    var files: [(name: String, lines: [LogLine])] = []
    for line in lines {
      let hour = ClusterClock.timestamp(line.at).prefix(13).replacing("T", with: "-")
      let name = "error/postgresql.log.\(hour)"
      if files.last?.name != name { files.append((name, [])) }
      files[files.count - 1].lines.append(line)
    }
    return files
  }

  func logFiles() throws -> JSONValue {
    let part = options["filename-contains"] ?? ""
    return [
      "DescribeDBLogFiles": .array(
        try files().filter { part.isEmpty || $0.name.contains(part) }.map { file in
          [
            "LogFileName": .string(file.name),
            "LastWritten": .integer(ClusterClock.milliseconds(file.lines.last?.at ?? .zero)),
            "Size": .integer(Int64(file.lines.reduce(0) { $0 + $1.text.utf8.count + 1 })),
          ]
        })
    ]
  }

  func logFilePortion() throws -> JSONValue {
    let name = options["log-file-name"] ?? ""
    guard let file = try files().first(where: { $0.name == name }) else {
      throw failure("DBLogFileNotFoundFault", "DBLog File: \(name), is not found on the DB instance")
    }
    // From the end where a number of lines is wanted and no marker (RDS API reference).
    let count = try integer("number-of-lines") ?? file.lines.count
    return [
      "LogFileData": .string(file.lines.suffix(count).map { $0.text + "\n" }.joined()),
      "Marker": .string("0"), "AdditionalDataPending": false,
    ]
  }
}
