import Documents
import HTTPMessages
import SimulationKernel

/// Traces as OpenTelemetry's JSON (opentelemetry-proto, trace/v1/trace.proto; OTLP specification, "JSON Protobuf Encoding":
/// numbers of traces and spans in hexadecimal, enumerations as integers, 64-bit integers as text).
package struct OTLPTraces {
  /// How bytes and enumerations are written.
  package enum Encoding: Sendable {
    /// The one of the OTLP specification.
    case otlp
    /// That of Go's generic protobuf encoder, in which Tempo answers: bytes in base64, enumerations by name.
    case tempo
  }

  private let places: [TracedPlace]
  private let encoding: Encoding

  package init(places: [TracedPlace], encoding: Encoding = .otlp) {
    self.places = places
    self.encoding = encoding
  }

  /// The value of `resourceSpans`: one entry for each place, in the order in which they first appear.
  package func resourceSpans(_ traces: [StoredTrace]) -> JSONValue {
    var order: [Int32] = []
    var spans: [Int32: [JSONValue]] = [:]
    for trace in traces {
      for (index, span) in trace.spans.enumerated() {
        if spans[span.place] == nil { order.append(span.place) }
        spans[span.place, default: []].append(json(span, Int32(index), of: trace))
      }
    }
    return .array(
      order.map { place in
        [
          "resource": ["attributes": .array(attributes(of: place))],
          "scopeSpans": [["scope": ["name": "twin"], "spans": .array(spans[place] ?? [])]],
        ]
      })
  }

  private func attributes(of place: Int32) -> [JSONValue] {
    guard places.indices.contains(Int(place)) else { return [] }
    let place = places[Int(place)]
    let parts = place.component.split(separator: "/").map(String.init)
    var result = [attribute("service.name", place.service)]
    if parts.count == 4, parts[1] == "pod" {
      result += [attribute("k8s.namespace.name", parts[2]), attribute("k8s.pod.name", parts[3])]
    } else {
      result.append(attribute("service.instance.id", place.component))
    }
    return result + [attribute("cloud.availability_zone", place.zone)]
  }

  private func attribute(_ key: String, _ value: String) -> JSONValue {
    ["key": .string(key), "value": ["stringValue": .string(value)]]
  }

  private func json(_ span: Span, _ index: Int32, of trace: StoredTrace) -> JSONValue {
    func time(_ instant: Instant) -> JSONValue { .string(String(ClusterClock.nanoseconds(instant))) }
    var result: JSONValue = [
      "traceId": number(trace.id.high, trace.id.low), "spanId": number(spanNumber(trace.id, index)),
    ]
    if span.parent >= 0 { result["parentSpanId"] = number(spanNumber(trace.id, span.parent)) }
    result["name"] = .string(span.operation.name)
    result["kind"] =
      encoding == .otlp ? .integer(Int64(span.operation.kind.rawValue)) : .string(span.operation.kind.word)
    result["startTimeUnixNano"] = time(span.start)
    // What still went on when its trace was decided about has no end yet.
    if !span.isOpen { result["endTimeUnixNano"] = time(span.end) }
    if span.status != 0 {
      result["attributes"] = [
        ["key": "http.response.status_code", "value": ["intValue": .string(String(span.status))]]
      ]
    }
    guard span.isError else { return result }
    var status: JSONValue = ["code": encoding == .otlp ? 2 : "STATUS_CODE_ERROR"]
    if let text = trace.error(of: span) { status["message"] = .string(text) }
    result["status"] = status
    return result
  }

  private func number(_ words: UInt64...) -> JSONValue {
    guard encoding == .tempo else { return .string(words.map { hexadecimal($0) }.joined()) }
    return .string(
      base64Encoded(words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }))
  }
}
