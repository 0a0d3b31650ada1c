/// The catalogue of faults: a verb changes a *cause* (a rule, a value, a link, a process, a rollout); symptoms follow from the
/// model. Imports the models, and the world in which they run.
extension FaultCatalogue {
  /// The closed list of verbs that scenario files use. `FaultInjector` holds what each does; a test compares the two.
  package static let standard = FaultCatalogue(pods + rollouts + network + names + databases + clusters + traffic)

  private static let pods = [
    FaultVerb("pod.kill", "Deletes pods.", targetKinds: ["pod"], isMomentary: true),
    FaultVerb(
      "container.exit", "Ends the containers of pods with an exit code.", targetKinds: ["pod"],
      parameters: [.optional("code", .integer(0...255), "The exit code.", default: .integer(1))], isMomentary: true),
    FaultVerb("process.hang", "Containers accept connections and never answer.", targetKinds: ["pod"]),
    FaultVerb(
      "memory.leak",
      "Containers leak memory until they are killed at their limit: those of a pod, or all of a deployment that run its image of now.",
      targetKinds: ["pod", "deployment"],
      parameters: [.required("rate", .number(0.1...100_000), "MiB a minute.")]),
    FaultVerb(
      "cpu.stress", "Something else in the containers uses their processor share.", targetKinds: ["pod"],
      parameters: [.required("cores", .number(0.001...64), "Cores that it takes.")]),
  ]

  private static let rollouts = [
    FaultVerb(
      "config.set", "Sets a key of a ConfigMap; pods read it when they start.", targetKinds: ["configmap"],
      parameters: [
        .required("key", .text, "The key."), .optional("value", .text, "The value; without it the key is removed."),
      ]),
    FaultVerb(
      "secret.corrupt", "Replaces the value of a key of a Secret.", targetKinds: ["secret"],
      parameters: [
        .required("key", .text, "The key."), .optional("value", .text, "The value.", default: .text("corrupted")),
      ]),
    FaultVerb(
      "image.set", "Rolls out another image.", targetKinds: ["deployment"],
      parameters: [.required("image", .text, "The image's full reference.")]),
    FaultVerb("rollout.restart", "Restarts a deployment by a rollout.", targetKinds: ["deployment"], isMomentary: true),
    FaultVerb(
      "replicas.set", "Sets a deployment's replicas.", targetKinds: ["deployment"],
      parameters: [.required("count", .integer(0...1000), "The replicas.")]),
  ]

  /// Grey failures often belong to one zone.
  private static let zone = FaultParameter.optional(
    "zone", .text, "Only hosts of this zone at the link's target end; without it all.")

  private static let network = [
    FaultVerb(
      "network.delay", "Delays packets between the ends of a link.", targetKinds: ["link"],
      parameters: [
        .required("latency", .duration, "Added one way."), .optional("jitter", .duration, "Its standard deviation."),
        zone,
      ]),
    FaultVerb(
      "network.loss", "Loses packets between the ends of a link.", targetKinds: ["link"],
      parameters: [.required("share", .percentage, "Share of the packets."), zone]),
    FaultVerb(
      "network.bandwidth", "Limits the bandwidth of a link.", targetKinds: ["link"],
      parameters: [.required("rate", .number(0.001...100_000), "Mbit a second."), zone]),
    FaultVerb(
      "network.partition", "Drops every packet between the ends of a link.", targetKinds: ["link"], parameters: [zone]),
    FaultVerb(
      "securitygroup.revoke",
      "Removes the ingress rules of a security group for a port; connections that are open stay.",
      targetKinds: ["securitygroup"], parameters: [.required("port", .integer(0...65535), "The port.")]),
    FaultVerb(
      "alb.health-path", "Points the load balancer's health check at another path.", targetKinds: ["ingress"],
      parameters: [.required("path", .text, "The path.")]),
  ]

  private static let names = [
    FaultVerb(
      "dns.fail", "A change of the name servers' Corefile keeps pods from resolving a name.", targetKinds: ["dns"],
      parameters: [
        .optional(
          "mode", .word(["nxdomain", "servfail", "timeout"]),
          "What pods get: the name does not exist, the server failed, or no answer.", default: .text("nxdomain"))
      ])
  ]

  private static let databases = [
    FaultVerb("rds.az-failure", "The zone of a database's primary loses power.", targetKinds: ["rds"]),
    FaultVerb(
      "rds.failover", "Fails a Multi-AZ database over to its standby.", targetKinds: ["rds"], isMomentary: true),
    FaultVerb("rds.reboot", "Restarts a database in place.", targetKinds: ["rds"], isMomentary: true),
    FaultVerb("rds.stop", "Stops a database instance.", targetKinds: ["rds"]),
    FaultVerb("db.password", "Changes the database user's password and tells nobody.", targetKinds: ["rds"]),
    FaultVerb(
      "db.slow-query", "Statements take longer: a plan that flipped, an index that is gone.", targetKinds: ["rds"],
      parameters: [.required("factor", .number(1...10_000), "How many times longer.")]),
    FaultVerb(
      "db.connections", "Another client, a job called batch, holds sessions of the database.", targetKinds: ["rds"],
      parameters: [.required("count", .integer(1...100_000), "Sessions that it wants.")]),
    FaultVerb(
      "proxy.pool", "Sets the proxy's share of the database's connections.", targetKinds: ["rds-proxy"],
      parameters: [.required("maxConnectionsPercent", .integer(1...100), "Percent of max_connections.")]),
    FaultVerb(
      "secret.rotate", "Rotates a database secret: a new password in the database and in Secrets Manager.",
      targetKinds: ["secretsmanager"], isMomentary: true),
  ]

  private static let clusters = [
    FaultVerb("node.fail", "A node loses power.", targetKinds: ["node"]),
    FaultVerb("zone.outage", "Nodes and database hosts of a zone lose power.", targetKinds: ["zone"]),
  ]

  private static let traffic = [
    FaultVerb(
      "load.surge", "Multiplies the traffic to a region.", targetKinds: ["traffic"],
      parameters: [.required("factor", .number(0...1000), "The factor.")])
  ]
}
