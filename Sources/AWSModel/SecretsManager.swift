import SimulationKernel

/// An error of the Secrets Manager API in its own words.
package struct SecretsManagerError: AWSFault, Hashable, Sendable, CustomStringConvertible {
  package var code: String
  package var message: String
  package var description: String { "\(code): \(message)" }

  package init(code: String, message: String) {
    self.code = code
    self.message = message
  }

  package static let notFound = SecretsManagerError(
    code: "ResourceNotFoundException", message: "Secrets Manager can't find the specified secret.")
  /// The key that encrypts the secret cannot be used (Secrets Manager API reference, GetSecretValue).
  package static let decryptionFailure = SecretsManagerError(
    code: "DecryptionFailure",
    message: "Secrets Manager can't decrypt the protected secret text using the provided KMS key.")

  /// The secret exists, but no version has the label.
  static func noVersion(_ stage: String) -> SecretsManagerError {
    SecretsManagerError(
      code: "ResourceNotFoundException",
      message: "Secrets Manager can't find the specified secret value for staging label: \(stage)")
  }
}

/// Secrets of one region with their versions and staging labels.
@Simulated
package final class SecretsManager {
  /// One value of a secret.
  package struct Version: Sendable {
    package var id: String
    package var value: String
    package var stages: [String]
    package var createdAt: Instant
  }

  /// A secret.
  package struct Secret: Sendable {
    package var name: String
    package var arn: String
    package var description: String
    /// The name of the KMS key that encrypts it; `nil` for the key of the service.
    package var key: String?
    package var createdAt = Instant.zero
    package var lastRotated: Instant?
    package var versions: [Version] = []

    package init(name: String, arn: String, description: String, key: String? = nil) {
      self.name = name
      self.arn = arn
      self.description = description
      self.key = key
    }

    /// The value under a staging label.
    package func version(_ stage: String) -> Version? { versions.last { $0.stages.contains(stage) } }

    /// When a value was stored last.
    package var lastChanged: Instant { versions.map(\.createdAt).max() ?? createdAt }

    /// Puts a label on a version, taking it from whichever had it.
    mutating func move(_ stage: String, to id: String) {
      for index in versions.indices {
        versions[index].stages.removeAll { $0 == stage }
        if versions[index].id == id { versions[index].stages.append(stage) }
      }
    }
  }

  private let simulation: Simulation
  private let identity: IdentityAccess?
  private let keys: KeyManagement?
  private var secrets: [String: Secret] = [:]
  private let stream: RandomStream
  /// A fault: what every read gets instead of an answer.
  package var denial: SecretsManagerError?

  package init(
    _ simulation: Simulation, region: String, identity: IdentityAccess? = nil, keys: KeyManagement? = nil
  ) {
    self.simulation = simulation
    self.identity = identity
    self.keys = keys
    stream = simulation.random("secretsmanager/\(region)")
  }

  /// All secrets by name.
  package var all: [Secret] { secrets.sorted { $0.key < $1.key }.map(\.value) }

  package func create(_ secret: Secret) { secrets[secret.name] = secret }

  /// The secret by name or ARN.
  package func describe(_ id: String) throws(SecretsManagerError) -> Secret {
    guard let secret = secrets[id] ?? all.first(where: { $0.arn == id }) else { throw .notFound }
    return secret
  }

  /// `GetSecretValue`: the value under a label, `AWSCURRENT` by default.
  ///
  /// - Parameter principal: who asks; `nil` for AWS's own services, which are not checked.
  package func value(
    _ id: String, stage: String = "AWSCURRENT", as principal: Principal? = nil
  ) throws(SecretsManagerError) -> Version {
    if let denial { throw denial }
    let secret = try permitted(id, "secretsmanager:GetSecretValue", principal)
    guard let version = secret.version(stage) else { throw .noVersion(stage) }
    if let keys, !keys.canDecrypt(secret.key) { throw .decryptionFailure }
    return version
  }

  /// `PutSecretValue`: stores a new value under labels. The version that was `AWSCURRENT` becomes `AWSPREVIOUS`.
  @discardableResult
  package func put(
    _ id: String, value: String, stages: [String] = ["AWSCURRENT"], as principal: Principal? = nil
  ) throws(SecretsManagerError) -> Version {
    var secret = try permitted(id, "secretsmanager:PutSecretValue", principal)
    let version = Version(id: uniqueIdentifier(stream), value: value, stages: [], createdAt: simulation.now)
    let before = secret.version("AWSCURRENT")?.id
    secret.versions.append(version)
    for stage in stages { secret.move(stage, to: version.id) }
    if let before, stages.contains("AWSCURRENT") { secret.move("AWSPREVIOUS", to: before) }
    // Versions without a label are deprecated, and deleted in time.
    secret.versions.removeAll { $0.stages.isEmpty && $0.id != version.id }
    secrets[secret.name] = secret
    return secret.versions.last ?? version
  }

  /// The last step of a rotation, finishSecret: what is pending becomes current.
  package func promotePending(_ id: String) throws(SecretsManagerError) {
    var secret = try describe(id)
    guard let pending = secret.version("AWSPENDING") else { throw .noVersion("AWSPENDING") }
    let before = secret.version("AWSCURRENT")?.id
    secret.move("AWSCURRENT", to: pending.id)
    if let before { secret.move("AWSPREVIOUS", to: before) }
    for index in secret.versions.indices { secret.versions[index].stages.removeAll { $0 == "AWSPENDING" } }
    secret.versions.removeAll { $0.stages.isEmpty }
    secret.lastRotated = simulation.now
    secrets[secret.name] = secret
  }

  /// A password of letters and digits from the service's own stream (`GetRandomPassword` with punctuation excluded).
  func newPassword() -> String {
    let alphabet = Array("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
    return String((0..<32).map { _ in alphabet[stream.integer(below: alphabet.count)] })
  }

  /// Whether a principal may do something with a secret that is there.
  package func check(_ id: String, _ action: String, as principal: Principal) throws(SecretsManagerError) {
    _ = try permitted(id, action, principal)
  }

  private func permitted(
    _ id: String, _ action: String, _ principal: Principal?
  ) throws(SecretsManagerError) -> Secret {
    guard let principal, let identity else { return try describe(id) }
    let secret = secrets[id] ?? all.first { $0.arn == id }
    // Who may not read a secret is not told whether it exists.
    do throws(AWSError) { try identity.check(principal, action, on: secret?.arn ?? id) } catch {
      throw SecretsManagerError(code: error.code, message: error.message)
    }
    return try describe(id)
  }
}
