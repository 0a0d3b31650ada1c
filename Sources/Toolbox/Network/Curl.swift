import Documents
import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel

/// `curl` 7.88 for HTTP over the modelled network, with its exit codes and texts (curl.se, "Exit codes").
@Simulated
enum Curl {
  static func run(_ call: NetworkCall) async -> CommandResult {
    var options = CurlOptions()
    do throws(CurlOptions.Mistake) { try options.read(call.arguments, call.host) } catch {
      return CommandResult(errors: "curl: \(error.message)\n", exitCode: error.exitCode)
    }
    if options.urls.isEmpty {
      return CommandResult(errors: "curl: try 'curl --help' or 'curl --manual' for more information\n", exitCode: 2)
    }
    var result = CommandResult()
    for url in options.urls {
      let one = await CurlTransfer(call, options).run(url)
      result.output += one.output
      result.errors += one.errors
      result.exitCode = one.exitCode
    }
    return result
  }
}

/// The options of curl that are understood.
struct CurlOptions: Sendable {
  struct Mistake: Error {
    var message: String
    var exitCode: Int32 = 2
  }

  var urls: [String] = []
  var isSilent = false
  var showsErrors = false
  var includesHeaders = false
  var onlyHead = false
  var isVerbose = false
  var isInsecure = false
  var failsOnErrors = false
  var method: String?
  var headers: [HTTPHeader] = []
  var data: String?
  var writeOut: String?
  var output: String?
  var maxTime: TimeSpan?
  var connectTimeout: TimeSpan?
  /// `host:port:address`
  var resolutions: [(host: String, port: UInt16, address: String)] = []

  private static let values = [
    ("o", "output"), ("w", "write-out"), ("H", "header"), ("d", "data"), ("X", "request"), ("m", "max-time"),
    ("A", "user-agent"),
    ("u", "user"),
  ]
  private static let longValues = [
    "connect-timeout", "resolve", "url", "retry", "data-raw", "data-binary", "json", "retry-delay",
  ]
  private static let switches = [
    ("s", "silent"), ("S", "show-error"), ("i", "include"), ("I", "head"), ("v", "verbose"), ("k", "insecure"),
    ("f", "fail"),
    ("L", "location"), ("g", "globoff"), ("N", "no-buffer"), ("4", "ipv4"),
  ]

  @Simulated
  mutating func read(_ arguments: [String], _ host: any ToolHost) throws(Mistake) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument.hasPrefix("--") {
        let name = String(argument.dropFirst(2))
        if let row = Self.switches.first(where: { $0.1 == name }) {
          apply(row.0)
        } else if Self.longValues.contains(name) || Self.values.contains(where: { $0.1 == name }) {
          guard let value = rest.popFirst() else { throw Self.needs(argument) }
          try apply(name, value, host)
        } else {
          throw Mistake(
            message: "option \(argument): is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information")
        }
      } else if argument.hasPrefix("-"), argument.count > 1 {
        var letters = argument.dropFirst()
        while let letter = letters.popFirst() {
          if let row = Self.values.first(where: { $0.0 == String(letter) }) {
            guard let value = letters.isEmpty ? rest.popFirst() : String(letters) else {
              throw Self.needs("-\(letter)")
            }
            try apply(row.1, value, host)
            break
          }
          guard Self.switches.contains(where: { $0.0 == String(letter) }) else {
            throw Mistake(
              message: "option \(argument): is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information"
            )
          }
          apply(String(letter))
        }
      } else {
        urls.append(argument)
      }
    }
  }

  private static func needs(_ option: String) -> Mistake {
    Mistake(
      message: "option \(option): requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information")
  }

  private mutating func apply(_ letter: String) {
    switch letter {
    case "s": isSilent = true
    case "S": showsErrors = true
    case "i": includesHeaders = true
    case "I": onlyHead = true
    case "v": isVerbose = true
    case "k": isInsecure = true
    case "f": failsOnErrors = true
    default: break
    }
  }

  @Simulated
  private mutating func apply(_ name: String, _ value: String, _ host: any ToolHost) throws(Mistake) {
    switch name {
    case "output": output = value
    case "write-out": writeOut = value
    case "header":
      let parts = value.split(separator: ":", maxSplits: 1).map { String($0).trimmed }
      if parts.count == 2 { headers.append(HTTPHeader(parts[0], parts[1])) }
    case "data", "data-raw", "data-binary", "json":
      let isFile = value.hasPrefix("@") && name != "data-raw"
      let text = isFile ? host.readFile(String(value.dropFirst())).map { String(decoding: $0, as: UTF8.self) } : value
      guard let text else {
        throw Mistake(message: "Failed to open \(value.dropFirst())", exitCode: 26)
      }
      data = (data.map { $0 + "&" } ?? "") + text
      if name == "json" { headers.append(HTTPHeader("Content-Type", "application/json")) }
    case "request": method = value
    case "user-agent": headers.append(HTTPHeader("User-Agent", value))
    case "max-time": maxTime = try seconds(name, value)
    case "connect-timeout": connectTimeout = try seconds(name, value)
    case "resolve":
      let parts = value.split(separator: ":").map(String.init)
      guard parts.count == 3, let port = UInt16(parts[1]) else {
        throw Mistake(message: "(49) Couldn't parse CURLOPT_RESOLVE entry '\(value)'", exitCode: 49)
      }
      resolutions.append((parts[0], port, parts[2]))
    case "url": urls.append(value)
    default: break
    }
  }

  private func seconds(_ name: String, _ value: String) throws(Mistake) -> TimeSpan {
    guard let number = Double(value), number >= 0 else {
      throw Mistake(
        message:
          "option --\(name): expected a proper numerical parameter\ncurl: try 'curl --help' or 'curl --manual' for more information"
      )
    }
    return .seconds(number)
  }
}
