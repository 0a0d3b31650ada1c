import Foundation
import Glibc
import Telemetry

/// A real Prometheus with samples of its own, for the time of a test.
struct PrometheusServer {
  private let process: Process
  private let port: Int
  let folder: URL

  static func path(of program: String) -> String? {
    ["/usr/bin", "/usr/local/bin"].map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Whether the programs are there, Prometheus in a version with this dialect (2.40 and later, before 3).
  static let isInstalled: Bool = {
    guard path(of: "curl") != nil, path(of: "prometheus") != nil,
      let text = try? run("prometheus", ["--version"], in: FileManager.default.temporaryDirectory),
      let match = text.firstMatch(of: /version 2\.(\d+)/), let minor = Int(match.1)
    else { return false }
    return minor >= 40
  }()

  /// Starts a server and writes it the series, in their order, which becomes that of answers. They come by remote write,
  /// which alone carries staleness markers as they are.
  ///
  /// - Returns: `nil` when it does not come up.
  init?(_ series: [(labels: Labels, samples: [Sample])]) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "twin-prometheus-\(getpid())-\(series.count)")
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try "global: {evaluation_interval: 1m}\n".write(
      to: folder.appendingPathComponent("prometheus.yml"), atomically: true, encoding: .utf8)
    port = try Self.freePort()
    process = Process()
    process.executableURL = URL(fileURLWithPath: Self.path(of: "prometheus") ?? "")
    process.arguments = [
      "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--storage.tsdb.retention.time=100y",
      "--web.enable-remote-write-receiver", "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
    ]
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    for _ in 0..<200 {
      if let body = try? Self.run("curl", ["-s", "http://127.0.0.1:\(port)/-/ready"], in: folder),
        body.contains("Ready")
      {
        try write(series)
        return
      }
      usleep(50_000)
    }
    stop()
    return nil
  }

  private static func freePort() throws -> Int {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    guard isBound else { throw CocoaError(.featureUnsupported) }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  /// First samples make the series known in their order; the others follow in order of time, since a head block takes
  /// nothing that is an hour older than its newest.
  private func write(_ series: [(labels: Labels, samples: [Sample])]) throws {
    let span: Int64 = 1_200_000
    let end = series.compactMap(\.samples.last?.time).max() ?? 0
    var start = series.compactMap(\.samples.first?.time).min() ?? 0
    try post(series.map { ($0.labels, Array($0.samples.prefix(1))) })
    while start <= end {
      let times = start..<(start + span)
      let part = series.map { one in (one.labels, one.samples.dropFirst().filter { times.contains($0.time) }) }
      try post(part.filter { !$0.1.isEmpty })
      start += span
    }
  }

  private func post(_ series: [(labels: Labels, samples: [Sample])]) throws {
    try RemoteWrite.request(series).write(to: folder.appendingPathComponent("write"))
    let answer = try Self.run(
      "curl",
      [
        "-s", "-H", "Content-Encoding: snappy", "--data-binary", "@write", "-w", "%{http_code}",
        "http://127.0.0.1:\(port)/api/v1/write",
      ], in: folder)
    guard answer == "204" else { throw CocoaError(.fileWriteUnknown, userInfo: [NSDebugDescriptionErrorKey: answer]) }
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
