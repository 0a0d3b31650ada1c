/// What is wrong with an expression or its evaluation, in Prometheus' own words.
package struct PromQLError: Error, Hashable, Sendable, CustomStringConvertible {
  package var message: String

  package init(_ message: String) { self.message = message }

  package var description: String { message }
}
