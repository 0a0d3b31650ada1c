import Documents
import HTTPMessages
import Reports
import SQLiteStore
import Scenarios
import SimulationKernel
import Telemetry

/// `twin traces`: the requests that a run kept, as waterfalls or as OpenTelemetry's JSON.
enum TracesCommand {
  static let help = """

    options:
      --id ID           one trace, by the number that logs and Tempo call it
      --errors          only those that failed; --slow and --sample: only those kept as slow, or at random
      --region NAME     only customers of one region
      --from T, --to T  only those that began in this stretch of time since T0, such as 3m
      --count N         how many at most, the slowest first; 3 where nothing is said
      --format otlp     OTLP's JSON on one line (opentelemetry-proto, TracesData)

    The folder of another leg than the untouched one is DIR/legs/NAME.

    """

  private struct Options {
    var folder: String?
    var isOTLP = false
    var selection = TraceRecord.Selection()

    init(_ arguments: [String]) throws(RunOptions.Mistake) {
      selection.count = 3
      var rest = arguments[...]
      while let argument = rest.popFirst() {
        switch argument {
        case "--errors": selection.reason = .error
        case "--slow": selection.reason = .slow
        case "--sample": selection.reason = .sample
        case "--id", "--region", "--from", "--to", "--count", "--format":
          guard let value = rest.popFirst() else { throw .init(message: "\(argument) needs a value") }
          try set(argument, value)
        case let option where option.hasPrefix("-"):
          throw .init(message: "unknown option \"\(option)\"; see twin traces --help")
        default:
          guard folder == nil else { throw .init(message: "traces takes one folder, found \"\(argument)\" as well") }
          folder = argument
        }
      }
      guard folder != nil else { throw .init(message: "traces needs the folder of a run (twin run --out DIR)") }
    }

    private mutating func set(_ option: String, _ value: String) throws(RunOptions.Mistake) {
      func time() throws(RunOptions.Mistake) -> TimeSpan {
        guard let duration = Duration(goText: value) else {
          throw .init(message: "\(option) takes a time since T0 such as 3m or -30s, found \"\(value)\"")
        }
        return TimeSpan(nanoseconds: duration.nanosecondCount)
      }
      switch option {
      case "--id":
        guard let id = TraceID(value) else {
          throw .init(message: "--id takes 32 hexadecimal digits, found \"\(value)\"")
        }
        selection.id = id
      case "--region": selection.region = value
      case "--from": selection.from = try time()
      case "--to": selection.to = try time()
      case "--count":
        guard let count = Int(value), count > 0 else {
          throw .init(message: "--count takes a number above zero, found \"\(value)\"")
        }
        selection.count = count
      default:
        guard ["text", "otlp"].contains(value) else {
          throw .init(message: "--format takes text or otlp, found \"\(value)\"")
        }
        isOTLP = value == "otlp"
      }
    }
  }

  static func run(_ arguments: [String]) -> ExitCode {
    do {
      let options = try Options(arguments)
      let path = (options.folder ?? "") + "/twin.db"
      guard isFile(path) else { throw RunOptions.Mistake(message: "\(path): there is no record here") }
      let (record, entries) = try Simulated.perform {
        let record = try TraceRecord(try SQLiteConnection(.file(path: path, readOnly: true)))
        return (record.places, try record.traces(options.selection))
      }
      guard !entries.isEmpty else {
        Console.error("twin: no such trace in \(path)\n")
        return .notHeld
      }
      if options.isOTLP {
        let spans = OTLPTraces(places: record).resourceSpans(entries.map(\.trace))
        Console.output((["resourceSpans": spans] as JSONValue).jsonText() + "\n")
      } else {
        Console.output(
          entries.map { traceText($0.trace, region: $0.region, places: record) }.joined(separator: "\n"))
      }
      return .success
    } catch {
      Console.error("twin: \((error as? RunOptions.Mistake)?.message ?? "\(error)")\n")
      return .usage
    }
  }
}
