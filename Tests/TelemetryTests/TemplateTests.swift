import Telemetry
import Testing

/// Templates against what Prometheus 2.42 expands them to (`template/template_test.go` has the forms).
@Suite("Templates")
struct TemplateTests {
  private static var data: Template.Data {
    Template.Data(
      labels: Labels([Label("instance", "a:9090"), Label("job", "api")]),
      externalLabels: Labels([Label("region", "eu")]), value: 0.12345
    ) { text in
      text == "up" ? [(Labels([Label("instance", "b")]), 1), (Labels([Label("instance", "a")]), 0)] : []
    }
  }

  static let rows: [(template: String, text: String)] = [
    ("plain", "plain"),
    ("{{ $labels.instance }} of {{ .Labels.job }}", "a:9090 of api"),
    ("{{ $value }} {{ .Value | printf \"%.2f\" }}", "0.12345 0.12"),
    ("{{ $value | humanizePercentage }}", "12.35%"),
    ("{{ $externalLabels.region | toUpper }}", "EU"),
    ("{{ $labels.missing }}|", "|"),
    ("{{ 1234567.0 | humanize }} {{ 0.00012 | humanize }}", "1.235M 120u"),
    ("{{ 1048576.0 | humanize1024 }}", "1Mi"),
    (
      "{{ 3725.0 | humanizeDuration }} {{ 0.25 | humanizeDuration }} {{ 90061.0 | humanizeDuration }}",
      "1h 2m 5s 250ms 1d 1h 1m 1s"
    ),
    ("{{ 1435065584.128 | humanizeTimestamp }}", "2015-06-23 13:19:44.128 +0000 UTC"),
    ("{{ if gt $value 0.1 }}high{{ else }}low{{ end }}", "high"),
    ("{{ if eq $labels.job \"x\" }}x{{ else if eq $labels.job \"api\" }}api{{ end }}", "api"),
    ("{{ range query \"up\" }}{{ .Labels.instance }}={{ .Value }};{{ end }}", "b=1;a=0;"),
    ("{{ range query \"up\" | sortByLabel \"instance\" }}{{ .Labels.instance }}{{ end }}", "ab"),
    ("{{ with query \"none\" }}some{{ else }}none{{ end }}", "none"),
    ("{{ query \"up\" | first | value }}", "1"),
    ("{{ query \"up\" | first | label \"instance\" }}", "b"),
    ("a {{- \" b \" -}} c", "a b c"),
    ("{{ $x := 3 }}{{ $x }}", "3"),
    ("{{ reReplaceAll \"(a):.*\" \"$1!\" $labels.instance }}", "a!"),
    ("{{ match \"a.*\" $labels.instance }} {{ not true }}", "true false"),
    ("{{ \"tom jones\" | title }}", "Tom Jones"),
    // A literal 3 is an integer to Go; to the twin every number is a double, and printf takes whole ones.
    ("{{ printf \"%s-%q-%d%%\" \"a\" \"b\" 3 }}", "a-\"b\"-3%"),
    ("{{/* nothing */}}{{ and true $labels.job }}", "api"),
  ]

  @Test("expand as in Prometheus", arguments: rows.indices)
  func expands(row: Int) throws {
    let (text, expected) = Self.rows[row]
    #expect(try Template(text, name: "__alert_X").expand(Self.data) == expected)
  }

  static let malformed: [(template: String, message: String)] = [
    ("{{ $labels.x ", "template: __alert_X:1: unclosed action"),
    ("{{ nope }}", "template: __alert_X:1: function \"nope\" not defined"),
    ("{{ if true }}x", "template: __alert_X:1: unexpected EOF"),
    ("x {{ end }}", "template: __alert_X:1: unexpected {{end}}"),
    ("{{ $value | }}", "template: __alert_X:1: missing value for command"),
  ]

  @Test("malformed ones are refused", arguments: malformed.indices)
  func refuses(row: Int) {
    #expect(throws: TemplateError(message: Self.malformed[row].message)) {
      try Template(Self.malformed[row].template, name: "__alert_X")
    }
  }

  @Test("what goes wrong in an expansion is told in its text")
  func failures() throws {
    let text = try Template("{{ query \"none\" | first }}", name: "__alert_X").expand(Self.data)
    #expect(text.hasPrefix("<error expanding template: error executing template __alert_X: "))
    #expect(text.contains("first() called on vector with no elements"))
  }
}
