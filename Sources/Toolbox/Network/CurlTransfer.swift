import Documents
import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel

/// One transfer of curl.
@Simulated
final class CurlTransfer {
  private let call: NetworkCall
  private let options: CurlOptions
  private let began: Instant
  private var trace: [String] = []
  /// When each step had ended, for `-w`.
  private var marks: [(name: String, at: TimeSpan)] = []
  private var remote = ""

  init(_ call: NetworkCall, _ options: CurlOptions) {
    self.call = call
    self.options = options
    began = call.simulation.now
  }

  private struct Address {
    var isSecure: Bool
    var host: String
    var port: UInt16
    var path: String
    var query: String

    init?(_ url: String) {
      var rest = url[...]
      isSecure = url.hasPrefix("https://")
      if let scheme = url.firstRange(of: "://") {
        guard ["http", "https"].contains(String(url[..<scheme.lowerBound])) else { return nil }
        rest = url[scheme.upperBound...]
      }
      let authority = rest.prefix { $0 != "/" && $0 != "?" }
      let target = rest.dropFirst(authority.count)
      let parts = authority.split(separator: ":").map(String.init)
      host = parts.first ?? ""
      port = parts.count > 1 ? UInt16(parts[1]) ?? 0 : isSecure ? 443 : 80
      let pieces = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      path = pieces.first.flatMap { $0.isEmpty ? nil : $0 } ?? "/"
      query = pieces.count > 1 ? pieces[1] : ""
    }
  }

  /// How a transfer fails: curl's number and text.
  private struct Failure: Error {
    var code: Int32
    var text: String
  }

  private var elapsed: TimeSpan { call.simulation.now - began }
  private func mark(_ name: String) { marks.append((name, elapsed)) }
  private func note(_ line: String) { if options.isVerbose { trace.append(line) } }

  private var deadline: Instant { options.maxTime.map { began + $0 } ?? .distantFuture }

  func run(_ url: String) async -> CommandResult {
    guard let address = Address(url), !address.host.isEmpty else {
      let scheme = url.split(separator: ":").first.map(String.init) ?? ""
      return finish(
        CommandResult(), nil, Failure(code: 1, text: "Protocol \"\(scheme)\" not supported or disabled in libcurl"))
    }
    do {
      let response = try await transfer(address)
      var result = CommandResult()
      var body = String(decoding: response.body, as: UTF8.self)
      if options.onlyHead { body = "" }
      let isRefused = options.failsOnErrors && response.status >= 400
      if options.includesHeaders || options.onlyHead { result.output += head(response, address, mark: "") + "\r\n" }
      if !isRefused, options.output == nil || options.output == "-" { result.output += body }
      let failure = isRefused ? Failure(code: 22, text: "The requested URL returned error: \(response.status)") : nil
      return finish(result, response, failure)
    } catch let failure as Failure {
      return finish(CommandResult(), nil, failure)
    } catch { return finish(CommandResult(), nil, Failure(code: 2, text: "\(error)")) }
  }

  private func transfer(_ address: Address) async throws -> HTTPResponse {
    let target = try await resolve(address)
    mark("namelookup")
    remote = target.0.description
    note("*   Trying \(target.0):\(address.port)...")
    let connectLimit = min(deadline, options.connectTimeout.map { began + $0 } ?? began + .seconds(300))
    let connection: Connection
    do throws(NetworkError) {
      connection = try await call.network.connect(
        from: target.1, to: target.0, port: address.port, deadline: connectLimit)
    } catch { throw failure(error, address, isConnecting: true) }
    defer { connection.close() }
    mark("connect")
    note("* Connected to \(address.host) (\(target.0)) port \(address.port) (#0)")
    if address.isSecure { try await secure(connection, address, connectLimit) }
    mark("pretransfer")
    let request = HTTPRequest(
      HTTPMethod(rawValue: options.method ?? (options.onlyHead ? "HEAD" : options.data == nil ? "GET" : "POST"))
        ?? .get,
      host: address.host, path: address.path, query: address.query, headers: HTTPHeaders(headers),
      body: Array((options.data ?? "").utf8))
    note(
      "> \(request.method.rawValue) \(address.path)\(address.query.isEmpty ? "" : "?" + address.query) \(address.isSecure ? "HTTP/2" : "HTTP/1.1")"
    )
    note("> Host: \(address.host)")
    for field in headers { note("> \(field.name): \(field.value)") }
    note("> ")
    do throws(NetworkError) {
      let response = try await connection.send(request, deadline: min(deadline, call.simulation.now + .seconds(900)))
      mark("starttransfer")
      for line in head(response, address, mark: "< ").utf8.split(separator: 10) {
        trace.append(String(Substring(line)).filter { $0 != "\r" && $0 != "\r\n" })
      }
      if options.isVerbose { trace.append("< ") }
      note("* Connection #0 to host \(address.host) left intact")
      return response
    } catch { throw failure(error, address, isConnecting: false) }
  }

  private var headers: [HTTPHeader] {
    var fields = [HTTPHeader("User-Agent", "curl/7.88.1"), HTTPHeader("Accept", "*/*")]
    fields.removeAll { field in options.headers.contains { $0.name.equalsIgnoringASCIICase(field.name) } }
    fields += options.headers
    if options.data != nil, !fields.contains(where: { $0.name.equalsIgnoringASCIICase("Content-Type") }) {
      fields.append(HTTPHeader("Content-Type", "application/x-www-form-urlencoded"))
    }
    return fields
  }

  private func resolve(_ address: Address) async throws -> (IPv4Address, Host) {
    let fixed = options.resolutions.first { $0.host == address.host && $0.port == address.port }
    let name = fixed?.address ?? address.host
    guard let origin = call.origin(toward: name) else {
      throw Failure(code: 6, text: "Could not resolve host: \(name)")
    }
    let began = call.simulation.now
    do throws(NetworkError) { return (try await call.network.resolve(name, on: origin), origin) } catch {
      if call.simulation.now > deadline {
        throw Failure(
          code: 28, text: "Resolving timed out after \(Int((call.simulation.now - began).milliseconds)) milliseconds")
      }
      throw Failure(code: 6, text: "Could not resolve host: \(address.host)")
    }
  }

  private func secure(_ connection: Connection, _ address: Address, _ limit: Instant) async throws {
    note("* ALPN: offers h2,http/1.1")
    do throws(NetworkError) {
      try await connection.handshake(
        TLSPolicy(serverName: options.isInsecure ? nil : address.host, verifiesServer: !options.isInsecure),
        deadline: limit,
        trace: nil)
    } catch { throw failure(error, address, isConnecting: true) }
    mark("appconnect")
    note("* SSL connection using TLSv1.3 / TLS_AES_128_GCM_SHA256")
    if let certificate = connection.listener.certificate {
      note("* Server certificate:")
      note("*  subject: CN=\(certificate.names.first ?? "")")
      note("*  SSL certificate verify \(options.isInsecure ? "result: unchecked, continuing anyway." : "ok.")")
    }
  }

  private func failure(_ error: NetworkError, _ address: Address, isConnecting: Bool) -> Failure {
    let spent = Int(elapsed.milliseconds)
    switch error {
    case .refused:
      note("* connect to \(remote) port \(address.port) failed: Connection refused")
      return Failure(
        code: 7,
        text: "Failed to connect to \(address.host) port \(address.port) after \(spent) ms: Couldn't connect to server")
    case .timedOut(let phase):
      if isConnecting, phase == .connect {
        return Failure(
          code: 28,
          text: options.connectTimeout == nil && options.maxTime == nil
            ? "Failed to connect to \(address.host) port \(address.port) after \(spent) ms: Couldn't connect to server"
            : "Connection timed out after \(spent) milliseconds")
      }
      return Failure(code: 28, text: "Operation timed out after \(spent) milliseconds with 0 bytes received")
    case .reset:
      return isConnecting
        ? Failure(
          code: 35,
          text: "OpenSSL SSL_connect: Connection reset by peer in connection to \(address.host):\(address.port) ")
        : Failure(code: 52, text: "Empty reply from server")
    case .tls(.certificateExpired): return Failure(code: 60, text: "SSL certificate problem: certificate has expired")
    case .tls(.nameMismatch):
      return Failure(
        code: 60, text: "SSL: no alternative certificate subject name matches target host name '\(address.host)'")
    case .nameResolution: return Failure(code: 6, text: "Could not resolve host: \(address.host)")
    }
  }

  // MARK: Printing

  private static let reasons: [(status: Int, text: String)] = [
    (200, "OK"), (201, "Created"), (202, "Accepted"), (204, "No Content"), (301, "Moved Permanently"), (302, "Found"),
    (304, "Not Modified"), (400, "Bad Request"), (401, "Unauthorized"), (403, "Forbidden"), (404, "Not Found"),
    (405, "Method Not Allowed"), (409, "Conflict"), (422, "Unprocessable Entity"), (429, "Too Many Requests"),
    (500, "Internal Server Error"), (502, "Bad Gateway"), (503, "Service Unavailable"), (504, "Gateway Timeout"),
  ]

  private func head(_ response: HTTPResponse, _ address: Address, mark: String) -> String {
    guard mark.isEmpty || options.isVerbose else { return "" }
    let reason = Self.reasons.first { $0.status == response.status }?.text ?? ""
    var text =
      mark + (address.isSecure ? "HTTP/2 \(response.status) " : "HTTP/1.1 \(response.status) \(reason)") + "\r\n"
    let seconds = ClusterClock.microseconds(call.simulation.now) / 1_000_000
    var fields = response.headers.fields
    if response.headers["Date"] == nil {
      fields.insert(HTTPHeader("Date", DateCommand.text(seconds, "%a, %d %b %Y %H:%M:%S GMT")), at: 0)
    }
    if response.headers["Content-Length"] == nil {
      fields.append(HTTPHeader("Content-Length", "\(response.body.count)"))
    }
    for field in fields {
      text += "\(mark)\(address.isSecure ? field.name.lowercased() : field.name): \(field.value)\r\n"
    }
    return text
  }

  private func finish(_ result: CommandResult, _ response: HTTPResponse?, _ failure: Failure?) -> CommandResult {
    var result = result
    if options.isVerbose { result.errors += trace.map { $0 + "\n" }.joined() }
    if let failure {
      result.exitCode = failure.code
      if !options.isSilent || options.showsErrors {
        result.errors += "curl: (\(failure.code)) \(failure.text)\n"
        if failure.code == 60 {
          result.errors +=
            "More details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\n"
            + "establish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the web page mentioned above.\n"
        }
      }
    }
    if let format = options.writeOut { result.output += written(format, response, result.exitCode) }
    return result
  }

  private func written(_ format: String, _ response: HTTPResponse?, _ code: Int32) -> String {
    func seconds(_ name: String) -> String { fixed(marks.first { $0.name == name }?.at ?? .zero) }
    let values: [(String, String)] = [
      ("http_code", response.map { "\($0.status)" } ?? "000"),
      ("response_code", response.map { "\($0.status)" } ?? "000"),
      ("time_namelookup", seconds("namelookup")), ("time_connect", seconds("connect")),
      ("time_appconnect", seconds("appconnect")), ("time_pretransfer", seconds("pretransfer")),
      ("time_redirect", "0.000000"),
      ("time_starttransfer", seconds("starttransfer")), ("time_total", fixed(elapsed)), ("remote_ip", remote),
      ("size_download", "\(response?.body.count ?? 0)"), ("exitcode", "\(code)"),
      ("num_connects", marks.count > 1 ? "1" : "0"),
    ]
    var text = ShellBuiltin.unescaped(format)
    for (name, value) in values { text = text.replacing("%{\(name)}", with: value) }
    return text.replacing("%%", with: "%")
  }

  /// Seconds with six digits.
  private func fixed(_ span: TimeSpan) -> String {
    let micros = span.nanoseconds / 1000
    let rest = "\(micros % 1_000_000)"
    return "\(micros / 1_000_000).\(String(repeating: "0", count: 6 - rest.count))\(rest)"
  }
}
