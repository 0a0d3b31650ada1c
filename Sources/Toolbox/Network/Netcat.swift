import NetworkModel
import SimulationKernel

/// `nc` of OpenBSD, as Debian ships it: `nc -z -v [-w SECONDS] HOST PORT`.
@Simulated
enum Netcat {
  private static let services = [
    ("22", "ssh"), ("53", "domain"), ("80", "http"), ("443", "https"), ("5432", "postgresql"), ("6379", "redis"),
    ("8080", "http-alt"),
    ("9090", "*"), ("9093", "*"),
  ]

  static func run(_ call: NetworkCall) async -> CommandResult {
    var (words, patience, isVerbose): ([String], TimeSpan?, Bool) = ([], nil, false)
    var rest = call.arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument.count > 1 else {
        words.append(argument)
        continue
      }
      for letter in argument.dropFirst() {
        if letter == "v" { isVerbose = true }
        if letter == "w" {
          let text = argument.hasSuffix("w") ? rest.popFirst() ?? "" : String(argument.drop { !$0.isNumber })
          guard let seconds = Double(text) else {
            return CommandResult(errors: "nc: timeout invalid: \(text)\n", exitCode: 1)
          }
          patience = .seconds(seconds)
          break
        }
        guard "zvnw46".contains(letter) else {
          return CommandResult(
            errors: "nc: invalid option -- '\(letter)'\nusage: nc [-46CDdFhklNnrStUuvZz] [destination] [port]\n",
            exitCode: 1)
        }
      }
    }
    guard words.count == 2, let port = UInt16(words[1]) else {
      let text =
        words.count == 2
        ? "nc: port number invalid: \(words[1])\n" : "usage: nc [-46CDdFhklNnrStUuvZz] [destination] [port]\n"
      return CommandResult(errors: text, exitCode: 1)
    }
    return await connect(call, words[0], port, patience, isVerbose)
  }

  private static func connect(
    _ call: NetworkCall, _ name: String, _ port: UInt16, _ patience: TimeSpan?, _ isVerbose: Bool
  ) async -> CommandResult {
    func failure(_ text: String) -> CommandResult { CommandResult(errors: isVerbose ? text + "\n" : "", exitCode: 1) }
    let unknown = "nc: getaddrinfo for host \"\(name)\" port \(port): "
    guard let origin = call.origin(toward: name) else { return failure(unknown + "Name or service not known") }
    var shown = name
    do throws(NetworkError) {
      let address = try await call.network.resolve(name, on: origin)
      shown = "\(name)\(address.description == name ? "" : " (\(address))")"
      let limit = patience ?? .seconds(130)
      let connection = try await call.network.connect(
        from: origin, to: address, port: port, deadline: call.simulation.now + limit)
      connection.close()
      let service = services.first { $0.0 == "\(port)" }?.1 ?? "*"
      let place = address.description == name ? "\(name)" : "\(name) (\(address))"
      return CommandResult(errors: isVerbose ? "Connection to \(place) \(port) port [tcp/\(service)] succeeded!\n" : "")
    } catch {
      switch error {
      case .nameResolution(.noSuchDomain, _): return failure(unknown + "Name or service not known")
      case .nameResolution: return failure(unknown + "Temporary failure in name resolution")
      case .refused: return failure("nc: connect to \(shown) port \(port) (tcp) failed: Connection refused")
      case .timedOut:
        let end = patience == nil ? "failed: Connection timed out" : "timed out: Operation now in progress"
        return failure("nc: connect to \(shown) port \(port) (tcp) \(end)")
      default: return failure("nc: connect to \(shown) port \(port) (tcp) failed: Connection reset by peer")
      }
    }
  }
}
