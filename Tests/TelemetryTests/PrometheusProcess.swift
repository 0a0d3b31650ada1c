import Foundation
import Glibc
import Telemetry

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The real Prometheus, where it is installed, on a loopback port and a directory of its own.
final class PrometheusProcess {
  struct Failure: Error, CustomStringConvertible { var description: String }

  private let process = Process()
  private let folder: URL
  private let base: String
  private let session = URLSession(configuration: .ephemeral)

  /// The path of an executable on PATH.
  static func installed(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Starts it and waits until it is ready; `nil` where it is not installed, or older than 2.40.
  static func start() async throws -> PrometheusProcess? {
    guard let path = installed("prometheus") else { return nil }
    let version = Process()
    let output = Pipe()
    version.executableURL = URL(fileURLWithPath: path)
    version.arguments = ["--version"]
    version.standardOutput = output
    version.standardError = output
    try version.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    version.waitUntilExit()
    guard let match = text.firstMatch(of: /version (\d+)\.(\d+)/), let major = Int(match.1), let minor = Int(match.2),
      (major, minor) >= (2, 40), major == 2
    else { return nil }
    return try await PrometheusProcess(path)
  }

  private init(_ path: String) async throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("prometheus-\(getpid())-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let configuration = folder.appendingPathComponent("prometheus.yml")
    try "global: {evaluation_interval: 1m}\n".write(to: configuration, atomically: true, encoding: .utf8)
    let port = try Self.freePort()
    base = "http://127.0.0.1:\(port)"
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = [
      "--config.file=\(configuration.path)", "--storage.tsdb.path=\(folder.path)/data",
      "--web.listen-address=127.0.0.1:\(port)", "--web.enable-remote-write-receiver",
      "--storage.tsdb.retention.time=100y", "--log.level=error",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    for _ in 0..<200 {
      if let url = URL(string: base + "/-/ready"), let (_, response) = try? await session.data(from: url),
        (response as? HTTPURLResponse)?.statusCode == 200
      {
        return
      }
      guard process.isRunning else { break }
      usleep(50_000)
    }
    stop()
    throw Failure(description: "prometheus did not become ready")
  }

  func stop() {
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  private static func freePort() throws -> UInt16 {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    guard bound else { throw Failure(description: "no free port") }
    return UInt16(bigEndian: address.sin_port)
  }

  // MARK: - Writing

  /// Writes series as remote write does, so that staleness markers arrive as they are. Series are made known in the order
  /// given, which is then that of results; samples follow in order of time.
  func write(_ series: [EdgeSeries.Series]) async throws {
    try await post(series.map { ($0.labels, Array($0.samples.prefix(1))) })
    let end = series.compactMap(\.samples.last?.time).max() ?? 0
    var time = series.compactMap(\.samples.first?.time).min() ?? 0
    while time <= end {
      let part = series.map { one in
        (one.labels, one.samples.dropFirst().filter { $0.time >= time && $0.time < time + 1_200_000 })
      }
      try await post(part.filter { !$0.1.isEmpty })
      time += 1_200_000
    }
  }

  /// One request of remote write 1.0: a `prometheus.WriteRequest` in Snappy's format, as literals.
  private func post(_ series: [(labels: Labels, samples: [Sample])]) async throws {
    var message = Data()
    for one in series {
      var body = Data()
      for pair in one.labels.pairs {
        body.appendField(1, Data().field(1, Data(pair.name.utf8)).field(2, Data(pair.value.utf8)))
      }
      for sample in one.samples {
        var point = Data([0x09])
        withUnsafeBytes(of: sample.value.bitPattern.littleEndian) { point.append(contentsOf: $0) }
        point.append(0x10)
        point.appendVariable(UInt64(bitPattern: sample.time))
        body.appendField(2, point)
      }
      message.appendField(1, body)
    }
    var request = URLRequest(url: URL(string: base + "/api/v1/write")!)
    request.httpMethod = "POST"
    request.setValue("snappy", forHTTPHeaderField: "Content-Encoding")
    request.setValue("application/x-protobuf", forHTTPHeaderField: "Content-Type")
    request.httpBody = message.snappyLiterals
    let (answer, response) = try await session.data(for: request)
    guard let status = (response as? HTTPURLResponse)?.statusCode, status / 100 == 2 else {
      throw Failure(description: "remote write: " + String(decoding: answer, as: UTF8.self))
    }
  }

  // MARK: - Asking

  /// The answer of `query` or `query_range`, errors included.
  func ask(_ path: String, _ parameters: [(String, String)]) async throws -> Data {
    var request = URLRequest(url: URL(string: base + "/api/v1/" + path)!)
    request.httpMethod = "POST"
    request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
    let allowed = CharacterSet.alphanumerics
    request.httpBody = Data(
      parameters.map { $0.0 + "=" + ($0.1.addingPercentEncoding(withAllowedCharacters: allowed) ?? "") }
        .joined(separator: "&").utf8)
    return try await session.data(for: request).0
  }
}

extension Data {
  fileprivate mutating func appendVariable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  fileprivate mutating func appendField(_ number: UInt8, _ body: Data) {
    append(number << 3 | 2)
    appendVariable(UInt64(body.count))
    append(body)
  }

  fileprivate func field(_ number: UInt8, _ body: Data) -> Data {
    var copy = self
    copy.appendField(number, body)
    return copy
  }

  /// Snappy's block format without any compression.
  fileprivate var snappyLiterals: Data {
    var block = Data()
    block.appendVariable(UInt64(count))
    var start = startIndex
    while start < endIndex {
      let length = Swift.min(65_536, endIndex - start)
      block.append(contentsOf: [61 << 2, UInt8((length - 1) & 0xFF), UInt8((length - 1) >> 8)])
      block.append(self[start..<(start + length)])
      start += length
    }
    return block
  }
}
