import ClusterOperators
import Documents
import KubernetesModel
import SQLiteStore
import SimulationKernel
import Telemetry
import TwinWorld

// What the record needs to be made again, and what Prometheus and Alertmanager said.
extension RunRecord {
  func fillSources(_ connection: SQLiteConnection) throws {
    for (position, file) in sources.files.enumerated() {
      try connection.execute(
        "INSERT INTO sources VALUES (?1, ?2, ?3)",
        [.integer(Int64(position)), .text(file.path), .blob(file.content)])
    }
    for (at, digest) in rehearsal.digests {
      try connection.execute(
        "INSERT INTO digests VALUES (?1, ?2)", [milliseconds(at), .text(digest.description)])
    }
  }

  func fillAlerts(_ connection: SQLiteConnection) throws {
    func text(_ labels: [Label]) -> SQLValue {
      .text(JSONValue.object(JSONObject(labels.map { ($0.name, .string($0.value)) })).jsonText())
    }
    func list(_ alerts: [Labels]) -> SQLValue {
      .text(
        JSONValue.array(alerts.map { .object(JSONObject($0.pairs.map { ($0.name, .string($0.value)) })) }).jsonText())
    }
    for change in rehearsal.world.journal.alertChanges {
      try connection.execute(
        "INSERT INTO alerts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        [
          milliseconds(change.at), .text(change.region), .text(change.name), text(change.labels.pairs),
          .text(change.state.rawValue), .real(change.value), text(change.annotations),
        ])
    }
    for notification in rehearsal.world.journal.notifications {
      try connection.execute(
        "INSERT INTO notifications VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        [
          milliseconds(notification.at), .text(notification.region), .text(notification.receiver),
          .integer(notification.isPage ? 1 : 0), text(notification.group.pairs), list(notification.firing),
          list(notification.resolved),
        ])
    }
  }

  /// Everything that CloudWatch Logs kept, without the envelopes of agents.
  func fillLogs(_ connection: SQLiteConnection) throws {
    let row = try connection.prepare("INSERT INTO log_lines VALUES (?1, ?2, ?3)")
    var id: Int64 = 0
    for region in rehearsal.world.regions {
      for stream in region.aws.logs.streams {
        id += 1
        try connection.execute(
          "INSERT INTO log_streams VALUES (?1, ?2, ?3, ?4, ?5)",
          [
            .integer(id), .text(region.name), .text(stream.group), .text(stream.name),
            .text(region.component(of: stream)),
          ])
        for line in stream.lines {
          try row.bindAll([.integer(id), milliseconds(line.at), .text(line.text)])
          try row.run()
        }
      }
    }
  }

  /// Every series of every region's Prometheus, in chunks as the store has them.
  func fillSamples(_ connection: SQLiteConnection) throws {
    let series = try connection.prepare("INSERT INTO series VALUES (?1, ?2, ?3, ?4)")
    let chunk = try connection.prepare("INSERT INTO chunks VALUES (?1, ?2, ?3, ?4, ?5)")
    let origin = ClusterClock.milliseconds(rehearsal.origin)
    var id: Int64 = 0
    for region in rehearsal.world.regions {
      try region.monitoring.store.forEachSeries { labels, chunks in
        id += 1
        let text = JSONValue.object(JSONObject(labels.pairs.map { ($0.name, .string($0.value)) })).jsonText()
        try series.bindAll([.integer(id), .text(region.name), .text(labels[Labels.metricName]), .text(text)])
        try series.run()
        for one in chunks {
          try chunk.bindAll([
            .integer(id), .integer(one.firstTime - origin), .integer(one.lastTime - origin), .integer(Int64(one.count)),
            .blob(one.bytes),
          ])
          try chunk.run()
        }
      }
    }
  }
}
