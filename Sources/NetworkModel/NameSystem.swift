import SimulationKernel

/// The names of a region: what Route 53 and the cluster's DNS answer there.
@Simulated
package final class NameSystem {
  /// What a name leads to.
  package struct Record: Sendable {
    package var addresses: [IPv4Address]
    /// How long resolvers may keep it.
    package var timeToLive: TimeSpan

    package init(addresses: [IPv4Address], timeToLive: TimeSpan) {
      self.addresses = addresses
      self.timeToLive = timeToLive
    }
  }

  /// A fault: names that match get this instead of an answer.
  package struct Failure: Sendable {
    package var pattern: String
    package var error: NameError
  }

  private var records: [String: Record] = [:]
  package private(set) var failures: [Failure] = []
  /// Lookups that met a failure.
  package internal(set) var failedLookups = 0

  package init() {}

  package subscript(name: String) -> Record? {
    get { records[name] }
    set { records[name] = newValue }
  }

  package func fail(_ pattern: String, with error: NameError) {
    failures.append(Failure(pattern: pattern, error: error))
  }

  package func repair(_ pattern: String) { failures.removeAll { $0.pattern == pattern } }

  func answer(_ name: String) -> Result<Record, NameError> {
    if let failure = failures.first(where: { globMatches($0.pattern, name) }) {
      failedLookups += 1
      return .failure(failure.error)
    }
    return records[name].map { .success($0) } ?? .failure(.noSuchDomain)
  }
}

extension NameError: Error {}

/// The answers that a host's resolver keeps until they expire.
struct NameCache {
  private var entries: [String: (addresses: [IPv4Address], expires: Instant)] = [:]

  func lookup(_ name: String, at now: Instant) -> [IPv4Address]? {
    guard let entry = entries[name], entry.expires > now else { return nil }
    return entry.addresses
  }

  mutating func keep(_ name: String, _ addresses: [IPv4Address], until expires: Instant) {
    entries[name] = (addresses, expires)
  }
}
