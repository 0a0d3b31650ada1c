import SimulationKernel

/// An error of the Secrets Manager API in its own words.
package struct SecretsManagerError: Error, Hashable, Sendable, CustomStringConvertible {
  package var code: String
  package var message: String
  package var description: String { "\(code): \(message)" }

  package init(code: String, message: String) {
    self.code = code
    self.message = message
  }

  package static let notFound = SecretsManagerError(
    code: "ResourceNotFoundException", message: "Secrets Manager can't find the specified secret.")
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
    package var versions: [Version] = []

    /// The value under a staging label.
    package func version(_ stage: String) -> Version? { versions.last { $0.stages.contains(stage) } }
  }

  private let simulation: Simulation
  private var secrets: [String: Secret] = [:]
  private let stream: RandomStream
  /// A fault: what every read gets instead of an answer.
  package var denial: SecretsManagerError?

  package init(_ simulation: Simulation, region: String) {
    self.simulation = simulation
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

  /// The value under a label, `AWSCURRENT` by default.
  package func value(_ id: String, stage: String = "AWSCURRENT") throws(SecretsManagerError) -> Version {
    if let denial { throw denial }
    guard let version = try describe(id).version(stage) else { throw .notFound }
    return version
  }

  /// Stores a new value as `AWSCURRENT`; the one before becomes `AWSPREVIOUS`, as rotation's finishSecret does.
  @discardableResult
  package func put(_ id: String, value: String) throws(SecretsManagerError) -> Version {
    var secret = try describe(id)
    for index in secret.versions.indices {
      let wasCurrent = secret.versions[index].stages.contains("AWSCURRENT")
      secret.versions[index].stages = wasCurrent ? ["AWSPREVIOUS"] : []
    }
    let version = Version(id: identifier(), value: value, stages: ["AWSCURRENT"], createdAt: simulation.now)
    secret.versions.append(version)
    secrets[secret.name] = secret
    return version
  }

  private func identifier() -> String {
    let digits = (0..<32).map { _ in String(stream.integer(below: 16), radix: 16) }.joined()
    var text = ""
    for (index, digit) in digits.enumerated() { text += ([8, 12, 16, 20].contains(index) ? "-" : "") + String(digit) }
    return text
  }
}
