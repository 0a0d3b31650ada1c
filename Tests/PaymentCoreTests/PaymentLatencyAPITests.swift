import HTTPMessages
import SQLiteStore
import Testing

@testable import PaymentCore

@Suite struct PaymentLatencyAPITests {
  let key = "5f0c3a52-7b1e-4d0f-9a63-0c2f6a7e1b44"

  @Test func aPaymentIsBookedAndAnswered() async throws {
    let fixture = try Fixture()
    let response = await fixture.pay("amount=12.50&debtor=1&creditor=2", key: key)
    #expect(
      response.text == """
        {"id":1,"status":"captured","amount":"12.50","currency":"EUR","region":"spain","latency_ms":2.000}
        """)
    #expect(response.status == 200 && response.headers["content-type"] == "application/json")
    let balances = try fixture.connection.rows("SELECT balance - opening FROM accounts WHERE id IN (1, 2) ORDER BY id")
    #expect(balances == [[-1250], [1250]])
    #expect(
      try fixture.connection.rows("SELECT payment, account, amount FROM entries") == [[1, 1, -1250], [1, 2, 1250]])
    #expect(try fixture.connection.integer("SELECT payment FROM outbox") == 1)
    #expect(try fixture.findings() == [])
  }

  @Test(arguments: [
    ("amount=0", 400, "not a decimal above 0"), ("amount=-1", 400, "not a decimal above 0"),
    ("amount=1.005", 400, "not a decimal above 0"), ("amount=92233720368547758.08", 400, "not a decimal above 0"),
    ("amount", 400, #"parameter \"amount\" has no value"#), ("amout=1", 400, #"unknown parameter \"amout\""#),
    ("currency=XXX", 400, "unknown currency"), ("residency=FR", 400, "unknown residency"),
    ("debtor=x", 400, #"\"x\" is not an account"#), ("debtor=0", 400, #"\"0\" is not an account"#),
    ("debtor=5&creditor=5", 422, "debtor and creditor are one account"),
    ("debtor=999999", 422, "no such account in this currency"),
    ("currency=USD", 422, "no such account in this currency"),
    ("residency=MX", 403, "a record of residency MX may not be kept in region spain"),
  ])
  func refusals(query: String, status: Int, text: String) async throws {
    let fixture = try Fixture()
    let response = await fixture.pay(query)
    #expect(response.status == status && response.text.contains(text), "\(response.status) \(response.text)")
    #expect(response.headers["content-type"] == "application/problem+json")
    #expect(try fixture.connection.integer("SELECT count(*) FROM payments") == 0)
    #expect(try fixture.connection.integer("SELECT count(*) FROM refusals") == (status == 403 ? 1 : 0))
  }

  @Test func aRefusalThatCannotBeRecordedIsLogged() async throws {
    let fixture = try Fixture()
    fixture.surroundings.fault = { .before(DatabaseFailure(sqlState: "08006", message: "lost")) }
    #expect(await fixture.pay("residency=MX").status == 403)
    #expect(
      fixture.surroundings.lines
        == [#"{"level":"error","msg":"refusal not recorded","residency":"MX","sqlstate":"08006"}"#])
  }

  @Test func theDatabaseRefusesForeignRecordsToo() throws {
    let fixture = try Fixture()
    let request = PaymentRequest(
      key: IdempotencyKey(high: 1, low: 2), debtor: 1, creditor: 2, amount: Money(minorUnits: 5, .eur), residency: .mx)
    #expect(throws: SQLiteError.self) {
      try fixture.connection.write { try CapturePayment(request, now: 0).execute(on: fixture.connection) }
    }
    #expect(try fixture.connection.integer("SELECT count(*) FROM payments") == 0)
  }

  @Test func theSameKeyGetsTheSamePayment() async throws {
    let fixture = try Fixture()
    let first = await fixture.pay("amount=5", key: key)
    let second = await fixture.pay("amount=5", key: key.uppercased())
    #expect(first.paymentID == 1 && second.paymentID == 1)
    let other = await fixture.pay("amount=6", key: key)
    #expect(other.status == 422 && other.text.contains("the idempotency key was used for another payment"))
    #expect(await fixture.pay(key: "not-a-uuid").status == 400)
    #expect(try fixture.connection.integer("SELECT count(*) FROM entries") == 2)
  }

  @Test func aDeclineIsKeptAndReplayed() async throws {
    let fixture = try Fixture()
    for _ in 1...2 {
      let response = await fixture.pay("amount=10000000.01&debtor=1&creditor=2", key: key)
      #expect(response.status == 402 && response.text.hasPrefix(#"{"id":1,"status":"declined""#))
    }
    #expect(try fixture.findings() == [])
  }

  @Test func workInDoubtIsResolvedByItsKey() async throws {
    let fixture = try Fixture()
    var faults: [TestSurroundings.Fault] = [.none, .afterCommit]
    fixture.surroundings.fault = { faults.popLast() ?? .none }
    let response = await fixture.pay(key: key)
    #expect(response.paymentID == 1)
    #expect(fixture.surroundings.pauses == [PaymentLatencyAPI.retryPause])
    #expect(try fixture.connection.integer("SELECT count(*) FROM payments") == 1)
  }

  @Test(arguments: [
    ("08006", 503, 3), ("57P01", 503, 3), ("53300", 503, 3), ("40001", 503, 3), ("57014", 504, 1), ("28P01", 503, 1),
  ])
  func databaseFailures(sqlState: String, status: Int, tries: Int) async throws {
    let fixture = try Fixture()
    fixture.surroundings.fault = { .before(DatabaseFailure(sqlState: sqlState, message: "no")) }
    #expect(await fixture.pay().status == status)
    #expect(fixture.surroundings.works.count == tries)
    #expect(
      fixture.surroundings.lines == [
        #"{"level":"error","msg":"payment failed","error":"no (SQLSTATE \#(sqlState))","tries":\#(tries)}"#
      ])
  }

  @Test func theOtherEndpoints() async throws {
    let fixture = try Fixture()
    _ = await fixture.pay()
    #expect(await fixture.get("/health").text == #"{"status":"ok","latency_ms":{"p50":2.000,"p99":2.000}}"#)
    #expect(
      await fixture.get("/info").text
        == #"{"service":"payment-latency-api","version":"1.4.2","region":"spain","environment":"production"}"#)
    #expect(await fixture.get("/nothing").status == 404)
    let post = await fixture.api.respond(to: HTTPRequest(.post, path: "/health"), in: fixture.surroundings)
    #expect(post.status == 405 && post.headers["Allow"] == "GET")
  }

  @Test func metricsAreAValidExposition() async throws {
    let fixture = try Fixture()
    _ = await fixture.pay()
    _ = await fixture.pay("amount=x")
    let text = await fixture.get("/metrics").text
    for line in [
      #"http_requests_total{code="200",method="GET",path="/api/payment/simulate"} 1"#,
      #"http_requests_total{code="400",method="GET",path="/api/payment/simulate"} 1"#,
      #"http_request_duration_seconds_bucket{path="/api/payment/simulate",le="0.1"} 2"#,
      #"http_request_duration_seconds_bucket{path="/api/payment/simulate",le="+Inf"} 2"#,
      #"payments_total{state="captured"} 1"#, #"transactions_total{status="completed"} 1"#,
    ] {
      #expect(text.contains(line + "\n"), "\(line)")
    }
    var families: Set<String> = []
    for line in text.split(separator: "\n") where line.hasPrefix("# TYPE ") {
      #expect(families.insert(String(line.split(separator: " ")[2])).inserted, "one TYPE a family")
    }
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let name = line.prefix { $0 != "{" && $0 != " " }
      let family = families.contains(String(name)) ? name : name[..<(name.lastIndex(of: "_") ?? name.endIndex)]
      #expect(families.contains(String(family)) && Double(line.split(separator: " ").last ?? "") != nil, "\(line)")
    }
  }

  @Test func aPaymentStaysSmall() async throws {
    let fixture = try Fixture()
    let before = try fixture.connection.size()
    for number in 1...4000 {
      var generator = Generator(seed: UInt64(number))
      let key = IdempotencyKey(high: generator.next(), low: generator.next())
      _ = await fixture.pay(key: key.description)
    }
    #expect(try fixture.connection.size() - before < 330 * 4000)
  }
}
