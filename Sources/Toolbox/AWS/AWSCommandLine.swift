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
    /// Arguments without a name, by what the usage calls them.
    var positional: [String] = []
    var optionalPositional = false
    /// The operation is called again until this is content.
    var waiter: AWSWaiter?
    let run: @Simulated @Sendable (AWSCall) throws -> JSONValue?

    /// `DescribeDBInstances`, as the API names it.
    var apiName: String { apiText(name) }

    /// The service as events in the trail name it.
    var eventSource: String {
      switch service {
      case "elbv2": "elasticloadbalancing.amazonaws.com"
      case "cloudwatch": "monitoring.amazonaws.com"
      default: service + ".amazonaws.com"
      }
    }
  }

  static let operations: [Operation] =
    rds + ec2 + instances + loadBalancing + secretsManager + identity + keys + certificates + trail + metrics + logs
    + s3

  package func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult {
    await host.simulation.sleep(Self.callTime.sample(host.simulation.random("aws")), Self.callEvent)
    do {
      let (operation, options) = try Self.parse(arguments)
      let call = try AWSCall(host: host, operation: operation, options: options)
      if let waiter = operation.waiter {
        try await call.wait(waiter)
        return CommandResult()
      }
      return CommandResult(output: try call.text(try call.answer()))
    } catch let error as AWSUsageError {
      return CommandResult(errors: error.text, exitCode: error.exitCode)
    } catch let error as AWSServiceError {
      return CommandResult(errors: "\n\(error.text)\n", exitCode: 254)
    } catch {
      return CommandResult(errors: "\n\(error)\n", exitCode: 255)
    }
  }

  /// Reads a command line as far as it can be read without a region to talk to.
  static func parse(_ arguments: [String]) throws -> (Operation, AWSOptions) {
    var options = AWSOptions()
    var words: [String] = []
    var index = 0
    var operation: Operation?
    var unknown: [String] = []
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      guard argument.hasPrefix("--") else {
        if let taken = operation?.positional.first(where: { options[$0] == nil }) {
          options.add(taken, [argument])
          continue
        }
        if operation == nil { words.append(argument) } else { unknown.append(argument) }
        if words.count == (words.dropFirst().first == "wait" ? 3 : 2), operation == nil { operation = try find(words) }
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
    let absent =
      operation.required.filter { options[$0] == nil }.map { "--\($0)" }
      + (operation.optionalPositional ? [] : operation.positional.filter { options[$0] == nil })
    guard absent.isEmpty else {
      throw AWSUsageError("the following arguments are required: \(absent.joined(separator: ", "))")
    }
    guard unknown.isEmpty else {
      throw AWSUsageError("Unknown options: \(unknown.joined(separator: ", "))", usage: false)
    }
    return (operation, options)
  }

  private static func find(_ words: [String]) throws -> Operation {
    let services = operations.map(\.service)
    guard services.contains(words[0]) else { throw AWSUsageError(try missing([words[0]])) }
    if words[1] == "wait" { return try waiting(words) }
    guard let found = operations.first(where: { $0.service == words[0] && $0.name == words[1] }) else {
      let names = operations.filter { $0.service == words[0] }.map(\.name)
      throw AWSUsageError(choice("operation", words[1], names))
    }
    return found
  }

  /// The operation that `aws SERVICE wait NAME` calls.
  private static func waiting(_ words: [String]) throws -> Operation {
    let waiters = AWSWaiter.all.filter { $0.service == words[0] }
    guard let waiter = waiters.first(where: { $0.name == words[2] }) else {
      guard !waiters.isEmpty else { return try find([words[0], "wait-for"]) }
      throw AWSUsageError(choice("subcommand", words[2], waiters.map(\.name)))
    }
    var operation = try find([words[0], waiter.operation])
    operation.waiter = waiter
    return operation
  }

  private static func missing(_ words: [String]) throws -> String {
    guard let service = words.first else { return "the following arguments are required: command" }
    if words.count == 2, words[1] == "wait" { return "the following arguments are required: subcommand" }
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

/// A command line that cannot be carried out: malformed (252), without configuration (253), or without a connection (255).
struct AWSUsageError: Error {
  let text: String
  let exitCode: Int32

  init(_ message: String, usage: Bool = true, exitCode: Int32 = 252) {
    let head =
      "usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]\n"
      + "To see help text, you can run:\n\n  aws help\n  aws <command> help\n  aws <command> <subcommand> help\n\n"
    text = "\n" + (usage ? head : "") + (usage ? "aws: error: " : "") + message + "\n"
    self.exitCode = exitCode
  }
}

/// An error that the service answers; exit code 254.
struct AWSServiceError: Error, AWSFault {
  let code: String
  let message: String
  let operation: String

  init(_ code: String, _ operation: String, _ message: String) {
    self.code = code
    self.message = message
    self.operation = operation
  }

  var text: String { "An error occurred (\(code)) when calling the \(operation) operation: \(message)" }
}

/// The options of a command line; what is given twice counts twice for lists.
struct AWSOptions: Sendable {
  private var given: [(name: String, values: [String])] = []

  mutating func add(_ name: String, _ values: [String]) { given.append((name, values)) }

  subscript(name: String) -> String? { given.last { $0.name == name }?.values.first }
  func has(_ name: String) -> Bool { given.contains { $0.name == name } }
  func list(_ name: String) -> [String] { given.filter { $0.name == name }.flatMap(\.values) }
  /// All that was given, in order.
  var all: [(name: String, values: [String])] { given }
}
