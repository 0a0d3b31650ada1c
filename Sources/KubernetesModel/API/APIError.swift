/// A refusal of the API server: a `Status` with reason and message (apimachinery, `pkg/api/errors`).
package struct APIError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Reason: String, Sendable {
    case notFound = "NotFound"
    case alreadyExists = "AlreadyExists"
    case conflict = "Conflict"
    case invalid = "Invalid"
    case badRequest = "BadRequest"
    case forbidden = "Forbidden"
  }

  package var reason: Reason
  package var message: String

  package init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }

  package static func notFound(_ kind: ResourceKind, _ name: String) -> APIError {
    APIError(.notFound, "\(kind.qualifiedName) \"\(name)\" not found")
  }

  package static func alreadyExists(_ kind: ResourceKind, _ name: String) -> APIError {
    APIError(.alreadyExists, "\(kind.qualifiedName) \"\(name)\" already exists")
  }

  package static func conflict(_ kind: ResourceKind, _ name: String) -> APIError {
    APIError(
      .conflict,
      "Operation cannot be fulfilled on \(kind.qualifiedName) \"\(name)\": the object has been modified; please apply your changes to the latest version and try again"
    )
  }

  package static func invalid(_ kind: ResourceKind, _ name: String, _ causes: [String]) -> APIError {
    let list = causes.count == 1 ? causes[0] : "[" + causes.joined(separator: ", ") + "]"
    let type = kind.group.isEmpty ? kind.kind : "\(kind.kind).\(kind.group)"
    return APIError(.invalid, "\(type) \"\(name)\" is invalid: \(list)")
  }

  /// As kubectl prints it: the reason in brackets, but an invalid object with the article (kubectl, `util.StandardErrorMessage`).
  package var description: String {
    reason == .invalid ? "The \(message)" : "Error from server (\(reason.rawValue)): \(message)"
  }
}
