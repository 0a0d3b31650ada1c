import Foundation
import SimulationKernel
import Testing
import TwinWorld

@testable import Toolbox

/// The same commands on the same commits, typed to the twin and to the real Git: output, errors and exit codes are equal.
@Suite(.enabled(if: RealGit.isComparable, "the comparison takes Git 2.39")) struct GitConformance {
  /// One session, in order: changes stay. `WRITE PATH FROM TO` edits a file of both working trees, `NEW PATH` makes one.
  static let reading = [
    "log", "log --oneline", "log -2", "log -n 1", "log -n1 --stat", "log -p -2", "log -1 -p --stat",
    "log --stat --oneline",
    "log -p -3 -- spain/kubernetes/payments.yaml", "log --oneline -- mexico", "log --oneline spain mexico/kubernetes",
    "log --format='%h %H %an %ae %ad %ar %s %b|%t %p %P %T'", "log --pretty=format:%h%n%s",
    "log --pretty=tformat:%B -1",
    "log -1 --date=iso-strict '--format=%ad %cd %cn %ce %ai %aI %at %cr %cs %as %D %d %aD %al %f%x41%%'",
    "log --format= --name-only", "log --format=%h --name-status", "log --format=%h --stat",
    "log --pretty=format:%h --stat",
    "log --pretty=short", "log --pretty=full -1", "log --pretty=fuller -2", "log --pretty=raw",
    "log --pretty=reference",
    "log --pretty=one", "log --abbrev-commit -1", "log --oneline --decorate", "log --decorate -1",
    "log --decorate=full -1",
    "log --reverse --oneline", "log --graph -p -2", "log --graph --oneline", "log --graph", "log --skip=1 --oneline",
    "log --author=marta --oneline", "log --author=Bot --oneline", "log -i --author=MARTA --oneline",
    "log --grep=Release --oneline",
    "log --grep=Release --invert-grep --oneline", "log -SREGION --oneline", "log -S eu-south-2 --oneline -- spain",
    "log -G 'REGION: [a-z]' --oneline", "log --diff-filter=A --oneline", "log --merges", "log -n x", "log -n",
    "log --since='10 minutes ago' --oneline", "log --since=5.minutes --oneline", "log --since='2 hours ago' --oneline",
    "log --since=2026-03-01 --oneline", "log --since=yesterday --oneline", "log --until=2026-02-25 --oneline",
    "log --after='2026-03-02 08:02' --oneline", "log --before=2026-03-02T08:02:00Z --oneline",
    "log --since=08:00 --oneline",
    "log --date=relative", "log --date=short -1", "log --date=iso -1", "log --date=rfc -1", "log --date=raw -1",
    "log --date=unix -1", "log --date=format:%Y/%m/%d -1", "log --date=nonsense", "log main~1..HEAD --oneline",
    "log HEAD~2.. --oneline", "log ..HEAD~1", "log ^HEAD~1 HEAD --oneline", "log HEAD...HEAD~1 --oneline",
    "log HEAD^^ --oneline",
    "log HEAD~1^ --oneline", "log @~1 --oneline", "log HEAD^0 --oneline -1", "log nope", "log HEAD~9", "log HEAD^2",
    "log nope -- x",
    "log nope.yaml", "log spain nope", "log spain --oneline", "log -- nope", "log --foo", "log --format=foo",
    "log --pretty=bar",
    "log -3x", "log --max-count", "log --since", "log --author='['", "log --decorate=x",
    "log --name-only --name-status",
    "log 0123456789012345678901234567890123456789", "log abcd", "log --format %h", "log -U1 -p -1",
    "log --stat HEAD~1 -1",
    "log --shortstat -2 --oneline", "log --numstat -2 --oneline", "log --summary -1 --oneline HEAD~2",
    "show", "show --stat", "show --name-only", "show --name-status", "show HEAD~1", "show -s HEAD HEAD~1",
    "show --oneline -s",
    "show HEAD:platform.yaml", "show HEAD~2:spain/kubernetes/payments.yaml", "show HEAD:spain/kubernetes", "show HEAD:",
    "show HEAD:spain/", "show HEAD^{tree}", "show HEAD:nope", "show nope:x", "show HEAD~9:x", "show nope", "show --foo",
    "show HEAD -- spain", "show --format=%an -s HEAD HEAD~1", "show HEAD~2 --stat", "show HEAD~2 -- platform.yaml",
    "-C spain show HEAD:./kubernetes/argocd.yaml", "-C spain show HEAD:kubernetes/argocd.yaml",
    "diff", "diff HEAD~1", "diff HEAD~2 HEAD --stat", "diff HEAD~2..HEAD --name-only", "diff HEAD HEAD~2 --name-status",
    "diff HEAD...HEAD~1", "diff HEAD~1 HEAD -- spain", "diff --shortstat HEAD~2", "diff --numstat HEAD~2",
    "diff --exit-code HEAD~1",
    "diff --quiet HEAD~1", "diff nope", "diff nope HEAD", "diff HEAD nope", "diff --foo", "diff -- nope", "diff spain",
    "status", "status -s", "status -sb", "status --porcelain", "status --foo", "status -x", "status spain",
    "-C spain status",
    "blame -L 15,25 spain/kubernetes/payments.yaml", "blame -L 20,+2 -e spain/kubernetes/payments.yaml",
    "blame -s platform.yaml",
    "blame HEAD~2 -- platform.yaml", "blame nope", "blame -L 999 platform.yaml", "branch", "branch --show-current",
    "rev-parse HEAD", "rev-parse --short HEAD~1", "rev-parse --abbrev-ref HEAD", "rev-parse nope", "push", "--version",
    "pull", "fetch", "remote", "remote -v", "tag",
    "-C nope log", "-C platform.yaml log", "--nope", "-C", "lgo", "-C spain log --oneline -- kubernetes/payments.yaml",
    "log -h", "status -h", "revert -h", "diff -h", "blame -h", "", "--help",
    "revert", "revert nope", "revert --foo HEAD", "revert --abort", "revert --continue", "restore", "restore nope",
    "checkout -- nope", "add nope", "commit", "commit -m nothing",
  ]

  static let changing = [
    "revert HEAD~1 --no-edit", "log -2", "show", "status", "revert --no-edit HEAD", "log --oneline",
    "revert HEAD~1 --no-edit",
    "revert --no-edit HEAD~2..HEAD", "log --oneline -4", "revert -n HEAD", "status", "diff", "diff --cached",
    "revert --no-edit HEAD",
    "revert --abort", "status", "WRITE mexico/kubernetes/payments.yaml maxSurge: 0|maxSurge: 1", "NEW notes.txt",
    "NEW logs/a.txt",
    "status", "status -s", "-C spain status", "-C spain/kubernetes status -s", "diff", "diff --stat",
    "diff --name-only",
    "diff HEAD --name-status", "blame -L 50,60 mexico/kubernetes/payments.yaml", "add mexico", "status", "status -s",
    "diff",
    "diff --staged", "revert --no-edit HEAD", "restore --staged mexico/kubernetes/payments.yaml", "status -s",
    "checkout mexico/kubernetes/payments.yaml", "status -s", "checkout HEAD~1 -- mexico", "restore -s HEAD~4 -SW .",
    "status -s",
    "checkout HEAD -- .", "WRITE spain/kubernetes/payments.yaml REGION: eu-south-2|REGION: es",
    "commit -am 'REGION by country'",
    "log -1 --stat", "log --oneline -S'REGION: eu-south-2' --reverse",
    "WRITE spain/kubernetes/payments.yaml REGION: es|REGION: x",
    "log --oneline", "show HEAD --stat", "add notes.txt", "status", "commit -m 'Notes' -m 'Second paragraph'",
    "log -1 -p", "status",
  ]

  /// A revert that meets a conflict.
  static let conflict = [
    "WRITE spain/kubernetes/payments.yaml REGION: eu-south-2|REGION: es", "revert --no-edit HEAD~1",
    "commit -am 'By country'",
    "revert --no-edit HEAD~2", "status", "status -s", "diff", "diff --name-only", "revert --no-edit HEAD",
    "revert --continue",
    "revert --abort", "status", "revert --no-edit HEAD~2", "checkout HEAD -- platform.yaml",
    "WRITE spain/kubernetes/payments.yaml <<<<<<< HEAD\n  REGION: es\n=======\n  REGION: spain\n|  REGION: spain\n",
    "WRITE spain/kubernetes/payments.yaml  REGION: spain\n>>>>>>>|  REGION: spain\n#", "add spain", "status",
    "revert --continue",
    "log -2 -p", "status", "revert --no-edit HEAD~3", "revert --skip", "status", "log --oneline",
  ]

  @Test(arguments: [reading, changing, conflict])
  func answersAreTheSame(_ lines: [String]) throws {
    try Simulated.perform {
      let fixture = GitFixture()
      let real = try RealGit()
      defer { real.remove() }
      try Self.fill(real, from: fixture.repository)
      for line in lines { try Self.compare(line, fixture, real) }
    }
  }

  /// Blocks that were taken away, doubled or put elsewhere: a diff shows them where Git shows them.
  @Test func changesStandWhereGitPutsThem() throws {
    try Simulated.perform {
      let fixture = GitFixture()
      let real = try RealGit()
      defer { real.remove() }
      try Self.fill(real, from: fixture.repository)
      let path = "spain/kubernetes/monitoring.yaml"
      let lines = GitChange.lines(fixture.repository.head.files[path])
      var state: UInt64 = 7
      func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
      }
      for round in 0..<60 {
        var edited = lines
        for _ in 0...(round / 20) {
          let start = next(edited.count - 30)
          let block = start..<(start + 1 + next(25))
          switch next(3) {
          case 0: edited.removeSubrange(block)
          case 1: edited.insert(contentsOf: edited[block], at: block.upperBound)
          default: edited.insert(contentsOf: edited[block], at: next(edited.count))
          }
        }
        let content = Array(edited.joined().utf8)
        fixture.repository.workingTree[path] = FileTree.Blob(content)
        try real.write(path, content)
        try Self.compare("diff", fixture, real)
      }
    }
  }

  @Simulated
  private static func compare(_ line: String, _ fixture: GitFixture, _ real: RealGit) throws {
    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
    if ["NEW", "WRITE"].contains(words.first) {
      var text = fixture.repository.workingTree[words[1]]?.text ?? "new\n"
      if words.count > 2 {
        let parts = words[2].split(separator: "|", maxSplits: 1).map(String.init)
        #expect(text.contains(parts[0]), "\(words[1]) has no \(parts[0])")
        text = text.replacing(parts[0], with: parts[1], maxReplacements: 1)
      }
      fixture.repository.workingTree[words[1]] = FileTree.Blob(Array(text.utf8))
      try real.write(words[1], Array(text.utf8))
      return
    }
    fixture.alignToSecond()
    let seconds = ClusterClock.microseconds(fixture.platform.world.simulation.now) / 1_000_000
    let mine = fixture.platform.type("git \(line)")
    let theirs = real.run(Self.words(line), at: seconds)
    #expect(mine.output == theirs.output, "git \(line)")
    #expect(mine.errors == theirs.errors, "git \(line)")
    #expect(mine.exitCode == theirs.exitCode, "git \(line)")
  }

  /// The words of a line in the shell's quotes.
  private static func words(_ line: String) -> [String] {
    var (words, word, quoted) = ([String](), String?.none, false)
    for character in line {
      switch character {
      case "'":
        quoted.toggle()
        word = word ?? ""
      case " " where !quoted:
        if let word { words.append(word) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    return words + (word.map { [$0] } ?? [])
  }

  @Simulated
  private static func fill(_ real: RealGit, from repository: GitRepository) throws {
    _ = real.run(["init", "-q", "-b", "main"], at: 0)
    var last = FileTree()
    for commit in repository.commits {
      for path in commit.files.differences(from: last) { try real.write(path, commit.files[path]?.content ?? []) }
      _ = real.run(["add", "-A"], at: 0)
      _ = real.run(
        ["commit", "-q", "--cleanup=verbatim", "-m", commit.message], at: commit.committer.seconds,
        author: commit.author)
      last = commit.files
    }
    let head = real.run(["rev-parse", "HEAD"], at: 0).output
    #expect(head == "\(repository.head.id)\n")
  }
}
