import Documents
import SimulationKernel

/// A service level objective of the platform: an OpenSLO v1 object with one objective, for one region.
package struct ServiceLevelObjective: Sendable {
  /// What makes an answer good.
  package enum Indicator: String, Sendable {
    /// Below 500 and within the threshold; requests without an answer are bad.
    case availability
    /// Within the threshold, of the answers below 500.
    case latency
  }

  package var name: String
  package var region: String
  package var indicator: Indicator
  /// The share of good events, a fraction of 1.
  package var target: Double
  package var threshold: TimeSpan
  /// The rolling period of the error budget.
  package var period: TimeSpan
}

extension Form where Value == ServiceLevelObjective {
  /// An OpenSLO object; keys that the twin does not use are left alone.
  static func objective(regions: [String]) -> Form {
    .mapping("SLO", allowsOtherKeys: true) { reader in
      _ = reader.required("apiVersion", .word(among: ["openslo/v1"]), "The version of the format.")
      _ = reader.required("kind", .word(among: ["SLO"]), "What the object is.")
      guard let metadata = reader.node("metadata"), let name = metadata["name"]?.string else { return nil }
      let region = metadata.at("labels", "region")
      guard let regionName = region?.string, regions.contains(regionName) else {
        reader.diagnostics.error(
          at: region?.mark ?? metadata.mark, "SLO \(name): label region names one of \(regions.joined(separator: ", "))"
        )
        return nil
      }
      let spec = reader.node("spec")
      let objective = spec?["objectives"]?.sequence?.first
      guard let objective, let target = objective["target"]?.json.number, (0..<1).contains(target) else {
        reader.diagnostics.error(
          at: objective?["target"]?.mark ?? spec?.mark ?? reader.mark,
          "SLO \(name): an objective has a target between 0 and 1")
        return nil
      }
      guard let value = objective["value"]?.json.number, value > 0 else {
        reader.diagnostics.error(at: objective.mark, "SLO \(name): an objective has a value above 0, in seconds")
        return nil
      }
      let indicator = objective["displayName"]?.string.flatMap(ServiceLevelObjective.Indicator.init(rawValue:))
      guard let indicator else {
        let found = objective["displayName"]?.found ?? "nothing"
        reader.diagnostics.error(
          at: objective.mark, "SLO \(name): displayName is availability or latency, found \(found)")
        return nil
      }
      let window = spec?["timeWindow"]?.sequence?.first?["duration"]?.string.flatMap { Duration(scenarioText: $0) }
      return ServiceLevelObjective(
        name: name, region: regionName, indicator: indicator, target: target, threshold: .seconds(value),
        period: TimeSpan(window ?? .seconds(30 * 86_400)))
    }
  }
}
