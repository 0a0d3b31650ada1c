import SimulationKernel
import Telemetry

/// What the region's services publish in CloudWatch, minute by minute. Values of a state are looked at every ten seconds,
/// counts are differences (Elastic Load Balancing user guide, "CloudWatch metrics for your Application Load Balancer"; RDS user
/// guide, "Monitoring Amazon RDS metrics with Amazon CloudWatch" and "Monitoring RDS Proxy metrics").
///
/// Counts of the load balancer are published only when they are not zero, as its documentation says.
@Simulated
final class CloudWatchCollector {
  private unowned let region: AWSRegion
  private let store: CloudWatch
  /// The latest totals of counters, by metric.
  private var totals: [CloudWatch.Metric: Double] = [:]
  private var distributions: [CloudWatch.Metric: LatencyHistogram] = [:]

  static let gaugePeriod = TimeSpan.seconds(10)
  nonisolated private static let event: EventName = "cloudwatch.collect"
  /// The nature of a balancer's answer time: it is published for the balancer and for each target group.
  private static let elb = "AWS/ApplicationELB"
  private static let rds = "AWS/RDS"
  /// Memory of one backend, by the same rule that gives `max_connections`.
  private static let backendMemory = 9_531_392.0
  /// Share of the memory that PostgreSQL's buffers take (`shared_buffers` on RDS is a quarter).
  private static let bufferShare = 0.25
  private static let gibibyte = 1_073_741_824.0

  init(_ region: AWSRegion, _ store: CloudWatch) {
    self.region = region
    self.store = store
    let simulation = region.network.simulation
    simulation.every(Self.gaugePeriod, offset: Self.gaugePeriod - .nanoseconds(1), Self.event) { [weak self] in
      guard let self else { return }
      sampleStates()
      // The last look of each minute also closes its counts.
      let next = simulation.now.nanoseconds + 1
      if next % CloudWatch.resolution.nanoseconds == 0 { closeMinute() }
    }
  }

  private var now: Instant { region.network.simulation.now }

  // MARK: States

  private func sampleStates() {
    for balancer in region.loadBalancers {
      for group in balancer.targetGroups {
        let dimensions = Self.dimensions(of: group, balancer)
        gauge(Self.elb, "HealthyHostCount", dimensions, "Count", Double(group.healthyCount))
        gauge(Self.elb, "UnHealthyHostCount", dimensions, "Count", Double(group.unhealthyCount))
      }
    }
    for instance in region.instances { sample(instance) }
    for proxy in region.proxies { sample(proxy) }
  }

  private func sample(_ instance: DBInstance) {
    let dimensions = [CloudWatch.Metric.Dimension("DBInstanceIdentifier", instance.configuration.identifier)]
    let sessions = instance.connections + instance.otherSessions
    gauge(Self.rds, "DatabaseConnections", dimensions, "Count", Double(sessions))
    let memory = instance.configuration.instanceClass.memoryGiB * Self.gibibyte
    let free = memory * (0.9 - Self.bufferShare) - Double(sessions) * Self.backendMemory
    gauge(Self.rds, "FreeableMemory", dimensions, "Bytes", max(0, free))
    let storage = Double(instance.configuration.allocatedStorage) * Self.gibibyte
    let used = (try? instance.store.size()).map { Double($0) } ?? 0
    gauge(Self.rds, "FreeStorageSpace", dimensions, "Bytes", instance.isStorageFull ? 0 : max(0, storage - used))
  }

  private func sample(_ proxy: RDSProxy) {
    let dimensions = [CloudWatch.Metric.Dimension("ProxyName", proxy.configuration.name)]
    for (name, value) in [
      ("ClientConnections", proxy.clientConnections), ("DatabaseConnections", proxy.databaseConnections),
      ("DatabaseConnectionsCurrentlyBorrowed", proxy.borrowedConnections),
      ("DatabaseConnectionsCurrentlySessionPinned", proxy.pinnedSessions),
      ("MaxDatabaseConnectionsAllowed", proxy.poolSize),
    ] { gauge(Self.rds, name, dimensions, "Count", Double(value)) }
    gauge(
      Self.rds, "AvailabilityPercentage", dimensions, "Percent", proxy.targetHealth == .available ? 100 : 0)
  }

  private func gauge(
    _ namespace: String, _ name: String, _ dimensions: [CloudWatch.Metric.Dimension], _ unit: String, _ value: Double
  ) {
    store.put(
      CloudWatch.Metric(namespace: namespace, name: name, dimensions: dimensions), unit: unit,
      CloudWatch.StatisticSet(value), at: now)
  }

  // MARK: Counts

  private func closeMinute() {
    for balancer in region.loadBalancers {
      publish(balancer.metrics, [Self.dimension(of: balancer)])
      for group in balancer.targetGroups { publish(group.metrics, Self.dimensions(of: group, balancer)) }
    }
    for instance in region.instances { publish(instance) }
    for proxy in region.proxies { publish(proxy) }
  }

  private func publish(_ metrics: LoadBalancer.Metrics, _ dimensions: [CloudWatch.Metric.Dimension]) {
    // What the balancer answers itself belongs to no target group.
    for counter in metrics.counters where dimensions.count == 1 || !counter.name.hasPrefix("HTTPCode_ELB") {
      count(Self.elb, counter.name, dimensions, Double(counter.value), publishesZero: false)
    }
    distribution(Self.elb, "TargetResponseTime", dimensions, "Seconds", metrics.targetResponseTime, scale: 1)
  }

  private func publish(_ instance: DBInstance) {
    let dimensions = [CloudWatch.Metric.Dimension("DBInstanceIdentifier", instance.configuration.identifier)]
    let seconds = CloudWatch.resolution.seconds
    let processors = metric(Self.rds, "CPUUtilization", dimensions)
    let used = increase(processors, instance.processorSeconds)
    let share = used / (seconds * Double(instance.configuration.instanceClass.vCPUs))
    store.put(processors, unit: "Percent", CloudWatch.StatisticSet(min(100, share * 100)), at: now)
    let flushes = increase(metric(Self.rds, "WriteIOPS", dimensions), Double(instance.flushes.count))
    let flushTime = increase(metric(Self.rds, "WriteLatency", dimensions), instance.flushes.total.seconds)
    gauge(Self.rds, "WriteIOPS", dimensions, "Count/Second", flushes / seconds)
    gauge(Self.rds, "WriteLatency", dimensions, "Seconds", flushes > 0 ? flushTime / flushes : 0)
  }

  private func publish(_ proxy: RDSProxy) {
    let dimensions = [CloudWatch.Metric.Dimension("ProxyName", proxy.configuration.name)]
    for (name, value) in [
      ("QueryRequests", proxy.metrics.queryRequests),
      ("ClientConnectionsSetupFailedAuth", proxy.metrics.clientLoginsFailed),
      ("DatabaseConnectionsSetupSucceeded", proxy.metrics.connectionsSetupSucceeded),
      ("DatabaseConnectionsSetupFailed", proxy.metrics.connectionsSetupFailed),
    ] { count(Self.rds, name, dimensions, Double(value), publishesZero: true) }
    distribution(
      Self.rds, "DatabaseConnectionsBorrowLatency", dimensions, "Microseconds", proxy.metrics.borrowLatency, scale: 1e6)
  }

  private func metric(_ namespace: String, _ name: String, _ dimensions: [CloudWatch.Metric.Dimension])
    -> CloudWatch.Metric
  {
    CloudWatch.Metric(namespace: namespace, name: name, dimensions: dimensions)
  }

  /// By how much a total has risen since it was last looked at.
  private func increase(_ metric: CloudWatch.Metric, _ total: Double) -> Double {
    defer { totals[metric] = total }
    return max(0, total - (totals[metric] ?? 0))
  }

  private func count(
    _ namespace: String, _ name: String, _ dimensions: [CloudWatch.Metric.Dimension], _ total: Double,
    publishesZero: Bool
  ) {
    let metric = metric(namespace, name, dimensions)
    let rise = Int(increase(metric, total))
    if rise > 0 {
      store.put(metric, unit: "Count", CloudWatch.StatisticSet(events: rise), at: now)
    } else if publishesZero {
      store.put(metric, unit: "Count", CloudWatch.StatisticSet(0), at: now)
    }
  }

  /// - Parameter scale: units of the metric in a second.
  private func distribution(
    _ namespace: String, _ name: String, _ dimensions: [CloudWatch.Metric.Dimension], _ unit: String,
    _ total: LatencyHistogram, scale: Double
  ) {
    let metric = metric(namespace, name, dimensions)
    let minute = total.subtracting(distributions[metric] ?? LatencyHistogram())
    distributions[metric] = total
    guard minute.count > 0 else { return }
    store.put(
      metric, unit: unit,
      CloudWatch.StatisticSet(
        count: Double(minute.count), sum: minute.mean.seconds * Double(minute.count) * scale,
        minimum: minute.quantile(0).seconds * scale, maximum: minute.quantile(1).seconds * scale,
        distribution: scale == 1 ? minute : nil), at: now)
  }

  // MARK: Dimensions

  private static func dimension(of balancer: LoadBalancer) -> CloudWatch.Metric.Dimension {
    CloudWatch.Metric.Dimension("LoadBalancer", balancer.resourceID)
  }

  private static func dimensions(of group: TargetGroup, _ balancer: LoadBalancer) -> [CloudWatch.Metric.Dimension] {
    [CloudWatch.Metric.Dimension("TargetGroup", group.resourceID), dimension(of: balancer)]
  }
}

extension LoadBalancer {
  /// The end of its ARN, which is also its dimension in CloudWatch: `app/name/50dc6c495c0c9188`.
  package var resourceID: String { "app/\(name)/\(ResourceDigits.of(component))" }

  /// The target groups of its rules, each once.
  var targetGroups: [TargetGroup] {
    var groups: [TargetGroup] = []
    for rule in rules where !groups.contains(where: { $0 === rule.targetGroup }) { groups.append(rule.targetGroup) }
    return groups
  }
}

extension TargetGroup {
  /// The end of its ARN: `targetgroup/name/73e2d6bc24d8a067`.
  package var resourceID: String { "targetgroup/\(name)/\(ResourceDigits.of(component))" }
}

extension AWSRegion {
  /// The resource that a metric is about; empty for one that belongs to none.
  package func arn(of metric: CloudWatch.Metric) -> String {
    func value(_ name: String) -> String? { metric.dimensions.first { $0.name == name }?.value }
    let balancing = "arn:aws:elasticloadbalancing:\(code):\(accountID):"
    let databases = "arn:aws:rds:\(code):\(accountID):"
    if let group = value("TargetGroup") { return balancing + group }
    if let balancer = value("LoadBalancer") { return balancing + "loadbalancer/" + balancer }
    if let instance = value("DBInstanceIdentifier") { return databases + "db:" + instance }
    if let name = value("ProxyName"), let proxy = proxy(name) {
      return databases + "db-proxy:prx-0" + ResourceDigits.of(proxy.component)
    }
    return ""
  }
}

/// The digits at the end of the ARNs of load balancers and target groups.
package enum ResourceDigits {
  /// Sixteen hexadecimal digits that belong to a component.
  package static func of(_ component: String) -> String {
    let text = String(fnv1a(component.utf8), radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
