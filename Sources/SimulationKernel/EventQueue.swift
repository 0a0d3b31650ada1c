/// What happens when an event is due.
enum EventAction {
  /// A process goes on.
  case resume(UnsafeContinuation<Void, Never>)
  /// A closure runs to completion.
  case run(@Simulated () -> Void)
  /// The event was cancelled; its slot is free once it is popped.
  case cancelled
}

/// Pending events ordered by (time, sequence): a four-ary heap of plain words over a slab of actions, so that moving
/// an entry copies 16 bytes, four siblings fit a cache line, and no reference count is touched.
struct EventQueue {
  struct Entry {
    var time: Int64
    /// The sequence number above the slot: compared as one word, because sequence numbers are unique.
    private var order: UInt64

    init(time: Int64, sequence: UInt64, slot: Int32) {
      precondition(slot < 1 << Self.slotBits, "more than 16 million events are pending")
      precondition(sequence < 1 << (64 - Self.slotBits), "more than a million million events were scheduled")
      self.time = time
      order = sequence << Self.slotBits | UInt64(slot)
    }

    var slot: Int32 { Int32(truncatingIfNeeded: order & (1 << Self.slotBits - 1)) }

    private static let slotBits: UInt64 = 24

    @inline(__always)
    static func < (left: Entry, right: Entry) -> Bool {
      left.time < right.time || (left.time == right.time && left.order < right.order)
    }
  }

  struct Slot {
    var action: EventAction
    var name: EventName
    var sequence: UInt64
  }

  private var heap: [Entry] = []
  private var slots: [Slot] = []
  private var free: [Int32] = []
  private var cancelledCount = 0

  /// Events that are still to happen.
  var count: Int { heap.count - cancelledCount }

  /// The time of the next entry, cancelled ones included; `nil` when there is none.
  var nextTime: Int64? { heap.first?.time }

  mutating func push(time: Int64, sequence: UInt64, name: EventName, action: EventAction) -> Int32 {
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
      slots[Int(slot)] = Slot(action: action, name: name, sequence: sequence)
    } else {
      slot = Int32(slots.count)
      slots.append(Slot(action: action, name: name, sequence: sequence))
    }
    heap.append(Entry(time: time, sequence: sequence, slot: slot))
    siftUp(heap.count - 1)
    return slot
  }

  /// Removes the earliest entry. The action may be `cancelled`.
  mutating func pop() -> (entry: Entry, slot: Slot) {
    let first = heap[0]
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      siftDown(0)
    }
    let index = Int(first.slot)
    let slot = slots[index]
    slots[index].action = .cancelled
    free.append(first.slot)
    if case .cancelled = slot.action { cancelledCount -= 1 }
    return (first, slot)
  }

  /// Cancels the event in `slot` if it is still the one with this sequence number.
  ///
  /// - Returns: whether it was pending.
  mutating func cancel(slot: Int32, sequence: UInt64) -> Bool {
    let index = Int(slot)
    guard slots[index].sequence == sequence else { return false }
    if case .cancelled = slots[index].action { return false }
    slots[index].action = .cancelled
    cancelledCount += 1
    if cancelledCount > Self.compactionFloor, cancelledCount * 2 > heap.count { compact() }
    return true
  }

  /// Cancelled entries are swept out once there are more than this and they are the majority.
  private static let compactionFloor = 4096

  private mutating func compact() {
    var kept: [Entry] = []
    kept.reserveCapacity(heap.count - cancelledCount)
    for entry in heap {
      if case .cancelled = slots[Int(entry.slot)].action { free.append(entry.slot) } else { kept.append(entry) }
    }
    heap = kept
    cancelledCount = 0
    guard heap.count > 1 else { return }
    for index in stride(from: (heap.count - 2) / 4, through: 0, by: -1) { siftDown(index) }
  }

  private mutating func siftUp(_ start: Int) {
    heap.withUnsafeMutableBufferPointer { heap in
      var index = start
      let entry = heap[index]
      while index > 0 {
        let parent = (index - 1) >> 2
        guard entry < heap[parent] else { break }
        heap[index] = heap[parent]
        index = parent
      }
      heap[index] = entry
    }
  }

  private mutating func siftDown(_ start: Int) {
    heap.withUnsafeMutableBufferPointer { heap in
      let count = heap.count
      var index = start
      let entry = heap[index]
      while true {
        let firstChild = index << 2 + 1
        guard firstChild < count else { break }
        var smallest = firstChild
        for child in (firstChild + 1)..<max(firstChild + 1, min(firstChild + 4, count))
        where heap[child] < heap[smallest] {
          smallest = child
        }
        guard heap[smallest] < entry else { break }
        heap[index] = heap[smallest]
        index = smallest
      }
      heap[index] = entry
    }
  }
}
