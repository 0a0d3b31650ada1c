import Documents
import SimulationKernel

/// The volumes of a pod that hold ConfigMaps and Secrets. Their content follows the objects while the pod runs, at most a
/// minute late (upstream: pkg/kubelet/volumemanager; `syncFrequency`). Other kinds of volume are always there, and empty.
@Simulated
final class PodVolumes {
  /// How old a content may be.
  static let refresh = TimeSpan.minutes(1)

  private let server: APIServer
  private let namespace: String
  private let volumes: [JSONValue]
  private var contents: [String: (read: Instant, files: [(path: String, text: String)])] = [:]

  init(_ pod: KubeObject, server: APIServer) {
    self.server = server
    namespace = pod.namespace
    volumes = pod.spec["volumes"]?.array ?? []
  }

  /// Mounts what is not mounted yet.
  ///
  /// - Returns: the events' messages of the volumes that cannot be mounted.
  func mount() -> [String] {
    volumes.compactMap { volume in
      let name = volume["name"]?.string ?? ""
      guard contents[name] == nil else { return nil }
      do throws(ContainerConfigurationError) {
        contents[name] = (server.simulation.now, try files(of: volume))
        return nil
      } catch {
        return "MountVolume.SetUp failed for volume \"\(name)\" : \(error.message)"
      }
    }
  }

  /// The content of a file below a container's mounts.
  func file(_ path: String, in container: JSONValue) -> String? {
    for mount in container["volumeMounts"]?.array ?? [] {
      guard let place = mount["mountPath"]?.string, let name = mount["name"]?.string else { continue }
      let part = mount["subPath"]?.string
      if let part, path == place { return files(named: name).first { $0.path == part }?.text }
      guard part == nil, path.hasPrefix(place.hasSuffix("/") ? place : place + "/") else { continue }
      let relative = path.dropFirst(place.count).drop { $0 == "/" }
      if let file = files(named: name).first(where: { $0.path == relative }) { return file.text }
    }
    return nil
  }

  private func files(named name: String) -> [(path: String, text: String)] {
    guard let content = contents[name] else { return [] }
    if server.simulation.now - content.read >= Self.refresh,
      let volume = volumes.first(where: { $0["name"]?.string == name }), let files = try? files(of: volume)
    {
      contents[name] = (server.simulation.now, files)
      return files
    }
    return content.files
  }

  private func files(of volume: JSONValue) throws(ContainerConfigurationError) -> [(path: String, text: String)] {
    if let source = volume["configMap"] { return try files(.configMap, source["name"], source) }
    if let source = volume["secret"] { return try files(.secret, source["secretName"], source) }
    var result: [(path: String, text: String)] = []
    for source in volume.at("projected", "sources")?.array ?? [] {
      if let map = source["configMap"] { result += try files(.configMap, map["name"], map) }
      if let secret = source["secret"] { result += try files(.secret, secret["name"], secret) }
    }
    return result
  }

  private func files(
    _ kind: ResourceKind, _ name: JSONValue?, _ source: JSONValue
  ) throws(ContainerConfigurationError) -> [(path: String, text: String)] {
    let name = name?.string ?? ""
    let isOptional = source["optional"]?.bool == true
    guard let object = server.find(kind, namespace, name) else {
      if isOptional { return [] }
      throw ContainerConfigurationError(message: "\(kind.singular) \"\(name)\" not found")
    }
    let entries = object.dataEntries
    guard let items = source["items"]?.array else { return entries.map { (path: $0.key, text: $0.value) } }
    var result: [(path: String, text: String)] = []
    for item in items {
      let key = item["key"]?.string ?? ""
      if let entry = entries.first(where: { $0.key == key }) {
        result.append((item["path"]?.string ?? key, entry.value))
      } else if !isOptional {
        let word = kind == .configMap ? "config" : "secret"
        throw ContainerConfigurationError(message: "references non-existent \(word) key: \(key)")
      }
    }
    return result
  }
}
