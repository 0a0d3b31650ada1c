import Documents
import Foundation
import Scenarios
import Testing
import TwinWorld

/// The repository's `scenarios` folder.
private let shipped =
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path + "/scenarios"

@Suite struct ShippedPlatform {
  @Test func itsFactsNameWhatScenariosReferTo() throws {
    let facts = PlatformFacts(try Platform.load(shipped + "/platforms/payments"))
    #expect(facts.regions == ["spain", "mexico"])
    #expect(facts.objectives == ["payments-availability", "payments-latency"])
    #expect(facts.hosts.contains("pay.spain.example"))
    #expect(facts.targets.contains("spain/deployment/payments/payment-latency-api"))
  }

  /// What is written is read back as the same value, for every document of every manifest.
  @Test func itsManifestsSurviveBeingWritten() throws {
    let paths = try #require(FileManager.default.enumerator(atPath: shipped)).compactMap { $0 as? String }
      .filter { $0.hasSuffix(".yaml") }.sorted()
    #expect(paths.count > 10)
    for path in paths {
      for document in try parseYAML(try readFile("\(shipped)/\(path)"), file: path) {
        #expect(try parseYAML(document.json.yamlText())[0].json == document.json, "\(path)")
        #expect(try parseJSON(document.json.jsonText(.kubectl)) == document.json, "\(path)")
      }
    }
  }
}
