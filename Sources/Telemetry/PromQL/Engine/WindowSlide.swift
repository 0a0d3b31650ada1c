/// A window that ends at one time after another, laid over the samples of one series; both its bounds belong to it.
struct WindowSlide {
  var firstEnd: Int64
  var step: Int64
  /// At least one.
  var count: Int
  var range: Int64
  /// A cell for every end.
  var output: UnsafeMutablePointer<Double>

  var lastEnd: Int64 { firstEnd &+ Int64(count - 1) &* step }

  /// Fills the cells: nothing where no sample is in the window, or where `function` gives nothing.
  @inline(__always)
  func apply(_ samples: UnsafeBufferPointer<Sample>, _ function: (UnsafeBufferPointer<Sample>) -> Double?) {
    applyAtColumns(samples) { window, _ in function(window) }
  }

  /// As `apply`, telling the number of the cell.
  @inline(__always)
  func applyAtColumns(
    _ samples: UnsafeBufferPointer<Sample>, _ function: (UnsafeBufferPointer<Sample>, Int) -> Double?
  ) {
    slide(samples) { low, high, _, column in
      function(UnsafeBufferPointer(start: samples.baseAddress.unsafelyUnwrapped + low, count: high &- low), column)
    }
  }

  @inline(__always)
  private func slide(_ samples: UnsafeBufferPointer<Sample>, _ function: (Int, Int, Int64, Int) -> Double?) {
    var low = 0
    var high = 0
    var end = firstEnd
    for column in 0..<count {
      while high < samples.count, samples[high].time <= end { high &+= 1 }
      let start = end &- range
      while low < high, samples[low].time < start { low &+= 1 }
      output[column] = low == high ? PlanNode.absent : function(low, high, end, column) ?? PlanNode.absent
      end &+= step
    }
  }

  /// `rate`, `increase` and `delta`: the change over the window, drawn out to its bounds where the samples end near them
  /// (`promql/functions.go`, `extrapolatedRate`).
  @inline(__always)
  func extrapolate(_ samples: UnsafeBufferPointer<Sample>, isCounter: Bool, isRate: Bool) {
    // Where a counter last started anew, of all samples up to the end of the window.
    var lastReset = 0
    var inspected = 1
    let seconds = Double(range) / 1000
    slide(samples) { low, high, end, _ in
      guard high &- low >= 2 else { return nil }
      var change = samples[high - 1].value - samples[low].value
      if isCounter {
        while inspected < high {
          if samples[inspected].value < samples[inspected - 1].value { lastReset = inspected }
          inspected &+= 1
        }
        if lastReset > low {
          for index in (low + 1)..<high where samples[index].value < samples[index - 1].value {
            change += samples[index - 1].value
          }
        }
      }
      let factor = extrapolation(samples, low, high, end, isCounter: isCounter, change: change)
      return change * (isRate ? factor / seconds : factor)
    }
  }

  @inline(__always)
  private func extrapolation(
    _ samples: UnsafeBufferPointer<Sample>, _ low: Int, _ high: Int, _ end: Int64, isCounter: Bool, change: Double
  ) -> Double {
    let first = samples[low]
    let last = samples[high - 1]
    var toStart = Double(first.time &- (end &- range)) / 1000
    let toEnd = Double(end &- last.time) / 1000
    let covered = Double(last.time &- first.time) / 1000
    let spacing = covered / Double(high &- low &- 1)
    if isCounter, change > 0, first.value >= 0 {
      // A counter began at zero at the earliest: no further back than its slope reaches down to that.
      let toZero = covered * (first.value / change)
      if toZero < toStart { toStart = toZero }
    }
    let near = spacing * 1.1
    var whole = covered
    whole += toStart < near ? toStart : spacing / 2
    whole += toEnd < near ? toEnd : spacing / 2
    return whole / covered
  }
}
