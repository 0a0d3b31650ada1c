import Documents
import Foundation
import SimulationKernel
import TwinWorld

@testable import Toolbox

/// The shipped platform with two deploys, and the same history for the real Git.
@Simulated
final class GitFixture {
  let platform = PlatformFixture()
  var repository: GitRepository { platform.world.repository }

  init() {
    deploy(
      "spain/kubernetes/payments.yaml", "ConfigMap", ["data", "REGION"], .string("eu-south-2"),
      CommitHeader(
        name: "Marta Soler", email: "marta.soler@example.com",
        message:
          "payments: align REGION with AWS's names\n\nThe dashboards group by AWS region.\nNo functional change.\n"))
    platform.run(.minutes(3))
    deploy(
      "mexico/kubernetes/payments.yaml", "Deployment", ["spec", "template", "spec", "containers", "0", "image"],
      .string("444455556666.dkr.ecr.us-east-1.amazonaws.com/payment-latency-api:1.4.3"),
      CommitHeader(name: "Release Bot", email: "release-bot@example.com", message: "Release 1.4.3 in Mexico"))
    platform.run(.minutes(3))
  }

  func deploy(_ path: String, _ kind: String, _ field: [String], _ value: JSONValue?, _ header: CommitHeader) {
    let change = GitRepository.ManifestChange(
      path: path, isMeant: { $0["kind"]?.string == kind }, field: field, value: value)
    do throws(YAMLEdit.Refusal) {
      try repository.deploy([change], header, at: platform.world.simulation.now)
    } catch { fatalError("\(error)") }
  }

  /// Goes on to the next whole second, so that a command runs within one.
  func alignToSecond() {
    let past = platform.world.simulation.now.nanoseconds % 1_000_000_000
    platform.run(TimeSpan(nanoseconds: 1_000_000_000 - past))
  }

  /// Types a line and puts down what it printed, and when.
  func transcript(_ lines: [String]) -> String {
    lines.map { line in
      let time = ClusterClock.timestamp(platform.world.simulation.now).dropFirst(11).prefix(8)
      let result = platform.type(line)
      var text = "\(time) $ \(line)\n\(result.output)"
      if !result.output.isEmpty, !result.output.hasSuffix("\n") { text += "\n" }
      text += Toolbox.lines(of: result.errors).map { "! \($0)\n" }.joined()
      return text + (result.exitCode == 0 ? "\n" : "[exit code \(result.exitCode)]\n\n")
    }.joined()
  }
}

/// The real `git` in a folder of its own, with the identity and the clock of the twin.
struct RealGit {
  static let path = ["/usr/bin/git", "/usr/local/bin/git", "/opt/homebrew/bin/git"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Whether it is the version whose words the twin follows.
  static var isComparable: Bool {
    guard path != nil, let folder = try? RealGit() else { return false }
    defer { folder.remove() }
    return folder.run(["--version"], at: 0).output.hasPrefix("git version 2.39.")
  }

  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "twin-git-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  func write(_ path: String, _ content: [UInt8]) throws {
    let file = folder.appending(path: path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(content).write(to: file)
  }

  /// - Parameter seconds: the present, since 1970.
  func run(
    _ arguments: [String], at seconds: Int64, author: GitCommit.Signature? = nil
  ) -> (output: String, errors: String, exitCode: Int32) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.path ?? "/usr/bin/git")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let date = "\(author?.seconds ?? seconds) +0000"
    let (name, email) = (author?.name ?? GitRepository.engineer.name, author?.email ?? GitRepository.engineer.email)
    process.environment = [
      "HOME": folder.path, "PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email,
      "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date, "GIT_TEST_DATE_NOW": "\(seconds)", "GIT_EDITOR": "true",
      "GIT_CEILING_DIRECTORIES": folder.deletingLastPathComponent().path, "TERM": "dumb",
    ]
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch { return ("", "\(error)", -1) }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (text, complaint, process.terminationStatus)
  }
}
