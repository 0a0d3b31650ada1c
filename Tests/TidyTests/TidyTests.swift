import Foundation
import Testing

/// The repository's root, found from this file.
private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// A Swift source of the tree: its path below the root and its lines.
private struct Source {
  var path: String
  var lines: [String]

  static func all(below folder: String) throws -> [Source] {
    let base = root.appendingPathComponent(folder)
    guard let paths = FileManager.default.enumerator(atPath: base.path) else { return [] }
    return try paths.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted().map { path in
      let text = try String(contentsOf: base.appendingPathComponent(path), encoding: .utf8)
      return Source(path: "\(folder)/\(path)", lines: text.components(separatedBy: "\n"))
    }
  }

  /// Lines with their numbers from 1, comments left out.
  var code: [(number: Int, text: String)] {
    lines.enumerated().compactMap { index, line in
      let text = line.trimmingCharacters(in: .whitespaces)
      return text.hasPrefix("//") ? nil : (index + 1, line)
    }
  }
}

/// The rows of the module table in `Package.swift`.
private func moduleTable() throws -> [(name: String, dependencies: [String])] {
  let text = try String(contentsOf: root.appendingPathComponent("Package.swift"), encoding: .utf8)
  let rows = text.matches(of: /Module\(\s*name: "([^"]+)",\s*dependencies: \[([^\]]*)\]/)
  return rows.map { row in (String(row.1), row.2.matches(of: /"([^"]+)"/).map { String($0.1) }) }
}

@Suite struct Tidy {
  @Test func importsFollowTheModuleTable() throws {
    let table = try moduleTable()
    let modules = Set(table.map(\.name))
    #expect(modules.count > 15, "the table was not read")
    for (name, dependencies) in table {
      let folder = name == "twin-bench" ? "bench/twin-bench" : "Sources/\(name)"
      for source in try Source.all(below: folder) {
        for (number, line) in source.code {
          guard let match = line.firstMatch(of: /^(?:@testable )?import (?:struct |class |enum |func )?(\w+)/) else {
            continue
          }
          let imported = String(match.1)
          guard modules.contains(imported) else { continue }
          #expect(
            dependencies.contains(imported),
            "\(source.path):\(number): \(name) may not import \(imported); its row in Package.swift lists what it may")
        }
      }
    }
  }

  /// Calls that bring wall time, outside randomness, threads or unordered iteration into the simulation.
  static let banned: [(pattern: String, instead: String)] = [
    ("Task\\s*\\{", "Simulation.spawn"), ("Task\\.detached", "Simulation.spawn"), ("Task\\.sleep", "Simulation.sleep"),
    ("MainActor", "@Simulated"), ("DispatchQueue", "Simulation.spawn"), ("Date\\(\\)", "the cluster's clock"),
    ("Date\\.now", "the cluster's clock"), ("ContinuousClock", "Simulation.now"), ("\\.random\\(in", "RandomStream"),
    ("\\.randomElement", "RandomStream"), ("\\.shuffled\\(\\)", "RandomStream"),
    ("SystemRandomNumberGenerator", "RandomStream"), ("UUID\\(\\)", "RandomStream"),
    ("pthread_create", "Simulation.spawn"),
    ("clock_gettime|gettimeofday", "Simulation.now"), ("getenv", "a parameter"),
    ("in [\\w.]+\\.(keys|values)\\b(?!\\.sorted)", "sorted keys"), ("hashValue", "fnv1a"),
  ]

  /// Lines that may use a banned call, with the reason.
  static let exceptions: [(path: String, pattern: String, reason: String)] = [
    ("Sources/Documents/JSONValue.swift", "hashValue", "combines members without regard to order, for Hashable only"),
    ("Sources/SimulationKernel/Simulation.swift", "Task", "the one door to a new task"),
  ]

  @Test func nothingBelowTheProgramsUsesBannedCalls() throws {
    let sources = try Source.all(below: "Sources").filter { !$0.path.hasPrefix("Sources/twin/") }
    #expect(sources.count > 50, "the sources were not found")
    for source in sources {
      for (number, line) in source.code {
        for rule in Self.banned where line.range(of: rule.pattern, options: .regularExpression) != nil {
          let excused = Self.exceptions.contains { $0.path == source.path && rule.pattern.hasPrefix($0.pattern) }
          #expect(excused, "\(source.path):\(number): \(rule.pattern) is banned here, use \(rule.instead)")
        }
      }
    }
  }

  @Test func noSourceIsFarOutOfSize() throws {
    let limit = 500
    for source in try Source.all(below: "Sources") + Source.all(below: "Tests") + Source.all(below: "bench") {
      #expect(
        source.lines.count <= limit, "\(source.path): \(source.lines.count) lines; split it by topic below \(limit)")
    }
  }

  @Test func noFunctionIsFarOutOfSize() throws {
    let limit = 75
    for source in try Source.all(below: "Sources") {
      for function in Self.functions(in: source.lines) {
        #expect(
          function.length <= limit,
          "\(source.path):\(function.line): \(function.length) lines in one function; take parts out below \(limit)")
      }
    }
  }

  @Test func noWorkIsLeftInComments() throws {
    let marks = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]
    for source in try Source.all(below: "Sources") + Source.all(below: "Tests") + Source.all(below: "bench") {
      for (index, line) in source.lines.enumerated() {
        for mark in marks where line.contains(mark + ":") || line.contains("// " + mark) {
          Issue.record("\(source.path):\(index + 1): \(mark): do it, or write an issue")
        }
      }
    }
  }

  /// Functions and initialisers by the indentation of their first line and of the brace that closes them; the formatter
  /// guarantees both.
  private static func functions(in lines: [String]) -> [(line: Int, length: Int)] {
    var found: [(line: Int, length: Int)] = []
    for (index, line) in lines.enumerated() {
      guard
        line.firstMatch(
          of:
            /^\s*(?:@\w+ )*(?:(?:package|public|private|fileprivate|internal|static|override|mutating|nonisolated|final) )*(?:func |init\()/
        ) != nil
      else { continue }
      let indentation = line.prefix { $0 == " " }
      let close = lines[(index + 1)...].firstIndex {
        $0.hasPrefix(indentation + "}") && $0.dropFirst(indentation.count + 1).allSatisfy { " ,)".contains($0) }
      }
      let next = lines[(index + 1)...].firstIndex {
        $0.hasPrefix(indentation) && $0.dropFirst(indentation.count).first.map { !" })".contains($0) } == true
      }
      if let close, next.map({ close <= $0 }) ?? true { found.append((index + 1, close - index + 1)) }
    }
    return found
  }
}
