import AWSModel
import Documents
import SimulationKernel

/// Why a secret could not be synchronised.
package struct SecretSyncError: Error, Hashable, Sendable {
  /// AWS's or the API server's name for it.
  package var code: String
  /// The text of the event `UpdateFailed`.
  package var message: String
}

/// One entry of the Secret that an ExternalSecret describes.
package struct SecretData: Hashable, Sendable {
  package var key: String
  package var value: String

  /// Reads all values that a spec asks for: `dataFrom` first, `data` over it, then the target's template (upstream:
  /// pkg/controllers/externalsecret/externalsecret_controller_secret.go).
  @Simulated
  package static func fetch(_ spec: JSONValue, from secrets: SecretsManager) throws(SecretSyncError) -> [SecretData] {
    var result: [SecretData] = []
    for (index, source) in (spec["dataFrom"]?.array ?? []).enumerated() {
      guard let reference = source["extract"] else { continue }
      let value = try value(reference, "spec.dataFrom[\(index)]", secrets)
      guard let members = (try? parseJSON(value))?.object?.members else {
        throw SecretSyncError(
          code: "InvalidSecret",
          message:
            "error processing spec.dataFrom[\(index)].extract, err: unable to unmarshal secret \(reference["key"]?.string ?? ""): invalid character in value"
        )
      }
      for member in members { put(member.key, member.value.string ?? member.value.jsonText(), in: &result) }
    }
    for (index, entry) in (spec["data"]?.array ?? []).enumerated() {
      guard let name = entry["secretKey"]?.string, let reference = entry["remoteRef"] else { continue }
      put(name, try property(of: reference, "spec.data[\(index)]", secrets), in: &result)
    }
    return templated(result, spec.at("target", "template"))
  }

  private static func put(_ key: String, _ value: String, in list: inout [SecretData]) {
    if let index = list.firstIndex(where: { $0.key == key }) {
      list[index].value = value
    } else {
      list.append(SecretData(key: key, value: value))
    }
  }

  @Simulated
  private static func value(
    _ reference: JSONValue, _ place: String, _ secrets: SecretsManager
  ) throws(SecretSyncError) -> String {
    let key = reference["key"]?.string ?? ""
    let stage = reference["version"]?.string ?? "AWSCURRENT"
    do throws(SecretsManagerError) { return try secrets.value(key, stage: stage).value } catch {
      throw SecretSyncError(
        code: error.code, message: "error processing \(place) (key: \(key)), err: \(error)")
    }
  }

  @Simulated
  private static func property(
    of reference: JSONValue, _ place: String, _ secrets: SecretsManager
  ) throws(SecretSyncError) -> String {
    let value = try value(reference, place, secrets)
    guard let path = reference["property"]?.string else { return value }
    let json = try? parseJSON(value)
    var part = json?[path]
    if part == nil { part = path.split(separator: ".").reduce(json) { $0?[String($1)] } }
    guard let part else {
      let key = reference["key"]?.string ?? ""
      throw SecretSyncError(
        code: "InvalidProperty",
        message: "error processing \(place) (key: \(key)), err: key \(path) does not exist in secret \(key)")
    }
    return part.string ?? part.jsonText()
  }

  /// `template.data` with `{{ .key }}` filled in; functions and pipes of Go templates are not modelled and stay as they are.
  private static func templated(_ data: [SecretData], _ template: JSONValue?) -> [SecretData] {
    guard let members = template?["data"]?.object?.members, !members.isEmpty else { return data }
    var result = template?["mergePolicy"]?.string == "Merge" ? data : []
    for member in members { put(member.key, fill(member.value.string ?? "", data), in: &result) }
    return result
  }

  private static func fill(_ text: String, _ data: [SecretData]) -> String {
    var result = ""
    var rest = text[...]
    while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
      let name = rest[open.upperBound..<close.lowerBound].filter { $0 != " " }
      result += rest[..<open.lowerBound]
      let entry = data.first { "." + $0.key == name }
      result += entry?.value ?? String(rest[open.lowerBound..<close.upperBound])
      rest = rest[close.upperBound...]
    }
    return result + rest
  }
}
