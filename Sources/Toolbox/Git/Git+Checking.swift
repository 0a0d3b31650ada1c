import SimulationKernel

// What can be said of a call without making it.
extension Git {
  /// Whether a call may change the repository: what only lists, or is refused, does not.
  static func mayChange(_ arguments: [String]) -> Bool {
    let words = GitWords(arguments)
    return verbs.first { $0.name == words.verb }?.isChange == true && !words.rest.contains("-h")
  }

  /// The objection to a call; `nil` when there is none.
  static func objection(to arguments: [String]) -> String? {
    let words = GitWords(arguments)
    if let objection = words.objection, !objection.text.isEmpty { return firstLine(objection.text) }
    guard let name = words.verb else { return nil }
    guard name == CommandCheck.unknown || verbs.contains(where: { $0.name == name }) else {
      return "git: '\(name)' is not a git command of the twin"
    }
    guard ["log", "show", "diff"].contains(name), !words.rest.contains("-h") else { return nil }
    var options = GitOptions()
    do throws(GitError) {
      _ = try options.read(words.rest.filter { !$0.contains(CommandCheck.unknown) }, isDiff: name == "diff")
      try options.check(firstPath: nil)
      return nil
    } catch { return "git \(name): \(firstLine(error.text))" }
  }

  private static func firstLine(_ text: String) -> String { lines(of: text).first ?? "" }
}
