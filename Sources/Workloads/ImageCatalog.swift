import Documents
import KubernetesModel
import SimulationKernel
import Telemetry

/// The programs in container images: adapters from PaymentCore's ports to the network model, and an idle program for what the
/// twin only needs to be there.

/// The registry of a platform: which images exist, and which program each starts.
@Simulated
package final class ImageCatalog: ImageRegistry {
  private struct Entry {
    var repository: String
    var tags: [String]
    var image: ContainerImage
  }

  private var entries: [Entry] = []

  package init() {}

  /// Programs by the names under which platforms refer to them.
  package nonisolated static let programs: [(name: String, summary: String)] = [
    ("payment-latency-api", "the payment API: the real core, one HTTP server on port 8080, PostgreSQL behind a pool"),
    ("idle", "a process that only is there: system workloads whose function the model provides itself"),
  ]

  /// Adds a repository.
  ///
  /// - Returns: false when there is no program of this name.
  @discardableResult
  package func add(repository: String, tags: [String], size: Int64, program: String) -> Bool {
    switch program {
    case "payment-latency-api": add(repository: repository, tags: tags, size: size) { PaymentProgram() }
    case "idle": add(repository: repository, tags: tags, size: size) { IdleProgram() }
    default: return false
    }
    return true
  }

  /// Adds a repository with a program of the caller's.
  package func add(
    repository: String, tags: [String], size: Int64, _ makeProgram: @escaping @Simulated () -> any ContainerProgram
  ) {
    entries.append(
      Entry(repository: repository, tags: tags, image: ContainerImage(size: size, makeProgram: makeProgram)))
  }

  package func image(_ reference: String) -> ContainerImage? {
    let slash = reference.lastIndex(of: "/") ?? reference.startIndex
    let colon = reference[slash...].lastIndex(of: ":")
    let repository = colon.map { reference[..<$0] } ?? reference[...]
    let tag = colon.map { reference[reference.index(after: $0)...] } ?? "latest"
    return entries.last { $0.repository == repository && $0.tags.contains(String(tag)) }?.image
  }
}

/// A program that starts, stays, and ends at SIGTERM.
@Simulated
package final class IdleProgram: ContainerProgram {
  package init() {}

  package func run(_ container: ContainerProcess) async -> Int32 {
    container.use(memory: 24 << 20)
    let ended = Reply<Bool>(container.simulation)
    container.onTermination { ended.fulfil(true) }
    _ = try? await ended.get(scope: container.scope)
    return 0
  }
}
