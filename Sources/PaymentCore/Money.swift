/// A currency of ISO 4217.
package struct Currency: Hashable, Sendable {
  /// The alphabetic code.
  package let code: String
  /// The numeric code, which the ledger stores.
  package let number: Int64
  /// Digits of the minor unit.
  package let exponent: Int

  private init(_ code: String, _ number: Int64, _ exponent: Int) {
    self.code = code
    self.number = number
    self.exponent = exponent
  }

  /// The currencies that the platform settles (ISO 4217, list one).
  package static let all = [
    Currency("EUR", 978, 2), Currency("MXN", 484, 2), Currency("USD", 840, 2), Currency("GBP", 826, 2),
    Currency("CHF", 756, 2), Currency("JPY", 392, 0), Currency("CLP", 152, 0), Currency("BRL", 986, 2),
    Currency("COP", 170, 2), Currency("KWD", 414, 3),
  ]

  package static let eur = all[0]
  package static let mxn = all[1]

  package init?(code: some StringProtocol) {
    guard let currency = Self.all.first(where: { $0.code == code }) else { return nil }
    self = currency
  }

  package init?(number: Int64) {
    guard let currency = Self.all.first(where: { $0.number == number }) else { return nil }
    self = currency
  }
}

/// An amount in whole minor units of a currency; never a floating-point number.
package struct Money: Hashable, Sendable {
  package var minorUnits: Int64
  package var currency: Currency

  package init(minorUnits: Int64, _ currency: Currency) {
    self.minorUnits = minorUnits
    self.currency = currency
  }

  /// Reads a decimal amount such as `12.50`; `nil` for signs, exponents, more decimals than the currency has, and amounts
  /// beyond 64 bits.
  package init?(decimal text: some StringProtocol, _ currency: Currency) {
    var units: Int64 = 0
    var decimals: Int?
    var digits = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "."), decimals == nil, digits > 0 {
        decimals = 0
        continue
      }
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      guard let next = Self.append(byte, to: units) else { return nil }
      units = next
      digits += 1
      if let count = decimals { decimals = count + 1 }
    }
    guard digits > 0, decimals != 0, (decimals ?? 0) <= currency.exponent else { return nil }
    for _ in (decimals ?? 0)..<currency.exponent {
      guard let next = Self.append(UInt8(ascii: "0"), to: units) else { return nil }
      units = next
    }
    self.init(minorUnits: units, currency)
  }

  private static func append(_ digit: UInt8, to units: Int64) -> Int64? {
    let (product, overflow) = units.multipliedReportingOverflow(by: 10)
    let (sum, carried) = product.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
    return overflow || carried ? nil : sum
  }

  /// The decimal amount without its currency, such as `12.50`.
  package var decimalText: String {
    var text = ByteText()
    text.append(self)
    return text.string
  }
}
