import Documents
import KubernetesModel

/// Words in angle brackets and braces that stand for names: `<pod>`, `{{ $labels.pod }}`.
enum Placeholders {
  /// One occurrence.
  struct Occurrence: Hashable, Sendable {
    /// As it is written.
    var text: String
    /// What it asks for, in lower case without separators: `podname`.
    var key: String
    /// Lines behind the text's first one.
    var lineOffset: Int
  }

  /// The occurrences in a text, in order. `$NAME` is the shell's business.
  static func find(in text: String) -> [Occurrence] {
    var found: [Occurrence] = []
    for (offset, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let characters = Array(line)
      var index = 0
      while index < characters.count {
        if let end = bracketEnd(characters, index) {
          let inner = String(characters[(index + 1)..<end])
          found.append(Occurrence(text: "<\(inner)>", key: key(inner), lineOffset: offset))
          index = end
        } else if let end = templateEnd(characters, index) {
          let text = String(characters[index...end])
          let name = text.split(separator: ".").last.map { $0.prefix { $0.isLetter || $0.isNumber || $0 == "_" } } ?? ""
          found.append(Occurrence(text: text, key: key(String(name)), lineOffset: offset))
          index = end
        }
        index += 1
      }
    }
    return found
  }

  /// `<pod>`, `<pod name>`, `<POD_NAME>`; no redirection, and no here-document.
  private static func bracketEnd(_ characters: [Character], _ start: Int) -> Int? {
    guard characters[start] == "<", start + 2 < characters.count, characters[start + 1].isLetter,
      start == 0 || characters[start - 1] != "<"
    else { return nil }
    for index in (start + 1)..<characters.count {
      let character = characters[index]
      if character == ">" { return characters[index - 1] == " " ? nil : index }
      guard character.isLetter || character.isNumber || "_- .".contains(character) else { return nil }
    }
    return nil
  }

  private static func templateEnd(_ characters: [Character], _ start: Int) -> Int? {
    guard characters[start] == "{", start + 1 < characters.count, characters[start + 1] == "{" else { return nil }
    guard let close = characters[start...].firstIndex(of: "}"), close + 1 < characters.count,
      characters[close + 1] == "}"
    else { return nil }
    return String(characters[start...close]).contains("$labels.") ? close + 1 : nil
  }

  /// Replaces `$NAME` and `${NAME}` in a text that no shell reads, such as PromQL. Names are in capitals: `$1` and the end of a
  /// regular expression are none.
  ///
  /// - Returns: the text, and the names without a value with the line behind the first on which they stand.
  static func replaceVariables(
    in text: String, _ value: (String) -> String?
  ) -> (text: String, unbound: [(name: String, lineOffset: Int)]) {
    var (result, unbound): (String, [(name: String, lineOffset: Int)]) = ("", [])
    var line = 0
    var rest = text[...]
    while let first = rest.popFirst() {
      if first == "\n" { line += 1 }
      let isBraced = rest.first == "{"
      let name = String(
        rest.dropFirst(isBraced ? 1 : 0).prefix { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") })
      let after = rest.dropFirst(name.count + (isBraced ? 1 : 0))
      guard first == "$", name.first?.isUppercase == true, !isBraced || after.first == "}" else {
        result.append(first)
        continue
      }
      if let value = value(name) { result += value } else { unbound.append((name, line)) }
      rest = isBraced ? after.dropFirst() : after
    }
    return (result, unbound)
  }

  static func key(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

  /// Replaces every occurrence for which there is a value.
  static func replace(in text: String, _ value: (Occurrence) -> String?) -> String {
    var result = text
    for occurrence in find(in: text) {
      if let value = value(occurrence) { result = result.replacing(occurrence.text, with: value, maxReplacements: 1) }
    }
    return result
  }

  /// Labels and the keys under which runbooks ask for them.
  static let synonyms: [(label: String, keys: [String])] = [
    ("pod", ["pod", "podname", "yourpod", "thepod", "nameofpod", "crashingpod", "failingpod", "affectedpod"]),
    ("namespace", ["namespace", "ns", "podnamespace", "yournamespace", "namespacename", "thenamespace"]),
    ("deployment", ["deployment", "deploymentname", "deploy", "workload", "app", "appname", "application"]),
    ("replicaset", ["replicaset", "replicasetname"]), ("container", ["container", "containername"]),
    ("node", ["node", "nodename", "instance"]), ("service", ["service", "servicename", "svc"]),
    ("configmap", ["configmap", "configmapname"]), ("secret", ["secret", "secretname"]),
    ("context", ["context", "cluster", "clustername", "kubecontext"]),
    ("region", ["region", "awsregion", "awsdefaultregion"]),
    ("dbinstance", ["dbinstance", "dbinstanceidentifier", "dbidentifier", "database", "dbname", "instanceidentifier"]),
    ("host", ["host", "hostname", "url", "endpoint", "domain"]), ("alertname", ["alertname", "alert"]),
    ("deploymentlabel", ["labelselector", "selector", "applabel"]),
  ]

  /// The label that a key asks for.
  static func label(_ key: String) -> String? { synonyms.first { $0.keys.contains(key) }?.label }
}
