/// A class of database instances.
package struct DBInstanceClass: Hashable, Sendable {
  package let name: String
  package let vCPUs: Int
  package let memoryGiB: Double
  /// Relative speed of one vCPU; a fifth-generation Intel core is 1.
  package let speed: Double

  /// AWS's table of instance classes (RDS user guide, "Hardware specifications for DB instance classes").
  package static let all = [
    DBInstanceClass(name: "db.t3.micro", vCPUs: 2, memoryGiB: 1, speed: 0.5),
    DBInstanceClass(name: "db.t3.small", vCPUs: 2, memoryGiB: 2, speed: 0.6),
    DBInstanceClass(name: "db.t3.medium", vCPUs: 2, memoryGiB: 4, speed: 0.7),
    DBInstanceClass(name: "db.t3.large", vCPUs: 2, memoryGiB: 8, speed: 0.8),
    DBInstanceClass(name: "db.t4g.micro", vCPUs: 2, memoryGiB: 1, speed: 0.6),
    DBInstanceClass(name: "db.t4g.small", vCPUs: 2, memoryGiB: 2, speed: 0.7),
    DBInstanceClass(name: "db.t4g.medium", vCPUs: 2, memoryGiB: 4, speed: 0.8),
    DBInstanceClass(name: "db.m5.large", vCPUs: 2, memoryGiB: 8, speed: 1),
    DBInstanceClass(name: "db.m6g.large", vCPUs: 2, memoryGiB: 8, speed: 1.1),
    DBInstanceClass(name: "db.m6g.xlarge", vCPUs: 4, memoryGiB: 16, speed: 1.1),
    DBInstanceClass(name: "db.r6g.large", vCPUs: 2, memoryGiB: 16, speed: 1.1),
    DBInstanceClass(name: "db.r6g.xlarge", vCPUs: 4, memoryGiB: 32, speed: 1.1),
    DBInstanceClass(name: "db.r6g.2xlarge", vCPUs: 8, memoryGiB: 64, speed: 1.1),
  ]

  package init?(name: String) {
    guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  private init(name: String, vCPUs: Int, memoryGiB: Double, speed: Double) {
    self.name = name
    self.vCPUs = vCPUs
    self.memoryGiB = memoryGiB
    self.speed = speed
  }

  /// The default of `max_connections`: LEAST(DBInstanceClassMemory / 9531392, 5000); about a tenth of the memory is the
  /// service's own (RDS user guide, "Quotas and constraints", maximum number of database connections).
  package var maxConnections: Int { min(5000, Int(memoryGiB * 0.9 * 1_073_741_824 / 9_531_392)) }
}
