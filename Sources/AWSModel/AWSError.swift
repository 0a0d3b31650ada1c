/// What an AWS API answers instead of a result: `An error occurred (code) when calling the … operation: message`.
package protocol AWSFault: Error {
  /// Such as `InvalidGroup.NotFound`.
  var code: String { get }
  var message: String { get }
}

/// An error of an AWS API in its own words.
package struct AWSError: AWSFault, Hashable, Sendable, CustomStringConvertible {
  package var code: String
  package var message: String
  package var description: String { "\(code): \(message)" }

  package init(_ code: String, _ message: String) {
    self.code = code
    self.message = message
  }
}
