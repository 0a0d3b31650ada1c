// Expansion of words (POSIX.1-2024, Shell Command Language, 2.6): parameters, substitutions, field splitting at blanks.
// Pathnames are not expanded: there are no files whose names could match.
extension Shell {
  /// The fields that words expand to. What substitutions write to standard error is added to `result`; an expansion that fails
  /// sets its exit code to `expansionFailed`.
  func fields(
    _ words: [ShellScript.Word], on host: any ToolHost, _ result: inout CommandResult
  ) async -> [String] {
    var fields: [String] = []
    for word in words {
      var current: String?
      for part in word.parts {
        let (text, isQuoted) = await expand(part, on: host, &result)
        if case .text = part {
          current = (current ?? "") + text
        } else if isQuoted {
          current = (current ?? "") + text
        } else {
          split(text, into: &fields, &current)
        }
      }
      if let current { fields.append(current) }
    }
    return fields
  }

  private func split(_ text: String, into fields: inout [String], _ current: inout String?) {
    for character in text {
      if character == " " || character == "\t" || character == "\n" {
        if let word = current { fields.append(word) }
        current = nil
      } else {
        current = (current ?? "") + String(character)
      }
    }
  }

  /// The text of a word that is not split, as in an assignment or a redirection.
  func text(_ word: ShellScript.Word, on host: any ToolHost, _ result: inout CommandResult) async -> String {
    var text = ""
    for part in word.parts { text += await expand(part, on: host, &result).text }
    return text
  }

  private func expand(
    _ part: ShellScript.Part, on host: any ToolHost, _ result: inout CommandResult
  ) async -> (text: String, isQuoted: Bool) {
    switch part {
    case .text(let text, let isQuoted): return (text, isQuoted)
    case .variable(let name, let fallback, let isQuoted):
      let value = name == "?" ? "\(status)" : variables[name] ?? host.environment(name)
      if let fallback, value?.isEmpty ?? true { return (await self.text(fallback, on: host, &result), isQuoted) }
      if value == nil, refusesUnset {
        result.errors += "bash: \(name): unbound variable\n"
        result.exitCode = Self.expansionFailed
      }
      return (value ?? "", isQuoted)
    case .substitution(let script, let isQuoted):
      let inner = await substitute(script, on: host)
      result.errors += inner.errors
      if result.exitCode != Self.expansionFailed { result.exitCode = inner.exitCode }
      var text = inner.output
      while text.utf8.last == 10 { text = String(decoding: text.utf8.dropLast(), as: UTF8.self) }
      return (text, isQuoted)
    }
  }

  /// Runs in a subshell: what it sets or stops stays its own.
  private func substitute(_ script: ShellScript, on host: any ToolHost) async -> CommandResult {
    let kept = variables
    let result = await run(script, on: host)
    restore(kept)
    isStopped = false
    return result
  }
}
