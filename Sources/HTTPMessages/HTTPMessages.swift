/// HTTP requests and responses as plain values: no sockets, no parsing of wire bytes, no imports.
///
/// The payment core answers them, the network model carries them, and the load balancer looks at them; that they share
/// one type is what lets the same core serve simulated and real clients.

/// A request method; the ones the platforms use (RFC 9110, section 9).
package enum HTTPMethod: String, Sendable, CaseIterable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"
  case options = "OPTIONS"
}

/// One header field; names compare without regard to ASCII case.
package struct HTTPHeader: Hashable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// Header fields in the order in which they were added.
package struct HTTPHeaders: Hashable, Sendable {
  package var fields: [HTTPHeader]

  package init(_ fields: [HTTPHeader] = []) { self.fields = fields }

  /// The first value of `name`; setting replaces the first field of that name or appends one, `nil` removes all.
  package subscript(name: String) -> String? {
    get { fields.first { $0.name.equalsIgnoringASCIICase(name) }?.value }
    set {
      guard let newValue else { return fields.removeAll { $0.name.equalsIgnoringASCIICase(name) } }
      if let index = fields.firstIndex(where: { $0.name.equalsIgnoringASCIICase(name) }) {
        fields[index].value = newValue
      } else {
        fields.append(HTTPHeader(name, newValue))
      }
    }
  }
}

extension HTTPRequest {
  /// Bytes of a request line and its headers, as messages of this platform have them on the wire.
  package static let overhead = 400
}

extension HTTPResponse {
  /// Bytes of a status line and its headers.
  package static let overhead = 300
}

/// A request as it arrives at an origin: target already split, body complete.
package struct HTTPRequest: Sendable {
  package var method: HTTPMethod
  /// The authority of the `Host` field, without a port.
  package var host: String
  /// The absolute path, still percent-encoded.
  package var path: String
  /// What follows the question mark, still percent-encoded; empty where there is none.
  package var query: String
  package var headers: HTTPHeaders
  package var body: [UInt8]
  /// The header `traceparent`, which is not among `headers`.
  package var traceParent: TraceParent?

  package init(
    _ method: HTTPMethod = .get, host: String = "", path: String, query: String = "",
    headers: HTTPHeaders = HTTPHeaders(),
    body: [UInt8] = [], traceParent: TraceParent? = nil
  ) {
    self.traceParent = traceParent
    self.method = method
    self.host = host
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
  }
}

/// A complete response.
package struct HTTPResponse: Sendable {
  /// The status code, 100 to 599.
  package var status: Int
  package var headers: HTTPHeaders
  package var body: [UInt8]

  package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

extension String {
  /// Whether both hold the same characters, ASCII letters compared without case.
  package func equalsIgnoringASCIICase(_ other: String) -> Bool {
    utf8.count == other.utf8.count
      && zip(utf8, other.utf8).allSatisfy { $0 == $1 || ($0 | 0x20 == $1 | 0x20 && ($0 | 0x20) &- 97 < 26) }
  }
}
