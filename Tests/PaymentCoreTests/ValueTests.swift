import Testing

@testable import PaymentCore

@Suite struct ValueTests {
  @Test(arguments: [
    ("12.50", "EUR", 1250), ("12.5", "EUR", 1250), ("12", "EUR", 1200), ("0.01", "EUR", 1), ("007", "JPY", 7),
    ("1.234", "KWD", 1234), ("92233720368547758.07", "USD", Int64.max),
  ])
  func amounts(text: String, code: String, minorUnits: Int64) throws {
    let currency = try #require(Currency(code: code))
    #expect(Money(decimal: text, currency)?.minorUnits == minorUnits)
  }

  @Test(arguments: [
    "", ".5", "5.", "1.2.3", "-1", "+1", "1e3", " 1", "1,5", "٣", "1.000", "92233720368547758.08",
    "99999999999999999999999",
  ])
  func malformedAmounts(text: String) {
    #expect(Money(decimal: text, .eur) == nil)
  }

  @Test(arguments: [
    (Int64(1250), "EUR", "12.50"), (-5, "EUR", "-0.05"), (7, "JPY", "7"), (1, "KWD", "0.001"),
    (Int64.min, "USD", "-92233720368547758.08"), (0, "MXN", "0.00"),
  ])
  func formatting(minorUnits: Int64, code: String, text: String) throws {
    #expect(Money(minorUnits: minorUnits, try #require(Currency(code: code))).decimalText == text)
  }

  @Test func formattingAndReadingAgreeInEveryCurrency() {
    var generator = Generator(seed: 11)
    for currency in Currency.all {
      let money = Money(minorUnits: Int64(generator.next() >> 1), currency)
      #expect(Money(decimal: money.decimalText, currency) == money)
      #expect(Currency(number: currency.number) == currency && Currency(code: currency.code) == currency)
    }
    #expect(Currency.all.count > 150 && Set(Currency.all.map(\.number)).count == Currency.all.count)
    #expect(Currency(code: "eur") == nil && Currency(number: 0) == nil)
    #expect(Currency(code: "EUR") == .eur && Currency(code: "MXN") == .mxn)
  }

  @Test func keys() {
    let text = "5f0c3a52-7b1e-4d0f-9a63-0c2f6a7e1b44"
    #expect(IdempotencyKey(text)?.description == text)
    #expect(IdempotencyKey(String(text.dropLast())) == nil && IdempotencyKey(text + "0") == nil)
    #expect(IdempotencyKey("g" + text.dropFirst()) == nil)
  }

  @Test func fingerprintsTellRequestsApart() {
    let key = IdempotencyKey(high: 1, low: 2)
    let base = PaymentRequest(
      key: key, debtor: 1, creditor: 2, amount: Money(minorUnits: 100, .eur), residency: .eu)
    let variants: [(inout PaymentRequest) -> Void] = [
      { $0.debtor = 3 }, { $0.creditor = 3 }, { $0.amount.minorUnits = 101 }, { $0.amount.currency = .mxn },
      { $0.residency = .mx }, { swap(&$0.debtor, &$0.creditor) },
    ]
    for change in variants {
      var other = base
      change(&other)
      #expect(other.fingerprint != base.fingerprint)
    }
    var sameRequest = base
    sameRequest.key = IdempotencyKey(high: 9, low: 9)
    #expect(sameRequest.fingerprint == base.fingerprint)
  }

  @Test func theStateMachine() {
    #expect(PaymentState.received.successors == [.captured, .declined])
    #expect(PaymentState.allCases.filter { $0.successors.isEmpty } == [.captured, .declined])
  }

  @Test func jsonStrings() {
    var text = ByteText()
    text.append(jsonString: "a\"b\\\n\u{1}ñ")
    #expect(text.string == #""a\"b\\\n\u0001ñ""#)
  }
}
