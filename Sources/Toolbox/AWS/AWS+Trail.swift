import AWSModel
import Documents
import KubernetesModel
import SimulationKernel

extension AWSCommandLine {
  /// CloudTrail (API reference version 2013-11-01).
  static let trail: [Operation] = [
    Operation(
      service: "cloudtrail", name: "lookup-events",
      options: ["lookup-attributes", "max-results", "start-time", "end-time"]
    ) { try $0.lookUpEvents() }
  ]
}

extension AWSCall {
  /// An event can be looked up within five minutes of its call, when depends on the event.
  private static func delay(_ event: CloudTrail.Event) -> TimeSpan {
    .seconds(60 + Double(fnv1a(event.id.utf8) % 240))
  }

  /// The newest first, fifty at most unless asked for fewer.
  fileprivate func lookUpEvents() throws -> JSONValue {
    var events = region.trail.events.filter { $0.at + Self.delay($0) <= host.simulation.now }
    if let attribute = options["lookup-attributes"] {
      let parts = attribute.split(separator: ",").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
      guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }), parts[0][0] == "AttributeKey",
        parts[1][0] == "AttributeValue"
      else {
        throw AWSUsageError(
          "Error parsing parameter '--lookup-attributes': Expected: '=', received: 'EOF' for input:\n\(attribute)",
          usage: false)
      }
      events = try events.filter { try matches($0, parts[0][1], parts[1][1]) }
    }
    if let start = options["start-time"].flatMap(ClusterClock.instant) { events.removeAll { $0.at < start } }
    if let end = options["end-time"].flatMap(ClusterClock.instant) { events.removeAll { $0.at > end } }
    let count = try integer("max-results") ?? 50
    return ["Events": .array(events.reversed().prefix(count).map(json))]
  }

  private func matches(_ event: CloudTrail.Event, _ key: String, _ value: String) throws -> Bool {
    switch key {
    case "EventName": event.name == value
    case "EventSource": event.source == value
    case "EventId": event.id == value
    case "Username": userName(event) == value
    case "ResourceName":
      (event.request.object?.members ?? []).contains { $0.value.string == value }
    default:
      throw failure(
        "InvalidLookupAttributesException",
        "Attribute key must be one of EventId, EventName, Username, EventSource, ResourceName.")
    }
  }

  private func userName(_ event: CloudTrail.Event) -> String {
    event.principal.arn.split(separator: "/").last.map(String.init) ?? event.principal.arn
  }

  private func json(_ event: CloudTrail.Event) -> JSONValue {
    var record: JSONValue = [
      "eventVersion": "1.09",
      "userIdentity": [
        "type": "AssumedRole", "arn": .string(event.principal.arn), "accountId": .string(region.accountID),
      ],
      "eventTime": .string(ClusterClock.timestamp(event.at)), "eventSource": .string(event.source),
      "eventName": .string(event.name), "awsRegion": .string(region.code),
      "sourceIPAddress": .string(event.sourceAddress), "requestParameters": event.request,
      "eventID": .string(event.id),
    ]
    if let code = event.errorCode {
      record["errorCode"] = .string(code)
      record["errorMessage"] = .string(event.errorMessage ?? "")
    }
    return [
      "EventId": .string(event.id), "EventName": .string(event.name), "EventTime": .string(time(event.at)),
      "EventSource": .string(event.source), "Username": .string(userName(event)), "Resources": [],
      "CloudTrailEvent": .string(record.jsonText()),
    ]
  }
}
