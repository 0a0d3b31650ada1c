/// A refusal of the API server: a `Status` with reason and message (apimachinery, `pkg/api/errors`).
package struct APIError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Reason: String, Sendable {
    case notFound = "NotFound"
    case alreadyExists = "AlreadyExists"
    case conflict = "Conflict"
    case invalid = "Invalid"
    case badRequest = "BadRequest"
    case forbidden = "Forbidden"
    case unsupportedMediaType = "UnsupportedMediaType"
    case tooManyRequests = "TooManyRequests"
    /// A failure without a reason of its own: status 500.
    case unknown = ""
  }

  /// What is wrong with one field of an object.
  package struct Cause: Hashable, Sendable, CustomStringConvertible {
    /// Such as `spec.template.spec.containers[0].image`.
    package var field: String
    /// Such as `Required value`.
    package var message: String

    package init(_ field: String, _ message: String) {
      self.field = field
      self.message = message
    }

    package var description: String { "\(field): \(message)" }
  }

  package var reason: Reason
  package var message: String
  /// The fields that make an object invalid.
  package private(set) var causes: [Cause] = []
  /// The invalid object's kind and name, as kubectl prints them; empty for an invalid request.
  private var subject = ""

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
    conflict(
      kind, name,
      "the object has been modified; please apply your changes to the latest version and try again")
  }

  package static func conflict(_ kind: ResourceKind, _ name: String, _ why: String) -> APIError {
    APIError(.conflict, "Operation cannot be fulfilled on \(kind.qualifiedName) \"\(name)\": \(why)")
  }

  package static func forbidden(_ kind: ResourceKind, _ name: String, _ why: String) -> APIError {
    APIError(.forbidden, "\(kind.qualifiedName) \"\(name)\" is forbidden: \(why)")
  }

  package static func invalid(_ kind: ResourceKind, _ name: String, _ causes: [Cause]) -> APIError {
    let list = causes.map(\.description).joined(separator: ", ")
    let type = kind.group.isEmpty ? kind.kind : "\(kind.kind).\(kind.group)"
    var error = APIError(.invalid, "\(type) \"\(name)\" is invalid: \(causes.count == 1 ? list : "[\(list)]")")
    error.causes = causes
    error.subject = "The \(kind.kind) \"\(name)\" is invalid"
    return error
  }

  /// A patch that makes no object of the kind (apiserver, `handlers/patch.go`, `applyPatchToObject`).
  package static func invalidPatch(_ patch: String, _ problem: String) -> APIError {
    var error = APIError(.invalid, "")
    error.causes = [Cause("patch", "Invalid value: \(goQuoted(patch)): \(problem)")]
    error.subject = "The request is invalid"
    return error
  }

  /// A request that is refused as a whole.
  package static func invalidRequest(_ message: String) -> APIError {
    var error = APIError(.invalid, message)
    error.subject = "The request is invalid"
    return error
  }

  /// The error as kubectl words it for an object from a file: `error when creating "FILE": …` (kubectl,
  /// `util.AddSourceToErr`). What is wrong with an object's fields is told without the file.
  package func from(_ source: String, whileDoing verb: String) -> APIError {
    var error = self
    error.message = "error when \(verb) \"\(source)\": \(message)"
    return error
  }

  /// As kubectl prints it: the reason in brackets; of an invalid object the causes, several of them as a list
  /// (kubectl, `util.StandardErrorMessage`, `util.MultilineError`).
  package var description: String {
    switch (reason, causes.count) {
    case (.invalid, 0): "\(subject): \(message)"
    case (.invalid, 1): "\(subject): \(causes[0])"
    case (.invalid, 2...): "\(subject): \n" + causes.map { "* \($0)" }.joined(separator: "\n")
    case (.unknown, _): "Error from server: \(message)"
    default: "Error from server (\(reason.rawValue)): \(message)"
    }
  }
}

/// A text in double quotes as Go's `%q` writes it.
func goQuoted(_ text: String) -> String {
  let escapes: [Character: String] = ["\"": "\\\"", "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"]
  return "\"" + text.map { escapes[$0] ?? String($0) }.joined() + "\""
}
