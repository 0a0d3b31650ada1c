import Documents
import Faults
import KubernetesModel
import SimulationKernel
import Testing

@testable import Toolbox
@testable import TwinWorld

/// The platform's repository in the hands of an engineer.
@Suite struct GitInAnIncident {
  private static let manifest = "spain/kubernetes/payments.yaml"

  /// The platform after a deploy that names a region which the program refuses.
  @Simulated
  private static func afterBadDeploy() throws -> PlatformFixture {
    let fixture = PlatformFixture()
    try FaultInjector(fixture.world).inject(
      id: "config", verb: "config.set", target: TargetPattern(parsing: "spain/configmap/payments/payment-latency-api"),
      mode: .all,
      arguments: FaultArguments([("key", .text("REGION")), ("value", .text("eu-south-2"))]),
      committing: CommitHeader(name: "Marta", email: "marta@example.com", message: "REGION as AWS writes it"))
    return fixture
  }

  @Simulated
  private static func region(_ fixture: PlatformFixture) throws -> String? {
    let server = try #require(fixture.world.region("spain")).cluster.server
    return server.find(.configMap, "payments", "payment-latency-api")?.json.at("data", "REGION")?.string
  }

  @Test func revertChangesTheRepositoryAndApplyTheCluster() throws {
    try Simulated.perform {
      let fixture = try Self.afterBadDeploy()
      #expect(try Self.region(fixture) == "eu-south-2")
      #expect(fixture.type("git log --format='%an: %s' -1").output == "Marta: REGION as AWS writes it\n")
      #expect(fixture.type("grep REGION: \(Self.manifest)").output == "  REGION: eu-south-2\n")
      #expect(fixture.type("kubectl --context spain diff -f \(Self.manifest)").exitCode == 0)

      #expect(fixture.type("git revert --no-edit HEAD").exitCode == 0)
      #expect(fixture.type("grep REGION: \(Self.manifest)").output == "  REGION: spain\n")
      // Nothing brings a commit into the cluster but whoever applies it.
      #expect(try Self.region(fixture) == "eu-south-2")
      let drift = fixture.type("kubectl --context spain diff -f \(Self.manifest)")
      #expect(drift.exitCode == 1)
      #expect(drift.output.contains("-  REGION: eu-south-2\n+  REGION: spain\n"))

      let apply = fixture.type("kubectl --context spain apply -f \(Self.manifest)")
      #expect(apply.exitCode == 0, "\(apply.errors)")
      #expect(try Self.region(fixture) == "spain")
      #expect(fixture.type("kubectl --context spain diff -f \(Self.manifest)").exitCode == 0)
    }
  }

  /// The one line differs; comments and layout are as they were.
  @Test func aDeployChangesNothingButItsField() throws {
    try Simulated.perform {
      let fixture = try Self.afterBadDeploy()
      let patch = fixture.type("git show --format= -U0").output
      #expect(
        patch.split(separator: "\n").dropFirst(4) == [
          "@@ -20 +20 @@ data:", "-  REGION: spain", "+  REGION: eu-south-2",
        ])
    }
  }

  @Test func redirectionsWriteIntoTheWorkingTree() throws {
    Simulated.perform {
      let fixture = PlatformFixture()
      _ = fixture.type("sed 's/REGION: spain/REGION: es/' \(Self.manifest) > /tmp/edited.yaml")
      #expect(fixture.type("git status --short").output == "")
      _ = fixture.type("cat /tmp/edited.yaml > \(Self.manifest)")
      _ = fixture.type("echo restarted at nine > notes.txt; echo again >> notes.txt")
      #expect(fixture.type("git status --short").output == " M \(Self.manifest)\n?? notes.txt\n")
      #expect(fixture.type("cat notes.txt").output == "restarted at nine\nagain\n")
      #expect(fixture.type("git diff --numstat").output == "1\t1\t\(Self.manifest)\n")
      #expect(fixture.type("git restore \(Self.manifest); git status --short").output == "?? notes.txt\n")
    }
  }

  /// What somebody has edited in a file survives the next deploy to it.
  @Test func localChangesStayBesideADeploy() throws {
    try Simulated.perform {
      let fixture = PlatformFixture()
      _ = fixture.type("sed 's/replicas: 6/replicas: 8/' \(Self.manifest) > \(Self.manifest)")
      try FaultInjector(fixture.world).inject(
        id: "scale", verb: "config.set", target: TargetPattern(parsing: "spain/configmap/payments/payment-latency-api"),
        mode: .all, arguments: FaultArguments([("key", .text("MODE")), ("value", .text("1"))]),
        committing: CommitHeader(name: "Marta", email: "marta@example.com", message: "MODE"))
      #expect(fixture.type("git show --format= -U0").output.hasSuffix("@@ -21,0 +22 @@ data:\n+  MODE: \"1\"\n"))
      let diff = fixture.type("git diff -U0").output
      #expect(diff.contains("-  replicas: 6\n+  replicas: 8\n") && !diff.contains("MODE"))
    }
  }

  @Test func onlyWhatWritesIsAChange() {
    Simulated.perform {
      let rows: [(String, Bool)] = [
        ("git log -p -3", false), ("git -C spain show HEAD", false), ("git diff", false), ("git status", false),
        ("git blame platform.yaml", false), ("git revert HEAD", true), ("git --no-pager revert --no-edit HEAD~1", true),
        ("git -C spain restore .", true), ("git commit -am x", true), ("git checkout -- .", true),
        ("git revert -h", false),
        ("git", false), ("git nonsense", false),
      ]
      for (line, changes) in rows {
        #expect(CommandCheck.mayChange(line.split(separator: " ").map(String.init)) == changes, "\(line)")
      }
    }
  }

  @Test func whatCannotRunIsSaidBeforehand() {
    Simulated.perform {
      let facts = CommandCheck.Facts(contexts: [], regions: [], namespaces: [], objects: [])
      let rows: [(String, String?)] = [
        ("git log -p -3 -- spain", nil), ("git revert --no-edit HEAD", nil),
        ("git lgo", "git: 'lgo' is not a git command of the twin"),
        ("git log --onlin", "git log: fatal: unrecognized argument: --onlin"),
        ("git stash", "git: 'stash' is not a git command of the twin"), ("git --bare log", "unknown option: --bare"),
        ("git diff --stat HEAD~1", nil),
      ]
      for (line, objection) in rows {
        #expect(CommandCheck.objection(to: line.split(separator: " ").map(String.init), facts) == objection, "\(line)")
      }
    }
  }

  @Test func objectsHaveGitsNames() {
    #expect(ObjectID("blob", []).description == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
    #expect(ObjectID("blob", Array("hello\n".utf8)).description == "ce013625030ba8dba906f756967f9e9ca394464a")
    #expect(FileTree().id().description == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    // Around the length at which the padding takes a block of its own (FIPS 180-4, 5.1.1).
    let digests = [55, 56, 63, 64].map {
      sha1([UInt8](repeating: 97, count: $0)).prefix(4).map { String($0, radix: 16) }
    }
    #expect(
      digests == [
        ["c1", "c8", "bb", "dc"], ["c2", "db", "33", "f"], ["3", "f0", "9f", "5b"], ["0", "98", "ba", "82"],
      ])
  }
}
