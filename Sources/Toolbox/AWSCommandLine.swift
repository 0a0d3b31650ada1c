import AWSModel
import Documents
import KubernetesModel
import SimulationKernel

/// The AWS command line interface, version 2, for the services that the platform uses (docs.aws.amazon.com/cli).
@Simulated
package struct AWSCommandLine: ToolCommand {
  package let name = "aws"

  package init() {}

  /// A call's time: the interpreter's start is the larger part.
  static let callTime = Distribution.uniform(.milliseconds(600), .milliseconds(1200))
  nonisolated static let callEvent: EventName = "aws.call"

  /// An operation: what it takes and what it answers; `nil` for no output.
  struct Operation: Sendable {
    let service: String
    let name: String
    /// Options with one value, several values, and switches.
    var required: [String] = []
    var options: [String] = []
    var lists: [String] = []
    var switches: [String] = []
    let run: @Simulated @Sendable (AWSCall) throws -> JSONValue?

    /// `DescribeDBInstances`, as the API names it.
    var apiName: String {
      name.split(separator: "-").map { word in
        word == "db" ? "DB" : word.prefix(1).uppercased() + word.dropFirst()
      }.joined()
    }
  }

  static let operations: [Operation] = rds + ec2 + loadBalancing + secretsManager

  package func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult {
    await host.simulation.sleep(Self.callTime.sample(host.simulation.random("aws")), Self.callEvent)
    do {
      let call = try Self.read(arguments, host)
      let answer = try call.operation.run(call)
      return CommandResult(output: try call.text(answer))
    } catch let error as AWSUsageError {
      return CommandResult(errors: error.text, exitCode: 252)
    } catch let error as AWSServiceError {
      return CommandResult(errors: "\n\(error.text)\n", exitCode: 254)
    } catch {
      return CommandResult(errors: "\n\(error)\n", exitCode: 255)
    }
  }

  private static func read(_ arguments: [String], _ host: any ToolHost) throws -> AWSCall {
    var options = AWSOptions()
    var words: [String] = []
    var index = 0
    var operation: Operation?
    var unknown: [String] = []
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      guard argument.hasPrefix("--") else {
        if words.count == 2 { unknown.append(argument) } else { words.append(argument) }
        if words.count == 2, operation == nil { operation = try find(words) }
        continue
      }
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
      let name = parts.first ?? ""
      if operation?.switches.contains(name) == true || ["no-cli-pager", "no-paginate"].contains(name) {
        options.add(name, [])
        continue
      }
      let isList = operation?.lists.contains(name) == true
      let isKnown = isList || operation?.options.contains(name) == true || operation?.required.contains(name) == true
      guard isKnown || ["region", "output", "query"].contains(name) else {
        unknown.append(argument)
        continue
      }
      var values = parts.count == 2 ? [parts[1]] : []
      while index < arguments.count, !arguments[index].hasPrefix("--"), isList || values.isEmpty {
        values.append(arguments[index])
        index += 1
      }
      guard !values.isEmpty else { throw AWSUsageError("argument --\(name): expected one argument") }
      options.add(name, values)
    }
    guard let operation else { throw AWSUsageError(try missing(words)) }
    let absent = operation.required.filter { options[$0] == nil }
    guard absent.isEmpty else {
      throw AWSUsageError(
        "the following arguments are required: \(absent.map { "--\($0)" }.joined(separator: ", "))")
    }
    guard unknown.isEmpty else {
      throw AWSUsageError("Unknown options: \(unknown.joined(separator: ", "))", usage: false)
    }
    return try AWSCall(host: host, operation: operation, options: options)
  }

  private static func find(_ words: [String]) throws -> Operation {
    let services = operations.map(\.service)
    guard services.contains(words[0]) else { throw AWSUsageError(try missing([words[0]])) }
    guard let found = operations.first(where: { $0.service == words[0] && $0.name == words[1] }) else {
      let names = operations.filter { $0.service == words[0] }.map(\.name)
      throw AWSUsageError(choice("operation", words[1], names))
    }
    return found
  }

  private static func missing(_ words: [String]) throws -> String {
    guard let service = words.first else { return "the following arguments are required: command" }
    let services = operations.map(\.service)
    guard services.contains(service) else {
      return choice("command", service, services.enumerated().filter { services.firstIndex(of: $1) == $0 }.map(\.1))
    }
    return "the following arguments are required: operation"
  }

  private static func choice(_ what: String, _ word: String, _ accepted: [String]) -> String {
    "argument \(what): Invalid choice, valid choices are:\n\n" + accepted.joined(separator: "\n")
      + (nearestSpelling(of: word, among: accepted).map {
        "\n\n\nInvalid choice: '\(word)', maybe you meant:\n\n  * \($0)"
      } ?? "")
  }
}

/// A wrong command line; exit code 252.
struct AWSUsageError: Error {
  let text: String

  init(_ message: String, usage: Bool = true) {
    let head =
      "usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]\n"
      + "To see help text, you can run:\n\n  aws help\n  aws <command> help\n  aws <command> <subcommand> help\n\n"
    text = "\n" + (usage ? head : "") + (usage ? "aws: error: " : "") + message + "\n"
  }
}

/// An error that the service answers; exit code 254.
struct AWSServiceError: Error {
  let text: String

  init(_ code: String, _ operation: String, _ message: String) {
    text = "An error occurred (\(code)) when calling the \(operation) operation: \(message)"
  }
}

/// The options of a command line; what is given twice counts twice for lists.
struct AWSOptions: Sendable {
  private var given: [(name: String, values: [String])] = []

  mutating func add(_ name: String, _ values: [String]) { given.append((name, values)) }

  subscript(name: String) -> String? { given.last { $0.name == name }?.values.first }
  func has(_ name: String) -> Bool { given.contains { $0.name == name } }
  func list(_ name: String) -> [String] { given.filter { $0.name == name }.flatMap(\.values) }
}

/// One call of the command line in one region.
@Simulated
final class AWSCall {
  let host: any ToolHost
  let operation: AWSCommandLine.Operation
  let options: AWSOptions
  let region: AWSRegion

  init(host: any ToolHost, operation: AWSCommandLine.Operation, options: AWSOptions) throws {
    self.host = host
    self.operation = operation
    self.options = options
    guard let code = options["region"] else {
      throw AWSUsageError(
        "You must specify a region. You can also configure your region by running \"aws configure\".", usage: false)
    }
    guard let region = host.region(code: code) else {
      throw AWSUsageError(
        "Could not connect to the endpoint URL: \"https://\(operation.service).\(code).amazonaws.com/\"", usage: false)
    }
    self.region = region
  }

  func failure(_ code: String, _ message: String) -> AWSServiceError {
    AWSServiceError(code, operation.apiName, message)
  }

  /// Time as the command line prints it.
  func time(_ instant: Instant) -> String {
    let text = ClusterClock.timestamp(instant)
    let thousandths = String(instant.nanoseconds / 1_000_000 % 1000)
    return text.dropLast() + "." + String(repeating: "0", count: 3 - thousandths.count) + thousandths + "000+00:00"
  }

  /// The answer in the wanted format.
  func text(_ answer: JSONValue?) throws -> String {
    guard var answer else { return "" }
    if let query = options["query"] { answer = try JMESPath(query).value(answer) }
    switch options["output"] ?? "json" {
    case "json": return answer.jsonText(JSONLayout(indent: 4)) + "\n"
    case "text": return Self.plain(answer, title: nil)
    case let format:
      throw AWSUsageError(
        "argument --output: Invalid choice: '\(format)' (choose from 'json', 'text')")
    }
  }

  /// Text output: scalars of an object in one line, separated by tabs and sorted by key; then what is inside, each line
  /// led by its key in capitals (AWS CLI user guide, "Text output format").
  private static func plain(_ value: JSONValue, title: String?) -> String {
    let lead = title.map { [$0.uppercased()] } ?? []
    switch value {
    case .object(let object):
      let scalars = object.sortedMembers.filter { $0.value.object == nil && $0.value.array == nil }
      let line = scalars.isEmpty ? "" : (lead + scalars.map { cell($0.value) }).joined(separator: "\t") + "\n"
      return line
        + object.sortedMembers.map { member in
          member.value.object == nil && member.value.array == nil ? "" : plain(member.value, title: member.key)
        }.joined()
    case .array(let items):
      if title == nil, items.allSatisfy({ $0.object == nil && $0.array == nil }) {
        return items.map(cell).joined(separator: "\t") + "\n"
      }
      if items.allSatisfy({ $0.object == nil && $0.array == nil }) {
        return items.map { (lead + [cell($0)]).joined(separator: "\t") + "\n" }.joined()
      }
      return items.map { plain($0, title: title) }.joined()
    default: return cell(value) + "\n"
    }
  }

  private static func cell(_ value: JSONValue) -> String {
    switch value {
    case .bool(let flag): flag ? "True" : "False"
    case .null: "None"
    default: value.string ?? value.jsonText()
    }
  }
}
