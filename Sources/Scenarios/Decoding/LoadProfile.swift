import Documents
import SimulationKernel

/// Traffic to one address in an open model: requests arrive at a rate that does not fall when answers are slow. The words
/// are those of k6's `ramping-arrival-rate` executor: the rate runs linearly from `startRate` through the stages' targets.
package struct LoadProfile: Sendable {
  /// A stretch of time at whose end the rate has reached its target.
  package struct Stage: Hashable, Sendable {
    package var duration: TimeSpan
    /// Requests a second.
    package var target: Double

    package init(duration: TimeSpan, target: Double) {
      self.duration = duration
      self.target = target
    }
  }

  /// The address, such as `https://pay.spain.example/api/payment/simulate`.
  package var url: Located<String>
  /// Requests a second at T0, and in the past before it.
  package var startRate: Double
  /// One after the other; after the last one its target stays.
  package var stages: [Stage]

  package init(url: Located<String>, startRate: Double, stages: [Stage] = []) {
    self.url = url
    self.startRate = startRate
    self.stages = stages
  }

  /// The host's name in the address.
  package var host: String {
    let afterScheme = url.value.split(separator: "://", maxSplits: 1).last ?? ""
    return String(afterScheme.prefix { $0 != "/" && $0 != ":" && $0 != "?" })
  }

  /// The path of the address with its query, at least `/`.
  package var path: String {
    let afterScheme = url.value.split(separator: "://", maxSplits: 1).last ?? ""
    let path = afterScheme.drop { $0 != "/" }
    return path.isEmpty ? "/" : String(path)
  }

  /// The highest rate, in requests a second.
  package var peakRate: Double { stages.map(\.target).reduce(startRate, max) }

  /// Requests a second at a time since T0; negative times are the past.
  package func rate(at time: TimeSpan) -> Double {
    var start = TimeSpan.zero
    var rate = startRate
    for stage in stages {
      if time < start + stage.duration {
        if time <= start { return rate }
        return rate + (stage.target - rate) * ((time - start) / stage.duration)
      }
      start += stage.duration
      rate = stage.target
    }
    return rate
  }
}

extension Form where Value == Double {
  /// A rate such as `100/s` or `60/m`, in requests a second.
  static var rate: Form {
    Form(
      accepted: "a rate such as 100/s or 60/m", schema: ["type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?/(s|m)$"]
    ) { node in
      guard let parts = node.string?.split(separator: "/", omittingEmptySubsequences: false), parts.count == 2,
        let count = plainNumber(parts[0]), count <= 1_000_000
      else { return nil }
      return switch parts[1] {
      case "s": count
      case "m": count / 60
      default: nil
      }
    }
  }
}

/// Digits with an optional fraction, without sign or exponent.
func plainNumber(_ text: some StringProtocol) -> Double? {
  text.first?.isNumber == true && text.last?.isNumber == true
    && text.allSatisfy { ("0"..."9").contains($0) || $0 == "." }
    ? Double(text) : nil
}

extension Form where Value == LoadProfile {
  static var load: Form {
    .mapping("load") { reader in
      let url = reader.required("to", .located(.webAddress), "The address that requests go to.")
      let startRate = reader.required("startRate", .rate, "Requests a second at T0 and in the past before it.")
      let stages = reader.optional("stages", .list(of: .loadStage), "Ramps, one after the other.", default: [])
      guard let url, let startRate else { return nil }
      return LoadProfile(url: url, startRate: startRate, stages: stages)
    }
  }
}

extension Form where Value == LoadProfile.Stage {
  fileprivate static var loadStage: Form {
    .mapping("stage") { reader in
      let duration = reader.required("duration", .positiveDuration, "How long the ramp takes.")
      let target = reader.required("target", .rate, "The rate at the stage's end.")
      guard let duration, let target else { return nil }
      return LoadProfile.Stage(duration: TimeSpan(duration), target: target)
    }
  }
}

extension Form where Value == String {
  /// `http://host/path` or `https://host/path`.
  fileprivate static var webAddress: Form {
    Form(accepted: "an address such as https://host/path", schema: ["type": "string", "pattern": "^https?://[^/]+"]) {
      node in
      guard let text = node.string, let scheme = ["https://", "http://"].first(where: text.hasPrefix) else {
        return nil
      }
      let host = text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != ":" }
      let isHost =
        !host.isEmpty
        && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isDNSLabel(String($0)) }
      return isHost && !text.contains(where: \.isWhitespace) ? text : nil
    }
  }
}
