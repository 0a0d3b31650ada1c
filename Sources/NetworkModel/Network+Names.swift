import SimulationKernel
import Telemetry

// Looking names up, as the stub resolver of a host does.
extension Network {
  /// Resolves a name as a process on `host` does, from the resolver's cache or by asking.
  ///
  /// Each name tried costs a lookup of its own (A and AAAA are asked at once), so that a pod with `ndots:5` pays for every search
  /// domain before an external name is answered.
  package func resolve(
    _ name: String, on host: Host, trace: TraceContext? = nil
  ) async throws(NetworkError) -> IPv4Address {
    if let address = IPv4Address(name) { return address }
    if let known = host.names.lookup(name, at: simulation.now) { return known[stream.integer(below: known.count)] }
    let span = trace?.begin(.lookup, at: host.place)
    do throws(NetworkError) {
      let address = try await ask(name, on: host, trace: span)
      span?.end()
      return address
    } catch {
      span?.end(error: error.summary)
      throw error
    }
  }

  /// Asks the name server for each candidate in turn.
  private func ask(_ name: String, on host: Host, trace: TraceContext?) async throws(NetworkError) -> IPv4Address {
    let server = host.resolver.server ?? names(of: host.zone.region)
    for candidate in host.resolver.candidates(name) {
      let (answer, isFar, process) = await answer(to: candidate, of: server, host, trace)
      switch answer {
      case .success(let record) where !record.addresses.isEmpty:
        await lookUp(server, isFar: isFar, .noError, process, trace)
        if host.resolver.keepsAnswers {
          host.names.keep(name, record.addresses, until: simulation.now + record.timeToLive)
        }
        return record.addresses[stream.integer(below: record.addresses.count)]
      case .success, .failure(.noSuchDomain): await lookUp(server, isFar: isFar, .noSuchDomain, process, trace)
      case .failure(.serverFailure):
        await lookUp(server, isFar: isFar, .serverFailure, process, trace)
        throw .nameResolution(.serverFailure, name: name)
      case .failure(.timedOut): throw .nameResolution(.timedOut, name: name)
      }
    }
    throw .nameResolution(.noSuchDomain, name: name)
  }

  /// What the server says in the end: one that is silent is asked again after a pause, as often as the resolver is patient.
  ///
  /// - Returns: the answer, whether the server had to ask somebody else for it, and which of its processes gave it.
  private func answer(
    to name: String, of server: NameSystem, _ host: Host, _ trace: TraceContext?
  ) async -> (Result<NameSystem.Record, NameError>, isFar: Bool, process: LookupCounter?) {
    for _ in 0..<profile.nameAttempts {
      let process = host.lookups?.take()
      let isFar = server.upstream != nil && !server.isCached(name, at: simulation.now)
      let answer =
        process?.objection(name).map { .failure($0) } ?? server.answer(name, at: simulation.now)
      guard case .failure(.timedOut) = answer else { return (answer, isFar, process) }
      process?.count(nil, .zero, isCached: nil)
      await pause(profile.nameTimeout, .nameResolution, trace, Self.lookupEvent)
    }
    return (.failure(.timedOut), false, nil)
  }

  private func lookUp(
    _ server: NameSystem, isFar: Bool, _ code: LookupCounter.Code, _ process: LookupCounter?,
    _ trace: TraceContext?
  ) async {
    // A cluster's DNS is a pod nearby; what it must ask for costs the region's resolver on top.
    var span = server.delay
    if server.upstream != nil { span += profile.otherZone.sample(stream) + profile.otherZone.sample(stream) }
    if server.upstream == nil || isFar { span += profile.nameLookup.sample(stream) }
    process?.count(code, span, isCached: server.upstream == nil ? nil : !isFar)
    await pause(span, .nameResolution, trace, Self.lookupEvent)
  }
}
