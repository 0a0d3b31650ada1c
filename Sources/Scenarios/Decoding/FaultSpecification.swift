import Documents
import Faults
import SimulationKernel
import TwinWorld

/// One item of `faults:`.
package struct FaultSpecification: Sendable {
  /// The name under which offsets, solutions and reports know it.
  package var id: Located<String>
  package var at: Located<Offset>
  /// Since T0; what `at` comes to. `nil` where it follows the first page.
  package internal(set) var start: TimeSpan?
  /// How long it lasts; `nil` stays until somebody repairs it.
  package var duration: TimeSpan?
  /// From one beginning to the next of a fault that comes again; `nil` for one that comes once.
  package var period: TimeSpan?
  package var verb: FaultVerb
  package var target: Located<TargetPattern>
  /// How many of the matching targets it takes.
  package var mode: TargetMode
  package var arguments: FaultArguments
  /// Whether it only leads responders astray: it opens no incident, and baselines go on over it.
  package var isDecoy: Bool
  /// The commit that brought it, where it came by a deploy.
  package var commit: CommitHeader?
}

extension Form where Value == FaultSpecification {
  /// An item of `faults:` whose verb and parameters come from the catalogue.
  static func fault(from catalogue: FaultCatalogue) -> Form {
    Form.mapping("fault") { reader in
      let id = reader.required("id", .located(.faultID), "The name that offsets and reports use.")
      let at = reader.required("at", .offset, "When it begins: 10m since T0, <fault-id>+2m, or alert+3m.")
      let duration = reader.optional("for", .positiveDuration, "How long it lasts; without it, until repaired.")
      let period = reader.optional(
        "every", .positiveDuration, "How often it comes again, counted from its beginning; without it, once.")
      let verb = reader.required("do", .faultVerb(from: catalogue), "The fault verb; see `twin list faults`.")
      let target = reader.required("target", .target, "What it happens to: region/kind/namespace/name.")
      let mode = reader.optional(
        "mode", .targetMode, "How many of the matching targets: one, all, N or N%.", default: .all)
      let with = reader.optional("with", .node, "The verb's parameters.")
      let isDecoy = reader.optional("decoy", .bool, "Whether it only leads astray.", default: false)
      let commit = reader.optional(
        "commit", .commitHeader, "The deploy that brought it: the same change as a commit of the platform's repository."
      )
      let isTooLong = duration.map { _ in verb?.isMomentary == true } ?? false
      if isTooLong, let verb { reader.error(at: "for", "\(verb.name) happens at once and has no duration") }
      if let period, verb?.isMomentary == false, duration.map({ $0 >= period }) ?? true {
        reader.error(
          at: "every", "what comes again must have ended before: it needs a \"for\" shorter than its \"every\"")
      }
      if let verb, let target { reader.checkKind(of: target, for: verb) }
      let arguments = verb?.readArguments(with, reader)
      guard let id, let at, let verb, let target, let arguments else { return nil }
      if commit != nil {
        if verb.manifestField(arguments) == nil {
          reader.error(at: "commit", "\(verb.name) changes no field of a manifest and has no commit")
        } else if duration != nil || period != nil {
          reader.error(
            at: "commit", "what was committed stays until somebody reverts it: leave out \"for\" and \"every\"")
        }
      }
      return FaultSpecification(
        id: id, at: at, start: nil, duration: duration.map { TimeSpan($0) },
        period: period.map { TimeSpan($0) }, verb: verb, target: target, mode: mode,
        arguments: arguments, isDecoy: isDecoy, commit: commit)
    }
    .describing { schema in
      schema["allOf"] = .array(catalogue.verbs.map(\.argumentsCondition))
    }
  }
}

extension FaultVerb {
  fileprivate func readArguments(_ node: Node?, _ reader: MappingReader) -> FaultArguments? {
    let nothing = Node(.mapping([]), at: reader.mark)
    return argumentsForm.read(node ?? nothing, reader.diagnostics)
  }

  /// JSON Schema: where `do` is this verb, `with` holds its parameters.
  fileprivate var argumentsCondition: JSONValue {
    var then: JSONValue = ["properties": ["with": argumentsForm.schema]]
    if parameters.contains(where: \.isRequired) { then["required"] = ["with"] }
    return ["if": ["properties": ["do": ["const": .string(name)]]], "then": then]
  }
}

extension MappingReader {
  fileprivate func checkKind(of target: Located<TargetPattern>, for verb: FaultVerb) {
    let kind = target.value.kind
    guard !verb.targetKinds.contains(where: { matchesGlob(kind, $0) }) else { return }
    let accepted = verb.targetKinds.joined(separator: ", ")
    diagnostics.error(
      at: target.mark, "\(verb.name) takes a target of kind \(accepted), found \"\(kind)\"",
      hint: spellingHint(for: kind, among: verb.targetKinds))
  }
}

extension Form where Value == FaultVerb {
  fileprivate static func faultVerb(from catalogue: FaultCatalogue) -> Form {
    let names = catalogue.verbs.map(\.name)
    let schema: JSONValue = [
      "oneOf": .array(catalogue.verbs.map { ["const": .string($0.name), "description": .string($0.summary)] })
    ]
    return Form(accepted: "a fault verb", schema: schema) { node, diagnostics in
      guard let verb = node.string.flatMap({ catalogue[$0] }) else {
        let hint = node.string.flatMap { spellingHint(for: $0, among: names) }
        let accepted = names.joined(separator: ", ")
        diagnostics.error(at: node.mark, "unknown fault verb \(node.found); the verbs are \(accepted)", hint: hint)
        return nil
      }
      return verb
    }
  }
}

extension Form where Value == CommitHeader {
  /// `{author: "Name <mail>", message: …}`.
  fileprivate static var commitHeader: Form {
    .mapping("commit") { reader in
      let author = reader.required("author", .commitAuthor, "Who wrote it: Name <mail>.")
      let message = reader.required("message", .nonEmptyString, "What it says; the first line is its subject.")
      guard let author, let message else { return nil }
      return CommitHeader(name: author.name, email: author.email, message: message)
    }
  }
}

/// `Name <mail>`.
private struct CommitAuthor {
  var name: String
  var email: String
}

extension Form where Value == CommitAuthor {
  fileprivate static var commitAuthor: Form {
    Form(accepted: "an author such as \"Ana Ruiz <ana@example.com>\"", schema: ["type": "string"]) { node in
      guard let text = node.string, text.hasSuffix(">"), let start = text.firstRange(of: " <") else { return nil }
      let (name, email) = (text[..<start.lowerBound], text[start.upperBound...].dropLast())
      guard !name.isEmpty, !email.isEmpty, !(name + email).contains(where: { "<>\n".contains($0) }) else { return nil }
      return CommitAuthor(name: String(name), email: String(email))
    }
  }
}

extension Form where Value == String {
  /// A fault's id: a name that is no word of the offset grammar.
  fileprivate static var faultID: Form {
    Form.name.rejecting { id in
      if Offset.reservedWords.contains(id) { return "\"\(id)\" is a word of offsets and cannot name a fault" }
      return id.contains(where: \.isLetter) ? nil : "a fault's id has at least one letter, found \"\(id)\""
    }
  }
}

extension Form where Value == Located<TargetPattern> {
  /// `region/kind/namespace/name` or `region/kind/name`.
  static var target: Form {
    Form(
      accepted: "a target region/kind/namespace/name",
      schema: ["type": "string", "pattern": "^[^/\\s]+(/[^/\\s]+){2,3}$"]
    ) { node, diagnostics in
      guard let text = node.string else {
        diagnostics.error(at: node.mark, "expected a target region/kind/namespace/name, found \(node.found)")
        return nil
      }
      do throws(TargetPattern.Malformed) {
        return Located(try TargetPattern(parsing: text), at: node.mark)
      } catch {
        diagnostics.error(at: node.mark, error.description)
        return nil
      }
    }
  }
}

extension Form where Value == TargetMode {
  /// `one`, `all`, a count or a percentage.
  static var targetMode: Form {
    Form(accepted: "one, all, a count or a percentage", schema: ["type": ["string", "integer"]]) { node in
      node.scalar.flatMap { TargetMode(parsing: $0.text) }
    }
  }
}
