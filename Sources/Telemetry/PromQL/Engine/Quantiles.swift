/// Quantiles of values and of classic histograms (`promql/quantile.go`).
enum Quantiles {
  /// The quantile of `values`, which are sorted on the way; NaN counts as the least.
  static func quantile(_ quantile: Double, of values: inout [Double]) -> Double {
    guard !values.isEmpty, !quantile.isNaN else { return .nan }
    if quantile < 0 { return -.infinity }
    if quantile > 1 { return .infinity }
    values.sort { $0.isNaN ? !$1.isNaN : $0 < $1 }
    let rank = quantile * Double(values.count - 1)
    let lower = Int(max(0, rank.rounded(.down)))
    let upper = min(values.count - 1, lower + 1)
    let weight = rank - rank.rounded(.down)
    return values[lower] * (1 - weight) + values[upper] * weight
  }

  struct Bucket {
    var upperBound: Double
    /// Observations up to the bound, those of lower buckets included.
    var count: Double
  }

  /// The quantile of a histogram: linear within the bucket that holds it.
  ///
  /// - Parameter buckets: at least one, ascending by bound; changed on the way.
  static func quantile(_ quantile: Double, of buckets: inout [Bucket]) -> Double {
    if quantile.isNaN { return .nan }
    if quantile < 0 { return -.infinity }
    if quantile > 1 { return .infinity }
    guard buckets[buckets.count - 1].upperBound == .infinity else { return .nan }
    mergeEqualBounds(&buckets)
    makeMonotonic(&buckets)
    let last = buckets.count - 1
    guard last >= 1, buckets[last].count != 0 else { return .nan }
    var rank = quantile * buckets[last].count
    let found = buckets.partitioningIndex { $0.count >= rank }
    let index = min(found, last)
    if index == last { return buckets[last - 1].upperBound }
    if index == 0, buckets[0].upperBound <= 0 { return buckets[0].upperBound }
    var start = 0.0
    var count = buckets[index].count
    if index > 0 {
      start = buckets[index - 1].upperBound
      count -= buckets[index - 1].count
      rank -= buckets[index - 1].count
    }
    return start + (buckets[index].upperBound - start) * (rank / count)
  }

  private static func mergeEqualBounds(_ buckets: inout [Bucket]) {
    var kept = 0
    for index in 1..<buckets.count {
      if buckets[index].upperBound == buckets[kept].upperBound {
        buckets[kept].count += buckets[index].count
      } else {
        kept += 1
        buckets[kept] = buckets[index]
      }
    }
    buckets.removeLast(buckets.count - kept - 1)
  }

  /// Buckets that were scraped, or computed, apart from each other may shrink upwards by a little.
  private static func makeMonotonic(_ buckets: inout [Bucket]) {
    var greatest = buckets[0].count
    for index in 1..<max(1, buckets.count) {
      if buckets[index].count > greatest {
        greatest = buckets[index].count
      } else if buckets[index].count < greatest {
        buckets[index].count = greatest
      }
    }
  }
}
