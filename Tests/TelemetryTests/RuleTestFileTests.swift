import Documents
import Foundation
import Telemetry
import Testing

/// The unit tests of the shipped rules, run by the twin and, where it is installed, by promtool.
@Suite("Unit tests of rules")
struct RuleTestFileTests {
  static let platform =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/scenarios/platforms/payments"
  static let names = ["payments", "kubernetes", "aws"]

  private static func document(_ path: String) throws -> Node {
    try #require(try parseYAML(try readFile(path), file: path).first)
  }

  private static func groups(_ name: String) throws -> [RuleGroup] {
    let diagnostics = Diagnostics()
    let spec = try #require(try document("\(platform)/shared/rules-\(name).yaml")["spec"])
    let groups = RuleGroupReader(diagnostics).groups(spec)
    #expect(diagnostics.all.map(\.description) == [])
    return groups
  }

  private static func tests(_ name: String) throws -> RuleTestFile {
    let diagnostics = Diagnostics()
    let file = RuleTestFile(try document("\(platform)/rule-tests/\(name).yaml"), diagnostics)
    #expect(diagnostics.all.map(\.description) == [])
    return try #require(file)
  }

  @Test("hold", arguments: names)
  func hold(_ name: String) throws {
    #expect(RuleTestRunner(try Self.tests(name), groups: try Self.groups(name)).failures() == [])
  }

  @Test("cover every alert", arguments: names)
  func coverEveryAlert(_ name: String) throws {
    let tested = Set(try Self.tests(name).tests.flatMap(\.alertTests).filter { !$0.expected.isEmpty }.map(\.name))
    #expect(tested == Set(try Self.groups(name).flatMap(\.rules).filter(\.isAlert).map(\.name)))
  }

  @Test("fail where an expectation is wrong", arguments: names)
  func fail(_ name: String) throws {
    var file = try Self.tests(name)
    for test in file.tests.indices {
      for alert in file.tests[test].alertTests.indices {
        for index in file.tests[test].alertTests[alert].expected.indices {
          file.tests[test].alertTests[alert].expected[index].annotations["summary"] = "another"
        }
      }
    }
    let failures = RuleTestRunner(file, groups: try Self.groups(name)).failures()
    #expect(failures.count >= 4)
    #expect(failures.allSatisfy { $0.contains("exp:[") && $0.contains("got:[") })
  }

  @Test("promtool comes to the same", .enabled(if: PrometheusServer.path(of: "promtool") != nil), arguments: names)
  func promtoolAgrees(_ name: String) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("twin-rules-\(name)-\(getpid())")
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("shared"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let spec = try #require(try Self.document("\(Self.platform)/shared/rules-\(name).yaml")["spec"])
    // JSON is YAML: promtool reads the specification as a rule file.
    try spec.json.jsonText().write(
      to: folder.appendingPathComponent("shared/rules-\(name).yaml"), atomically: true, encoding: .utf8)
    let tests = try String(contentsOfFile: "\(Self.platform)/rule-tests/\(name).yaml", encoding: .utf8)
      .replacing("../shared", with: "shared")
    try tests.write(to: folder.appendingPathComponent("good.yaml"), atomically: true, encoding: .utf8)
    #expect(try PrometheusServer.run("promtool", ["test", "rules", "good.yaml"], in: folder).contains("SUCCESS"))
  }

  static let notation: [(text: String, values: [Double?]?)] = [
    ("1", [1]), ("_", [nil]), ("_x3", [nil, nil, nil]), ("1x2", [1, 1, 1]), ("0+10x3", [0, 10, 20, 30]),
    ("5-1x2", [5, 4, 3]), ("-5-1x2", [-5, -6, -7]), ("1e3+1x1", [1000, 1001]), ("1x", nil),
    ("soon", nil),
    ("0x0", [0]),
  ]

  @Test("values are written as in promtool", arguments: notation.indices)
  func values(row: Int) {
    #expect(SeriesNotation.expand(Self.notation[row].text) == Self.notation[row].values)
  }
}
