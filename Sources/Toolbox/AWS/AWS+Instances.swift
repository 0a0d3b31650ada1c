import AWSModel
import Documents
import KubernetesModel
import SimulationKernel

extension AWSCommandLine {
  private static let ids = "instance-ids"

  /// The virtual machines under the nodes of the region's cluster (EC2 API reference version 2016-11-15). Answers hold the fields that
  /// the model knows.
  static let instances: [Operation] = [
    Operation(service: "ec2", name: "describe-instances", lists: [ids, "filters"]) { call in
      let machines = try call.selectedMachines()
      return [
        "Reservations": .array(
          machines.map { ["OwnerId": .string(call.region.accountID), "Instances": [call.json($0)]] })
      ]
    },
    Operation(
      service: "ec2", name: "describe-instance-status", lists: [ids], switches: ["include-all-instances"]
    ) { call in ["InstanceStatuses": .array(try call.selectedMachines().map(call.statusJSON))] },
    Operation(service: "ec2", name: "reboot-instances", lists: [ids]) { call in
      guard call.options.has(ids) else { throw AWSUsageError("the following arguments are required: --\(ids)") }
      try call.reboot(try call.selectedMachines())
      return nil
    },
  ]
}

/// An EC2 instance, as its node knows it.
private struct Machine {
  let id: String
  let node: KubeObject
  let cluster: Cluster

  var zone: String { node.labels["topology.kubernetes.io/zone"]?.string ?? "" }
  var type: String { node.labels["node.kubernetes.io/instance-type"]?.string ?? "" }
  var address: String {
    node.status["addresses"]?.array?.first { $0["type"]?.string == "InternalIP" }?["address"]?.string ?? ""
  }
  @Simulated var hasPower: Bool { cluster.hasPower(node.name) }
}

extension AWSCall {
  private static let boot = Distribution.uniform(.seconds(35), .seconds(70))
  nonisolated private static let bootEvent: EventName = "ec2.boot"

  private var machines: [Machine] {
    guard let cluster = host.cluster(context: region.name) else { return [] }
    return cluster.server.list(.node).compactMap { node in
      guard let id = node.spec["providerID"]?.string?.split(separator: "/").last.map(String.init), id.hasPrefix("i-")
      else { return nil }
      return Machine(id: id, node: node, cluster: cluster)
    }
  }

  fileprivate func selectedMachines() throws -> [Machine] {
    var found = machines
    let ids = options.list("instance-ids")
    if let unknown = ids.first(where: { id in !found.contains { $0.id == id } }) {
      let isID = unknown.hasPrefix("i-") && unknown.dropFirst(2).allSatisfy(\.isHexDigit)
      throw isID
        ? failure("InvalidInstanceID.NotFound", "The instance ID '\(unknown)' does not exist")
        : failure("InvalidInstanceID.Malformed", "Invalid id: \"\(unknown)\"")
    }
    if !ids.isEmpty { found = found.filter { ids.contains($0.id) } }
    for (name, values) in try filters() {
      let value: (Machine) -> String
      switch name {
      case "instance-id": value = { $0.id }
      case "instance-state-name": value = { _ in "running" }
      case "instance-type": value = { $0.type }
      case "availability-zone": value = { $0.zone }
      case "private-dns-name", "tag:Name": value = { $0.node.name }
      case "private-ip-address": value = { $0.address }
      default: throw failure("InvalidParameterValue", "The filter '\(name)' is invalid")
      }
      found = found.filter { values.contains(value($0)) }
    }
    return found
  }

  fileprivate func json(_ machine: Machine) -> JSONValue {
    [
      "InstanceId": .string(machine.id), "InstanceType": .string(machine.type),
      "LaunchTime": .string(machine.node.json.at("metadata", "creationTimestamp")?.string ?? ""),
      "Placement": ["AvailabilityZone": .string(machine.zone), "Tenancy": "default"],
      "PrivateDnsName": .string(machine.node.name), "PrivateIpAddress": .string(machine.address),
      "State": ["Code": 16, "Name": "running"], "VpcId": .string(region.vpcs.first?.id ?? ""),
      "Tags": [["Key": "Name", "Value": .string(machine.node.name)]],
    ]
  }

  /// A machine without power stays `running` and fails both checks ("Status checks for Amazon EC2 instances").
  fileprivate func statusJSON(_ machine: Machine) -> JSONValue {
    let check: JSONValue = [
      "Details": [["Name": "reachability", "Status": machine.hasPower ? "passed" : "failed"]],
      "Status": machine.hasPower ? "ok" : "impaired",
    ]
    return [
      "AvailabilityZone": .string(machine.zone), "InstanceId": .string(machine.id),
      "InstanceState": ["Code": 16, "Name": "running"], "InstanceStatus": check, "SystemStatus": check,
    ]
  }

  /// A machine reboots on its own host: one whose host has no power does not come back by it.
  fileprivate func reboot(_ machines: [Machine]) throws {
    for machine in machines where machine.hasPower {
      let (cluster, node) = (machine.cluster, machine.node.name)
      cluster.failNode(node, effect: "instance reboots")
      let time = Self.boot.sample(host.simulation.random("ec2"))
      host.simulation.after(time, Self.bootEvent) { cluster.recoverNode(node) }
    }
  }
}
