import TwinWorld

/// What a platform has, as far as scenario files refer to it.
package struct PlatformFacts: Sendable {
  package var regions: [String]
  /// The paths of everything that faults, expectations and answers can point at, as far as manifests tell.
  package var targets: [String]
  /// The names of the service level objectives.
  package var objectives: [String]
  /// The names of the alerts of its alerting rules.
  package var alerts: [String]
  /// The host names that load can be sent to; empty leaves them unchecked.
  package var hosts: [String]
  /// Kinds whose objects come into being only in a run, so that manifests cannot tell their names.
  package var runtimeKinds: [String]
  /// The commands that solutions may begin with; empty leaves them unchecked.
  package var commands: [String]

  /// The kinds that controllers create.
  package static let defaultRuntimeKinds = ["pod", "replicaset", "endpointslice"]

  package init(
    regions: [String], targets: [String], objectives: [String], alerts: [String] = [],
    hosts: [String] = [],
    runtimeKinds: [String] = Self.defaultRuntimeKinds, commands: [String] = []
  ) {
    self.regions = regions
    self.targets = targets
    self.objectives = objectives
    self.alerts = alerts
    self.hosts = hosts
    self.runtimeKinds = runtimeKinds
    self.commands = commands
  }

  /// The facts of a platform that was read from its manifests.
  package init(_ platform: Platform, commands: [String] = []) {
    self.init(
      regions: platform.regions.map(\.name), targets: platform.targets,
      objectives: Set(platform.objectives.map(\.name)).sorted(), alerts: platform.alertNames, hosts: platform.hosts,
      commands: commands)
  }
}
