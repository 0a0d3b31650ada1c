import AWSModel
import Documents
import HTTPMessages
import NetworkModel
import SQLiteStore
import SimulationKernel
import Telemetry

/// A region with a database, a proxy, secrets and roles, loaded from manifests, and a pod that uses them.
@Simulated
final class RegionFixture {
  let simulation: Simulation
  let network: Network
  let journal: Journal
  let region: AWSRegion
  let pod: Host

  /// - Parameter edit: changes the manifests before they are loaded.
  init(seed: UInt64 = 1, _ edit: (String) -> String = { $0 }) {
    simulation = Simulation(seed: seed)
    network = Network(simulation)
    journal = Journal(simulation)
    let groups = SecurityGroups()
    network.add(groups)
    region = AWSRegion(
      name: "spain", code: "eu-south-2", accountID: "111122223333", network: network, securityGroups: groups,
      journal: journal)
    let diagnostics = Diagnostics()
    do {
      try region.load(try parseYAML(edit(manifests), file: "region.yaml"), diagnostics)
      try diagnostics.throwIfErrors()
      try region.instances[0].store.execute(
        "CREATE TABLE payment (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL) STRICT")
    } catch { fatalError("\(error)") }
    let place = region.allocateAddress(tier: "private", zone: "eu-south-2a")!
    pod = network.addHost(
      name: "spain/pod/payments/api-0", address: place.address, zone: place.zone, roles: ["api"],
      securityGroups: region.clusterSecurityGroups)
  }

  /// What loading the changed manifests complains about.
  static func complaints(_ edit: (String) -> String) -> [String] {
    let simulation = Simulation(seed: 1)
    let network = Network(simulation)
    let region = AWSRegion(
      name: "spain", code: "eu-south-2", accountID: "111122223333", network: network,
      securityGroups: SecurityGroups(), journal: Journal(simulation))
    let diagnostics = Diagnostics()
    do { try region.load(try parseYAML(edit(manifests), file: "region.yaml"), diagnostics) } catch {
      return ["\(error)"]
    }
    return diagnostics.all.map { "\($0.mark.line): \($0.message)" }
  }

  var instance: DBInstance { region.instances[0] }
  var proxy: RDSProxy { region.proxies[0] }

  static let login = PostgresStartup(user: "payments", password: "correct-horse", database: "payments")

  func run(_ span: TimeSpan) {
    do { try simulation.run(until: simulation.now + span) } catch { fatalError("\(error)") }
  }

  /// Runs a body as a process to its end: what it returned or threw, and how long it took.
  func await<Value>(_ body: @escaping @Simulated () async throws -> Value) -> (Result<Value, any Error>, TimeSpan) {
    let begin = simulation.now
    var ended: (Result<Value, any Error>, Instant)?
    simulation.spawn("test") { [simulation] in
      do { ended = (.success(try await body()), simulation.now) } catch { ended = (.failure(error), simulation.now) }
    }
    do { try simulation.run(until: { ended != nil }) } catch { fatalError("\(error)") }
    return (ended!.0, ended!.1 - begin)
  }

  /// Connects to the proxy, or to the instance itself.
  func connect(
    direct: Bool = false, _ startup: PostgresStartup = login, within limit: TimeSpan = .seconds(5),
    scope: CancelScope? = nil
  ) -> (PostgresConnection?, PostgresError?, TimeSpan) {
    let endpoint = direct ? instance.configuration.endpoint : proxy.configuration.endpoint
    let (result, span) = self.await { [self] in
      try await PostgresConnection.open(
        network, from: pod, to: endpoint, port: 5432, startup, deadline: simulation.now + limit, scope: scope)
    }
    switch result {
    case .success(let connection): return (connection, nil, span)
    case .failure(let error): return (nil, error as? PostgresError, span)
    }
  }

  /// Stores one payment; the error and the time it took.
  func pay(_ connection: PostgresConnection, within limit: TimeSpan = .seconds(3)) -> (PostgresError?, TimeSpan) {
    let (result, span) = self.await { [self] in try await insert(connection, within: limit) }
    if case .failure(let error) = result { return (error as? PostgresError, span) }
    return (nil, span)
  }

  func insert(_ connection: PostgresConnection, within limit: TimeSpan = .seconds(3)) async throws {
    try await connection.run(
      WorkCost(roundTrips: 4, isWrite: true), deadline: simulation.now + limit, trace: nil
    ) { store in try store.execute("INSERT INTO payment (amount) VALUES (100)") }
  }

  var storedPayments: Int {
    do { return Int(try instance.store.integer("SELECT count(*) FROM payment") ?? 0) } catch { return -1 }
  }
}

/// A program in a pod: answers what it is told to.
@Simulated
final class Answer: HTTPService {
  var status = 200
  var delay = TimeSpan.milliseconds(1)
  private(set) var count = 0
  private let simulation: Simulation

  init(_ simulation: Simulation) { self.simulation = simulation }

  func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
    await simulation.sleep(delay)
    if request.path != "/health" { count += 1 }
    return HTTPResponse(status: status)
  }
}

private let manifests = """
  {apiVersion: ec2.aws.upbound.io/v1beta1, kind: VPC, metadata: {name: main}, spec: {forProvider: {region: eu-south-2, cidrBlock: 10.10.0.0/16}}}
  ---
  {apiVersion: ec2.aws.upbound.io/v1beta1, kind: Subnet, metadata: {name: public-a}, spec: {forProvider: {vpcIdRef: {name: main}, availabilityZone: eu-south-2a, cidrBlock: 10.10.0.0/24, tags: {Tier: public}}}}
  ---
  {apiVersion: ec2.aws.upbound.io/v1beta1, kind: Subnet, metadata: {name: public-b}, spec: {forProvider: {vpcIdRef: {name: main}, availabilityZone: eu-south-2b, cidrBlock: 10.10.1.0/24, tags: {Tier: public}}}}
  ---
  {apiVersion: ec2.aws.upbound.io/v1beta1, kind: Subnet, metadata: {name: private-a}, spec: {forProvider: {vpcIdRef: {name: main}, availabilityZone: eu-south-2a, cidrBlock: 10.10.32.0/20, tags: {Tier: private}}}}
  ---
  {apiVersion: ec2.aws.upbound.io/v1beta1, kind: Subnet, metadata: {name: private-b}, spec: {forProvider: {vpcIdRef: {name: main}, availabilityZone: eu-south-2b, cidrBlock: 10.10.48.0/20, tags: {Tier: private}}}}
  ---
  {apiVersion: ec2.aws.upbound.io/v1beta1, kind: Subnet, metadata: {name: database-a}, spec: {forProvider: {vpcIdRef: {name: main}, availabilityZone: eu-south-2a, cidrBlock: 10.10.200.0/24, tags: {Tier: database}}}}
  ---
  {apiVersion: ec2.aws.upbound.io/v1beta1, kind: Subnet, metadata: {name: database-b}, spec: {forProvider: {vpcIdRef: {name: main}, availabilityZone: eu-south-2b, cidrBlock: 10.10.201.0/24, tags: {Tier: database}}}}
  ---
  {apiVersion: ec2.aws.upbound.io/v1beta1, kind: SecurityGroup, metadata: {name: cluster, annotations: {crossplane.io/external-name: sg-04c19ae83b72d6f51}}, spec: {forProvider: {vpcIdRef: {name: main}}}}
  ---
  {apiVersion: ec2.aws.upbound.io/v1beta1, kind: SecurityGroup, metadata: {name: rds, annotations: {crossplane.io/external-name: sg-09d2b85f1e6c7a3f4}}, spec: {forProvider: {vpcIdRef: {name: main}}}}
  ---
  {apiVersion: ec2.aws.upbound.io/v1beta1, kind: SecurityGroupRule, metadata: {name: cluster-in}, spec: {forProvider: {type: ingress, protocol: "-1", securityGroupIdRef: {name: cluster}, cidrBlocks: [10.10.0.0/16]}}}
  ---
  {apiVersion: ec2.aws.upbound.io/v1beta1, kind: SecurityGroupRule, metadata: {name: cluster-out}, spec: {forProvider: {type: egress, protocol: "-1", securityGroupIdRef: {name: cluster}, cidrBlocks: [0.0.0.0/0]}}}
  ---
  {apiVersion: ec2.aws.upbound.io/v1beta1, kind: SecurityGroupRule, metadata: {name: rds-in}, spec: {forProvider: {type: ingress, protocol: tcp, fromPort: 5432, toPort: 5432, securityGroupIdRef: {name: rds}, sourceSecurityGroupIdRef: {name: cluster}}}}
  ---
  {apiVersion: eks.aws.upbound.io/v1beta1, kind: Cluster, metadata: {name: spain}, spec: {forProvider: {vpcConfig: [{securityGroupIdRefs: [{name: cluster}]}]}}}
  ---
  {apiVersion: v1, kind: Secret, metadata: {name: database}, stringData: {password: correct-horse, login: '{"username": "payments", "password": "correct-horse"}'}}
  ---
  {apiVersion: kms.aws.upbound.io/v1beta1, kind: Key, metadata: {name: main}, spec: {forProvider: {description: Secrets}}}
  ---
  {apiVersion: secretsmanager.aws.upbound.io/v1beta1, kind: Secret, metadata: {name: login}, spec: {forProvider: {name: payments/database, kmsKeyIdRef: {name: main}}}}
  ---
  {apiVersion: secretsmanager.aws.upbound.io/v1beta1, kind: SecretVersion, metadata: {name: login}, spec: {forProvider: {secretIdRef: {name: login}, secretStringSecretRef: {name: database, key: login}}}}
  ---
  {apiVersion: iam.aws.upbound.io/v1beta1, kind: Role, metadata: {name: eso}, spec: {forProvider: {assumeRolePolicy: '{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": "oidc"}, "Condition": {"StringEquals": {"oidc:sub": "system:serviceaccount:eso:eso"}}}]}'}}}
  ---
  {apiVersion: iam.aws.upbound.io/v1beta1, kind: RolePolicy, metadata: {name: read}, spec: {forProvider: {roleRef: {name: eso}, policy: '{"Statement": [{"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], "Resource": "arn:aws:secretsmanager:*:*:secret:payments/*"}]}'}}}
  ---
  {apiVersion: rds.aws.upbound.io/v1beta1, kind: SubnetGroup, metadata: {name: main}, spec: {forProvider: {subnetIdRefs: [{name: database-a}, {name: database-b}]}}}
  ---
  {apiVersion: rds.aws.upbound.io/v1beta1, kind: Instance, metadata: {name: payments}, spec: {forProvider: {region: eu-south-2, engine: postgres, engineVersion: "15.10", instanceClass: db.t3.micro, multiAz: true, dbName: payments, username: payments, passwordSecretRef: {name: database, key: password}, dbSubnetGroupNameRef: {name: main}, vpcSecurityGroupIdRefs: [{name: rds}]}}}
  ---
  {apiVersion: rds.aws.upbound.io/v1beta1, kind: Proxy, metadata: {name: payments}, spec: {forProvider: {auth: [{secretArnRef: {name: login}}], vpcSecurityGroupIdRefs: [{name: cluster}], vpcSubnetIdRefs: [{name: private-a}, {name: private-b}]}}}
  ---
  {apiVersion: rds.aws.upbound.io/v1beta1, kind: ProxyDefaultTargetGroup, metadata: {name: payments}, spec: {forProvider: {dbProxyNameRef: {name: payments}, connectionPoolConfig: [{maxConnectionsPercent: 90, maxIdleConnectionsPercent: 50, connectionBorrowTimeout: 120}]}}}
  ---
  {apiVersion: rds.aws.upbound.io/v1beta1, kind: ProxyTarget, metadata: {name: payments}, spec: {forProvider: {dbProxyNameRef: {name: payments}, dbInstanceIdentifierRef: {name: payments}}}}
  """
