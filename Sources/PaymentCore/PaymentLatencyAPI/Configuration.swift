import HTTPMessages

/// What `payment-latency-api` reads from its environment at start.
package struct PaymentAPIConfiguration: Sendable {
  /// A PostgreSQL connection URI taken apart.
  package struct DatabaseURL: Hashable, Sendable {
    package var user: String
    package var password: String
    package var host: String
    package var port: UInt16
    package var database: String
    package var requiresTLS: Bool
  }

  package var database: DatabaseURL
  package var secretKey: String
  /// `spain` or `mexico`.
  package var region: String
  package var environment: String
  package var residency: Residency
  package var currency: Currency

  /// Length of `API_SECRET_KEY`.
  package static let secretKeyLength = 64

  /// Regions and the law and currency of each.
  static let regions: [(name: String, residency: Residency, currency: Currency)] = [
    ("spain", .eu, .eur), ("mexico", .mx, .mxn),
  ]

  /// Reads and checks the variables.
  ///
  /// - Parameter environment: the process's environment.
  /// - Throws: the first variable that is missing or malformed; secrets are never quoted.
  package init(environment variables: [String: String]) throws(ConfigurationError) {
    func value(_ name: String) throws(ConfigurationError) -> String {
      guard let value = variables[name], !value.isEmpty else { throw ConfigurationError(name, "is not set") }
      return value
    }
    database = try Self.parse(databaseURL: try value("DATABASE_URL"))
    secretKey = try value("API_SECRET_KEY")
    guard secretKey.utf8.count == Self.secretKeyLength else {
      throw ConfigurationError(
        "API_SECRET_KEY", "must be \(Self.secretKeyLength) characters, got \(secretKey.utf8.count)")
    }
    let name = try value("REGION")
    guard let known = Self.regions.first(where: { $0.name == name }) else {
      throw ConfigurationError(
        "REGION", "must be one of \(Self.regions.map(\.name).joined(separator: ", ")), got \"\(name)\"")
    }
    (region, residency, currency) = known
    self.environment = try value("ENVIRONMENT")
  }

  /// `postgresql://user:password@host[:port]/database[?sslmode=require]` (libpq, section 34.1.1.2); user and password may be
  /// percent-encoded, as generated passwords must.
  private static func parse(databaseURL text: String) throws(ConfigurationError) -> DatabaseURL {
    func malformed(_ what: String) -> ConfigurationError { ConfigurationError("DATABASE_URL", what) }
    guard let scheme = ["postgresql://", "postgres://"].first(where: text.hasPrefix) else {
      throw malformed("must begin with postgresql://")
    }
    let rest = text.dropFirst(scheme.count)
    guard let at = rest.lastIndex(of: "@") else { throw malformed("has no user and password") }
    let credentials = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard credentials.count == 2, !credentials[0].isEmpty, !credentials[1].isEmpty else {
      throw malformed("has no user and password")
    }
    let location = rest[rest.index(after: at)...].split(separator: "?", maxSplits: 1)
    let parts = (location.first ?? "").split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else { throw malformed("has no database name") }
    let hostAndPort = parts[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let host = hostAndPort.first, !host.isEmpty else { throw malformed("has no host") }
    guard let port = hostAndPort.count > 1 ? UInt16(hostAndPort[1]) : 5432, port > 0 else {
      throw malformed("has an invalid port \"\(hostAndPort[1])\"")
    }
    let sslMode =
      location.count > 1 ? location[1].split(separator: "&").first { $0.hasPrefix("sslmode=") }?.dropFirst(8) : nil
    guard let user = percentDecoded(credentials[0]), let password = percentDecoded(credentials[1]) else {
      throw malformed("has invalid percent-encoding in user or password")
    }
    return DatabaseURL(
      user: user, password: password, host: String(host), port: port,
      database: String(parts[1]), requiresTLS: !["disable", "allow", "prefer"].contains(sslMode ?? "require"))
  }
}

/// A variable that keeps the program from starting.
package struct ConfigurationError: Error, Hashable, Sendable {
  package var variable: String
  package var problem: String

  package init(_ variable: String, _ problem: String) {
    self.variable = variable
    self.problem = problem
  }

  /// The line that the program logs before it exits with code 1.
  package var logLine: String {
    var text = ByteText(capacity: 128)
    text.append(#"{"level":"fatal","msg":"configuration error","variable":"#)
    text.append(jsonString: variable)
    text.append(#","error":"#)
    text.append(jsonString: "\(variable) \(problem)")
    text.append("}")
    return text.string
  }
}
