import Documents
import SimulationKernel

/// The Git repository of a platform, as the engineer's clone of it: the folder of its manifests, with a history that begins with
/// all of it and goes on with the deploys of a run.
///
/// One branch, `main`, always as new as the deploys: nobody has to pull. It has no remote, and nothing brings a commit into a
/// cluster but whoever applies the manifests.
@Simulated
package final class GitRepository {
  /// The platform's folder, as it was given.
  package let folder: String
  /// The first commit first.
  package private(set) var commits: [GitCommit] = []
  package var index = FileTree()
  package var workingTree = FileTree()
  /// A revert that met a conflict and waits for whoever resolves it.
  package var revert: PendingRevert?

  /// A revert under way.
  package struct PendingRevert: Sendable {
    package var commit: GitCommit
    package var message: String
    /// Paths that are not resolved, with the versions of both sides.
    package var unmerged: [String: Sides]
    /// Commits that are still to be reverted, in order.
    package var remaining: [GitCommit]
    /// Where it all began.
    package var start: ObjectID

    /// The versions of a file that differ.
    package struct Sides: Sendable {
      package var ours: FileTree.Blob?
      package var theirs: FileTree.Blob?

      package init(ours: FileTree.Blob?, theirs: FileTree.Blob?) {
        self.ours = ours
        self.theirs = theirs
      }
    }

    package init(commit: GitCommit, message: String, unmerged: [String: Sides], remaining: [GitCommit], start: ObjectID)
    {
      self.commit = commit
      self.message = message
      self.unmerged = unmerged
      self.remaining = remaining
      self.start = start
    }
  }

  /// Who wrote the first commit, and when: 2026-02-19T15:42:10Z, eleven days before the simulation begins.
  private static let founder = GitCommit.Signature(
    name: "Platform Team", email: "platform-team@example.com", seconds: ClusterClock.epoch - 10 * 86_400 - 58_670)

  /// Reads the files below a platform's folder; what cannot be read is left out.
  package init(folder: String, title: String) {
    self.folder = folder
    for path in Self.files(below: folder) {
      guard let content = try? readFile("\(folder)/\(path)") else { continue }
      workingTree[path] = FileTree.Blob(content)
    }
    index = workingTree
    commit(message: "Add the manifests of the \(title)", author: Self.founder, committer: Self.founder)
  }

  private static func files(below folder: String) -> [String] {
    (fileNames(in: folder) ?? []).flatMap { name -> [String] in
      isFolder("\(folder)/\(name)") ? files(below: "\(folder)/\(name)").map { "\(name)/\($0)" } : [name]
    }
  }

  package var head: GitCommit { commits[commits.count - 1] }

  /// Whose commits those of the toolbox are.
  nonisolated package static let engineer = (name: "On-call Engineer", email: "oncall@example.com")

  /// What the engineer has changed: his commits, and files of the repository that are not as they were committed.
  package var changesByHand: [String] {
    let made = commits.filter { $0.committer.email == Self.engineer.email }.map { "git commit \($0.id.short())" }
    let changed = head.files.paths.filter { workingTree[$0] != head.files[$0] || index[$0] != head.files[$0] }
    return made + changed.map { path in "git working tree \(path) \(workingTree[path]?.id.short() ?? "deleted")" }
  }

  /// Commits the index.
  @discardableResult
  package func commit(message: String, author: GitCommit.Signature, committer: GitCommit.Signature) -> GitCommit {
    let commit = GitCommit(index, parent: commits.last?.id, author: author, committer: committer, message: message)
    commits.append(commit)
    return commit
  }

  /// Goes back to a commit of the history, as `git reset --hard` does: files that are in neither stay.
  package func reset(to id: ObjectID) {
    guard let place = commits.firstIndex(where: { $0.id == id }) else { return }
    for path in index.paths where commits[place].files[path] == nil { workingTree[path] = nil }
    commits.removeSubrange((place + 1)...)
    index = head.files
    for path in index.paths { workingTree[path] = index[path] }
    revert = nil
  }

  // MARK: Deploys

  /// A field of an object that stands in a manifest.
  package struct ManifestChange: Sendable {
    /// The manifest, from the repository's root.
    package var path: String
    package var isMeant: @Sendable (Node) -> Bool
    /// Keys from the object's root; in a list the place, from 0.
    package var field: [String]
    /// `nil` takes the field away.
    package var value: JSONValue?

    package init(path: String, isMeant: @escaping @Sendable (Node) -> Bool, field: [String], value: JSONValue?) {
      self.path = path
      self.isMeant = isMeant
      self.field = field
      self.value = value
    }
  }

  /// Commits changes of manifests, as a merged pull request does: they also come into the index and into the working tree,
  /// where a file that somebody has changed meanwhile keeps his changes beside the new one.
  ///
  /// - Throws: for a field that cannot be changed in place.
  package func deploy(_ changes: [ManifestChange], _ header: CommitHeader, at now: Instant) throws(YAMLEdit.Refusal) {
    var files = head.files
    for change in changes {
      guard let blob = files[change.path] else {
        throw YAMLEdit.Refusal(description: "\(change.path): is not in the repository any more")
      }
      files[change.path] = FileTree.Blob(try Self.edited(blob, change))
    }
    for change in changes {
      workingTree[change.path] = Self.following(workingTree[change.path], head.files, files, change)
      index[change.path] = Self.following(index[change.path], head.files, files, change)
    }
    let author = GitCommit.Signature(
      name: header.name, email: header.email, seconds: ClusterClock.microseconds(now) / 1_000_000)
    commits.append(
      GitCommit(files, parent: head.id, author: author, committer: author, message: header.message))
  }

  private static func edited(_ blob: FileTree.Blob, _ change: ManifestChange) throws(YAMLEdit.Refusal) -> [UInt8] {
    let text = try YAMLEdit.setting(
      change.field, to: change.value, in: blob.text, file: change.path, document: change.isMeant)
    return Array(text.utf8)
  }

  /// A copy of a file after the deploy: the new version, or the old one's local changes with the field set in them.
  private static func following(
    _ copy: FileTree.Blob?, _ old: FileTree, _ new: FileTree, _ change: ManifestChange
  ) -> FileTree.Blob? {
    guard let copy else { return nil }
    if copy == old[change.path] { return new[change.path] }
    return (try? edited(copy, change)).map { FileTree.Blob($0) } ?? copy
  }
}
