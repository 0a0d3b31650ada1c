import Documents
import SimulationKernel

/// A time in a scenario as its file writes it.
package enum Offset: Hashable, Sendable, CustomStringConvertible {
  /// Since T0: `10m`.
  case fromStart(TimeSpan)
  /// Since a fault began: `rotate+2m`, or `rotate` for the same instant.
  case afterFault(String, TimeSpan)
  /// The end of the run: `end`.
  case end

  package var description: String {
    switch self {
    case .fromStart(let span): span.duration.shortText
    case .afterFault(let id, .zero): id
    case .afterFault(let id, let span): "\(id)+\(span.duration.shortText)"
    case .end: "end"
    }
  }

  /// Words that offsets use, and that no fault may have as its id.
  static let reservedWords = ["end", "alert"]
}

extension Form where Value == Located<Offset> {
  /// `10m`, `<fault-id>+2m` or `<fault-id>`.
  static var offset: Form {
    form(allowsEnd: false)
  }

  /// An offset, or `end`.
  static var offsetOrEnd: Form {
    form(allowsEnd: true)
  }

  private static func form(allowsEnd: Bool) -> Form {
    let accepted = "a time such as 10m or <fault-id>+2m" + (allowsEnd ? ", or end" : "")
    return Form(accepted: accepted, schema: ["type": ["string", "integer"]]) { node, diagnostics in
      switch parseOffset(node, allowsEnd: allowsEnd) {
      case .offset(let offset): return Located(offset, at: node.mark)
      case .alert:
        let message = "\(node.found) needs an alert rule, and there are no alert rules in the platform"
        diagnostics.error(at: node.mark, message, hint: "start at a time such as 10m or <fault-id>+2m")
      case .malformed:
        diagnostics.error(at: node.mark, "expected \(accepted), found \(node.found)")
      }
      return nil
    }
  }
}

private enum ParsedOffset {
  case offset(Offset), alert, malformed
}

private func parseOffset(_ node: Node, allowsEnd: Bool) -> ParsedOffset {
  if node.scalar?.value == .integer(0) { return .offset(.fromStart(.zero)) }
  guard let text = node.string else { return .malformed }
  if let span = Duration(scenarioText: text) { return .offset(.fromStart(TimeSpan(span))) }
  if text == "end" { return allowsEnd ? .offset(.end) : .malformed }
  let parts = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
  if parts[0] == "alert" { return .alert }
  guard isDNSLabel(parts[0]), parts[0].contains(where: \.isLetter) else { return .malformed }
  if parts.count == 1 { return .offset(.afterFault(parts[0], .zero)) }
  guard let span = Duration(scenarioText: parts[1]) else { return .malformed }
  return .offset(.afterFault(parts[0], TimeSpan(span)))
}

/// When the faults of a scenario begin, and what its other offsets come to.
package struct Timeline: Sendable {
  /// Since T0.
  package let end: TimeSpan
  /// The faults' ids and starts since T0, in the order of the file.
  package private(set) var starts: [(id: String, at: TimeSpan)] = []

  /// A timeline without faults.
  init(end: TimeSpan) { self.end = end }

  /// When a fault begins, `nil` for an id that no fault has.
  package func start(of id: String) -> TimeSpan? { starts.first { $0.id == id }?.at }

  /// The time since T0 that an offset means, `nil` if it names no fault of the scenario.
  package func time(of offset: Offset) -> TimeSpan? {
    switch offset {
    case .fromStart(let span): span
    case .end: end
    case .afterFault(let id, let span): start(of: id).map { sum($0, span) }
    }
  }
}

extension Timeline {
  /// Resolves the starts of faults that may refer to one another. Unknown ids and cycles are reported where they stand.
  static func resolving(
    _ faults: [FaultStart], end: TimeSpan, reportsUnknown: Bool, _ diagnostics: Diagnostics
  ) -> Timeline {
    var timeline = Timeline(end: end)
    var reportedIDs: Set<String> = []
    for fault in faults {
      let trail = Trail(from: fault, among: faults)
      switch trail.ending {
      case .start(let time): timeline.starts.append((fault.id, time))
      case .unknown(let id):
        // Faults that start after this one have the same trouble; it is told once.
        if trail.ids.count == 1, reportsUnknown {
          reportUnknown(id, at: fault.at.mark, among: faults.map(\.id), diagnostics)
        }
      case .loop(let id):
        guard id == fault.id, reportedIDs.isDisjoint(with: trail.ids) else { continue }
        reportedIDs.formUnion(trail.ids)
        let path = (trail.ids + [id]).joined(separator: " -> ")
        diagnostics.error(at: fault.at.mark, "the start of fault \"\(id)\" depends on itself: \(path)")
      }
    }
    return timeline
  }

  /// Reports an offset that names no fault.
  func check(_ offset: Located<Offset>, among ids: [String], _ diagnostics: Diagnostics) {
    guard case .afterFault(let id, _) = offset.value, !ids.contains(id) else { return }
    reportUnknown(id, at: offset.mark, among: ids, diagnostics)
  }
}

/// A fault's id and its start as the file writes it.
typealias FaultStart = (id: String, at: Located<Offset>)

/// The faults that one follows to find out when a fault begins.
private struct Trail {
  enum Ending {
    case start(TimeSpan)
    case unknown(String)
    /// Comes back to a fault that it has already met.
    case loop(String)
  }

  var ids: [String]
  var ending: Ending

  init(from fault: FaultStart, among faults: [FaultStart]) {
    var ids = [fault.id]
    var offset = fault.at.value
    var delay = TimeSpan.zero
    while case .afterFault(let id, let span) = offset {
      delay = sum(delay, span)
      guard let next = faults.first(where: { $0.id == id }), !ids.contains(id) else {
        self.ids = ids
        ending = ids.contains(id) ? .loop(id) : .unknown(id)
        return
      }
      ids.append(id)
      offset = next.at.value
    }
    self.ids = ids
    ending = if case .fromStart(let span) = offset { .start(sum(delay, span)) } else { .start(.forever) }
  }
}

private func reportUnknown(_ id: String, at mark: SourceMark, among ids: [String], _ diagnostics: Diagnostics) {
  let known = ids.isEmpty ? "the scenario has no faults" : "the faults are \(ids.joined(separator: ", "))"
  diagnostics.error(at: mark, "no fault has the id \"\(id)\"; \(known)", hint: spellingHint(for: id, among: ids))
}

/// A sum that stops at the largest span.
private func sum(_ left: TimeSpan, _ right: TimeSpan) -> TimeSpan {
  let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
  return TimeSpan(nanoseconds: overflow ? .max : sum)
}
