import ClusterOperators
import KubernetesModel
import SimulationKernel
import Telemetry

/// `amtool` of Alertmanager 0.27: `alert [query]`, `silence [query]`, `silence add`, `silence expire`, with
/// `--alertmanager.url`, whose host has the region in it. Layouts as `cli/format/format_simple.go` prints them.
@Simulated
struct Amtool: ToolCommand {
  let name = "amtool"
  private static let took = TimeSpan.milliseconds(90)
  nonisolated private static let event: EventName = "tool.amtool"
  private static let flags: [Flag] = [
    .value("alertmanager.url"), .value("duration", "d"), .value("comment", "c"), .value("author", "a"),
    .on("active"), .on("silenced", "s"), .on("inhibited", "i"),
  ]

  func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult {
    let parsed: ParsedFlags
    do throws(FlagError) { parsed = try ParsedFlags(arguments, Self.flags) } catch {
      return Self.failure("\(error.message), try --help")
    }
    guard let url = parsed["alertmanager.url"] else {
      return Self.failure("required flag --alertmanager.url not provided, try --help")
    }
    await host.simulation.sleep(Self.took, Self.event)
    guard let stack = host.monitoring(at: url) else {
      return Self.failure("Get \"\(url)/api/v2/alerts\": dial tcp: lookup \(hostName(url)): no such host")
    }
    guard let manager = stack.alertmanager else {
      return Self.failure("Get \"\(url)/api/v2/alerts\": dial tcp: connect: connection refused")
    }
    let now = ClusterClock.milliseconds(host.simulation.now)
    let words = parsed.words
    switch (words.first, words.dropFirst().first) {
    case ("alert", "query"?), ("alert", nil):
      return alerts(manager, matchers: Array(words.dropFirst(2)), parsed, at: now)
    case ("silence", "add"?): return add(manager, Array(words.dropFirst(2)), parsed, at: now)
    case ("silence", "query"?), ("silence", nil): return silences(manager, at: now)
    case ("silence", "expire"?): return expire(manager, Array(words.dropFirst(2)), at: now)
    default: return Self.failure("expected command but got \(quotedText(words.joined(separator: " "))), try --help")
    }
  }

  private static func failure(_ message: String) -> CommandResult {
    CommandResult(errors: "amtool: error: \(message)\n", exitCode: 1)
  }

  private func matchers(_ texts: [String]) -> [LabelMatcher]? {
    let read = texts.enumerated().map { index, text in
      // The first word may be an alert's name alone.
      LabelMatcher(alertmanagerText: text) ?? (index == 0 ? LabelMatcher("alertname", .equal, text) : nil)
    }
    return read.contains { $0 == nil } ? nil : read.compactMap(\.self)
  }

  private func alerts(_ manager: Alertmanager, matchers texts: [String], _ flags: ParsedFlags, at now: Int64)
    -> CommandResult
  {
    guard let matchers = matchers(texts) else {
      return Self.failure("bad matcher format: \(texts.joined(separator: " "))")
    }
    let wanted = manager.alerts.filter { alert in
      guard alert.endsAt > now, matchers.allSatisfy({ $0.matches(alert.labels) }) else { return false }
      let isSilenced = manager.isSilenced(alert.labels, at: now)
      let isMuted = manager.isMuted(alert.labels, at: now)
      if flags["silenced"] != nil { return isSilenced }
      return flags["inhibited"] != nil ? isMuted && !isSilenced : !isMuted
    }
    let rows = wanted.sorted { $0.startsAt < $1.startsAt }.map { alert -> [String] in
      let summary = alert.annotations.first { $0.name == "summary" }?.value ?? ""
      let state = manager.isMuted(alert.labels, at: now) ? "suppressed" : "active"
      return [alert.labels["alertname"], Self.time(alert.startsAt), summary, state]
    }
    return CommandResult(output: Self.table(["Alertname", "Starts At", "Summary", "State"], rows))
  }

  private func add(_ manager: Alertmanager, _ texts: [String], _ flags: ParsedFlags, at now: Int64) -> CommandResult {
    guard !texts.isEmpty else { return Self.failure("no matchers specified") }
    guard let matchers = matchers(texts) else {
      return Self.failure("bad matcher format: \(texts.joined(separator: " "))")
    }
    guard let comment = flags["comment"], !comment.isEmpty else {
      return Self.failure("comment required by config")
    }
    guard let duration = prometheusDuration(flags["duration"] ?? "1h"), duration > 0 else {
      return Self.failure("not a valid duration string: \(quotedText(flags["duration"] ?? ""))")
    }
    let id = manager.silence(
      matchers, from: now, to: now + duration, createdBy: flags["author"] ?? "oncall", comment: comment)
    return CommandResult(output: Self.identifier(id) + "\n")
  }

  private func silences(_ manager: Alertmanager, at now: Int64) -> CommandResult {
    let rows = manager.silences.filter { $0.endsAt > now }.map { silence in
      [
        Self.identifier(silence.id),
        silence.matchers.map { "\($0.name)\($0.operation.rawValue)\(quotedText($0.value))" }.joined(separator: " "),
        Self.time(silence.endsAt), silence.createdBy, silence.comment,
      ]
    }
    return CommandResult(output: Self.table(["ID", "Matchers", "Ends At", "Created By", "Comment"], rows))
  }

  private func expire(_ manager: Alertmanager, _ texts: [String], at now: Int64) -> CommandResult {
    guard !texts.isEmpty else { return Self.failure("no silence IDs specified") }
    for text in texts {
      let known = manager.silences.first { Self.identifier($0.id) == text && $0.endsAt > now }
      guard let known, manager.expire(silence: known.id, at: now) else {
        return Self.failure("[DELETE /silence/{silenceID}][404] deleteSilenceNotFound")
      }
    }
    return CommandResult()
  }

  // MARK: Text

  /// Silences are numbered; Alertmanager names them by UUIDs.
  private static func identifier(_ id: Int) -> String {
    let digits = String(fnv1a("silence \(id)".utf8), radix: 16)
    let padded = String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    return
      "\(padded.prefix(8))-\(padded.dropFirst(8).prefix(4))-4\(padded.suffix(3))-8000-\(String(repeating: "0", count: 12 - String(id).count))\(id)"
  }

  private static func time(_ milliseconds: Int64) -> String {
    let instant = ClusterClock.instant(milliseconds: milliseconds)
    return ClusterClock.timestamp(instant).replacing("T", with: " ").replacing("Z", with: " UTC")
  }

  /// Columns as wide as their widest cell and two blanks more, the last one too (Go's `tabwriter`).
  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
    return ([header] + rows).map { row in
      zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count + 2) }.joined()
        + "\n"
    }
    .joined()
  }
}
