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
      guard let name = call.options["db-proxy-name"] else {
        return ["DBProxies": .array(call.region.proxies.map(call.json))]
      }
      guard let proxy = call.region.proxy(name) else {
        throw call.failure("DBProxyNotFoundFault", "DBProxy \(name) not found.")
      }
      return ["DBProxies": [call.json(proxy)]]
    },
    Operation(
      service: "rds", name: "describe-events",
      options: ["source-identifier", "source-type", "duration"]
    ) { try $0.events() },
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
  fileprivate func instance() throws -> DBInstance {
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

  fileprivate func json(_ instance: DBInstance) -> JSONValue {
    let settings = instance.configuration
    var json: JSONValue = [
      "DBInstanceIdentifier": .string(settings.identifier), "DBInstanceClass": .string(settings.instanceClass.name),
      "Engine": "postgres", "DBInstanceStatus": .string(instance.status.rawValue),
      "MasterUsername": .string(settings.user), "DBName": .string(settings.databaseName),
      "Endpoint": ["Address": .string(settings.endpoint), "Port": .integer(Int64(settings.port))],
      "AllocatedStorage": .integer(Int64(settings.allocatedStorage)),
    ]
    json["VpcSecurityGroups"] = .array(
      settings.securityGroups.map { ["VpcSecurityGroupId": .string($0), "Status": "active"] })
    json["AvailabilityZone"] = .string(instance.primary.zone.name)
    json["MultiAZ"] = .bool(settings.isMultiAZ)
    json["EngineVersion"] = .string(settings.engineVersion)
    if let standby = instance.standby { json["SecondaryAvailabilityZone"] = .string(standby.zone.name) }
    json["DBInstanceArn"] = .string("arn:aws:rds:\(region.code):\(region.accountID):db:\(settings.identifier)")
    return json
  }

  fileprivate func json(_ proxy: RDSProxy) -> JSONValue {
    let settings = proxy.configuration
    let secret = (try? region.secrets.describe(settings.secret))?.arn ?? settings.secret
    return [
      "DBProxyName": .string(settings.name),
      "DBProxyArn": .string("arn:aws:rds:\(region.code):\(region.accountID):db-proxy:\(settings.name)"),
      "Status": "available", "EngineFamily": "POSTGRESQL",
      "VpcSecurityGroupIds": .array(settings.securityGroups.map { .string($0) }),
      "Auth": [["AuthScheme": "SECRETS", "SecretArn": .string(secret), "IAMAuth": "DISABLED"]],
      "RequireTLS": true, "IdleClientTimeout": 1800, "DebugLogging": false, "Endpoint": .string(settings.endpoint),
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
