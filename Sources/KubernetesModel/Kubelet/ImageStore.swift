import SimulationKernel

/// The images on a node, pulled one after another (`serializeImagePulls`) and kept.
@Simulated
final class ImageStore {
  /// Bytes a second from the registry, and what a pull costs besides.
  static let bandwidth = 40e6
  static let overhead = Distribution.uniform(.milliseconds(300), .milliseconds(900))
  /// How long a registry that does not answer is waited for.
  static let timeout = TimeSpan.seconds(30)
  nonisolated private static let pullEvent: EventName = "kubelet.pull"

  /// How a pull ended.
  enum Outcome {
    /// Time of the pull itself, and with waiting for others.
    case pulled(ContainerImage, took: TimeSpan, waited: TimeSpan)
    /// containerd's words.
    case failed(String)
  }

  private let node: String
  private let simulation: Simulation
  private let registry: any ImageRegistry
  private let stream: RandomStream
  private let turns: Semaphore
  private var images: [String: ContainerImage] = [:]

  init(_ simulation: Simulation, node: String, registry: any ImageRegistry, stream: RandomStream) {
    self.simulation = simulation
    self.node = node
    self.registry = registry
    self.stream = stream
    turns = Semaphore(simulation, name: "image pulls on \(node)", capacity: 1)
  }

  subscript(reference: String) -> ContainerImage? { images[reference] }

  /// Pulls an image; one that is already there costs only the question whether it is still the same.
  func pull(_ reference: String, scope: CancelScope) async -> Outcome? {
    let asked = simulation.now
    guard (try? await turns.acquire(scope: scope)) != nil else { return nil }
    defer { turns.release() }
    let began = simulation.now
    await simulation.sleep(Self.overhead.sample(stream), Self.pullEvent)
    switch registry.lookup(reference, from: node) {
    case .found(let image):
      if images[reference] == nil {
        await simulation.sleep(.seconds(Double(image.size) / Self.bandwidth), Self.pullEvent)
        images[reference] = image
      }
      return .pulled(image, took: simulation.now - began, waited: simulation.now - asked)
    case .unreachable:
      await simulation.sleep(Self.timeout, Self.pullEvent)
      return .failed(Self.unreachable(reference))
    case .notFound: return .failed(Self.notFound(reference))
    case .denied: return .failed(Self.denied(reference))
    }
  }

  // containerd's words (core/remotes/docker; core/remotes/docker/resolver.go), as kubelet shows them.

  private static func unpack(_ code: String, _ reference: String, _ cause: String) -> String {
    "rpc error: code = \(code) desc = failed to pull and unpack image \"\(reference)\": failed to resolve reference \"\(reference)\": \(cause)"
  }

  static func notFound(_ reference: String) -> String { unpack("NotFound", reference, "\(reference): not found") }

  static func denied(_ reference: String) -> String {
    unpack("Unknown", reference, "unexpected status from HEAD request to \(manifestURL(reference)): 403 Forbidden")
  }

  static func unreachable(_ reference: String) -> String {
    let host = reference.split(separator: "/").first.map(String.init) ?? reference
    return unpack(
      "Unknown", reference,
      "failed to do request: Head \"\(manifestURL(reference))\": dial tcp: lookup \(host): i/o timeout"
    )
  }

  private static func manifestURL(_ reference: String) -> String {
    let parts = reference.split(separator: "/", maxSplits: 1).map(String.init)
    let path = (parts.count == 2 ? parts[1] : reference).split(separator: ":", maxSplits: 1).map(String.init)
    return "https://\(parts[0])/v2/\(path[0])/manifests/\(path.count == 2 ? path[1] : "latest")"
  }

  /// A reference that no registry could know (distribution/reference, `ParseNormalizedNamed`).
  static func isValid(_ reference: String) -> Bool {
    let allowed = reference.utf8.allSatisfy {
      (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || "._-/:@".utf8.contains($0)
    }
    let slash = reference.lastIndex(of: "/") ?? reference.startIndex
    let name = reference[..<(reference[slash...].firstIndex(of: ":") ?? reference.endIndex)]
    let path = name.contains("/") ? name.drop { $0 != "/" } : name
    return allowed && !name.isEmpty && !reference.hasSuffix(":") && path.allSatisfy { !$0.isUppercase }
  }
}
