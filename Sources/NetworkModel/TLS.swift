import SimulationKernel

/// A server certificate, as far as clients look at it.
package struct Certificate: Hashable, Sendable {
  /// Host names it is valid for; a leading `*.` stands for one label (RFC 6125, section 6.4.3).
  package var names: [String]
  /// When it stops being valid; `nil` for never in this run.
  package var expires: Instant?

  package init(names: [String], expires: Instant? = nil) {
    self.names = names
    self.expires = expires
  }

  /// What a verifying client objects to; `nil` when nothing. Expiry is looked at before the name, as OpenSSL does.
  package func objection(serverName: String?, at now: Instant) -> TLSError? {
    if let expires, expires <= now { return .certificateExpired }
    guard let serverName, !names.contains(where: { Self.covers($0, serverName) }) else { return nil }
    return .nameMismatch
  }

  private static func covers(_ pattern: String, _ name: String) -> Bool {
    guard pattern.hasPrefix("*.") else { return pattern == name }
    guard let dot = name.firstIndex(of: ".") else { return false }
    return pattern.dropFirst() == name[dot...]
  }
}

/// How a client does TLS.
package struct TLSPolicy: Hashable, Sendable {
  /// Versions, with the round trips of a full handshake (RFC 5246, section 7.3; RFC 8446, section 2).
  package enum Version: Int, Hashable, Sendable {
    case tls12 = 2
    case tls13 = 1
  }

  /// What the handshake ends in, whatever the server shows.
  package var failure: TLSError?
  /// The name that the server's certificate must be valid for; `nil` looks at no name.
  package var serverName: String?
  package var version: Version
  /// Whether the server's certificate is looked at; libpq with `sslmode=require` does not.
  package var verifiesServer: Bool

  package init(
    failure: TLSError? = nil, serverName: String? = nil, version: Version = .tls13, verifiesServer: Bool = true
  ) {
    self.failure = failure
    self.serverName = serverName
    self.version = version
    self.verifiesServer = verifiesServer
  }
}
