import Documents
import SimulationKernel

/// The value of one fault parameter.
package enum FaultArgument: Hashable, Sendable {
  case duration(TimeSpan)
  /// A fraction of 1.
  case share(Double)
  case integer(Int)
  case number(Double)
  case text(String)
  case flag(Bool)
  case object(JSONValue)
}

/// The arguments of one fault by parameter name, defaults filled in. Which type a parameter has stands in its
/// `FaultVerb`; asking for another type is a programmer error.
package struct FaultArguments: Hashable, Sendable {
  private var values: [String: FaultArgument] = [:]

  package init(_ values: [(name: String, value: FaultArgument)] = []) {
    for (name, value) in values { self.values[name] = value }
  }

  package subscript(name: String) -> FaultArgument? { values[name] }

  package func duration(_ name: String) -> TimeSpan? {
    read(name) { if case .duration(let value) = $0 { value } else { nil } }
  }

  /// A percentage as a fraction of 1.
  package func share(_ name: String) -> Double? { read(name) { if case .share(let value) = $0 { value } else { nil } } }

  package func integer(_ name: String) -> Int? {
    read(name) { if case .integer(let value) = $0 { value } else { nil } }
  }

  package func number(_ name: String) -> Double? {
    read(name) { if case .number(let value) = $0 { value } else { nil } }
  }

  package func text(_ name: String) -> String? { read(name) { if case .text(let value) = $0 { value } else { nil } } }

  package func flag(_ name: String) -> Bool {
    read(name) { if case .flag(let value) = $0 { value } else { nil } } ?? false
  }

  package func object(_ name: String) -> JSONValue? {
    read(name) { if case .object(let value) = $0 { value } else { nil } }
  }

  private func read<Value>(_ name: String, _ extract: (FaultArgument) -> Value?) -> Value? {
    guard let argument = values[name] else { return nil }
    guard let value = extract(argument) else { preconditionFailure("fault parameter \(name) has another type") }
    return value
  }
}
