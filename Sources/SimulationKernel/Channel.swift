/// A first-in-first-out channel between processes. Receivers are served in the order in which they came.
@Simulated
package final class Channel<Element>: WaitingPlace {
  package let name: String
  /// Most elements that may wait; sending to a full channel is refused.
  package let capacity: Int
  package private(set) var isClosed = false

  private let simulation: Simulation
  private var elements = Fifo<Element>()
  private var receivers = Fifo<Reply<Element?>>()

  package init(_ simulation: Simulation, name: String, capacity: Int = 1_000_000) {
    self.simulation = simulation
    self.name = name
    self.capacity = capacity
    simulation.register(self)
  }

  package var waitingDescription: String? {
    receivers.contains { !$0.isSettled } ? "a receiver at channel \(name)" : nil
  }

  package var count: Int { elements.count }

  /// Sends without waiting.
  ///
  /// - Returns: false when the channel is full or closed; the element is then dropped.
  @discardableResult
  package func send(_ element: Element) -> Bool {
    guard !isClosed else { return false }
    while let receiver = receivers.popFirst() {
      guard !receiver.isSettled else { continue }
      receiver.fulfil(element)
      return true
    }
    guard elements.count < capacity else { return false }
    elements.append(element)
    return true
  }

  /// The next element, `nil` once the channel is closed and empty.
  ///
  /// - Throws: `TimedOut` at the deadline, `Cancelled` when the scope is cancelled first.
  package func receive(deadline: Instant = .distantFuture, scope: CancelScope? = nil) async throws -> Element? {
    if let element = elements.popFirst() { return element }
    if isClosed { return nil }
    let reply = Reply<Element?>(simulation)
    receivers.append(reply)
    do {
      return try await reply.get(deadline: deadline, scope: scope)
    } catch {
      reply.fulfil(nil)  // Settled: no element is handed to a receiver that has left.
      throw error
    }
  }

  /// Ends the channel: what was sent can still be received, then receivers get `nil`.
  package func close() {
    isClosed = true
    while let receiver = receivers.popFirst() { receiver.fulfil(nil) }
  }
}

/// A growing ring buffer: append at the end, take from the front, both in constant time.
struct Fifo<Element> {
  private var storage: [Element?] = []
  private var head = 0
  private(set) var count = 0

  mutating func append(_ element: Element) {
    if count == storage.count { grow() }
    storage[(head + count) & (storage.count - 1)] = element
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = storage[head].take()
    head = (head + 1) & (storage.count - 1)
    count -= 1
    return element
  }

  func first(where predicate: (Element) -> Bool) -> Element? {
    for offset in 0..<count {
      if let element = storage[(head + offset) & (storage.count - 1)], predicate(element) { return element }
    }
    return nil
  }

  func contains(where predicate: (Element) -> Bool) -> Bool { first(where: predicate) != nil }

  private mutating func grow() {
    var larger = [Element?](repeating: nil, count: max(8, storage.count * 2))
    for offset in 0..<count { larger[offset] = storage[(head + offset) & (storage.count - 1)] }
    storage = larger
    head = 0
  }
}
