import AWSModel
import Documents
import KubernetesModel
import SimulationKernel

extension AWSCommandLine {
  /// CloudWatch's metrics (API reference version 2010-08-01).
  static let metrics: [Operation] = [
    Operation(
      service: "cloudwatch", name: "list-metrics", options: ["namespace", "metric-name"], lists: ["dimensions"]
    ) { try $0.listMetrics() },
    Operation(
      service: "cloudwatch", name: "get-metric-statistics",
      required: ["namespace", "metric-name", "start-time", "end-time", "period"], options: ["unit"],
      lists: ["dimensions", "statistics", "extended-statistics"]
    ) { try $0.metricStatistics() },
    Operation(
      service: "cloudwatch", name: "get-metric-data", required: ["metric-data-queries", "start-time", "end-time"],
      options: ["scan-by"]
    ) { try $0.metricData() },
  ]
}

extension AWSCall {
  fileprivate func listMetrics() throws -> JSONValue {
    let wanted = try dimensions(options.list("dimensions"))
    let found = region.cloudWatch.list(
      namespace: options["namespace"], name: options["metric-name"], dimensions: wanted)
    return ["Metrics": .array(found.map(json))]
  }

  fileprivate func metricStatistics() throws -> JSONValue {
    let metric = CloudWatch.Metric(
      namespace: options["namespace"] ?? "", name: options["metric-name"] ?? "",
      dimensions: try dimensions(options.list("dimensions")).map { .init($0.name, $0.value ?? "") })
    let plain = options.list("statistics")
    let extended = options.list("extended-statistics")
    guard !(plain + extended).isEmpty else {
      throw failure("MissingParameter", "At least one of Statistics or ExtendedStatistics must be specified.")
    }
    let read = try (plain + extended).map { name in (name: name, statistic: try statistic(name)) }
    let unit = region.cloudWatch.unit(of: metric) ?? "None"
    let (start, end) = try bounds()
    let points = region.cloudWatch.data(metric, from: start, to: end, period: try period(integer("period") ?? 60))
    let answered = points.map { point -> JSONValue in
      var json: JSONValue = ["Timestamp": .string(Self.iso(point.start))]
      for (name, statistic) in read {
        guard let value = statistic.value(of: point.set) else { continue }
        if extended.contains(name) {
          json.set("ExtendedStatistics", name, to: .number(value))
        } else {
          json[name] = .number(value)
        }
      }
      json["Unit"] = .string(unit)
      return json
    }
    return ["Label": .string(metric.name), "Datapoints": .array(answered)]
  }

  fileprivate func metricData() throws -> JSONValue {
    let text = try content("metric-data-queries")
    guard let queries = (try? parseJSON(text))?.array else {
      throw AWSUsageError(
        "Error parsing parameter '--metric-data-queries': Invalid JSON received.", usage: false)
    }
    let (start, end) = try bounds()
    let isAscending = options["scan-by"] == "TimestampAscending"
    let results = try queries.compactMap { query -> JSONValue? in
      guard let stat = query["MetricStat"] else {
        throw failure(
          "ValidationError", "Error in expression '\(query["Id"]?.string ?? "")': Only MetricStat is answered.")
      }
      guard query["ReturnData"]?.bool != false else { return nil }
      let metric = CloudWatch.Metric(
        namespace: stat.at("Metric", "Namespace")?.string ?? "", name: stat.at("Metric", "MetricName")?.string ?? "",
        dimensions: (stat.at("Metric", "Dimensions")?.array ?? []).map {
          .init($0["Name"]?.string ?? "", $0["Value"]?.string ?? "")
        })
      let reading = try statistic(stat["Stat"]?.string ?? "")
      let points = region.cloudWatch.data(
        metric, from: start, to: end, period: try period(Int(stat["Period"]?.integer ?? 60)))
      let pairs = points.compactMap { point in reading.value(of: point.set).map { (point.start, $0) } }
      let ordered = isAscending ? pairs : pairs.reversed()
      return [
        "Id": query["Id"] ?? "", "Label": query["Label"] ?? .string(metric.name),
        "Timestamps": .array(ordered.map { .string(Self.iso($0.0)) }), "Values": .array(ordered.map { .number($0.1) }),
        "StatusCode": "Complete",
      ]
    }
    return ["MetricDataResults": .array(results), "Messages": []]
  }

  // MARK: Parameters

  /// `Name=LoadBalancer,Value=app/…`, each as one word.
  private func dimensions(_ words: [String]) throws -> [(name: String, value: String?)] {
    try words.map { word in
      var name: String?
      var value: String?
      for part in word.split(separator: ",") {
        let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
        guard pair.count == 2, ["Name", "Value"].contains(pair[0]) else {
          throw AWSUsageError(
            "Error parsing parameter '--dimensions': Expected: '=', received: 'EOF' for input:\n\(word)", usage: false)
        }
        if pair[0] == "Name" { name = pair[1] } else { value = pair[1] }
      }
      guard let name else {
        throw AWSUsageError(
          "\nParameter validation failed:\nMissing required parameter in Dimensions[0]: \"Name\"", usage: false)
      }
      return (name, value)
    }
  }

  private func statistic(_ name: String) throws -> CloudWatch.Statistic {
    guard let statistic = CloudWatch.Statistic(name) else {
      throw failure("InvalidParameterValue", "The value \(name) for parameter Statistic is not supported.")
    }
    return statistic
  }

  private func period(_ seconds: Int) throws -> TimeSpan {
    guard seconds >= 60, seconds % 60 == 0 else {
      throw failure("InvalidParameterValue", "The parameter Period must be a multiple of 60.")
    }
    return .seconds(Double(seconds))
  }

  private func bounds() throws -> (Instant, Instant) {
    let given = (options["start-time"].flatMap(ClusterClock.instant), options["end-time"].flatMap(ClusterClock.instant))
    guard let start = given.0, let end = given.1 else {
      let name = given.0 == nil ? "start-time" : "end-time"
      throw AWSUsageError(
        "Invalid timestamp \"\(options[name] ?? "")\": must be an ISO 8601 time such as 2026-03-02T08:00:00Z",
        usage: false)
    }
    guard start < end else {
      throw failure("InvalidParameterCombination", "The parameter StartTime must be less than the parameter EndTime.")
    }
    return (max(start, .zero), end)
  }

  private static func iso(_ instant: Instant) -> String { ClusterClock.timestamp(instant).dropLast() + "+00:00" }

  private func json(_ metric: CloudWatch.Metric) -> JSONValue {
    [
      "Namespace": .string(metric.namespace), "MetricName": .string(metric.name),
      "Dimensions": .array(metric.dimensions.map { ["Name": .string($0.name), "Value": .string($0.value)] }),
    ]
  }
}
