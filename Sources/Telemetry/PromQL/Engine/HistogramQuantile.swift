/// `histogram_quantile` for classic histograms (`promql/quantile.go`).
enum ClassicHistogram {
  struct Bucket {
    var upperBound: Double
    var count: Double
  }

  /// The quantile by proportion within the bucket in which it lies.
  static func quantile(_ q: Double, _ unsorted: [Bucket]) -> Double {
    if q.isNaN { return .nan }
    if q < 0 { return -.infinity }
    if q > 1 { return .infinity }
    var buckets = unsorted.sorted { $0.upperBound < $1.upperBound }
    guard buckets.last?.upperBound == .infinity else { return .nan }
    buckets = coalesced(buckets)
    guard buckets.count > 1 else { return .nan }
    // Counts that fall were scraped between increments.
    for index in buckets.indices.dropFirst() {
      buckets[index].count = Swift.max(buckets[index].count, buckets[index - 1].count)
    }
    let observations = buckets[buckets.count - 1].count
    if observations == 0 { return .nan }
    var rank = q * observations
    let index = buckets.dropLast().firstIndex { $0.count >= rank } ?? buckets.count - 1
    if index == buckets.count - 1 { return buckets[index - 1].upperBound }
    if index == 0, buckets[0].upperBound <= 0 { return buckets[0].upperBound }
    var (start, count) = (0.0, buckets[index].count)
    if index > 0 {
      start = buckets[index - 1].upperBound
      count -= buckets[index - 1].count
      rank -= buckets[index - 1].count
    }
    return start + (buckets[index].upperBound - start) * (rank / count)
  }

  private static func coalesced(_ buckets: [Bucket]) -> [Bucket] {
    buckets.reduce(into: []) { result, bucket in
      if let last = result.last, last.upperBound == bucket.upperBound {
        result[result.count - 1].count += bucket.count
      } else {
        result.append(bucket)
      }
    }
  }
}
