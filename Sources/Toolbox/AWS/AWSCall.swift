import AWSModel
import Documents
import KubernetesModel
import SimulationKernel

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
        "You must specify a region. You can also configure your region by running \"aws configure\".", usage: false,
        exitCode: 253)
    }
    guard let region = host.region(code: code) else {
      throw AWSUsageError(
        "Could not connect to the endpoint URL: \"https://\(operation.service).\(code).amazonaws.com/\"", usage: false,
        exitCode: 255)
    }
    self.region = region
  }

  /// The service's answer; the call is in the trail afterwards, whatever became of it.
  func answer() throws -> JSONValue? {
    do {
      let answer = try operation.run(self)
      record(nil)
      return answer
    } catch let error as AWSServiceError {
      record(error)
      throw error
    } catch let error as any AWSFault {
      record(error)
      throw failure(error.code, error.message)
    }
  }

  func failure(_ code: String, _ message: String) -> AWSServiceError {
    AWSServiceError(code, operation.apiName, message)
  }

  // MARK: The trail

  private static let formatOptions = ["region", "output", "query", "no-cli-pager", "no-paginate"]
  /// Values that CloudTrail does not keep.
  private static let hiddenOptions = ["secret-string", "master-user-password"]

  private func record(_ error: (any AWSFault)?) {
    let parameters = options.all.filter { !Self.formatOptions.contains($0.name) }.map { option in
      let text = Self.hiddenOptions.contains(option.name) ? "****" : option.values.joined(separator: " ")
      return (Self.parameterName(option.name), option.values.isEmpty ? JSONValue.bool(true) : .string(text))
    }
    // What a bucket holds is data, and no call on the control plane.
    guard operation.service != "s3" else { return }
    let isReadOnly = ["describe", "get", "list", "lookup", "filter", "tail", "download"].contains {
      operation.name == $0 || operation.name.hasPrefix($0 + "-")
    }
    region.trail.record(
      operation.apiName, source: operation.eventSource, by: region.engineer, request: .object(JSONObject(parameters)),
      isReadOnly: isReadOnly, error: error)
  }

  /// `db-instance-identifier` is `dBInstanceIdentifier` there.
  private static func parameterName(_ option: String) -> String {
    option.split(separator: "-").enumerated().map { index, word in
      if word == "db" { return index == 0 ? "dB" : "DB" }
      return index == 0 ? String(word) : word.prefix(1).uppercased() + word.dropFirst()
    }.joined()
  }

  // MARK: Values

  /// The value of an option, read from a file where it is given as `file://PATH`.
  func content(_ name: String) throws -> String {
    let value = options[name] ?? ""
    guard value.hasPrefix("file://") else { return value }
    let path = String(value.dropFirst("file://".count))
    guard let bytes = host.readFile(path) else {
      throw AWSUsageError(
        "Error parsing parameter '--\(name)': Unable to load paramfile \(value): [Errno 2] No such file or directory: "
          + "'\(path)'", usage: false)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The number of an option.
  func integer(_ name: String) throws -> Int? {
    guard let text = options[name] else { return nil }
    guard let value = Int(text) else {
      throw AWSUsageError(
        "Error parsing parameter '--\(name)': invalid literal for int() with base 10: '\(text)'", usage: false)
    }
    return value
  }

  /// What a managed resource's manifest says, for facts that the model does not need.
  func manifest(_ kind: String, _ name: String) -> JSONValue {
    region.resources.first { resource in
      resource["kind"]?.string == kind && resource.at("metadata", "name")?.string == name
        && resource["apiVersion"]?.string?.contains(".aws.") == true
    }?.at("spec", "forProvider") ?? .object(JSONObject())
  }

  func arn(_ service: String, _ resource: String) -> String {
    "arn:aws:\(service):\(region.code):\(region.accountID):\(resource)"
  }

  /// Sixteen digits that belong to a name.
  static func digits(_ name: String) -> String {
    let text = String(fnv1a(name.utf8), radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  /// Time as the command line prints it.
  func time(_ instant: Instant) -> String {
    let text = ClusterClock.timestamp(instant)
    let thousandths = String(instant.nanoseconds / 1_000_000 % 1000)
    return text.dropLast() + "." + String(repeating: "0", count: 3 - thousandths.count) + thousandths + "000+00:00"
  }

  // MARK: Output

  private static let formats = ["json", "text", "table", "yaml"]

  /// The answer in the wanted format.
  func text(_ answer: JSONValue?) throws -> String {
    let format = options["output"] ?? "json"
    guard Self.formats.contains(format) else {
      throw AWSUsageError(
        "argument --output: Invalid choice, valid choices are:\n\n" + Self.formats.joined(separator: " | "))
    }
    guard var answer else { return "" }
    // Commands of the command line itself print text.
    if !operation.positional.isEmpty, let text = answer.string { return text }
    if let query = options["query"] {
      do { answer = try JMESPath(query).value(answer) } catch let error as JMESPath.Failure {
        throw AWSUsageError("Bad value for --query \(query): \(error.message)", usage: false)
      }
    }
    switch format {
    case "text": return Self.plain(answer, title: nil)
    case "yaml": return answer.yamlText()
    case "table": return AWSTable.text(answer, title: operation.apiName)
    default: return answer.jsonText(JSONLayout(indent: 4)) + "\n"
    }
  }

  /// Text output: scalars of an object in one line, separated by tabs and sorted by key; then what is inside, each line
  /// led by its key in capitals (AWS CLI user guide, "Text output format").
  private static func plain(_ value: JSONValue, title: String?) -> String {
    let lead = title.map { [$0.uppercased()] } ?? []
    switch value {
    case .object(let object):
      let scalars = object.sortedMembers.filter { isScalar($0.value) }
      let line =
        scalars.isEmpty ? "" : (lead + scalars.map { AWSTable.cell($0.value) }).joined(separator: "\t") + "\n"
      return line
        + object.sortedMembers.map { isScalar($0.value) ? "" : plain($0.value, title: $0.key) }.joined()
    case .array(let items):
      guard items.allSatisfy(isScalar) else { return items.map { plain($0, title: title) }.joined() }
      if title == nil { return items.map(AWSTable.cell).joined(separator: "\t") + "\n" }
      return items.map { (lead + [AWSTable.cell($0)]).joined(separator: "\t") + "\n" }.joined()
    default: return AWSTable.cell(value) + "\n"
    }
  }

  private static func isScalar(_ value: JSONValue) -> Bool { value.object == nil && value.array == nil }
}
