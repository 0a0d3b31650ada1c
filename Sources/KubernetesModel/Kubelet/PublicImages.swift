import SimulationKernel

/// The registry of the platform, and behind it the images of public registries with which people look into a cluster: they
/// hold a shell and network programs, whose work is done by whoever set `run`.
@Simulated
package final class PublicImages: ImageRegistry {
  /// Runs a command inside a container and writes what it prints into its log.
  ///
  /// - Returns: the exit code.
  package typealias Runner = @Simulated (ContainerProcess, [String]) async -> Int32

  private let own: any ImageRegistry
  /// `nil` until somebody brings the programs.
  package var run: Runner?

  /// Repositories, with what their images start and their compressed sizes.
  private static let known: [(repository: String, entry: [String], size: Int64)] = [
    ("busybox", ["sh"], 2_200_000), ("alpine", ["sh"], 3_600_000), ("ubuntu", ["sh"], 29_700_000),
    ("debian", ["sh"], 48_500_000), ("nicolaka/netshoot", ["sh"], 194_000_000),
    ("curlimages/curl", ["curl"], 9_700_000),
    ("postgres", ["sh"], 152_000_000), ("registry.k8s.io/e2e-test-images/agnhost", ["sh"], 53_000_000),
  ]

  init(behind own: any ImageRegistry) { self.own = own }

  package func image(_ reference: String) -> ContainerImage? { own.image(reference) ?? Self.image(reference, self) }

  package func lookup(_ reference: String, from node: String) -> ImageLookup {
    let answer = own.lookup(reference, from: node)
    guard case .notFound = answer, let image = Self.image(reference, self) else { return answer }
    return .found(image)
  }

  /// Whether a reference names one of the public images.
  package static func holds(_ reference: String) -> Bool { entry(reference) != nil }

  /// What an image starts when the pod names nothing else.
  package static func entry(_ reference: String) -> [String]? {
    row(reference)?.entry
  }

  private static func row(_ reference: String) -> (repository: String, entry: [String], size: Int64)? {
    var name = reference.split(separator: "@").first.map(String.init) ?? ""
    if let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") { name = String(name[..<colon]) }
    for prefix in ["docker.io/", "library/", "public.ecr.aws/docker/library/"] where name.hasPrefix(prefix) {
      name.removeFirst(prefix.count)
    }
    return known.first { $0.repository == name }
  }

  private static func image(_ reference: String, _ images: PublicImages) -> ContainerImage? {
    guard let row = row(reference) else { return nil }
    return ContainerImage(size: row.size) { PublicProgram(images, entry: row.entry) }
  }
}

/// What runs in a container of a public image: its command, or a shell that waits for the end.
@Simulated
private final class PublicProgram: ContainerProgram {
  private let images: PublicImages
  private let entry: [String]

  init(_ images: PublicImages, entry: [String]) {
    self.images = images
    self.entry = entry
  }

  func run(_ container: ContainerProcess) async -> Int32 {
    container.use(memory: 2 << 20)
    let given = container.arguments
    // Arguments follow the image's own program, unless that is a shell, which they replace.
    let command = given.isEmpty ? entry : entry == ["sh"] ? given : entry + given
    guard command != ["sh"], command != ["bash"], let run = images.run else {
      // A shell whose input is closed ends at once; one that holds a terminal stays.
      await container.waitForTermination()
      return 0
    }
    return await run(container, command)
  }
}
