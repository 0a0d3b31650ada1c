import SimulationKernel

/// One piece of work on the way of a request, or one wait in it: an entry of a trace. 40 bytes, without references, because
/// every request writes about twenty.
package struct Span: Hashable, Sendable {
  package var operation: SpanOperation
  /// The place that did it, a number that `TracedPlaces` names.
  package var place: Int32
  /// The span inside which it lies, an index into the trace; -1 for the root.
  package var parent: Int32
  package var start: Instant
  /// `distantFuture` while it goes on.
  package var end: Instant
  /// The status of an HTTP answer; 0 where there is none.
  package var status: Int16 = 0
  /// The error that ended it, an index into the texts of its trace or of the store; -1 for none.
  package var error: Int32 = -1

  package init(
    operation: SpanOperation, place: Int32, parent: Int32, start: Instant, end: Instant, status: Int16 = 0,
    error: Int32 = -1
  ) {
    self.operation = operation
    self.place = place
    self.parent = parent
    self.start = start
    self.end = end
    self.status = status
    self.error = error
  }

  package var isOpen: Bool { end == .distantFuture }
  package var isError: Bool { error >= 0 || status >= 500 }
  package var duration: TimeSpan { end - start }
}

/// What a span is about: work of one place, or a wait of one `LatencyComponent` in it.
package enum SpanOperation: Hashable, Sendable {
  case request, lookup, connect, balance, serve, transaction, lend, execute
  case waiting(LatencyComponent)

  /// All in a fixed order, by which records number them.
  package static let all: [SpanOperation] =
    [.request, .lookup, .connect, .balance, .serve, .transaction, .lend, .execute]
    + LatencyComponent.allCases.map { .waiting($0) }

  /// `SpanKind` of OpenTelemetry (opentelemetry-proto, trace.proto).
  package enum Kind: Int, Sendable {
    case `internal` = 1
    case server = 2
    case client = 3

    /// How OTLP's JSON spells it.
    package var word: String { "SPAN_KIND_\(self == .internal ? "INTERNAL" : self == .server ? "SERVER" : "CLIENT")" }
  }

  /// Whether it is a wait, which has no spans inside.
  package var isWait: Bool { if case .waiting = self { true } else { false } }

  package var kind: Kind {
    switch self {
    case .request, .connect, .transaction: .client
    case .balance, .serve, .lend, .execute: .server
    case .lookup, .waiting: .internal
    }
  }

  /// The span's name; for HTTP the method and the route (OpenTelemetry semantic conventions, "HTTP spans").
  package var name: String {
    switch self {
    case .request, .balance, .serve: "GET /api/payment/simulate"
    case .lookup: "dns.lookup"
    case .connect: "connect"
    case .transaction: "payments transaction"
    case .lend: "proxy transaction"
    case .execute: "postgresql transaction"
    case .waiting(let component): component.label
    }
  }
}

/// Where spans happen: a host, told as OpenTelemetry's resources are.
package struct TracedPlace: Hashable, Sendable {
  /// `service.name`: what all of its kind have in common, such as `payment-latency-api`.
  package var service: String
  /// The one of them, as scenario targets are written: `spain/pod/payments/payment-latency-api-5d9…`.
  package var component: String
  /// `cloud.availability_zone`, or where customers are.
  package var zone: String

  package init(service: String, component: String, zone: String) {
    self.service = service
    self.component = component
    self.zone = zone
  }
}
