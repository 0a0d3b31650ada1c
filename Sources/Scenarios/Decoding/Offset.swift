import Documents
import SimulationKernel

/// A time in a scenario as its file writes it.
package enum Offset: Hashable, Sendable, CustomStringConvertible {
  /// Since T0: `10m`.
  case fromStart(TimeSpan)
  /// Since a fault began: `rotate+2m`, or `rotate` for the same instant.
  case afterFault(String, TimeSpan)
  /// Since the incident's first page reached somebody: `alert+3m`. Known only in a run.
  case afterAlert(TimeSpan)
  /// The end of the run: `end`.
  case end

  package var description: String {
    switch self {
    case .fromStart(let span): span.duration.shortText
    case .afterFault(let id, .zero): id
    case .afterFault(let id, let span): "\(id)+\(span.duration.shortText)"
    case .afterAlert(.zero): "alert"
    case .afterAlert(let span): "alert+\(span.duration.shortText)"
    case .end: "end"
    }
  }

  /// Words that offsets use, and that no fault may have as its id.
  static let reservedWords = ["end", "alert"]
}

extension Form where Value == Located<Offset> {
  /// `10m`, `<fault-id>+2m`, `<fault-id>` or `alert+3m`.
  static var offset: Form {
    form(allowsEnd: false)
  }

  /// An offset, or `end`.
  static var offsetOrEnd: Form {
    form(allowsEnd: true)
  }

  private static func form(allowsEnd: Bool) -> Form {
    let accepted = "a time such as 10m, <fault-id>+2m or alert+3m" + (allowsEnd ? ", or end" : "")
    return Form(accepted: accepted, schema: ["type": ["string", "integer"]]) { node in
      if node.scalar?.value == .integer(0) { return Located(.fromStart(.zero), at: node.mark) }
      guard let offset = node.string.flatMap(Offset.init(parsing:)), allowsEnd || offset != .end else { return nil }
      return Located(offset, at: node.mark)
    }
  }
}

extension Offset {
  /// Reads an offset as files and the command line write it; `nil` for other text.
  package init?(parsing text: String) {
    if let span = Duration(scenarioText: text) {
      self = .fromStart(TimeSpan(span))
      return
    }
    let parts = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard isDNSLabel(parts[0]), parts[0].contains(where: \.isLetter) else { return nil }
    guard let span = parts.count == 1 ? TimeSpan.zero : Duration(scenarioText: parts[1]).map({ TimeSpan($0) }) else {
      return nil
    }
    switch parts[0] {
    case "end" where parts.count == 1: self = .end
    case "end": return nil
    case "alert": self = .afterAlert(span)
    default: self = .afterFault(parts[0], span)
    }
  }
}

/// When the faults of a scenario begin, and what its other offsets come to.
package struct Timeline: Sendable {
  /// Since T0.
  package let end: TimeSpan
  /// When the first page of the incident reached somebody, since T0; `nil` until a run knows it.
  package var alertAt: TimeSpan?
  /// The faults' ids and starts, in the order of the file: times since T0, or since the first page.
  private var starts: [(id: String, start: FaultStart.Origin)] = []

  /// A timeline without faults.
  init(end: TimeSpan) { self.end = end }

  /// When a fault begins, `nil` for an id that no fault has.
  ///
  /// A fault that follows a page has no start before the page is known.
  package func start(of id: String) -> TimeSpan? {
    switch starts.first(where: { $0.id == id })?.start {
    case .fixed(let span): span
    case .page(let span): alertAt.map { sum($0, span) }
    case nil: nil
    }
  }

  /// How long after the first page a fault begins; `nil` for one whose time the file tells.
  package func delayAfterAlert(of id: String) -> TimeSpan? {
    if case .page(let span) = starts.first(where: { $0.id == id })?.start { span } else { nil }
  }

  /// The time since T0 that an offset means, `nil` if it names no fault of the scenario.
  package func time(of offset: Offset) -> TimeSpan? {
    switch offset {
    case .fromStart(let span): span
    case .end: end
    case .afterAlert(let span): alertAt.map { sum($0, span) }
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
      case .start(let origin): timeline.starts.append((fault.id, origin))
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
struct FaultStart {
  /// What a start comes to when other faults no longer stand in it.
  enum Origin {
    /// Since T0.
    case fixed(TimeSpan)
    /// Since the first page.
    case page(TimeSpan)
  }

  var id: String
  var at: Located<Offset>
}

/// The faults that one follows to find out when a fault begins.
private struct Trail {
  enum Ending {
    case start(FaultStart.Origin)
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
    ending =
      switch offset {
      case .fromStart(let span): .start(.fixed(sum(delay, span)))
      case .afterAlert(let span): .start(.page(sum(delay, span)))
      default: .start(.fixed(.forever))
      }
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
