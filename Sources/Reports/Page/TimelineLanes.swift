/// One time axis with lanes from cause to effect: faults, the platform's changes, what customers felt, alerts, people, restored
/// and held.
struct TimelineLanes {
  let record: IncidentRecord
  let axis: TimeAxis
  /// From when on service was restored.
  let restoredAt: Double?
  /// Where the scrubber stands at first.
  let cursor: Double

  private static let lane = 22.0
  private static let top = 6.0

  var svg: String {
    var text = ""
    var y = Self.top
    func name(_ words: String, _ y: Double) -> String {
      "<text class=\"lane\" x=\"\(TimeAxis.names)\" y=\"\(coordinate(y + 14))\">\(markup(words))</text>"
    }
    for (words, marks) in lanes {
      text += name(words, y) + marks(y)
      y += Self.lane
    }
    for region in record.regions {
      text += name("customers, \(region.name)", y) + ribbon(region, y)
      y += Self.lane
    }
    for group in alertGroups {
      text += name(group.name, y) + group.stretches.map { stretch($0, y) }.joined()
      y += Self.lane
    }
    text += name("people look", y) + commands(changing: false, y)
    y += Self.lane
    text += name("people change", y) + commands(changing: true, y)
    y += Self.lane
    text += name("restored and held", y) + held(y)
    y += Self.lane
    let height = y + 18
    let words =
      "From cause to effect: faults, platform changes, customers, alerts, people, over \(timeText(axis.length))"
    return picture(
      words, height: height,
      axis.grid(top: Self.top, bottom: y) + text + axis.cursor(height: y, at: cursor))
  }

  private var lanes: [(String, (Double) -> String)] {
    [("faults", faults), ("platform changes", changes)]
  }

  private func mark(_ kind: String, _ at: Double, _ y: Double, _ words: String) -> String {
    "<g class=\"\(kind)\"><title>\(markup("\(timeText(at)) \(words)"))</title>"
      + "<path d=\"M\(coordinate(axis.x(at))) \(coordinate(y + 3))l5 8l-5 8l-5-8z\"/></g>"
  }

  private func bar(_ kind: String, _ from: Double, _ to: Double, _ y: Double, _ words: String) -> String {
    let (left, right) = (axis.x(from), max(axis.x(to), axis.x(from) + 2))
    return "<g class=\"\(kind)\"><title>\(markup("\(timeText(from)) to \(timeText(to)) \(words)"))</title>"
      + "<rect x=\"\(coordinate(left))\" y=\"\(coordinate(y + 4))\" width=\"\(coordinate(right - left))\" height=\"14\"/></g>"
  }

  private func faults(_ y: Double) -> String {
    record.faults.map { fault in
      let words = "\(fault.isRepair ? "end of " : "")\(fault.verb) \(fault.targets.joined(separator: ", "))"
      return mark(fault.isRepair ? "repair" : "fault", fault.at, y, words)
    }.joined()
  }

  /// One mark for what happened within three seconds.
  private func changes(_ y: Double) -> String {
    var groups: [(at: Double, words: [String])] = []
    for change in record.changes where change.at < axis.length {
      let words = "\(change.component) \(change.what)\(change.who.isEmpty ? "" : " by \(change.who)")"
      if let last = groups.last, change.at - last.at < 3 {
        groups[groups.count - 1].words.append(words)
      } else {
        groups.append((change.at, [words]))
      }
    }
    return groups.map { group in
      let more = group.words.count > 3 ? ["and \(group.words.count - 3) more"] : []
      return mark("change", group.at, y, (group.words.prefix(3) + more).joined(separator: "; "))
    }.joined()
  }

  /// Stretches of ten seconds by the share of bad answers.
  private func ribbon(_ region: IncidentRecord.Region, _ y: Double) -> String {
    var bars: [(kind: String, from: Double, to: Double)] = []
    var start = 0
    while start < region.traffic.count {
      let slot = (region.traffic[start].at / 10).rounded(.down)
      var (offered, good, slow) = (0, 0, 0)
      var end = start
      while end < region.traffic.count, (region.traffic[end].at / 10).rounded(.down) == slot {
        offered += region.traffic[end].offered
        good += region.traffic[end].inTime
        slow += region.traffic[end].served - region.traffic[end].fast
        end += 1
      }
      let bad = offered == 0 ? 0 : 1 - Double(good) / Double(offered)
      let kind =
        bad > 0.5 ? "bad4" : bad > 0.05 ? "bad3" : bad > 0.001 ? "bad2" : slow * 20 > offered ? "bad1" : "good"
      if bars.last?.kind == kind, bars.last?.to == slot * 10 {
        bars[bars.count - 1].to = slot * 10 + 10
      } else {
        bars.append((kind, slot * 10, slot * 10 + 10))
      }
      start = end
    }
    let words = [
      "bad4": "more than half failed or came too late", "bad3": "more than 5 % failed or came too late",
      "bad2": "some failed or came too late", "bad1": "slow", "good": "well",
    ]
    return bars.map { bar($0.kind, $0.from, min($0.to, axis.length), y, words[$0.kind] ?? "") }.joined()
  }

  private static let shownAlerts = 12

  /// A lane for each alert, those that page first.
  private var alertGroups: [(name: String, stretches: [IncidentRecord.AlertStretch])] {
    var groups: [(name: String, stretches: [IncidentRecord.AlertStretch])] = []
    let order = ["page": 0, "warning": 1]
    let sorted = record.alerts.enumerated().sorted {
      (order[$0.element.severity] ?? 2, $0.offset) < (order[$1.element.severity] ?? 2, $1.offset)
    }
    for alert in sorted.map(\.element) {
      if let index = groups.firstIndex(where: { $0.name == alert.name }) {
        groups[index].stretches.append(alert)
      } else {
        groups.append((alert.name, [alert]))
      }
    }
    let fired = groups.filter { $0.stretches.contains(where: \.isFiring) }
    return Array(fired.prefix(Self.shownAlerts))
  }

  private func stretch(_ alert: IncidentRecord.AlertStretch, _ y: Double) -> String {
    let kind = alert.isFiring ? (alert.severity == "page" ? "firing page" : "firing") : "pending"
    return bar(
      kind, alert.from, alert.to, y,
      "\(alert.name) \(alert.isFiring ? "fires" : "is pending") in \(alert.region) (\(alert.severity)) \(alert.summary)"
    )
  }

  private func commands(changing: Bool, _ y: Double) -> String {
    record.commands.filter { $0.mayChange == changing && $0.at < axis.length }.map { command in
      let kind = command.exitCode == 0 ? (changing ? "act" : "look") : "act failed"
      return bar(kind, command.at, command.ended, y, "\(command.line)\(command.exitCode == 0 ? "" : " (failed)")")
    }.joined()
  }

  private func held(_ y: Double) -> String {
    guard let restoredAt else { return "" }
    return bar("good", restoredAt, axis.length, y, "service is restored")
  }
}
