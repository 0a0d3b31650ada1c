import Documents
import Foundation
import Scenarios
import Testing

/// One row of `Malformed/expected.txt`: a file and every diagnostic that it must get, in order.
struct MalformedCase: Sendable, CustomTestStringConvertible {
  var name: String
  var diagnostics: [String]

  var testDescription: String { name }
}

/// The files of `Malformed/` with a mistake each, and the table of what is said about them. The table is a list of file
/// names, each followed by its diagnostics as `  line:column: severity: message`; `TWIN_UPDATE_GOLDEN=1` writes it anew.
@Suite struct MalformedScenarios {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Malformed/"
  static let table = folder + "expected.txt"

  static let cases: [MalformedCase] = {
    let text = (try? String(contentsOfFile: table, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").reduce(into: []) { cases, line in
      if line.hasPrefix("  ") {
        cases[cases.count - 1].diagnostics.append(String(line.dropFirst(2)))
      } else {
        cases.append(MalformedCase(name: String(line), diagnostics: []))
      }
    }
  }()

  static func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }.sorted()
  }

  /// What loading, and then linting, says about a file; paths are told from `Malformed/`.
  static func diagnose(_ name: String) -> [String] {
    var diagnostics: [Diagnostic] = []
    do throws(DiagnosticList) {
      diagnostics = try Scenario.load(folder + name, catalogue: testCatalogue).lint(against: testFacts)
    } catch {
      diagnostics = error.diagnostics
    }
    return diagnostics.map { diagnostic in
      diagnostic.description.replacing(folder + name + ":", with: "").replacing(folder, with: "")
    }
  }

  @Test(arguments: cases)
  func everyMistakeIsToldWithItsPlace(_ row: MalformedCase) {
    #expect(Self.diagnose(row.name) == row.diagnostics)
    #expect(!row.diagnostics.isEmpty)
    for line in row.diagnostics { #expect(line.contains(/^[0-9]+:[0-9]+: error: ./), "\(line) has no place") }
  }

  @Test func theTableListsEveryFile() throws {
    if ProcessInfo.processInfo.environment["TWIN_UPDATE_GOLDEN"] != nil {
      let rows = try Self.files().map { name in "\(name)\n" + Self.diagnose(name).map { "  \($0)\n" }.joined() }
      try rows.joined().write(toFile: Self.table, atomically: true, encoding: .utf8)
    }
    #expect(try Self.files() == Self.cases.map(\.name))
    #expect(Self.cases.count >= 100)
  }

  @Test(arguments: [
    ("missing.yaml", "1:1: error: cannot be read: No such file or directory"),
    ("platform", "1:1: error: cannot be read: Is a directory"),
  ])
  func filesThatCannotBeRead(name: String, expected: String) {
    #expect(Self.diagnose(name) == [expected])
  }

  @Test func largeFilesAreRefused() {
    let bytes = Array(String(repeating: "# padding\n", count: 200_000).utf8)
    #expect {
      try Scenario.decode(bytes, file: "large.yaml", catalogue: testCatalogue)
    } throws: { error in
      "\(error)" == "large.yaml:1:1: error: the file has 2000000 bytes, maximumBytes is 1048576"
    }
  }
}
