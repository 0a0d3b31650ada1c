/// A matcher made ready to be asked many times.
package struct LabelCondition {
  package let name: String
  /// The only value that passes, where there is just one.
  let onlyValue: String?
  private let passes: (String) -> Bool

  /// - Parameter passes: asked with an empty string for series without the label.
  package init(_ name: String, passes: @escaping (String) -> Bool) {
    self.name = name
    onlyValue = nil
    self.passes = passes
  }

  package init(_ name: String, equals value: String) {
    self.name = name
    onlyValue = value
    passes = { $0 == value }
  }

  package func holds(for value: String) -> Bool {
    if let onlyValue { value == onlyValue } else { passes(value) }
  }
}
