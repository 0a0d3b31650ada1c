import Documents

/// Metrics as text: Prometheus' exposition format 0.0.4 (prometheus.io/docs, "Exposition formats").
///
/// Samples of one family stand together behind its HELP and TYPE lines; whoever writes calls `family` once for each and then
/// adds its samples.
package struct ExpositionText: Sendable {
  /// What TYPE says about a family.
  package enum MetricType: String, Sendable { case counter, gauge, histogram, summary, untyped }

  /// What a server of such text says in `Content-Type`.
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  package private(set) var bytes: [UInt8] = []

  package init(capacity: Int = 1024) { bytes.reserveCapacity(capacity) }

  /// Begins a family.
  package mutating func family(_ name: String, _ type: MetricType, _ help: String) {
    append("# HELP ")
    append(name)
    bytes.append(Self.space)
    appendEscaped(help, quote: false)
    append("\n# TYPE ")
    append(name)
    bytes.append(Self.space)
    append(type.rawValue)
    bytes.append(Self.newline)
  }

  /// Adds a sample. Label values are escaped; names are taken as they are.
  package mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
    append(name)
    if !labels.isEmpty {
      for (index, label) in labels.enumerated() {
        bytes.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
        append(label.0)
        append("=\"")
        appendEscaped(label.1, quote: true)
        bytes.append(UInt8(ascii: "\""))
      }
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(Self.space)
    append(value)
    bytes.append(Self.newline)
  }

  /// Adds a sample whose labels are written already.
  ///
  /// - Parameter labelText: with its braces; empty for none.
  package mutating func sample(_ name: String, labelText: String, _ value: Double) {
    append(name)
    append(labelText)
    bytes.append(Self.space)
    append(value)
    bytes.append(Self.newline)
  }

  /// Labels as `sample` writes them, to be kept for many samples.
  package static func labelText(_ labels: [(String, String)]) -> String {
    var text = ExpositionText(capacity: 256)
    text.sample("", labels, 0)
    return String(decoding: text.bytes.dropLast(3), as: UTF8.self)
  }

  /// Adds a family of one sample.
  package mutating func single(
    _ name: String, _ type: MetricType, _ help: String, _ labels: [(String, String)] = [], _ value: Double
  ) {
    family(name, type, help)
    sample(name, labels, value)
  }

  /// Adds the samples of a histogram: cumulative buckets in order, sum and count.
  ///
  /// - Parameter buckets: upper bounds, rising, with the count of each alone; `overflow` counts what lies above the last.
  package mutating func histogram(
    _ name: String, _ labels: [(String, String)] = [], buckets: [(bound: Double, count: Int)], overflow: Int,
    sum: Double
  ) {
    var cumulative = 0
    for bucket in buckets {
      cumulative += bucket.count
      sample(name + "_bucket", labels + [("le", goNumberText(bucket.bound))], Double(cumulative))
    }
    cumulative += overflow
    sample(name + "_bucket", labels + [("le", "+Inf")], Double(cumulative))
    sample(name + "_sum", labels, sum)
    sample(name + "_count", labels, Double(cumulative))
  }

  /// Adds text that is complete already.
  package mutating func append(contentsOf text: [UInt8]) { bytes.append(contentsOf: text) }

  // MARK: Bytes

  private static let space = UInt8(ascii: " ")
  private static let newline = UInt8(ascii: "\n")

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func append(_ value: Double) {
    guard let integer = Int64(exactly: value), integer.magnitude < 1_000_000, value.sign == .plus else {
      return append(goNumberText(value))
    }
    append(String(integer))
  }

  private mutating func appendEscaped(_ text: String, quote: Bool) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): append("\\\\")
      case UInt8(ascii: "\n"): append("\\n")
      case UInt8(ascii: "\"") where quote: append("\\\"")
      default: bytes.append(byte)
      }
    }
  }
}
