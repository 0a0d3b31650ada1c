import Documents
import TwinWorld

/// The field of a manifest that a verb sets in its target.
package struct ManifestField: Hashable, Sendable {
  /// Keys from the object's root; in a list the place, from 0.
  package var path: [String]
  /// `nil` takes the field away.
  package var value: JSONValue?
}

extension FaultVerb {
  /// What the verb changes in the manifest of its target, where a deploy could have made the same change; `nil` for verbs
  /// that are no such change.
  package func manifestField(_ arguments: FaultArguments) -> ManifestField? {
    Self.manifestField(of: name, arguments)
  }

  static func manifestField(of verb: String, _ arguments: FaultArguments) -> ManifestField? {
    func text(_ name: String) -> JSONValue? { arguments.text(name).map { .string($0) } }
    switch verb {
    case "config.set": return ManifestField(path: ["data", arguments.text("key") ?? ""], value: text("value"))
    case "image.set":
      return ManifestField(path: ["spec", "template", "spec", "containers", "0", "image"], value: text("image"))
    case "replicas.set":
      return ManifestField(path: ["spec", "replicas"], value: arguments.integer("count").map { .integer(Int64($0)) })
    case "alb.health-path":
      let annotation = "alb.ingress.kubernetes.io/healthcheck-path"
      return ManifestField(path: ["metadata", "annotations", annotation], value: text("path"))
    default: return nil
    }
  }
}

extension FaultInjector {
  /// Commits to the platform's repository what a fault does to its targets.
  func commit(_ header: CommitHeader, _ verb: String, _ targets: [String], _ arguments: FaultArguments) throws {
    guard let field = FaultVerb.manifestField(of: verb, arguments) else {
      throw FaultError(description: "\(verb) changes no manifest and cannot be committed")
    }
    var changes: [GitRepository.ManifestChange] = []
    for path in targets {
      let target = try TargetPattern(parsing: path)
      let manifest = world.manifest(
        region: target.region, kind: target.kind, namespace: target.namespace, name: target.name)
      guard let manifest else {
        throw FaultError(description: "\(path): stands in no manifest and cannot be committed")
      }
      changes.append(
        GitRepository.ManifestChange(
          path: manifest.path, isMeant: manifest.isMeant, field: field.path, value: field.value))
    }
    try world.repository.deploy(changes, header, at: world.simulation.now)
  }
}
