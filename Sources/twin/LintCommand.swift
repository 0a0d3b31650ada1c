import Documents

/// `twin lint`.
enum LintCommand {
  static func run(_ arguments: [String]) -> ExitCode {
    if let option = arguments.first(where: { $0.hasPrefix("-") }) {
      Console.error("twin: unknown option \"\(option)\"; see twin lint --help\n")
      return .usage
    }
    guard !arguments.isEmpty else {
      Console.error("twin: lint needs a scenario file or a folder\n")
      return .usage
    }
    do throws(DiagnosticList) {
      let files = try ScenarioFiles.find(arguments)
      var code = ExitCode.success
      for file in files {
        do throws(DiagnosticList) {
          _ = try ScenarioFiles.load(file)
          Console.output("\(file): ok\n")
        } catch {
          Console.output(error.description + "\n")
          code = .usage
        }
      }
      return code
    } catch {
      Console.error(error.description + "\n")
      return .usage
    }
  }
}
