import SQLiteStore
import SimulationKernel
import Telemetry
import TwinWorld

// How fast answers were, of what their time was made, and what it cost of the error budget.
extension RunRecord {
  /// Upper ends of the record's latency classes; what took longer is in a class without one.
  nonisolated static let latencyClasses: [TimeSpan] = [
    .milliseconds(5), .milliseconds(10), .milliseconds(20), .milliseconds(30), .milliseconds(50), .milliseconds(75),
    .milliseconds(100), .milliseconds(200), .milliseconds(500), .seconds(1), .seconds(2), .seconds(5), .seconds(10),
  ]

  private var slotLength: TimeSpan { .seconds(Double(ServiceLevelRecorder.slotSeconds)) }

  func fillLatency(_ connection: SQLiteConnection) throws {
    for source in rehearsal.world.traffic {
      let region = SQLValue.text(source.region.name)
      for (index, slot) in source.recorder.slots.enumerated() where slot.count > 0 {
        let at = milliseconds(.zero + slotLength * index)
        let quantiles = [0.5, 0.95, 0.99].map { SQLValue.integer(slot.quantile($0).nanoseconds / 1000) }
        try connection.execute("INSERT INTO latency_slots VALUES (?1, ?2, ?3, ?4, ?5)", [at, region] + quantiles)
        var below = 0
        for limit in Self.latencyClasses + [TimeSpan.forever] {
          let count = limit == .forever ? slot.count : slot.count(upTo: limit)
          defer { below = count }
          guard count > below else { continue }
          try connection.execute(
            "INSERT INTO latency_counts VALUES (?1, ?2, ?3, ?4)",
            [
              at, region, limit == .forever ? .null : .integer(limit.nanoseconds / 1000),
              .integer(Int64(count - below)),
            ])
        }
      }
      for (index, slot) in source.breakdown.enumerated() where slot.count > 0 {
        for part in LatencyComponent.allCases where slot.mean(part) > 0 {
          try connection.execute(
            "INSERT INTO latency_parts VALUES (?1, ?2, ?3, ?4, ?5)",
            [
              milliseconds(.zero + slotLength * index), region, .text(part.label),
              .integer(Int64((slot.mean(part) * 1000).rounded())), .integer(Int64(slot.count)),
            ])
        }
      }
    }
  }

  /// The share of each objective's budget, of its whole period, that burnt in each minute since T0.
  func fillBudget(_ connection: SQLiteConnection) throws {
    let service = Restoration(rehearsal: rehearsal, countsPages: false)
    let minute = TimeSpan.minutes(1)
    let end = min(rehearsal.world.simulation.now - rehearsal.origin, rehearsal.scenario.duration)
    for objective in rehearsal.world.platform.objectives where rehearsal.world.traffic(of: objective.region) != nil {
      var time = TimeSpan.zero
      while time < end {
        let next = min(time + minute, end)
        try connection.execute(
          "INSERT INTO budget_minutes VALUES (?1, ?2, ?3, ?4)",
          [
            .integer(time.nanoseconds / 1_000_000), .text(objective.region), .text(objective.name),
            .real(service.burn(objective, (time, next))),
          ])
        time = next
      }
    }
  }
}
