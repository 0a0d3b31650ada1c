import Documents
import Scenarios

/// Text for an element or an attribute of HTML and SVG.
func markup(_ text: String) -> String { escaped(text) }

/// A number as short as a picture needs it: one digit behind the point.
package func coordinate(_ value: Double) -> String {
  let tenths = Int64((value * 10).rounded())
  if tenths % 10 == 0 { return String(tenths / 10) }
  return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
}

/// A share with two digits at most, such as `3.12%`.
func percentText(_ share: Double) -> String { "\(shortNumber((share * 10_000).rounded() / 100))%" }

/// Milliseconds or seconds, such as `23 ms` or `1.3 s`.
package func latencyText(_ milliseconds: Double) -> String {
  milliseconds < 1000
    ? "\(shortNumber((milliseconds * 10).rounded() / 10)) ms" : "\(shortNumber((milliseconds / 100).rounded() / 10)) s"
}

/// A time since T0 as `12m30`.
package func timeText(_ seconds: Double) -> String {
  let whole = Int64(seconds.rounded(.down))
  let rest = abs(whole % 60)
  return "\(whole / 60)m\(rest < 10 ? "0" : "")\(rest)"
}

/// A table whose first row is its head. Cells are HTML.
func htmlTable(_ caption: String, _ head: [String], _ rows: [[String]], numbersFrom column: Int = .max) -> String {
  var text = "<div class=\"scroll\" tabindex=\"0\"><table><caption>\(markup(caption))</caption><thead><tr>"
  for cell in head { text += "<th scope=\"col\">\(markup(cell))</th>" }
  text += "</tr></thead><tbody>"
  for row in rows {
    text += "<tr>"
    for (index, cell) in row.enumerated() {
      text += index >= column ? "<td class=\"number\">\(cell)</td>" : "<td>\(cell)</td>"
    }
    text += "</tr>"
  }
  return text + "</tbody></table></div>\n"
}
