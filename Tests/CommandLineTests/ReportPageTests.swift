import Documents
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// `twin report`: the page of a recorded incident, as files and in a real browser.
@Suite(.serialized) struct ReportPages {
  /// A crash loop with its repair, recorded once.
  private static let recorded: Result<URL, any Error> = Result {
    let folder = try Program.scratchFolder()
    let outcome = try Program.run([
      "run", "scenarios/crashloop.yaml", "--until", "15m", "--solve", "correct-the-configuration", "--out", folder.path,
    ])
    try #require(outcome.code != 70 && outcome.code != 2, "\(outcome.errors)")
    return folder
  }

  private static func page(_ arguments: String...) throws -> String {
    let outcome = try Program.run(["report"] + arguments)
    try #require(outcome.code == 0, "\(outcome.errors)")
    let path = outcome.output.trimmingCharacters(in: .newlines)
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test func thePageHoldsEverythingAndAsksForNothing() throws {
    let folder = try Self.recorded.get()
    let page = try Self.page(folder.path)
    #expect(page.utf8.count < 2_000_000)
    for heading in [
      "From cause to effect", "The platform", "Latency", "Traffic, errors, saturation", "Error budget",
      "Where the time went", "Slowest and failed requests", "The story", "Expectations", "Again",
    ] {
      #expect(page.components(separatedBy: "<h3>\(heading)</h3>").count == 3, "\(heading) is there for both runs")
    }
    #expect(page.contains("config.set on spain/configmap/payments/payment-latency-api"))
    #expect(page.contains("PaymentPodsCrashLooping fires in spain (page)"))
    #expect(page.contains("kubectl --context spain -n payments patch configmap"))
    #expect(page.firstMatch(of: /(?:src|href)\s*=|url\(|@import/) == nil)
    for svg in page.matches(of: /(?s)<svg.*?<\/svg>/).map({ String($0.0) }) {
      #expect(XMLParser(data: Data(svg.utf8)).parse(), "\(svg.prefix(300))")
    }
  }

  @Test func aDrillIsReportedAndInspected() throws {
    let folder = try Program.scratchFolder()
    let lines = ["ack", "kubectl -n payments get pods", "answer where configmap/payments/payment-latency-api", "quit"]
    _ = try Drills.play(lines, folder: folder)
    let page = try Self.page(folder.path)
    for words in [
      "<h3>The drill</h3>", "<code>kubectl -n payments get pods</code>", "Evidence that was there", "nobody acts",
      "the solution", "<h4>share of a month",
    ] { #expect(page.contains(words), "\(words)") }
    let look = ["--", "kubectl", "-n", "payments", "get", "deployments"]
    #expect(try Program.run(["inspect", folder.path, "--at", "11m"] + look).output.contains("3/6"))
    let before = try Program.run(["inspect", folder.path, "--at", "5m"] + look)
    #expect(before.code == 2 && before.errors.contains("a drill begins with its page"))
  }

  @Test func thePostMortemIsADraft() throws {
    let text = try Self.page(try Self.recorded.get().path, "--format", "md")
    for heading in ["Summary", "Impact", "Timeline", "From cause to symptom", "Detection", "Response", "Actions"] {
      #expect(text.contains("\n## \(heading)\n"))
    }
    #expect(text.contains("twin run scenarios/crashloop.yaml"))
  }

  @Test func twoRunsAreCompared() throws {
    let folder = try Self.recorded.get()
    let other = try Program.scratchFolder()
    _ = try Program.run([
      "run", "scenarios/crashloop.yaml", "--until", "15m", "--solve", "none", "--out", other.path,
    ])
    let page = try Self.page(folder.path, other.path)
    #expect(page.contains("<h3>Side by side</h3>"))
    #expect(page.contains(other.path))
    #expect(page.contains("Expectations that came out differently") || page.contains("came out the same"))
  }

  @Test(arguments: [
    (["report"], "report needs the folder"), (["report", "nowhere"], "nowhere/run.json: there is no run here"),
    (["report", "a", "b", "c"], "one folder, or two"),
    (["report", "a", "--format", "pdf"], "--format takes html or md"),
    (["report", "a", "--colour"], "unknown option"), (["report", "a", "-o"], "-o needs a value"),
    (["report", "a", "b", "--format", "md"], "compared as html only"),
  ]) func mistakesAreNamed(_ arguments: [String], _ words: String) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.code == 2)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }

  @Test func aRunThatIsNotThereIsNamed() throws {
    let outcome = try Program.run(["report", try Self.recorded.get().path, "--leg", "pray"])
    #expect(outcome.code == 2)
    #expect(outcome.errors.contains("has no run \"pray\"; there are untouched, correct-the-configuration"))
  }

  // MARK: In a browser

  private static let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Presses keys and moves the slider as a reader without a mouse does, and writes down what is to be seen then.
  private static let reader = """
    <script>
    (function () {
      var seen = [], tabs = document.querySelectorAll("[role=tab]");
      function visible() { return document.querySelectorAll(".panel:not(.hidden)")[0].id; }
      function press(key) {
        document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: key, bubbles: true, cancelable: true }));
      }
      seen.push(visible());
      document.querySelector("[role=tab][aria-selected=true]").focus();
      press("Home"); seen.push(visible());
      press("ArrowRight"); seen.push(visible());
      press("ArrowRight"); seen.push(visible());
      press("End"); seen.push(visible());
      var panel = document.getElementById(visible()), slider = panel.querySelector("input[type=range]");
      function look(at) {
        slider.value = at;
        slider.dispatchEvent(new Event("input"));
        var node = panel.querySelector("[data-node='spain/replicas/payments/payment-latency-api']");
        seen.push(panel.querySelector("output").textContent.split(" ")[0] + " " + node.querySelector(".effect").textContent);
      }
      look(60); look(660);
      seen.push(slider.getAttribute("aria-valuetext").length > 10);
      document.title = seen.join("|");
    })();
    </script></body>
    """

  @Test(.enabled(if: browser != nil)) func keyboardAndSliderWorkInABrowser() throws {
    let folder = try Self.recorded.get()
    let page = try Self.page(folder.path).replacing("</body>", with: Self.reader)
    let file = folder.appendingPathComponent("read.html")
    try page.write(to: file, atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.browser))
    process.arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
      "--user-data-dir=\(folder.path)/profile",
      "--dump-dom", file.absoluteString,
    ]
    let (output, errors) = (Pipe(), folder.appendingPathComponent("browser.log"))
    try Data().write(to: errors)
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    let shown = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let title = try #require(shown.firstMatch(of: /<title>([^<]*)<\/title>/)?.1)
    #expect(title == "run1|run0|run1|run0|run1|1m00 |11m00 3 of 6 available|true")
    #expect(!(try String(contentsOf: errors, encoding: .utf8)).contains("CONSOLE"))
  }
}
