/// Why a query has no result.
package struct PromQLError: Error, Hashable, Sendable {
  /// The `errorType` of Prometheus' HTTP API (`web/api/v1/api.go`).
  package enum Kind: String, Sendable {
    /// The query itself is wrong.
    case badData = "bad_data"
    /// Its evaluation failed.
    case execution
  }

  package var kind: Kind
  /// Prometheus' own words.
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}
