import AWSModel
import Documents
import HTTPMessages
import KubernetesModel
import SimulationKernel
import Telemetry

extension AWSCommandLine {
  /// CloudWatch Logs (API reference version 2014-03-28), and the command line's own `logs tail` without `--follow`.
  static let logs: [Operation] = [
    Operation(
      service: "logs", name: "describe-log-groups",
      options: ["log-group-name-prefix", "log-group-name-pattern", "limit"]
    ) { try $0.logGroups() },
    Operation(
      service: "logs", name: "describe-log-streams", required: ["log-group-name"],
      options: ["log-stream-name-prefix", "order-by", "limit"], switches: ["descending", "no-descending"]
    ) { try $0.logStreams() },
    Operation(
      service: "logs", name: "get-log-events", required: ["log-group-name", "log-stream-name"],
      options: ["start-time", "end-time", "limit"], switches: ["start-from-head", "no-start-from-head"]
    ) { try $0.logEvents() },
    Operation(
      service: "logs", name: "filter-log-events", required: ["log-group-name"],
      options: ["log-stream-name-prefix", "start-time", "end-time", "filter-pattern", "limit", "max-items"],
      lists: ["log-stream-names"]
    ) { try $0.filteredEvents() },
    Operation(
      service: "logs", name: "tail", options: ["since", "format", "filter-pattern", "log-stream-name-prefix"],
      lists: ["log-stream-names"], positional: ["group_name"]
    ) { call in .string(try call.tail()) },
  ]
}

/// An event as the API tells it.
private struct StoredEvent {
  var stream: LogStream
  var at: Instant
  var number: Int
  var message: String

  var id: String {
    let digits = String(fnv1a("\(stream.name)/\(number)".utf8))
    return "3912" + String(repeating: "0", count: max(0, 52 - digits.utf8.count)) + digits
  }
}

extension AWSCall {
  /// What an agent has not shipped yet cannot be read.
  private static let shippingDelay = TimeSpan.seconds(5)

  private func streams(of group: String) throws -> [LogStream] {
    let streams = region.logs.streams(of: group)
    guard !streams.isEmpty else {
      throw failure("ResourceNotFoundException", "The specified log group does not exist.")
    }
    return streams
  }

  private func message(_ line: LogLine, _ stream: LogStream) -> String {
    guard case .container(let namespace, let pod, let container, let node) = stream.envelope else { return line.text }
    var record: JSONValue = [
      "time": .string(ClusterClock.timestamp(line.at)), "stream": "stdout", "_p": "F", "log": .string(line.text),
    ]
    // Merge_Log_Key of Container Insights' configuration.
    if line.text.hasPrefix("{"), let value = try? parseJSON(Array(line.text.utf8)) { record["log_processed"] = value }
    record["kubernetes"] = [
      "pod_name": .string(pod), "namespace_name": .string(namespace), "host": .string(node),
      "container_name": .string(container),
    ]
    return record.jsonText()
  }

  // MARK: Operations

  fileprivate func logGroups() throws -> JSONValue {
    let prefix = options["log-group-name-prefix"] ?? ""
    let pattern = options["log-group-name-pattern"] ?? ""
    let limit = try integer("limit") ?? 50
    let found = region.logs.groups.filter { $0.hasPrefix(prefix) && (pattern.isEmpty || $0.contains(pattern)) }
    return [
      "logGroups": .array(
        found.prefix(limit).map { name in
          let streams = region.logs.streams(of: name)
          return [
            "logGroupName": .string(name),
            "creationTime": .integer(ClusterClock.milliseconds(streams.first?.createdAt ?? .zero)),
            "metricFilterCount": 0, "arn": .string(arn("logs", "log-group:\(name):*")),
            "storedBytes": .integer(
              Int64(streams.reduce(0) { $0 + $1.lines.reduce(0) { $0 + $1.text.utf8.count + 26 } })),
            "logGroupClass": "STANDARD", "logGroupArn": .string(arn("logs", "log-group:\(name)")),
          ]
        })
    ]
  }

  fileprivate func logStreams() throws -> JSONValue {
    let group = options["log-group-name"] ?? ""
    let prefix = options["log-stream-name-prefix"] ?? ""
    var found = try streams(of: group).filter { $0.name.hasPrefix(prefix) }
    let order = options["order-by"] ?? "LogStreamName"
    guard ["LogStreamName", "LastEventTime"].contains(order) else {
      throw failure(
        "InvalidParameterException",
        "1 validation error detected: Value '\(order)' at 'orderBy' failed to satisfy constraint: Member must satisfy enum value set: [LogStreamName, LastEventTime]"
      )
    }
    if order == "LastEventTime" {
      found.sort { ($0.lines.last?.at ?? .zero, $0.name) < ($1.lines.last?.at ?? .zero, $1.name) }
    } else {
      found.sort { $0.name < $1.name }
    }
    if options.has("descending") { found.reverse() }
    let limit = try integer("limit") ?? 50
    return [
      "logStreams": .array(
        found.prefix(limit).map { stream in
          var row: JSONValue = [
            "logStreamName": .string(stream.name),
            "creationTime": .integer(ClusterClock.milliseconds(stream.createdAt)),
          ]
          if let first = stream.lines.first, let last = stream.lines.last {
            row["firstEventTimestamp"] = .integer(ClusterClock.milliseconds(first.at))
            row["lastEventTimestamp"] = .integer(ClusterClock.milliseconds(last.at))
            row["lastIngestionTime"] = .integer(ClusterClock.milliseconds(last.at + Self.shippingDelay))
          }
          row["arn"] = .string(arn("logs", "log-group:\(group):log-stream:\(stream.name)"))
          row["storedBytes"] = 0
          return row
        })
    ]
  }

  fileprivate func logEvents() throws -> JSONValue {
    let name = options["log-stream-name"] ?? ""
    guard let stream = try streams(of: options["log-group-name"] ?? "").first(where: { $0.name == name }) else {
      throw failure("ResourceNotFoundException", "The specified log stream does not exist.")
    }
    let found = try events(of: [stream], pattern: nil)
    let limit = try integer("limit") ?? 10_000
    let shown = options.has("start-from-head") ? found.prefix(limit) : found.suffix(limit)
    return [
      "events": .array(
        shown.map { event in
          [
            "timestamp": .integer(ClusterClock.milliseconds(event.at)), "message": .string(event.message),
            "ingestionTime": .integer(ClusterClock.milliseconds(event.at + Self.shippingDelay)),
          ]
        }),
      "nextForwardToken": .string("f/\(shown.last?.id ?? "0")/s"),
      "nextBackwardToken": .string("b/\(shown.first?.id ?? "0")/s"),
    ]
  }

  fileprivate func filteredEvents() throws -> JSONValue {
    let found = try selectedEvents()
    let limit = min(try integer("limit") ?? 10_000, try integer("max-items") ?? .max)
    return [
      "events": .array(
        found.prefix(limit).map { event in
          [
            "logStreamName": .string(event.stream.name),
            "timestamp": .integer(ClusterClock.milliseconds(event.at)), "message": .string(event.message),
            "ingestionTime": .integer(ClusterClock.milliseconds(event.at + Self.shippingDelay)),
            "eventId": .string(event.id),
          ]
        }),
      "searchedLogStreams": [],
    ]
  }

  /// The last ten minutes unless `--since` says otherwise (aws-cli, customizations/logs/tail.py).
  fileprivate func tail() throws -> String {
    let since = options["since"] ?? "10m"
    guard let from = Self.beginning(since, now: host.simulation.now) else {
      throw AWSUsageError(
        "unable to parse \"\(since)\": it is neither a relative time such as 5m nor an ISO 8601 timestamp", usage: false
      )
    }
    let format = options["format"] ?? "detailed"
    guard ["detailed", "short", "json"].contains(format) else {
      throw AWSUsageError("argument --format: Invalid choice, valid choices are:\n\ndetailed\nshort\njson")
    }
    return try selectedEvents(from: from).map { event in
      let stamp = ClusterClock.timestamp(event.at).dropLast()
      switch format {
      case "short": return "\(stamp) \(event.message)\n"
      case "json":
        let text = (try? parseJSON(Array(event.message.utf8)))?.jsonText(JSONLayout(indent: 4)) ?? event.message
        return "\(stamp) \(event.stream.name)\n\(text)\n"
      default:
        let micros = String(1_000_000 + ClusterClock.microseconds(event.at) % 1_000_000).dropFirst()
        return "\(stamp).\(micros)+00:00 \(event.stream.name) \(event.message)\n"
      }
    }.joined()
  }

  /// `5m`, `2h`, `1d`, `1w`, `30s`, or a timestamp.
  private static func beginning(_ text: String, now: Instant) -> Instant? {
    let units: [(Character, Double)] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)]
    if let unit = units.first(where: { $0.0 == text.last }), let count = Double(text.dropLast()), count >= 0 {
      return now - .seconds(count * unit.1)
    }
    return ClusterClock.instant(text)
  }

  // MARK: Selecting

  private func selectedEvents(from: Instant? = nil) throws -> [StoredEvent] {
    let group = options["log-group-name"] ?? options["group_name"] ?? ""
    var found = try streams(of: group)
    let names = options.list("log-stream-names")
    if !names.isEmpty { found.removeAll { !names.contains($0.name) } }
    if let prefix = options["log-stream-name-prefix"] { found.removeAll { !$0.name.hasPrefix(prefix) } }
    return try events(of: found, pattern: options["filter-pattern"], from: from)
  }

  /// In the order of time.
  private func events(of streams: [LogStream], pattern: String?, from: Instant? = nil) throws -> [StoredEvent] {
    let filter = try pattern.flatMap { $0.isEmpty ? nil : $0 }.map { text in
      guard let pattern = LogFilterPattern(text) else {
        throw failure("InvalidParameterException", "Invalid filter pattern")
      }
      return pattern
    }
    let start = try from ?? instant("start-time") ?? .zero
    let limit = host.simulation.now - Self.shippingDelay
    let end = min(try instant("end-time") ?? limit, limit)
    var result: [StoredEvent] = []
    for stream in streams {
      for (number, line) in stream.lines.enumerated() where line.at >= start && line.at <= end {
        let message = message(line, stream)
        guard filter?.matches(message) ?? true else { continue }
        result.append(StoredEvent(stream: stream, at: line.at, number: number, message: message))
      }
    }
    return result.sorted { ($0.at, $0.stream.name, $0.number) < ($1.at, $1.stream.name, $1.number) }
  }

  /// Milliseconds since 1970.
  private func instant(_ option: String) throws -> Instant? {
    try integer(option).map { ClusterClock.instant(milliseconds: Int64($0)) }
  }
}
