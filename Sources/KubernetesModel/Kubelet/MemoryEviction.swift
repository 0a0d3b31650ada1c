import Documents

/// Which pod a node that runs short of memory gives up first, over plain values (upstream:
/// pkg/kubelet/eviction/helpers.go, `rankMemoryPressure`).
package struct MemoryEviction: Sendable {
  /// A pod as the decision sees it, in bytes.
  package struct Candidate: Hashable, Sendable {
    package var name: String
    package var priority: Int64
    package var usage: Int64
    package var request: Int64

    package init(name: String, priority: Int64 = 0, usage: Int64, request: Int64) {
      self.name = name
      self.priority = priority
      self.usage = usage
      self.request = request
    }

    /// Whether it goes before the other: who uses more than it asked for, then the lower priority, then the larger excess.
    package func precedes(_ other: Candidate) -> Bool {
      let (isOver, otherIsOver) = (usage > request, other.usage > other.request)
      if isOver != otherIsOver { return isOver }
      if priority != other.priority { return priority < other.priority }
      let (excess, otherExcess) = (usage - request, other.usage - other.request)
      return excess != otherExcess ? excess > otherExcess : name < other.name
    }
  }

  /// `memory.available` below which pods are evicted (`evictionHard`).
  package static let threshold: Int64 = 100 << 20

  /// The first to go; `nil` while enough is available or nothing is left to evict.
  package static func victim(_ candidates: [Candidate], available: Int64) -> Candidate? {
    guard available < threshold else { return nil }
    return candidates.filter { $0.usage > 0 }.min { $0.precedes($1) }
  }

  /// The status message of the evicted pod; upstream's words end in a space.
  package static func message(available: Int64, container: String, usage: Int64, request: Int64) -> String {
    let (threshold, left) = (Quantity(bytes: threshold), Quantity(bytes: kibibytes(available)))
    let (used, asked) = (Quantity(bytes: kibibytes(usage)), Quantity(bytes: request))
    return
      "The node was low on resource: memory. Threshold quantity: \(threshold), available: \(left). Container \(container) was using \(used), request is \(asked), has larger consumption of memory. "
  }

  private static func kibibytes(_ bytes: Int64) -> Int64 { (max(0, bytes) >> 10) << 10 }
}
