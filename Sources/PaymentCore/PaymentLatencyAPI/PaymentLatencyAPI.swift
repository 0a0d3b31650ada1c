import HTTPMessages

/// The program `payment-latency-api`: one process of the payment API.
///
/// | endpoint | meaning |
/// |---|---|
/// | `GET /health` | the process answers, with its latest latency figures; does not ask the database, because liveness uses it |
/// | `GET /metrics` | Prometheus text exposition |
/// | `GET /info` | version, region, environment |
/// | `GET /api/payment/simulate` | processes one payment |
///
/// Parameters of `simulate`: `amount` (decimal, default 10.00), `currency` (default the region's), `debtor` and `creditor`
/// (accounts, by default picked by the key), `residency` (default the region's); header `Idempotency-Key` (a UUID, by
/// default a new one). Errors are problem documents (RFC 9457).
package final class PaymentLatencyAPI {
  package let configuration: PaymentAPIConfiguration
  /// What `/info` calls the version: the image's tag.
  package let version: String
  package private(set) var metrics = PaymentMetrics()

  private let idempotency: IdempotencyCheck

  /// Tries of one payment against the database, the first included.
  package static let maximumTries = 3
  /// Pause before the second try in milliseconds; doubles for each further one.
  package static let retryPause = 50.0

  /// - Parameter idempotency: enforced in every program; see `IdempotencyCheck`.
  package init(configuration: PaymentAPIConfiguration, version: String, idempotency: IdempotencyCheck = .enforced) {
    self.configuration = configuration
    self.version = version
    self.idempotency = idempotency
  }

  /// Answers one request.
  ///
  /// - Parameter arrival: when the process got it, in microseconds since 1970, if that was before now: the metrics count from
  ///   then on.
  package func respond(
    to request: HTTPRequest, in surroundings: any RequestSurroundings, arrival: Int64? = nil
  ) async -> HTTPResponse {
    let route = PaymentMetrics.Route(path: request.path)
    let began = await surroundings.now()
    let response = await answer(request, route, began, surroundings)
    metrics.record(
      route, request.method, status: response.status, microseconds: await surroundings.now() - (arrival ?? began))
    return response
  }

  private func answer(
    _ request: HTTPRequest, _ route: PaymentMetrics.Route, _ began: Int64, _ surroundings: any RequestSurroundings
  ) async -> HTTPResponse {
    guard route != .other else { return problem(404, "Not Found", "no resource at \(request.path)") }
    guard request.method == .get else { return methodNotAllowed }
    return switch route {
    case .payment: await simulate(request, began, surroundings)
    case .health: health()
    case .metrics: text(metrics.exposition(await surroundings.processFigures()))
    default: info()
    }
  }

  // MARK: Payments

  private func simulate(
    _ request: HTTPRequest, _ began: Int64, _ surroundings: any RequestSurroundings
  ) async -> HTTPResponse {
    switch await parse(request, surroundings) {
    case .failure(let refusal):
      if let foreign = refusal.foreign { await note(foreign, at: began, surroundings) }
      return problem(refusal.status, refusal.title, refusal.detail)
    case .success(let payment): return await process(payment, request.traceParent, began: began, surroundings)
    }
  }

  /// Leaves a trace of a refusal for the auditors; if the database does not take it, in the log.
  private func note(_ foreign: Residency, at time: Int64, _ surroundings: any RequestSurroundings) async {
    do { try await surroundings.run(NoteRefusal(foreign, now: time)) } catch {
      await surroundings.log(
        #"{"level":"error","msg":"refusal not recorded","residency":"\#(foreign.word)","sqlstate":"\#(error.sqlState)"}"#
      )
    }
  }

  private func process(
    _ payment: PaymentRequest, _ caller: TraceParent?, began: Int64, _ surroundings: any RequestSurroundings
  ) async -> HTTPResponse {
    var pause = Self.retryPause
    for attempt in 1... {
      let asked = await surroundings.now()
      do {
        let result = try await surroundings.run(CapturePayment(payment, now: began, idempotency: idempotency))
        let now = await surroundings.now()
        metrics.recordTransaction(microseconds: now - asked, failure: nil)
        return answer(result, payment, microseconds: now - began)
      } catch {
        metrics.recordTransaction(microseconds: await surroundings.now() - asked, failure: error.sqlState)
        // Work in doubt is safe to try again: the key decides whether it was done.
        guard error.isTransient || error.isInDoubt, attempt < Self.maximumTries else {
          await surroundings.log(failureLine(error, attempt, caller))
          metrics.record(PaymentMetrics.Outcome.failed)
          return problem(
            error.sqlState == "57014" ? 504 : 503, "Service Unavailable", "the payment store does not answer")
        }
        await surroundings.pause(milliseconds: pause)
        pause *= 2
      }
    }
    preconditionFailure("the loop over tries ends by returning")
  }

  private func answer(_ result: PaymentResult, _ payment: PaymentRequest, microseconds: Int64) -> HTTPResponse {
    switch result {
    case .captured(let id):
      metrics.record(PaymentState.captured)
      metrics.record(PaymentMetrics.Outcome.completed)
      return paymentAnswer(id, .captured, payment, microseconds)
    case .replayed(let id, let state):
      metrics.record(state == .declined ? PaymentMetrics.Outcome.declined : .completed)
      return paymentAnswer(id, state, payment, microseconds)
    case .declined(let id):
      metrics.record(PaymentState.declined)
      metrics.record(PaymentMetrics.Outcome.declined)
      return paymentAnswer(id, .declined, payment, microseconds)
    case .keyReused: return problem(422, "Unprocessable Content", "the idempotency key was used for another payment")
    case .unknownAccount: return problem(422, "Unprocessable Content", "no such account in this currency")
    }
  }

  private func paymentAnswer(_ id: Int64, _ state: PaymentState, _ payment: PaymentRequest, _ microseconds: Int64)
    -> HTTPResponse
  {
    var body = ByteText(capacity: 160)
    body.append("{\"id\":")
    body.append(id)
    body.append(",\"status\":\"")
    body.append(state.word)
    body.append("\",\"amount\":\"")
    body.append(payment.amount)
    body.append("\",\"currency\":\"")
    body.append(payment.amount.currency.code)
    body.append("\",\"region\":\"")
    body.append(configuration.region)
    body.append("\",\"latency_ms\":")
    body.append(milliseconds: microseconds)
    body.append("}")
    return HTTPResponse(status: state == .declined ? 402 : 200, headers: Self.jsonHeaders, body: body.bytes)
  }

  private func failureLine(_ failure: DatabaseFailure, _ attempt: Int, _ caller: TraceParent?) -> String {
    var line = ByteText(capacity: 160)
    line.append(#"{"level":"error","msg":"payment failed","error":"#)
    line.append(jsonString: failure.description)
    line.append(",\"tries\":")
    line.append(Int64(attempt))
    if let caller {
      line.append(",\"trace_id\":\"")
      line.append(caller.trace.description)
      line.append("\"")
    }
    line.append("}")
    return line.string
  }

  // MARK: The other endpoints

  private func health() -> HTTPResponse {
    let latency = metrics.recentLatency
    var body = ByteText(capacity: 96)
    body.append(#"{"status":"ok","latency_ms":{"p50":"#)
    body.append(milliseconds: latency.p50)
    body.append(",\"p99\":")
    body.append(milliseconds: latency.p99)
    body.append("}}")
    return HTTPResponse(status: 200, headers: Self.jsonHeaders, body: body.bytes)
  }

  private func info() -> HTTPResponse {
    var body = ByteText(capacity: 128)
    body.append(#"{"service":"payment-latency-api","version":"#)
    body.append(jsonString: version)
    body.append(",\"region\":")
    body.append(jsonString: configuration.region)
    body.append(",\"environment\":")
    body.append(jsonString: configuration.environment)
    body.append("}")
    return HTTPResponse(status: 200, headers: Self.jsonHeaders, body: body.bytes)
  }

  private func text(_ body: [UInt8]) -> HTTPResponse {
    HTTPResponse(status: 200, headers: Self.textHeaders, body: body)
  }

  private var methodNotAllowed: HTTPResponse {
    var response = problem(405, "Method Not Allowed", "this resource answers GET")
    response.headers["Allow"] = "GET"
    return response
  }

  private func problem(_ status: Int, _ title: String, _ detail: String) -> HTTPResponse {
    var body = ByteText(capacity: 128)
    body.append(#"{"type":"about:blank","title":"#)
    body.append(jsonString: title)
    body.append(",\"status\":")
    body.append(Int64(status))
    body.append(",\"detail\":")
    body.append(jsonString: detail)
    body.append("}")
    return HTTPResponse(status: status, headers: Self.problemHeaders, body: body.bytes)
  }

  private static let jsonHeaders = HTTPHeaders([HTTPHeader("Content-Type", "application/json")])
  private static let problemHeaders = HTTPHeaders([HTTPHeader("Content-Type", "application/problem+json")])
  private static let textHeaders = HTTPHeaders([HTTPHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")])
}

// Reading a payment out of a request.
extension PaymentLatencyAPI {
  /// Why a request is not a payment.
  private struct Refusal: Error {
    var status: Int
    var title: String
    var detail: String
    /// The residency of a record that may not be kept here.
    var foreign: Residency?

    static func malformed(_ detail: String) -> Refusal { Refusal(status: 400, title: "Bad Request", detail: detail) }
  }

  /// The parameters of a query, as they stand in it.
  private struct Parameters {
    var amount: Substring?
    var currency: Substring?
    var debtor: Substring?
    var creditor: Substring?
    var residency: Substring?

    init(_ query: String) throws(Refusal) {
      for pair in query.split(separator: "&") {
        guard let equals = pair.firstIndex(of: "=") else { throw .malformed("parameter \"\(pair)\" has no value") }
        let value = pair[pair.index(after: equals)...]
        switch pair[..<equals] {
        case "amount": amount = value
        case "currency": currency = value
        case "debtor": debtor = value
        case "creditor": creditor = value
        case "residency": residency = value
        default: throw .malformed("unknown parameter \"\(pair[..<equals])\"")
        }
      }
    }
  }

  private func parse(
    _ request: HTTPRequest, _ surroundings: any RequestSurroundings
  ) async -> Result<PaymentRequest, Refusal> {
    do throws(Refusal) {
      let key = try key(request)
      let parameters = try Parameters(request.query)
      let chosen: IdempotencyKey
      if let key { chosen = key } else { chosen = await surroundings.newKey() }
      return .success(try payment(parameters, key: chosen))
    } catch {
      return .failure(error)
    }
  }

  private func key(_ request: HTTPRequest) throws(Refusal) -> IdempotencyKey? {
    guard let text = request.headers["Idempotency-Key"] else { return nil }
    guard let key = IdempotencyKey(text) else { throw .malformed("the idempotency key is not a UUID") }
    return key
  }

  private func payment(_ parameters: Parameters, key: IdempotencyKey) throws(Refusal) -> PaymentRequest {
    guard let currency = parameters.currency.map({ Currency(code: $0) }) ?? configuration.currency else {
      throw .malformed("unknown currency")
    }
    let amount = parameters.amount.map { Money(decimal: $0, currency) } ?? Money(decimal: "10", currency)
    guard let amount, amount.minorUnits > 0 else {
      throw .malformed("the amount is not a decimal above 0 of this currency")
    }
    let residency = parameters.residency.map { Residency(word: $0) } ?? configuration.residency
    guard let residency else { throw .malformed("unknown residency") }
    guard residency == configuration.residency else {
      throw Refusal(
        status: 403, title: "Forbidden",
        detail: "a record of residency \(residency.word) may not be kept in region \(configuration.region)",
        foreign: residency)
    }
    let accounts = UInt64(PaymentSchema.customerAccounts)
    let debtor = try account(parameters.debtor) ?? Int64(key.high % accounts) + 1
    let creditor =
      try account(parameters.creditor) ?? (debtor - 1 + Int64(key.low % (accounts - 1)) + 1) % Int64(accounts) + 1
    guard debtor != creditor else {
      throw Refusal(status: 422, title: "Unprocessable Content", detail: "debtor and creditor are one account")
    }
    return PaymentRequest(key: key, debtor: debtor, creditor: creditor, amount: amount, residency: residency)
  }

  private func account(_ text: Substring?) throws(Refusal) -> Int64? {
    guard let text else { return nil }
    guard let number = Int64(text), number > 0 else { throw .malformed("\"\(text)\" is not an account") }
    return number
  }
}
