import AWSModel
import Documents
import KubernetesModel
import SimulationKernel
import Testing

@testable import ClusterOperators

@Suite struct SecretSynchronisation {
  static let store = """
    apiVersion: external-secrets.io/v1
    kind: ClusterSecretStore
    metadata: {name: aws}
    spec: {provider: {aws: {service: SecretsManager, region: eu-south-2}}}
    """
  static let external = """
    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: database, namespace: shop}
    spec:
      refreshInterval: 1h
      secretStoreRef: {kind: ClusterSecretStore, name: aws}
      target: {name: database, creationPolicy: Owner}
      data:
        - {secretKey: DATABASE_URL, remoteRef: {key: shop/database, property: url}}
    """

  @Simulated
  static func value(_ fixture: OperatorFixture) -> String? {
    fixture.find(.secret, "database")?.dataEntries.first { $0.key == "DATABASE_URL" }?.value
  }

  @Simulated
  static func ready(_ fixture: OperatorFixture) -> JSONValue? {
    fixture.find(SecretSync.kind, "database")?.condition("Ready")
  }

  @Test func valuesComeAtOnceAndThenEveryInterval() {
    Simulated.perform {
      let fixture = OperatorFixture()
      fixture.apply(Self.store + "\n---\n" + Self.external)
      fixture.run(.seconds(2))
      #expect(Self.value(fixture) == "postgres://one")
      #expect(Self.ready(fixture)?["reason"] == "SecretSynced")
      #expect(Self.ready(fixture)?["message"] == "secret synced")
      #expect(fixture.events("database") == ["Normal Created Created Secret"])
      #expect(
        fixture.cluster.server.find(SecretStores.clusterStore, "", "aws")?.condition("Ready")?["reason"] == "Valid")
      fixture.put(#"{"url": "postgres://two"}"#)
      fixture.run(.minutes(59))
      #expect(Self.value(fixture) == "postgres://one", "stale until the interval is over")
      fixture.run(.minutes(2))
      #expect(Self.value(fixture) == "postgres://two")
      #expect(fixture.events("database").contains("Normal Updated Updated Secret"))
    }
  }

  @Test func anAnnotationForcesIt() {
    Simulated.perform {
      let fixture = OperatorFixture()
      fixture.apply(Self.store + "\n---\n" + Self.external)
      fixture.run(.seconds(2))
      fixture.put(#"{"url": "postgres://two"}"#)
      fixture.merge(SecretSync.kind, "database", ["metadata": ["annotations": ["force-sync": "1"]]])
      fixture.run(.seconds(1))
      #expect(Self.value(fixture) == "postgres://two")
    }
  }

  @Test func failuresKeepTheOldValueAndAreTriedAgain() {
    Simulated.perform {
      let fixture = OperatorFixture()
      fixture.apply(Self.store + "\n---\n" + Self.external)
      fixture.run(.seconds(2))
      let denied = SecretsManagerError(
        code: "AccessDeniedException", message: "User: arn:aws:sts::1:assumed-role/R/S is not authorized")
      fixture.region.secrets.denial = denied
      fixture.merge(SecretSync.kind, "database", ["metadata": ["annotations": ["force-sync": "2"]]])
      fixture.run(.seconds(30))
      #expect(Self.ready(fixture)?["reason"] == "SecretSyncedError")
      #expect(Self.ready(fixture)?["message"] == "could not get secret data from provider")
      #expect(
        fixture.events("database").contains(
          "Warning UpdateFailed error processing spec.data[0] (key: shop/database), err: \(denied)"))
      #expect(Self.value(fixture) == "postgres://one")
      fixture.region.secrets.denial = nil
      fixture.run(.seconds(40))
      #expect(Self.ready(fixture)?["reason"] == "SecretSynced", "tried again by itself")
    }
  }

  @Test func aSecretChangedByHandIsWrittenAgain() throws {
    try Simulated.perform {
      let fixture = OperatorFixture()
      fixture.apply(Self.store + "\n---\n" + Self.external)
      fixture.run(.seconds(2))
      fixture.merge(.secret, "database", ["data": ["DATABASE_URL": "eA=="]])
      fixture.run(.seconds(1))
      #expect(Self.value(fixture) == "postgres://one")
      try fixture.cluster.server.delete(.secret, "shop", "database", as: "test")
      fixture.run(.seconds(1))
      #expect(Self.value(fixture) == "postgres://one")
    }
  }

  @Test func aMissingStoreIsNamed() {
    Simulated.perform {
      let fixture = OperatorFixture()
      fixture.apply(Self.external)
      fixture.run(.seconds(1))
      #expect(
        fixture.events("database") == [
          "Warning UpdateFailed could not get ClusterSecretStore \"aws\", clustersecretstores.external-secrets.io \"aws\" not found"
        ])
    }
  }

  @Test(arguments: [
    (
      #"{"data": [{"secretKey": "A", "remoteRef": {"key": "shop/database"}}]}"#,
      ["A={\"url\": \"postgres://one\", \"key\": \"k\"}"]
    ),
    (#"{"dataFrom": [{"extract": {"key": "shop/database"}}]}"#, ["url=postgres://one", "key=k"]),
    (
      #"{"dataFrom": [{"extract": {"key": "shop/database"}}], "target": {"template": {"data": {"dsn": "{{ .url }}?k={{.key}}"}}}}"#,
      ["dsn=postgres://one?k=k"]
    ),
    (
      #"{"data": [{"secretKey": "A", "remoteRef": {"key": "shop/none"}}]}"#,
      [
        "error processing spec.data[0] (key: shop/none), err: ResourceNotFoundException: Secrets Manager can't find the specified secret."
      ]
    ),
    (
      #"{"data": [{"secretKey": "A", "remoteRef": {"key": "shop/database", "property": "x"}}]}"#,
      ["error processing spec.data[0] (key: shop/database), err: key x does not exist in secret shop/database"]
    ),
    (
      #"{"dataFrom": [{"extract": {"key": "shop/none"}}]}"#,
      [
        "error processing spec.dataFrom[0] (key: shop/none), err: ResourceNotFoundException: Secrets Manager can't find the specified secret."
      ]
    ),
  ])
  func fetching(spec: String, expect: [String]) {
    Simulated.perform {
      let fixture = OperatorFixture()
      do throws(SecretSyncError) {
        let data = try SecretData.fetch(try! parseJSON(spec), from: fixture.region.secrets)
        #expect(data.map { "\($0.key)=\($0.value)" } == expect)
      } catch {
        #expect([error.message] == expect)
      }
    }
  }
}
