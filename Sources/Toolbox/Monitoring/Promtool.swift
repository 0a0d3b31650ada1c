import ClusterOperators
import Documents
import KubernetesModel
import SimulationKernel
import Telemetry

/// `promtool query instant|range SERVER EXPR` of Prometheus 2.x, against a region's server. Output as
/// `cmd/promtool/query.go` and `model.Value.String` print it.
///
/// The server is named by a URL whose host has the region in it, such as `http://prometheus.spain:9090`.
@Simulated
struct Promtool: ToolCommand {
  let name = "promtool"
  private static let took = TimeSpan.milliseconds(120)
  nonisolated private static let event: EventName = "tool.promtool"

  func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult {
    guard arguments.count > 1, arguments[0] == "query", ["instant", "range"].contains(arguments[1]) else {
      let found = arguments.prefix(2).joined(separator: " ")
      return CommandResult(
        errors: "promtool: error: expected command but got \(quotedText(found)), try --help\n", exitCode: 1)
    }
    let flags: ParsedFlags
    do throws(FlagError) {
      flags = try ParsedFlags(
        Array(arguments.dropFirst(2)), [.value("time"), .value("start"), .value("end"), .value("step")])
    } catch { return CommandResult(errors: "promtool: error: \(error.message), try --help\n", exitCode: 1) }
    guard flags.words.count == 2 else {
      let missing = flags.words.isEmpty ? "server" : flags.words.count == 1 ? "expr" : nil
      let message = missing.map { "required argument '\($0)' not provided" } ?? "unexpected \(flags.words[2])"
      return CommandResult(errors: "promtool: error: \(message), try --help\n", exitCode: 1)
    }
    await host.simulation.sleep(Self.took, Self.event)
    guard let stack = host.monitoring(at: flags.words[0]) else {
      return Self.failure(
        "Post \"\(flags.words[0])/api/v1/query\": dial tcp: lookup \(hostName(flags.words[0])): no such host")
    }
    guard stack.servers.contains(where: \.isRunning) else {
      return Self.failure("Post \"\(flags.words[0])/api/v1/query\": dial tcp: connect: connection refused")
    }
    let now = ClusterClock.milliseconds(host.simulation.now)
    do throws(PromQLError) {
      let expression: Expression
      do throws(PromQLError) { expression = try ExpressionParser.parse(flags.words[1]) } catch {
        throw PromQLError("invalid parameter \"query\": \(error.message)")
      }
      if arguments[1] == "instant" {
        let time = try flags["time"].map(Self.time) ?? now
        return CommandResult(output: Self.text(try stack.engine.instant(expression, at: time)))
      }
      let end = try flags["end"].map(Self.time) ?? now
      let start = try flags["start"].map(Self.time) ?? end - 300_000
      // Without a step upstream takes a 250th of the span, a second at least.
      let step = flags["step"].flatMap(prometheusDuration) ?? max(1000, (end - start) / 250 / 1000 * 1000)
      return CommandResult(
        output: Self.text(.matrix(try stack.engine.range(expression, from: start, to: end, step: step))))
    } catch { return Self.failure("bad_data: \(error.message)") }
  }

  private static func failure(_ message: String) -> CommandResult {
    CommandResult(errors: "query error: \(message)\n", exitCode: 1)
  }

  /// A time as promtool takes it: seconds since 1970, or RFC 3339.
  private static func time(_ text: String) throws(PromQLError) -> Int64 {
    if let seconds = Double(text) { return Int64(seconds * 1000) }
    if let instant = ClusterClock.instant(text) { return ClusterClock.milliseconds(instant) }
    throw PromQLError("error parsing time: cannot parse \(quotedText(text)) to a valid timestamp")
  }

  // MARK: Text

  private static func text(_ value: QueryValue) -> String {
    switch value {
    case .scalar(let value, let time): "scalar: \(positionalNumberText(value)) @[\(seconds(time))]\n"
    case .string(let text, _): text + "\n"
    case .vector(let samples, let time):
      samples.map { "\(series($0.labels)) => \(positionalNumberText($0.value)) @[\(seconds(time))]\n" }.joined()
    case .matrix(let list):
      list.map { one in
        "\(series(one.labels)) =>\n"
          + one.samples.map { "\(positionalNumberText($0.value)) @[\(seconds($0.time))]\n" }.joined()
      }
      .joined()
    }
  }

  /// Seconds with as many digits of the milliseconds as there are.
  private static func seconds(_ milliseconds: Int64) -> String {
    let rest = milliseconds % 1000
    guard rest != 0 else { return String(milliseconds / 1000) }
    return positionalNumberText(Double(milliseconds) / 1000)
  }

  /// `up{instance="a", job="b"}`.
  static func series(_ labels: Labels) -> String {
    let name = labels[Labels.metricName]
    let rest = Labels(labels.pairs.filter { $0.name != Labels.metricName })
    return rest.pairs.isEmpty && !name.isEmpty ? name : name + rest.text
  }
}

/// The host of a URL.
func hostName(_ url: String) -> String {
  let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
  return String(rest.prefix { !":/".contains($0) })
}
