import Documents
import KubernetesModel

/// The value of `-o`.
enum OutputFormat: Sendable {
  case table(wide: Bool), json, yaml, name
  case path(JSONPath)
  /// What the path finds, as a JSON list.
  case pathAsJSON(JSONPath)
  case columns([(header: String, path: JSONPath)])

  /// What `get` can print; Go templates are left out.
  static let all = ["custom-columns", "json", "jsonpath", "jsonpath-as-json", "name", "wide", "yaml"]
  /// What commands that change something can print.
  static let printing = ["json", "jsonpath", "jsonpath-as-json", "name", "yaml"]

  init(_ text: String?, allowed: [String] = OutputFormat.all) throws {
    let parts = (text ?? "").split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = parts.first ?? ""
    guard name.isEmpty || allowed.contains(name) else {
      throw KubectlError(
        "unable to match a printer suitable for the output format \"\(text ?? "")\", allowed formats are: "
          + allowed.joined(separator: ","))
    }
    let argument = parts.count > 1 ? parts[1] : ""
    switch name {
    case "wide": self = .table(wide: true)
    case "json": self = .json
    case "yaml": self = .yaml
    case "name": self = .name
    case "jsonpath": self = .path(try Self.template(argument))
    case "jsonpath-as-json": self = .pathAsJSON(try Self.template(argument))
    case "custom-columns": self = .columns(try Self.columns(argument))
    default: self = .table(wide: false)
    }
  }

  private static func template(_ text: String) throws -> JSONPath {
    guard !text.isEmpty else { throw KubectlError("template format specified but no template given") }
    do throws(JSONPath.SyntaxError) { return try JSONPath(text) } catch {
      throw KubectlError("error parsing jsonpath \(text), \(error.message)")
    }
  }

  private static func columns(_ text: String) throws -> [(header: String, path: JSONPath)] {
    guard !text.isEmpty else {
      throw KubectlError("custom-columns format specified but no custom columns given")
    }
    return try text.split(separator: ",").map { column in
      let parts = column.split(separator: ":", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw KubectlError("unexpected custom-columns spec: \(column), expected <header>:<json-path-expr>")
      }
      do throws(JSONPath.SyntaxError) { return (parts[0], try JSONPath(relaxed: parts[1])) } catch {
        throw KubectlError("error parsing custom column \(column): \(error.message)")
      }
    }
  }
}
