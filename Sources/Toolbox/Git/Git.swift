import SimulationKernel
import TwinWorld

/// `git` on the platform's repository: what was deployed, by whom, and how to take it back.
///
/// Output, messages and exit codes are those of Git 2.39. Histories are straight, there is no remote, and no pager is started.
@Simulated
struct Git: ToolCommand {
  let name = "git"

  nonisolated static let version = "2.39.5"
  /// What reads takes about this long, what makes a commit longer.
  static let readTime = TimeSpan.milliseconds(25)
  static let writeTime = TimeSpan.milliseconds(90)
  nonisolated private static let event: EventName = "tool.git"

  /// A subcommand.
  struct Verb {
    let name: String
    /// Whether it may change the repository.
    let isChange: Bool
    let run: @Simulated (inout GitCall) throws(GitError) -> Void

    init(_ name: String, isChange: Bool = false, _ run: @escaping @Simulated (inout GitCall) throws(GitError) -> Void) {
      self.name = name
      self.isChange = isChange
      self.run = run
    }
  }

  static let verbs: [Verb] = [
    Verb("log") { call throws(GitError) in try call.log() }, Verb("show") { call throws(GitError) in try call.show() },
    Verb("diff") { call throws(GitError) in try call.diff() },
    Verb("status") { call throws(GitError) in try call.status() },
    Verb("blame") { call throws(GitError) in try call.blame() },
    Verb("branch") { call throws(GitError) in try call.branch() },
    Verb("rev-parse") { call throws(GitError) in try call.revParse() },
    Verb("push") { _ throws(GitError) in throw GitError(GitUsage.noDestination, exitCode: 128) },
    Verb("pull") { _ throws(GitError) in throw GitError(GitUsage.noTracking, exitCode: 1) },
    Verb("fetch") { call throws(GitError) in try call.refuseArguments() },
    Verb("remote") { call throws(GitError) in try call.refuseArguments(except: ["-v", "--verbose"]) },
    Verb("tag") { call throws(GitError) in try call.refuseArguments(except: ["-l", "--list"]) },
    Verb("version") { call throws(GitError) in call.print("git version \(Git.version)") },
    Verb("revert", isChange: true) { call throws(GitError) in try call.revert() },
    Verb("add", isChange: true) { call throws(GitError) in try call.add() },
    Verb("restore", isChange: true) { call throws(GitError) in try call.restore() },
    Verb("checkout", isChange: true) { call throws(GitError) in try call.checkout() },
    Verb("commit", isChange: true) { call throws(GitError) in try call.commit() },
  ]

  func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult {
    let words = GitWords(arguments)
    let verb = Self.verbs.first { $0.name == words.verb }
    await host.simulation.sleep(verb?.isChange == true ? Self.writeTime : Self.readTime, Self.event)
    guard let repository = host.repository else { return Self.failure("fatal: \(Self.noRepository)", 128) }
    var call = GitCall(repository: repository, host: host, arguments: words.rest)
    do throws(GitError) {
      if let objection = words.objection { throw objection }
      for folder in words.folders { try call.enter(folder) }
      guard let name = words.verb else { throw GitError(output: GitUsage.main + GitUsage.commonCommands, exitCode: 1) }
      guard let verb else { throw Self.unknown(name) }
      if words.rest == ["-h"], let usage = GitUsage.of(name) { throw usage }
      try verb.run(&call)
    } catch {
      call.result.output += error.output
      call.result.errors += error.text
      call.result.exitCode = error.exitCode
    }
    return call.result
  }

  static let noRepository = "not a git repository (or any of the parent directories): .git"

  private static func failure(_ text: String, _ exitCode: Int32) -> CommandResult {
    CommandResult(errors: text + "\n", exitCode: exitCode)
  }

  /// Commands that Git has and the twin does not: they are refused by name.
  private static let others = [
    "am", "apply", "archive", "bisect", "bundle", "cat-file", "cherry-pick", "clean", "clone", "config", "describe",
    "format-patch", "gc", "grep", "init", "ls-files", "ls-tree", "merge", "mv", "notes", "rebase", "reflog", "reset",
    "rev-list", "rm", "shortlog", "stash", "submodule", "switch", "worktree",
  ]

  /// Guesses as `help.c` does, among the commands that there are here.
  private static func unknown(_ name: String) -> GitError {
    if others.contains(name) { return GitError("git: the twin does not model 'git \(name)'\n", exitCode: 1) }
    let text = "git: '\(name)' is not a git command. See 'git --help'.\n"
    let near = GitSpelling.similar(to: name, among: verbs.map(\.name))
    if near.isEmpty { return GitError(text, exitCode: 1) }
    let heading = near.count == 1 ? "The most similar command is" : "The most similar commands are"
    return GitError(text + "\n\(heading)\n" + near.map { "\t\($0)\n" }.joined(), exitCode: 1)
  }
}

/// The words of a command line before and behind the subcommand.
struct GitWords {
  /// `-C`, in order.
  var folders: [String] = []
  var verb: String?
  var rest: [String] = []
  var objection: GitError?

  init(_ arguments: [String]) {
    var words = arguments[...]
    while let word = words.popFirst() {
      switch word {
      case "-C", "-c":
        guard let value = words.popFirst() else {
          let text = word == "-C" ? "no directory given for '-C' option\n" : "-c expects a configuration string\n"
          objection = GitError(text + GitUsage.main, exitCode: 129)
          return
        }
        if word == "-C" { folders.append(value) }
      case "--no-pager", "-P", "-p", "--paginate", "--no-optional-locks", "--literal-pathspecs": break
      case "--version", "-v":
        verb = "version"
        return
      case "--help", "-h", "help":
        objection = GitError(output: GitUsage.main + GitUsage.commonCommands, exitCode: 0)
        return
      case let option where option.hasPrefix("-"):
        objection = GitError("unknown option: \(option)\n" + GitUsage.main, exitCode: 129)
        return
      default:
        verb = word
        rest = Array(words)
        return
      }
    }
  }
}

/// What a call ends with other than well; the texts end with line breaks.
struct GitError: Error {
  var output: String = ""
  var text: String
  var exitCode: Int32

  init(_ text: String, exitCode: Int32) {
    self.text = text
    self.exitCode = exitCode
  }

  init(output: String, exitCode: Int32) {
    self.output = output
    text = ""
    self.exitCode = exitCode
  }

  static func fatal(_ text: String) -> GitError { GitError("fatal: \(text)\n", exitCode: 128) }
}

/// One call of `git`.
@Simulated
struct GitCall {
  let repository: GitRepository
  let host: any ToolHost
  var arguments: [String]
  var result = CommandResult()
  /// The folder in which it runs, from the repository's root; empty, or ends with a slash.
  private(set) var prefix = ""

  init(repository: GitRepository, host: any ToolHost, arguments: [String]) {
    self.repository = repository
    self.host = host
    self.arguments = arguments
  }

  /// Seconds since 1970.
  var now: Int64 { ClusterClock.microseconds(host.simulation.now) / 1_000_000 }

  mutating func print(_ line: String) { result.output += line + "\n" }

  fileprivate mutating func enter(_ folder: String) throws(GitError) {
    guard let path = host.repositoryPath(folder.hasPrefix("/") ? folder : prefix + folder) else {
      throw GitError.fatal(Git.noRepository)
    }
    guard path.isEmpty || repository.workingTree.isFolder(path) else {
      let reason = repository.workingTree[path] == nil ? "No such file or directory" : "Not a directory"
      throw GitError.fatal("cannot change to '\(folder)': \(reason)")
    }
    prefix = path.isEmpty ? "" : path + "/"
  }

  /// A path of the command line from the repository's root; a folder without its slash.
  func rooted(_ path: String) throws(GitError) -> String {
    guard let inside = host.repositoryPath(path.hasPrefix("/") ? path : prefix + path) else {
      throw GitError.fatal("\(path): '\(path)' is outside repository")
    }
    return inside
  }

  /// A path of the repository as it reads from the folder of the call.
  func shown(_ path: String) -> String {
    let (from, to) = (prefix.split(separator: "/"), path.split(separator: "/"))
    let shared = zip(from, to).prefix { $0 == $1 }.count
    let text = (from.dropFirst(shared).map { _ in ".." } + to.dropFirst(shared).map(String.init)).joined(separator: "/")
    return path.hasSuffix("/") ? (text.isEmpty ? "./" : text + "/") : text
  }
}

/// Which command somebody may have meant.
enum GitSpelling {
  /// Those with the smallest weighted distance, if it is below 7 (`help.c`, `SIMILARITY_FLOOR`; swap 0, substitution 2,
  /// insertion 1, deletion 3; a common beginning counts as nearest).
  static func similar(to word: String, among names: [String]) -> [String] {
    let scored = names.map { name -> (Int, String) in
      (name.hasPrefix(word) ? 0 : distance(Array(word.utf8), Array(name.utf8)) + 1, name)
    }
    let best = scored.map(\.0).min() ?? 7
    return best < 7 ? scored.filter { $0.0 == best }.map(\.1).sorted() : []
  }

  private static func distance(_ from: [UInt8], _ to: [UInt8]) -> Int {
    var (before, last) = ([Int](), Array(0...to.count))
    for i in from.indices {
      var row = [(i + 1) * 3] + [Int](repeating: 0, count: to.count)
      for j in to.indices {
        row[j + 1] = last[j] + (from[i] == to[j] ? 0 : 2)
        if i > 0, j > 0, from[i - 1] == to[j], from[i] == to[j - 1] { row[j + 1] = min(row[j + 1], before[j - 1]) }
        row[j + 1] = min(row[j + 1], last[j + 1] + 3, row[j] + 1)
      }
      (before, last) = (last, row)
    }
    return last[to.count]
  }
}
