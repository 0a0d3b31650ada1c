import Documents
import SimulationKernel

// Rotation of a database's login by a function, in its four steps (Secrets Manager user guide, "Rotation by Lambda function").
extension AWSRegion {
  /// One step of the rotation function.
  static let rotationStep = Distribution.uniform(.milliseconds(400), .milliseconds(1800))

  nonisolated private static let rotationEvent: EventName = "secretsmanager.rotation"

  /// `RotateSecret` and what follows: createSecret stores a new password as `AWSPENDING`, setSecret changes it in the database,
  /// testSecret logs in with it, finishSecret makes it `AWSCURRENT`. Between the second and the last, and for whoever has
  /// read the secret before, the old password no longer opens the database.
  ///
  /// - Throws: `InvalidRequestException` for a secret that is no login of a database of the region. A rotation whose database
  ///   is not available stops after createSecret and leaves the version pending.
  package func rotate(_ id: String) async throws(SecretsManagerError) {
    let (secret, instance) = try rotatable(id)
    try await rotate(secret, instance)
  }

  /// The same in a process of its own: what an API call starts. A rotation that stops is noted in the journal.
  package func startRotation(_ id: String) throws(SecretsManagerError) {
    let (secret, instance) = try rotatable(id)
    network.simulation.spawn(Self.rotationEvent) { [self] in
      do throws(SecretsManagerError) { try await rotate(secret, instance) } catch {
        journal.note("\(name)/secret/\(secret.name)", reason: "RotationFailed", message: error.description)
      }
    }
  }

  private func rotatable(_ id: String) throws(SecretsManagerError) -> (SecretsManager.Secret, DBInstance) {
    let secret = try secrets.describe(id)
    guard let login = try? parseJSON(try secrets.value(id).value), let user = login["username"]?.string,
      let password = login["password"]?.string,
      let instance = instances.first(where: { $0.configuration.user == user && $0.password == password })
    else {
      throw SecretsManagerError(
        code: "InvalidRequestException",
        message: "No Lambda rotation function ARN is associated with this secret.")
    }
    return (secret, instance)
  }

  private func rotate(
    _ secret: SecretsManager.Secret, _ instance: DBInstance
  ) async throws(SecretsManagerError) {
    var login = (try? parseJSON(try secrets.value(secret.name).value)) ?? .null
    let successor = secrets.newPassword()
    login["password"] = .string(successor)
    await step()
    try secrets.put(secret.name, value: login.jsonText(), stages: ["AWSPENDING"])
    await step()
    guard instance.status == .available, instance.primary.isUp else {
      throw SecretsManagerError(
        code: "InternalServiceError", message: "setSecret: Unable to log into database of \(secret.arn)")
    }
    instance.change(password: successor)
    await step()
    await step()
    try secrets.promotePending(secret.name)
  }

  private func step() async {
    await network.simulation.sleep(
      Self.rotationStep.sample(network.simulation.random("rotation/\(name)")), Self.rotationEvent)
  }
}
