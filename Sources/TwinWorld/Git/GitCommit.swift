/// A commit of a platform's repository. Histories here are straight: a commit has one parent, or none.
package struct GitCommit: Sendable, Identifiable {
  /// Who and when; the twin's clocks run in UTC.
  package struct Signature: Hashable, Sendable {
    package var name: String
    package var email: String
    /// Since 1970.
    package var seconds: Int64

    package init(name: String, email: String, seconds: Int64) {
      self.name = name
      self.email = email
      self.seconds = seconds
    }

    /// As it stands in a commit object: `Name <mail> 1772438400 +0000`.
    package var line: String { "\(name) <\(email)> \(seconds) +0000" }
  }

  package let id: ObjectID
  package let parent: ObjectID?
  package let files: FileTree
  package let tree: ObjectID
  package let author: Signature
  package let committer: Signature
  /// Ends with a line break.
  package let message: String

  init(_ files: FileTree, parent: ObjectID?, author: Signature, committer: Signature, message: String) {
    self.files = files
    self.parent = parent
    self.author = author
    self.committer = committer
    var lines = message.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      String(line.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    self.message = lines.drop { $0.isEmpty }.map { $0 + "\n" }.joined()
    tree = files.id()
    var text = "tree \(tree)\n"
    if let parent { text += "parent \(parent)\n" }
    text += "author \(author.line)\ncommitter \(committer.line)\n\n" + self.message
    id = ObjectID("commit", Array(text.utf8))
  }

  /// The first paragraph as one line.
  package var subject: String {
    message.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }.joined(separator: " ")
  }

  /// What follows the first paragraph; ends with a line break unless it is empty.
  package var body: String {
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.drop { !$0.isEmpty }.drop { $0.isEmpty }.joined(separator: "\n")
  }
}

/// What somebody says of a change: the part of a commit that a scenario's `commit:` gives.
package struct CommitHeader: Hashable, Sendable {
  package var name: String
  package var email: String
  package var message: String

  package init(name: String, email: String, message: String) {
    self.name = name
    self.email = email
    self.message = message
  }
}
