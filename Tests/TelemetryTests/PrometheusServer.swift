import Foundation

/// A real Prometheus over a folder of blocks, for the time of a test.
struct PrometheusServer {
  private let process: Process
  private let port: Int
  let folder: URL

  static func path(of program: String) -> String? {
    ["/usr/bin", "/usr/local/bin"].map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Whether the programs are there.
  static var isInstalled: Bool {
    path(of: "prometheus") != nil && path(of: "promtool") != nil && path(of: "curl") != nil
  }

  /// Starts a server over the samples of an OpenMetrics text.
  ///
  /// - Returns: `nil` when it does not come up.
  init?(openMetrics: String) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "twin-prometheus-\(getpid())-\(openMetrics.count)")
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try openMetrics.write(to: folder.appendingPathComponent("data.om"), atomically: true, encoding: .utf8)
    try "global: {evaluation_interval: 1m}\n".write(
      to: folder.appendingPathComponent("prometheus.yml"), atomically: true, encoding: .utf8)
    try Self.run("promtool", ["tsdb", "create-blocks-from", "openmetrics", "data.om", "data"], in: folder)
    port = 19000 + Int(getpid()) % 1000
    process = Process()
    process.executableURL = URL(fileURLWithPath: Self.path(of: "prometheus") ?? "")
    process.arguments = [
      "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--storage.tsdb.retention.time=100y",
      "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
    ]
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    for _ in 0..<100 {
      if let body = try? Self.run("curl", ["-s", "http://127.0.0.1:\(port)/-/ready"], in: folder),
        body.contains("Ready")
      {
        return
      }
      usleep(100_000)
    }
    process.terminate()
    return nil
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  /// The answers to queries, `path?query`, in their order.
  func answers(_ requests: [String]) throws -> [Data] {
    let lines = requests.enumerated().map { index, request in
      "url = \"http://127.0.0.1:\(port)\(request)\"\noutput = \"answer\(index)\"\n"
    }
    try lines.joined().write(to: folder.appendingPathComponent("requests"), atomically: true, encoding: .utf8)
    try Self.run("curl", ["-s", "-K", "requests"], in: folder)
    return try requests.indices.map { try Data(contentsOf: folder.appendingPathComponent("answer\($0)")) }
  }

  @discardableResult
  static func run(_ program: String, _ arguments: [String], in folder: URL) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path(of: program) ?? "/nonexistent")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self)
  }
}
