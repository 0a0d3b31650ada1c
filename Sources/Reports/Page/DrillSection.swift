import Documents
import Scenarios

/// What a trainee did, what it showed, and what it came to. Facts first.
struct DrillSection {
  /// `score.json`.
  let drill: JSONValue

  private var facts: JSONValue { drill["facts"] ?? .null }

  var html: String { marks + commands + unread + diagnoses + branches + score }

  private func time(_ value: JSONValue?) -> String { value?.number.map(timeText) ?? "-" }

  private var marks: String {
    let names = [
      ("symptomAt", "customers notice"), ("pagedAt", "page"), ("acknowledgedAt", "acknowledged"),
      ("evidenceAt", "first relevant evidence"), ("localisedAt", "component named"), ("firstChangeAt", "first change"),
      ("mitigatedAt", "objectives met, and held"), ("causeGoneAt", "root cause gone"), ("resolvedAt", "resolved"),
    ]
    let page = facts.at("marks", "pagedAt")?.number
    let rows = names.map { key, name in
      let at = facts.at("marks", key)?.number
      let since = page.flatMap { page in at.map { $0 >= page ? timeText($0 - page) : "" } } ?? ""
      return [markup(name), at.map(timeText) ?? "-", since]
    }
    return htmlTable("When", ["", "at", "after the page"], rows, numbersFrom: 1)
  }

  private var commands: String {
    let rows = (facts["commands"]?.array ?? []).map { command in
      let revealed = (command["revealed"]?.array ?? []).compactMap(\.string)
      let failed = command["exitCode"]?.integer == 0 ? "" : " <span class=\"missed\">failed</span>"
      return [
        time(command["at"]), "<code>\(markup(command["command"]?.string ?? ""))</code>\(failed)",
        "<span class=\"tag\">\(command["mayChange"]?.bool == true ? "change" : "look")</span>",
        revealed.map(markup).joined(separator: "<br>"),
      ]
    }
    guard !rows.isEmpty else { return "" }
    return htmlTable(
      "What was typed, and what of the chain of causes it showed", ["ended", "command", "", "showed"], rows)
  }

  private var unread: String {
    let unread = (facts["neverRead"]?.array ?? []).compactMap(\.string)
    guard !unread.isEmpty else { return "" }
    let items = unread.prefix(12).map { "<li>\(markup($0))</li>" }.joined()
    return "<h4>Evidence that was there and was not looked at</h4><ul>\(items)</ul>"
  }

  private var diagnoses: String {
    let rows = (facts["diagnoses"]?.array ?? []).map { diagnosis in
      let steps = diagnosis["distance"]?.integer.map { $0 == 0 ? "" : "\($0) steps away" } ?? ""
      return [
        markup(diagnosis["asked"]?.string ?? ""), markup(diagnosis["given"]?.string ?? "-"),
        markup(diagnosis["right"]?.string ?? ""), steps,
      ]
    }
    guard !rows.isEmpty else { return "" }
    return htmlTable("Diagnosis", ["asked", "answered", "the run says", ""], rows)
  }

  private var branches: String {
    let branches = drill["branches"]?.array ?? []
    guard branches.count > 1 else { return "" }
    let rows = branches.enumerated().map { index, branch in
      [
        "\(index + 1)", time(branch.at("facts", "marks", "firstChangeAt")),
        time(branch.at("facts", "marks", "mitigatedAt")),
        percentText(branch.at("facts", "budget", "drill")?.number ?? 0),
        branch.at("score", "total")?.integer.map(String.init) ?? "",
      ]
    }
    return htmlTable(
      "Branches, side by side", ["branch", "first change", "objectives met", "budget burnt", "points"], rows,
      numbersFrom: 1)
  }

  private var score: String {
    guard let score = drill["score"] else { return "" }
    var rows = (score["parts"]?.array ?? []).map { part in
      let points = shortNumber(((part["points"]?.number ?? 0) * 10).rounded() / 10)
      let most = shortNumber(part["of"]?.number ?? 0)
      return [markup(part["name"]?.string ?? ""), "\(points) of \(most)", markup(part["reason"]?.string ?? "")]
    }
    if let hints = score["hints"]?.integer, hints > 0 {
      rows.append(["hints", "-\(hints)", "\(facts["hints"]?.integer ?? 0) taken"])
    }
    rows.append(["<strong>total</strong>", "<strong>\(score["total"]?.integer ?? 0) of 100</strong>", ""])
    return htmlTable("Score", ["", "points", "why"], rows)
  }
}
