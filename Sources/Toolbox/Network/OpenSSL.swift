import KubernetesModel
import NetworkModel
import SimulationKernel

/// `openssl s_client -connect HOST:PORT` and `openssl x509 -noout` of OpenSSL 3.0.
///
/// A modelled certificate has names and dates and no encoding: no PEM block is printed, and `x509` reads the lines of the chain.
@Simulated
enum OpenSSL {
  static func run(_ call: NetworkCall) async -> CommandResult {
    switch call.arguments.first {
    case "s_client": return await client(call)
    case "x509": return x509(call)
    case let word?: return CommandResult(errors: "Invalid command '\(word)'; type \"help\" for a list.\n", exitCode: 1)
    case nil: return CommandResult()
    }
  }

  private static let issuer = "C = US, O = Amazon, CN = Amazon RSA 2048 M02"
  /// Days for which ACM issues certificates.
  private static let validity: Int64 = 395

  /// The last and the first second of a certificate, in seconds since 1970; without an end in the run it is half way through.
  private static func dates(_ certificate: Certificate) -> (from: Int64, to: Int64) {
    let end =
      certificate.expires.map { ClusterClock.microseconds($0) / 1_000_000 } ?? ClusterClock.epoch + validity / 2
      * 86_400
    return (end - validity * 86_400, end)
  }

  private static func text(_ seconds: Int64) -> String { DateCommand.text(seconds, "%b %e %H:%M:%S %Y GMT") }

  private static func client(_ call: NetworkCall) async -> CommandResult {
    func value(_ name: String) -> String? {
      call.arguments.firstIndex(of: name).flatMap { $0 + 1 < call.arguments.count ? call.arguments[$0 + 1] : nil }
    }
    guard let target = value("-connect") else {
      return CommandResult(errors: "connect:errno=111\n", exitCode: 1)
    }
    let parts = target.split(separator: ":").map(String.init)
    let name = parts.first ?? ""
    let port = parts.count > 1 ? UInt16(parts[1]) ?? 443 : 443
    let errorHead = "00000000:error:8000006F:system library:BIO_connect"
    guard let origin = call.origin(toward: name) else {
      return CommandResult(errors: "BIO_lookup_ex:system lib:Name or service not known\nconnect:errno=0\n", exitCode: 1)
    }
    do throws(NetworkError) {
      let address = try await call.network.resolve(name, on: origin)
      let connection = try await call.network.connect(
        from: origin, to: address, port: port, tls: TLSPolicy(verifiesServer: false),
        deadline: call.simulation.now + .seconds(130))
      defer { connection.close() }
      guard let certificate = connection.listener.certificate else {
        return CommandResult(
          output:
            "CONNECTED(00000003)\n---\nno peer certificate available\n---\nNo client certificate CA names sent\n---\n",
          exitCode: 1)
      }
      return CommandResult(output: session(certificate, at: call.simulation.now))
    } catch {
      switch error {
      case .nameResolution(let reason, _):
        let text = reason == .noSuchDomain ? "Name or service not known" : "Temporary failure in name resolution"
        return CommandResult(errors: "BIO_lookup_ex:system lib:\(text)\nconnect:errno=0\n", exitCode: 1)
      case .refused: return CommandResult(errors: "\(errorHead):Connection refused\nconnect:errno=111\n", exitCode: 1)
      case .timedOut:
        return CommandResult(errors: "\(errorHead):Connection timed out\nconnect:errno=110\n", exitCode: 1)
      default: return CommandResult(errors: "write:errno=104\n", exitCode: 1)
      }
    }
  }

  private static func session(_ certificate: Certificate, at now: Instant) -> String {
    let (from, to) = dates(certificate)
    let subject = "CN = \(certificate.names.first ?? "")"
    let verdict = certificate.objection(serverName: nil, at: now) == nil ? "0 (ok)" : "10 (certificate has expired)"
    var text = "CONNECTED(00000003)\n---\nCertificate chain\n 0 s:\(subject)\n   i:\(issuer)\n"
    text += "   a:PKEY: rsaEncryption, 2048 (bit); sigalg: RSA-SHA256\n"
    text +=
      "   v:NotBefore: \(Self.text(from)); NotAfter: \(Self.text(to))\n---\nServer certificate\nsubject=\(subject)\n\nissuer=\(issuer)\n\n---\n"
    text +=
      "No client certificate CA names sent\n---\nNew, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256\nServer public key is 2048 bit\n"
    text += "Verification\(verdict.hasPrefix("0") ? ": OK" : " error: certificate has expired")\n---\n"
    return text + "SSL-Session:\n    Protocol  : TLSv1.3\n    Verify return code: \(verdict)\n---\n"
  }

  /// `-dates`, `-startdate`, `-enddate`, `-subject`, `-issuer`, `-checkend SECONDS`.
  private static func x509(_ call: NetworkCall) -> CommandResult {
    let lines = String(decoding: call.host.standardInput, as: UTF8.self).split(separator: "\n").map(String.init)
    guard let dates = lines.first(where: { $0.hasPrefix("   v:NotBefore: ") }),
      let middle = dates.firstRange(of: "; NotAfter: ")
    else {
      return CommandResult(errors: "Could not find certificate from <stdin>\n", exitCode: 1)
    }
    let from = String(dates[..<middle.lowerBound].dropFirst("   v:NotBefore: ".count))
    let to = String(dates[middle.upperBound...])
    var text = ""
    for option in call.arguments {
      switch option {
      case "-dates": text += "notBefore=\(from)\nnotAfter=\(to)\n"
      case "-startdate": text += "notBefore=\(from)\n"
      case "-enddate": text += "notAfter=\(to)\n"
      case "-subject": text += (lines.first { $0.hasPrefix("subject=") } ?? "") + "\n"
      case "-issuer": text += (lines.first { $0.hasPrefix("issuer=") } ?? "") + "\n"
      default: break
      }
    }
    return CommandResult(output: text)
  }
}
