import SimulationKernel

/// Why bytes did not get through, as the connecting side sees it.
package enum NetworkError: Error, Hashable, Sendable {
  /// Nothing listens: the other side answered with a reset at once.
  case refused(address: IPv4Address, port: UInt16)
  /// No answer in time.
  case timedOut(Phase)
  /// The connection broke while it was in use.
  case reset
  case nameResolution(NameError, name: String)
  case tls(TLSError)

  /// What was waited for.
  package enum Phase: String, Sendable {
    case connect, handshake, response
  }
}

/// What a resolver answers instead of an address.
package enum NameError: String, Hashable, Sendable {
  case noSuchDomain = "NXDOMAIN"
  case serverFailure = "SERVFAIL"
  case timedOut = "timeout"
}

/// Why a TLS handshake failed.
package enum TLSError: String, Hashable, Sendable {
  case certificateExpired = "certificate has expired"
  case nameMismatch = "certificate is not valid for this host name"
}

extension NetworkError {
  /// What happened, without addresses: the text of the system call's error, or the resolver's.
  package var summary: String {
    switch self {
    case .refused: "connection refused"
    case .timedOut: "timed out"
    case .reset: "connection reset by peer"
    case .nameResolution(let error, let name): "lookup \(name): \(error.rawValue)"
    case .tls(let error): error.rawValue
    }
  }

  /// The message of Go's `net/http` client for a GET with a timeout (net/http/client.go, net/dial.go), which kubelet's probes
  /// and many services log.
  package func goText(url: String, address: IPv4Address?, port: UInt16) -> String {
    let cause =
      switch self {
      case .refused(let address, let port): "dial tcp \(address):\(port): connect: connection refused"
      case .timedOut(.connect):
        "dial tcp \(address.map { "\($0):\(port)" } ?? url): i/o timeout (Client.Timeout exceeded while awaiting headers)"
      case .timedOut: "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
      case .reset: "read tcp \(address.map { "\($0):\(port)" } ?? url): read: connection reset by peer"
      case .nameResolution(let error, let name):
        "dial tcp: lookup \(name): "
          + (error == .noSuchDomain ? "no such host" : error == .timedOut ? "i/o timeout" : "server misbehaving")
      case .tls(let error): "tls: failed to verify certificate: x509: \(error.rawValue)"
      }
    return "Get \"\(url)\": \(cause)"
  }

  /// The message of libpq for a failed connection (interfaces/libpq/fe-connect.c), without psql's prefix.
  package func libpqText(host: String, address: IPv4Address?, port: UInt16) -> String {
    let server = "connection to server at \"\(host)\"\(address.map { " (\($0))" } ?? ""), port \(port) failed: "
    return switch self {
    case .refused:
      server + "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?"
    case .timedOut(.connect):
      server + "Connection timed out\n\tIs the server running on that host and accepting TCP/IP connections?"
    case .timedOut: server + "timeout expired"
    case .reset:
      "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request."
    case .nameResolution(let error, let name):
      "could not translate host name \"\(name)\" to address: "
        + (error == .noSuchDomain ? "Name or service not known" : "Temporary failure in name resolution")
    case .tls(let error): server + "SSL error: \(error.rawValue)"
    }
  }
}
