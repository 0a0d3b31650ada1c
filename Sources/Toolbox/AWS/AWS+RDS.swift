import AWSModel
import Documents
import NetworkModel
import SimulationKernel

extension AWSCommandLine {
  private static let identifier = "db-instance-identifier"

  /// RDS (API reference version 2014-10-31).
  static let rds: [Operation] = [
    Operation(service: "rds", name: "describe-db-instances", options: [identifier]) { call in
      let shown = call.options[identifier] == nil ? call.region.instances : [try call.instance()]
      return ["DBInstances": .array(shown.map(call.json))]
    },
    Operation(service: "rds", name: "describe-db-proxies", options: ["db-proxy-name"]) { call in
      guard call.options.has("db-proxy-name") else {
        return ["DBProxies": .array(call.region.proxies.map(call.json))]
      }
      return ["DBProxies": [call.json(try call.proxy())]]
    },
    Operation(
      service: "rds", name: "describe-events",
      options: ["source-identifier", "source-type", "duration"]
    ) { try $0.events() },
    Operation(
      service: "rds", name: "describe-db-log-files", required: [identifier], options: ["filename-contains"]
    ) { try $0.logFiles() },
    Operation(
      service: "rds", name: "download-db-log-file-portion", required: [identifier, "log-file-name"],
      options: ["number-of-lines"], switches: ["no-paginate"]
    ) { try $0.logFilePortion() },
    Operation(
      service: "rds", name: "reboot-db-instance", required: [identifier],
      switches: ["force-failover", "no-force-failover"]
    ) { call in
      try call.change { instance throws(RDSFault) in
        try instance.reboot(forceFailover: call.options.has("force-failover"))
      }
    },
    Operation(service: "rds", name: "start-db-instance", required: [identifier]) { call in
      try call.change { instance throws(RDSFault) in try instance.start() }
    },
    Operation(service: "rds", name: "stop-db-instance", required: [identifier]) { call in
      try call.change { instance throws(RDSFault) in try instance.stop() }
    },
    Operation(
      service: "rds", name: "modify-db-instance", required: [identifier], options: ["master-user-password"],
      switches: ["apply-immediately", "no-apply-immediately"]
    ) { try $0.modifyInstance() },
    Operation(
      service: "rds", name: "describe-db-proxy-targets", required: ["db-proxy-name"], options: ["target-group-name"]
    ) { call in ["Targets": [call.targetJSON(try call.proxy())]] },
    Operation(
      service: "rds", name: "describe-db-proxy-target-groups", required: ["db-proxy-name"],
      options: ["target-group-name"]
    ) { call in ["TargetGroups": [call.targetGroupJSON(try call.proxy())]] },
    Operation(
      service: "rds", name: "modify-db-proxy-target-group", required: ["target-group-name", "db-proxy-name"],
      options: ["connection-pool-config"]
    ) { try $0.modifyProxyTargetGroup() },
    Operation(
      service: "rds", name: "failover-db-cluster", required: ["db-cluster-identifier"],
      options: ["target-db-instance-identifier"]
    ) { call in
      // The platform's databases are instances; there are no clusters.
      throw call.failure(
        "DBClusterNotFoundFault", "DBCluster \(call.options["db-cluster-identifier"] ?? "") not found.")
    },
  ]
}

extension AWSCall {
  func instance() throws -> DBInstance {
    let name = options["db-instance-identifier"] ?? ""
    guard let instance = region.instance(name) else {
      throw failure("DBInstanceNotFound", "DBInstance \(name) not found.")
    }
    return instance
  }

  fileprivate func change(_ body: @Simulated (DBInstance) throws(RDSFault) -> Void) throws -> JSONValue {
    let instance = try instance()
    do throws(RDSFault) { try body(instance) } catch { throw failure(error.code, error.message) }
    return ["DBInstance": json(instance)]
  }

  fileprivate func proxy() throws -> RDSProxy {
    let name = options["db-proxy-name"] ?? ""
    guard let proxy = region.proxy(name) else {
      throw failure("DBProxyNotFoundFault", "DBProxy \(name) not found.")
    }
    return proxy
  }

  /// A new master password is in force some seconds later, whatever `--apply-immediately` says (RDS API reference,
  /// ModifyDBInstance, MasterUserPassword).
  fileprivate func modifyInstance() throws -> JSONValue {
    let instance = try instance()
    var answer = json(instance)
    guard let password = options["master-user-password"] else { return ["DBInstance": answer] }
    guard (8...128).contains(password.count) else {
      throw failure(
        "InvalidParameterValue",
        "The parameter MasterUserPassword is not a valid password because it is "
          + (password.count < 8 ? "shorter than 8 characters." : "longer than 128 characters."))
    }
    guard instance.status == .available else {
      throw failure("InvalidDBInstanceState", "Database instance is not in available state.")
    }
    answer["PendingModifiedValues"] = ["MasterUserPassword": "****"]
    host.simulation.after(.seconds(15), Self.passwordEvent) { instance.change(password: password) }
    return ["DBInstance": answer]
  }

  private nonisolated static let passwordEvent: EventName = "rds.password"

  /// `--connection-pool-config MaxConnectionsPercent=90,…`; other settings of the pool stay as they are.
  fileprivate func modifyProxyTargetGroup() throws -> JSONValue {
    let proxy = try proxy()
    for setting in (options["connection-pool-config"] ?? "").split(separator: ",") {
      let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, parts[0] == "MaxConnectionsPercent", let percent = Int(parts[1]) else {
        throw AWSUsageError(
          "Parameter validation failed:\nUnknown or invalid parameter in ConnectionPoolConfig: \"\(setting)\", "
            + "must be one of: MaxConnectionsPercent", usage: false)
      }
      guard (1...100).contains(percent) else {
        throw failure("InvalidParameterValue", "MaxConnectionsPercent must be between 1 and 100.")
      }
      proxy.resize(maxConnectionsPercent: percent)
    }
    return ["DBProxyTargetGroup": targetGroupJSON(proxy)]
  }

  fileprivate func targetJSON(_ proxy: RDSProxy) -> JSONValue {
    let instance = proxy.target.configuration
    var health: JSONValue = ["State": .string(proxy.targetHealth.rawValue)]
    if proxy.targetHealth == .unavailable {
      health["Reason"] = "CONNECTION_FAILED"
      health["Description"] = .string(proxy.targetHealthReason)
    }
    return [
      "Endpoint": .string(instance.endpoint), "RdsResourceId": .string(instance.identifier),
      "Port": .integer(Int64(instance.port)), "Type": "RDS_INSTANCE", "Role": "READ_WRITE", "TargetHealth": health,
    ]
  }

  fileprivate func targetGroupJSON(_ proxy: RDSProxy) -> JSONValue {
    [
      "DBProxyName": .string(proxy.configuration.name), "TargetGroupName": "default",
      "TargetGroupArn": .string(arn("rds", "target-group:prx-tg-0\(Self.digits(proxy.component))")),
      "IsDefault": true, "Status": "available",
      "ConnectionPoolConfig": [
        "MaxConnectionsPercent": .integer(Int64(proxy.maxConnectionsPercent)),
        "MaxIdleConnectionsPercent": .integer(Int64(proxy.configuration.maxIdleConnectionsPercent)),
        "ConnectionBorrowTimeout": .integer(Int64(proxy.configuration.borrowTimeout.seconds)),
        "SessionPinningFilters": [],
      ],
    ]
  }

  fileprivate func json(_ instance: DBInstance) -> JSONValue {
    let settings = instance.configuration
    let manifest = manifest("Instance", settings.identifier)
    var json: JSONValue = [
      "DBInstanceIdentifier": .string(settings.identifier), "DBInstanceClass": .string(settings.instanceClass.name),
      "Engine": "postgres", "DBInstanceStatus": .string(instance.status.rawValue),
      "MasterUsername": .string(settings.user), "DBName": .string(settings.databaseName),
      "Endpoint": ["Address": .string(settings.endpoint), "Port": .integer(Int64(settings.port))],
      "AllocatedStorage": .integer(Int64(settings.allocatedStorage)),
    ]
    json["InstanceCreateTime"] = .string(time(.zero))
    json["BackupRetentionPeriod"] = manifest["backupRetentionPeriod"] ?? 1
    json["VpcSecurityGroups"] = .array(
      settings.securityGroups.map { ["VpcSecurityGroupId": .string($0), "Status": "active"] })
    json["AvailabilityZone"] = .string(instance.primary.zone.name)
    if let group = manifest["dbSubnetGroupNameRef"]?["name"] {
      json["DBSubnetGroup"] = ["DBSubnetGroupName": group, "SubnetGroupStatus": "Complete"]
    }
    json["PendingModifiedValues"] = [:]
    json["MultiAZ"] = .bool(settings.isMultiAZ)
    json["EngineVersion"] = .string(settings.engineVersion)
    json["ReadReplicaDBInstanceIdentifiers"] = []
    json["LicenseModel"] = "postgresql-license"
    if let standby = instance.standby { json["SecondaryAvailabilityZone"] = .string(standby.zone.name) }
    json["PubliclyAccessible"] = false
    json["StorageType"] = manifest["storageType"] ?? "gp2"
    json["StorageEncrypted"] = manifest["storageEncrypted"] ?? false
    json["DbiResourceId"] = .string(
      "db-" + (Self.digits(instance.component) + Self.digits(settings.endpoint)).prefix(26).uppercased())
    json["DBInstanceArn"] = .string(arn("rds", "db:\(settings.identifier)"))
    json["IAMDatabaseAuthenticationEnabled"] = false
    json["DeletionProtection"] = manifest["deletionProtection"] ?? false
    return json
  }

  fileprivate func json(_ proxy: RDSProxy) -> JSONValue {
    let settings = proxy.configuration
    let secret = (try? region.secrets.describe(settings.secret))?.arn ?? settings.secret
    return [
      "DBProxyName": .string(settings.name),
      "DBProxyArn": .string(arn("rds", "db-proxy:prx-0\(Self.digits(proxy.component))")),
      "Status": "available", "EngineFamily": "POSTGRESQL",
      "VpcId": .string(region.vpcs.first?.id ?? ""),
      "VpcSecurityGroupIds": .array(settings.securityGroups.map { .string($0) }),
      "Auth": [["AuthScheme": "SECRETS", "SecretArn": .string(secret), "IAMAuth": "DISABLED"]],
      "Endpoint": .string(settings.endpoint), "RequireTLS": true,
      "IdleClientTimeout": .integer(Int64(settings.idleClientTimeout.seconds)), "DebugLogging": false,
      "CreatedDate": .string(time(.zero)),
    ]
  }

  /// Events of the last `--duration` minutes, an hour by default, oldest first.
  fileprivate func events() throws -> JSONValue {
    let source = options["source-identifier"]
    if source != nil, options["source-type"] == nil {
      throw failure("InvalidParameterCombination", "The SourceIdentifier parameter requires the SourceType parameter.")
    }
    let minutes = options["duration"].flatMap { Double($0) } ?? 60
    let start = host.simulation.now - .minutes(minutes)
    let found = region.instances.filter { source == nil || $0.configuration.identifier == source }
      .flatMap { instance in instance.events.filter { $0.at >= start }.map { (instance, $0) } }
      .sorted { $0.1.at < $1.1.at }
    return [
      "Events": .array(
        found.map { instance, event in
          let name = instance.configuration.identifier
          return [
            "SourceIdentifier": .string(name), "SourceType": "db-instance", "Message": .string(event.message),
            "EventCategories": [.string(event.category)], "Date": .string(time(event.at)),
            "SourceArn": .string("arn:aws:rds:\(region.code):\(region.accountID):db:\(name)"),
          ]
        })
    ]
  }
}
