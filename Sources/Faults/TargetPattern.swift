import NetworkModel

/// What a fault, an expectation or a drill's question points at: `region/kind/namespace/name`, or `region/kind/name` for
/// what has no namespace. Each part may hold `*` (any characters) and `?` (one character).
package struct TargetPattern: Hashable, Sendable, CustomStringConvertible {
  package var region: String
  /// The kind in lower case, such as `deployment` or `link`.
  package var kind: String
  package var namespace: String?
  package var name: String

  /// Why a text is no target.
  package struct Malformed: Error, CustomStringConvertible {
    package var description: String
  }

  package init(parsing text: String) throws(Malformed) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard (3...4).contains(parts.count), !parts.contains("") else {
      throw Malformed(
        description: "expected a target region/kind/namespace/name or region/kind/name, found \"\(text)\"")
    }
    if text.contains(where: \.isWhitespace) {
      throw Malformed(description: "a target has no blanks, found \"\(text)\"")
    }
    region = parts[0]
    kind = parts[1]
    namespace = parts.count == 4 ? parts[2] : nil
    name = parts[parts.count - 1]
  }

  package var description: String {
    [region, kind, namespace, name].compactMap(\.self).joined(separator: "/")
  }

  /// Whether it can match more than one target.
  package var isGlob: Bool { description.contains { $0 == "*" || $0 == "?" } }

  /// Whether a target, given as its path, is meant. Parts match parts: `*` does not reach over a slash.
  package func matches(_ target: String) -> Bool {
    let own = [region, kind, namespace, name].compactMap(\.self)
    let parts = target.split(separator: "/", omittingEmptySubsequences: false)
    return own.count == parts.count && zip(own, parts).allSatisfy { matchesGlob($0, String($1)) }
  }
}

/// How many of the matching targets a fault takes.
package enum TargetMode: Hashable, Sendable, CustomStringConvertible {
  case one, all
  case count(Int)
  /// A percentage of 1 to 100, rounded up.
  case percentage(Int)

  /// `one`, `all`, `3` or `50%`; `nil` for anything else.
  package init?(parsing text: String) {
    if text == "one" {
      self = .one
    } else if text == "all" {
      self = .all
    } else if let count = Int(text), count > 0 {
      self = .count(count)
    } else if text.hasSuffix("%"), let share = Int(text.dropLast()), (1...100).contains(share) {
      self = .percentage(share)
    } else {
      return nil
    }
  }

  /// How many of so many matching targets are taken.
  package func count(of matching: Int) -> Int {
    switch self {
    case .one: min(1, matching)
    case .all: matching
    case .count(let count): min(count, matching)
    case .percentage(let share): (matching * share + 99) / 100
    }
  }

  package var description: String {
    switch self {
    case .one: "one"
    case .all: "all"
    case .count(let count): "\(count)"
    case .percentage(let share): "\(share)%"
    }
  }
}

/// Whether a text fits a pattern with `*` and `?`.
package func matchesGlob(_ pattern: String, _ text: String) -> Bool { globMatches(pattern, text) }
