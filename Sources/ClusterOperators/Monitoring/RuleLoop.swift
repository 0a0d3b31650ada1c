import Documents
import KubernetesModel
import SimulationKernel
import Telemetry

/// Evaluates one group of rules at its interval for as long as the server runs, and hands on the alerts of which Alertmanager is to
/// be told (Prometheus, rules/manager.go, `Group.run`).
@Simulated
final class RuleLoop {
  let evaluator: RuleEvaluator
  private let container: ContainerProcess
  private let file: String
  private let interval: TimeSpan
  private let onEvaluation: @Simulated ([RuleEvaluator.Change], [RuleEvaluator.Outgoing]) -> Void
  private var isStopped = false

  nonisolated private static let event: EventName = "prometheus.rules"
  /// Processor time of one rule.
  private static let costPerRule = TimeSpan.milliseconds(0.4)

  init(
    _ evaluator: RuleEvaluator, file: String, defaultInterval: TimeSpan, container: ContainerProcess,
    _ onEvaluation: @escaping @Simulated ([RuleEvaluator.Change], [RuleEvaluator.Outgoing]) -> Void
  ) {
    self.evaluator = evaluator
    self.file = file
    self.container = container
    self.onEvaluation = onEvaluation
    interval = evaluator.group.interval.map { .nanoseconds($0 * 1_000_000) } ?? defaultInterval
  }

  func start() {
    let simulation = container.simulation
    simulation.spawn(Self.event) { [self] in
      await simulation.sleep(untilFirst, Self.event)
      while container.isAlive {
        let time = ClusterClock.milliseconds(simulation.now)
        guard !isStopped else { return evaluator.end(at: time) }
        let changes = evaluator.evaluate(at: time)
        _ = container.cpu.completion(of: Self.costPerRule * evaluator.group.rules.count)
        onEvaluation(changes, evaluator.alertsToSend(at: time))
        await simulation.sleep(interval, Self.event)
      }
    }
  }

  /// The group is gone: the next tick ends what it wrote.
  func stop() { isStopped = true }

  /// Each group has its own moment within the interval, by a hash of its file and name.
  private var untilFirst: TimeSpan {
    let length = max(1, interval.nanoseconds / 1_000_000)
    let offset = Int64(fnv1a("\(file);\(evaluator.group.name)".utf8) % UInt64(length))
    let now = container.simulation.now.nanoseconds / 1_000_000
    let wait = (offset - now % length + length) % length
    return .nanoseconds((now + wait) * 1_000_000 - container.simulation.now.nanoseconds)
  }
}
