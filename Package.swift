// swift-tools-version: 6.2
import PackageDescription

/// One row of the module table: a target and the targets it may import.
struct Module {
  let name: String
  let dependencies: [String]
  var kind = Kind.library

  enum Kind { case system(pkgConfig: String, debianPackages: [String]), library, program }
}

/// The modules in import order: a target imports only targets above it, and only those that its row lists.
/// `Tests/TidyTests` holds the `import` lines of all sources against this same table.
let modules = [
  Module(name: "CSQLite", dependencies: [], kind: .system(pkgConfig: "sqlite3", debianPackages: ["libsqlite3-dev"])),
  Module(name: "CYAML", dependencies: [], kind: .system(pkgConfig: "yaml-0.1", debianPackages: ["libyaml-dev"])),
  Module(name: "CPCRE2", dependencies: [], kind: .system(pkgConfig: "libpcre2-8", debianPackages: ["libpcre2-dev"])),
  Module(
    name: "CCmark", dependencies: [],
    kind: .system(pkgConfig: "libcmark-gfm", debianPackages: ["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])),
  Module(name: "CEdit", dependencies: [], kind: .system(pkgConfig: "libedit", debianPackages: ["libedit-dev"])),
  Module(name: "Documents", dependencies: ["CYAML"]),
  Module(name: "SimulationKernel", dependencies: []),
  Module(name: "SQLiteStore", dependencies: ["CSQLite"]),
  Module(name: "HTTPMessages", dependencies: []),
  Module(name: "PaymentCore", dependencies: ["SQLiteStore", "HTTPMessages"]),
  Module(name: "Telemetry", dependencies: ["CPCRE2", "Documents", "SimulationKernel", "SQLiteStore", "HTTPMessages"]),
  Module(name: "NetworkModel", dependencies: ["SimulationKernel", "HTTPMessages", "Telemetry"]),
  Module(
    name: "AWSModel",
    dependencies: ["Documents", "SimulationKernel", "SQLiteStore", "HTTPMessages", "Telemetry", "NetworkModel"]),
  Module(
    name: "KubernetesModel",
    dependencies: ["Documents", "SimulationKernel", "HTTPMessages", "Telemetry", "NetworkModel"]),
  Module(
    name: "ClusterOperators",
    dependencies: [
      "Documents", "SimulationKernel", "HTTPMessages", "Telemetry", "NetworkModel", "AWSModel", "KubernetesModel",
    ]),
  Module(
    name: "Workloads",
    dependencies: [
      "Documents", "SimulationKernel", "SQLiteStore", "HTTPMessages", "PaymentCore", "Telemetry", "NetworkModel",
      "AWSModel", "KubernetesModel",
    ]),
  Module(
    name: "TwinWorld",
    dependencies: [
      "Documents", "SimulationKernel", "SQLiteStore", "HTTPMessages", "PaymentCore", "Telemetry", "NetworkModel",
      "AWSModel", "KubernetesModel", "ClusterOperators", "Workloads",
    ]),
  Module(
    name: "Faults",
    dependencies: [
      "Documents", "SimulationKernel", "Telemetry", "NetworkModel", "AWSModel", "KubernetesModel", "TwinWorld",
    ]),
  Module(
    name: "Toolbox",
    dependencies: [
      "CPCRE2", "Documents", "SimulationKernel", "SQLiteStore", "HTTPMessages", "Telemetry", "NetworkModel", "AWSModel",
      "KubernetesModel", "ClusterOperators", "TwinWorld",
    ]),
  Module(
    name: "Scenarios",
    dependencies: [
      "Documents", "SimulationKernel", "SQLiteStore", "HTTPMessages", "PaymentCore", "Telemetry", "NetworkModel",
      "AWSModel",
      "KubernetesModel", "ClusterOperators", "TwinWorld", "Faults", "Toolbox",
    ]),
  Module(
    name: "Runbooks",
    dependencies: [
      "CCmark", "Documents", "SimulationKernel", "Telemetry", "NetworkModel", "AWSModel", "KubernetesModel",
      "ClusterOperators", "TwinWorld", "Faults", "Toolbox", "Scenarios",
    ]),
  Module(
    name: "Drills",
    dependencies: [
      "Documents", "SimulationKernel", "Telemetry", "KubernetesModel", "ClusterOperators", "TwinWorld", "Faults",
      "Toolbox", "Scenarios",
    ]),
  Module(
    name: "Reports",
    dependencies: ["Documents", "SimulationKernel", "SQLiteStore", "HTTPMessages", "Telemetry", "Scenarios"]),
  Module(
    name: "twin",
    dependencies: [
      "CEdit", "Documents", "SimulationKernel", "SQLiteStore", "HTTPMessages", "Telemetry", "Workloads", "TwinWorld",
      "Faults",
      "Toolbox",
      "Scenarios", "Runbooks", "Drills",
      "Reports",
    ], kind: .program),
  Module(
    name: "twin-bench",
    dependencies: [
      "Documents", "SimulationKernel", "SQLiteStore", "HTTPMessages", "PaymentCore", "Telemetry", "TwinWorld", "Faults",
      "Scenarios",
    ],
    kind: .program),
]

for (row, module) in modules.enumerated() {
  let above = Set(modules[..<row].map(\.name))
  for dependency in module.dependencies {
    precondition(above.contains(dependency), "\(module.name) imports \(dependency), which does not stand above it")
  }
}

/// `NonisolatedNonsendingByDefault`: an async function of the payment core runs where its caller runs, so that inside a
/// simulated pod it never leaves the simulation's executor.
let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  // The simulation is one thread, and debug builds, in which the tests run, check every access.
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

func makeTarget(_ module: Module) -> Target {
  let dependencies = module.dependencies.map { Target.Dependency(stringLiteral: $0) }
  switch module.kind {
  case .system(let pkgConfig, let debianPackages):
    return .systemLibrary(name: module.name, pkgConfig: pkgConfig, providers: [.apt(debianPackages)])
  case .library:
    return .target(name: module.name, dependencies: dependencies, swiftSettings: settings)
  case .program:
    let path = module.name == "twin-bench" ? "bench/twin-bench" : nil
    return .executableTarget(name: module.name, dependencies: dependencies, path: path, swiftSettings: settings)
  }
}

/// One suite a target, named after it; a suite may import whatever stands in the table.
let suites = [
  "Documents", "SimulationKernel", "SQLiteStore", "PaymentCore", "Telemetry", "NetworkModel", "AWSModel",
  "KubernetesModel", "ClusterOperators", "Workloads", "TwinWorld", "Faults", "Toolbox", "Scenarios", "Runbooks",
  "Drills", "Reports", "CommandLine", "Tidy",
]

let libraries = modules.filter { if case .library = $0.kind { true } else { false } }.map(\.name)

let package = Package(
  name: "twin",
  targets: modules.map(makeTarget)
    + suites.map { suite in
      .testTarget(
        name: suite + "Tests",
        dependencies: libraries.map { Target.Dependency(stringLiteral: $0) } + (suite == "CommandLine" ? ["twin"] : []),
        exclude: ["Scenarios": ["Malformed"], "Telemetry": ["Conformance"]][suite] ?? [],
        swiftSettings: settings)
    }
)
