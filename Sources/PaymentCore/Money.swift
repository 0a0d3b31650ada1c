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

  package static let eur = Currency("EUR", 978, 2)
  package static let mxn = Currency("MXN", 484, 2)

  package init?(code: some StringProtocol) {
    guard let currency = Self.all.first(where: { $0.code == code }) else { return nil }
    self = currency
  }

  package init?(number: Int64) {
    guard let currency = Self.all.first(where: { $0.number == number }) else { return nil }
    self = currency
  }

  /// ISO 4217, list one (current currencies) by code, without funds, metals and test codes.
  package static let all: [Currency] = table.flatMap { exponent, row in
    let words = row.split(separator: " ")
    return stride(from: 0, to: words.count, by: 2).map { Currency(String(words[$0]), Int64(words[$0 + 1])!, exponent) }
  }.sorted { $0.code < $1.code }

  /// Decimals, then code and number of the currencies that have them.
  private static let table: [(Int, String)] = [
    (
      2,
      "AED 784 AFN 971 ALL 8 AMD 51 ANG 532 AOA 973 ARS 32 AUD 36 AWG 533 AZN 944 BAM 977 BBD 52 BDT 50 BGN 975 BMD 60"
    ),
    (2, "BND 96 BOB 68 BRL 986 BSD 44 BTN 64 BWP 72 BYN 933 BZD 84 CAD 124 CDF 976 CHF 756 CNY 156 COP 170 CRC 188"),
    (
      2,
      "CUP 192 CVE 132 CZK 203 DKK 208 DOP 214 DZD 12 EGP 818 ERN 232 ETB 230 EUR 978 FJD 242 FKP 238 GBP 826 GEL 981"
    ),
    (
      2,
      "GHS 936 GIP 292 GMD 270 GTQ 320 GYD 328 HKD 344 HNL 340 HTG 332 HUF 348 IDR 360 ILS 376 INR 356 IRR 364 JMD 388"
    ),
    (
      2,
      "KES 404 KGS 417 KHR 116 KPW 408 KYD 136 KZT 398 LAK 418 LBP 422 LKR 144 LRD 430 LSL 426 MAD 504 MDL 498 MGA 969"
    ),
    (
      2,
      "MKD 807 MMK 104 MNT 496 MOP 446 MRU 929 MUR 480 MVR 462 MWK 454 MXN 484 MYR 458 MZN 943 NAD 516 NGN 566 NIO 558"
    ),
    (
      2,
      "NOK 578 NPR 524 NZD 554 PAB 590 PEN 604 PGK 598 PHP 608 PKR 586 PLN 985 QAR 634 RON 946 RSD 941 RUB 643 SAR 682"
    ),
    (
      2,
      "SBD 90 SCR 690 SDG 938 SEK 752 SGD 702 SHP 654 SLE 925 SOS 706 SRD 968 SSP 728 STN 930 SVC 222 SYP 760 SZL 748"
    ),
    (
      2,
      "THB 764 TJS 972 TMT 934 TOP 776 TRY 949 TTD 780 TWD 901 TZS 834 UAH 980 USD 840 UYU 858 UZS 860 VED 926 VES 928"
    ),
    (2, "WST 882 XCD 951 YER 886 ZAR 710 ZMW 967 ZWG 924"),
    (
      0,
      "BIF 108 CLP 152 DJF 262 GNF 324 ISK 352 JPY 392 KMF 174 KRW 410 PYG 600 RWF 646 UGX 800 VND 704 VUV 548 XAF 950"
    ),
    (0, "XOF 952 XPF 953"),
    (3, "BHD 48 IQD 368 JOD 400 KWD 414 LYD 434 OMR 512 TND 788"),
  ]
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
