import SimulationKernel

/// What an image starts. The programs themselves are in Workloads.
@Simulated
package protocol ContainerProgram: AnyObject {
  /// The program's main function.
  ///
  /// - Returns: the exit code. It should return soon after `terminationRequested`, or it is killed.
  func run(_ container: ContainerProcess) async -> Int32

  /// Runs a command inside the container: an exec probe, an exec hook, `kubectl exec`.
  ///
  /// - Returns: `nil` when the image has no such executable.
  func execute(_ command: [String], in container: ContainerProcess) async -> ExecResult?
}

extension ContainerProgram {
  /// Images of the platforms are built from scratch: there is nothing to execute but the program.
  package func execute(_ command: [String], in container: ContainerProcess) async -> ExecResult? { nil }
}

/// How a command inside a container ended.
package struct ExecResult: Hashable, Sendable {
  package var exitCode: Int32
  package var output: String

  package init(exitCode: Int32, output: String = "") {
    self.exitCode = exitCode
    self.output = output
  }
}

/// An image as a registry knows it.
package struct ContainerImage {
  /// Compressed size in bytes.
  package var size: Int64
  package var makeProgram: @Simulated () -> any ContainerProgram
  /// Executables that `command` may name; `nil` when the image takes any.
  package var executables: [String]?
  /// Such as `amd64`; a node of another kind cannot run it.
  package var architecture: String

  package init(
    size: Int64, executables: [String]? = nil, architecture: String = "amd64",
    makeProgram: @escaping @Simulated () -> any ContainerProgram
  ) {
    self.size = size
    self.executables = executables
    self.architecture = architecture
    self.makeProgram = makeProgram
  }
}

/// What a registry answers to a node that wants an image.
package enum ImageLookup {
  case found(ContainerImage)
  case notFound
  /// The node may not pull it, or does not say who it is.
  case denied
  /// No answer from the registry.
  case unreachable
}

/// Where images come from.
@Simulated
package protocol ImageRegistry: AnyObject {
  /// The image of a reference such as `registry/name:tag`; `nil` when the registry has none.
  func image(_ reference: String) -> ContainerImage?

  /// What the registry answers to a node.
  func lookup(_ reference: String, from node: String) -> ImageLookup
}

extension ImageRegistry {
  package func lookup(_ reference: String, from node: String) -> ImageLookup {
    image(reference).map { .found($0) } ?? .notFound
  }
}
