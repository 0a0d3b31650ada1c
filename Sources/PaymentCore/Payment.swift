/// The law under which a record is kept.
package enum Residency: Int64, CaseIterable, Sendable {
  case eu = 1
  case mx = 2

  /// The word used in requests, tags and manifests.
  package var word: String { self == .eu ? "EU" : "MX" }

  package init?(word: some StringProtocol) {
    guard let residency = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = residency
  }
}

/// Where a payment stands. `captured` and `declined` are final.
package enum PaymentState: Int64, CaseIterable, Sendable {
  case received = 0
  case captured = 1
  case declined = 2

  /// The states that may follow.
  package var successors: [PaymentState] { self == .received ? [.captured, .declined] : [] }

  /// The word in answers.
  package var word: StaticString {
    switch self {
    case .received: "received"
    case .captured: "captured"
    case .declined: "declined"
    }
  }
}

/// A request to move money, validated.
package struct PaymentRequest: Hashable, Sendable {
  package var key: IdempotencyKey
  /// Account that pays.
  package var debtor: Int64
  /// Account that is paid.
  package var creditor: Int64
  /// Above zero.
  package var amount: Money
  package var residency: Residency

  package init(key: IdempotencyKey, debtor: Int64, creditor: Int64, amount: Money, residency: Residency) {
    self.key = key
    self.debtor = debtor
    self.creditor = creditor
    self.amount = amount
    self.residency = residency
  }

  /// What the request asks for, apart from its key: the same key with another fingerprint is a client's mistake.
  package var fingerprint: Int64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for word in [debtor, creditor, amount.minorUnits, amount.currency.number, residency.rawValue] {
      hash = (hash ^ UInt64(bitPattern: word)) &* 0x100_0000_01b3
      hash ^= hash >> 29
    }
    return Int64(bitPattern: hash)
  }
}

/// How a payment ended; the first that applies, in this order.
package enum PaymentResult: Hashable, Sendable {
  /// The key was used for another request.
  case keyReused
  /// The key was used for this request: the answer of then.
  case replayed(payment: Int64, state: PaymentState)
  /// One of the accounts does not exist or is kept in another currency.
  case unknownAccount
  /// The debtor's balance does not cover the amount; recorded as a declined payment.
  case declined(payment: Int64)
  /// The money has moved.
  case captured(payment: Int64)
}
