import AWSModel
import Documents
import KubernetesModel
import SimulationKernel

extension AWSCommandLine {
  /// The `s3` commands of the command line, as far as buckets have something in them: the access logs of load balancers
  /// (aws-cli, customizations/s3/subcommands.py). Objects are handed out unpacked; `zcat` passes them on.
  static let s3: [Operation] = [
    Operation(service: "s3", name: "ls", switches: ["recursive"], positional: ["paths"], optionalPositional: true) {
      call in
      .string(try call.list())
    },
    Operation(service: "s3", name: "cp", switches: ["quiet"], positional: ["source", "destination"]) { call in
      .string(try call.copy())
    },
  ]
}

extension AWSCall {
  private static let scheme = "s3://"

  private func buckets() -> [String] {
    let named = region.resources.filter { $0["kind"]?.string == "Bucket" }
      .compactMap { $0.at("metadata", "name")?.string }
    return Set(named + region.accessLogs.map(\.bucket)).sorted()
  }

  private func objects(of bucket: String) -> [(log: AccessLog, object: AccessLog.Object)] {
    region.accessLogs.filter { $0.bucket == bucket }.flatMap { log in log.objects.map { (log, $0) } }
      .sorted { $0.object.key < $1.object.key }
  }

  private func parts(_ path: String) -> (bucket: String, key: String) {
    let rest = path.hasPrefix(Self.scheme) ? path.dropFirst(Self.scheme.count) : path[...]
    let bucket = rest.prefix { $0 != "/" }
    return (String(bucket), String(rest.dropFirst(bucket.count + 1)))
  }

  private func stamp(_ instant: Instant) -> String {
    String(ClusterClock.timestamp(instant).dropLast().replacing("T", with: " "))
  }

  fileprivate func list() throws -> String {
    guard let path = options["paths"] else {
      return buckets().map { "\(stamp(.zero)) \($0)\n" }.joined()
    }
    let (bucket, prefix) = parts(path)
    guard buckets().contains(bucket) else {
      throw AWSServiceError("NoSuchBucket", "ListObjectsV2", "The specified bucket does not exist")
    }
    let isRecursive = options.has("recursive")
    var folders: [String] = []
    var lines: [String] = []
    for (log, object) in objects(of: bucket) where object.key.hasPrefix(prefix) {
      let rest = object.key.dropFirst(prefix.count)
      if !isRecursive, let slash = rest.firstIndex(of: "/") {
        let folder = String(rest[...slash])
        if !folders.contains(folder) { folders.append(folder) }
        continue
      }
      // Without --recursive names are told from the last slash of the prefix on.
      let name = isRecursive ? object.key : String(object.key.split(separator: "/").last ?? "")
      let size = String(log.text(object).utf8.count)
      lines.append(
        "\(stamp(object.deliveredAt)) \(String(repeating: " ", count: max(0, 10 - size.utf8.count)))\(size) \(name)\n")
    }
    guard !folders.isEmpty || !lines.isEmpty || prefix.isEmpty else {
      throw AWSUsageError("", usage: false, exitCode: 1)
    }
    return folders.map { String(repeating: " ", count: 27) + "PRE \($0)\n" }.joined() + lines.joined()
  }

  fileprivate func copy() throws -> String {
    let source = options["source"] ?? ""
    let destination = options["destination"] ?? ""
    guard source.hasPrefix(Self.scheme), destination == "-" else {
      throw AWSUsageError(
        "cp copies from a bucket to the standard output here: aws s3 cp s3://BUCKET/KEY -", usage: false)
    }
    let (bucket, key) = parts(source)
    guard let found = objects(of: bucket).first(where: { $0.object.key == key }) else {
      throw AWSUsageError(
        "fatal error: An error occurred (404) when calling the HeadObject operation: Key \"\(key)\" does not exist",
        usage: false, exitCode: 1)
    }
    return found.log.text(found.object)
  }
}
