import Documents
import NetworkModel

/// A platform as its folder of manifests describes it. Nothing about a platform is written in Swift: `platform.yaml` names
/// regions, images and objectives, and everything else is Kubernetes objects and managed AWS resources.
package struct Platform: Sendable {
  /// One region of it.
  package struct RegionDefinition: Sendable {
    /// The platform's name for it and the kube context, such as `spain`.
    package var name: String
    /// Such as `eu-south-2`.
    package var code: String
    package var accountID: String
    /// `EU` or `MX`.
    package var residency: Located<String>
    package var awsResources: [Node]
    package var objects: [Node]
  }

  /// An image repository and the program in it.
  package struct ImageDefinition: Sendable {
    package var repository: String
    package var tags: [String]
    /// Bytes.
    package var size: Int64
    package var program: Located<String>
  }

  package var folder: String
  package var name: String
  package var title: String
  package var regions: [RegionDefinition]
  package var images: [ImageDefinition]
  package var objectives: [ServiceLevelObjective]

  /// Reads a platform's folder.
  ///
  /// - Throws: every mistake in every file of it.
  package static func load(_ folder: String) throws(DiagnosticList) -> Platform {
    let diagnostics = Diagnostics()
    let file = folder + "/platform.yaml"
    guard let document = readYAML(file, diagnostics).first, let header = Form.platform.read(document, diagnostics)
    else {
      throw DiagnosticList(diagnostics.all)
    }
    let shared = header.shared.map { manifests(in: "\(folder)/\($0)", diagnostics) } ?? []
    let regions = header.regions.map { region in
      RegionDefinition(
        name: region.name, code: region.code, accountID: region.account, residency: region.residency,
        awsResources: manifests(in: "\(folder)/\(region.folder)/aws", diagnostics),
        objects: shared + manifests(in: "\(folder)/\(region.folder)/kubernetes", diagnostics))
    }
    let known = regions.map(\.name)
    let objectives = manifests(in: "\(folder)/\(header.objectives)", diagnostics).compactMap {
      Form.objective(regions: known).read($0, diagnostics)
    }
    try diagnostics.throwIfErrors()
    return Platform(
      folder: folder, name: header.name, title: header.title, regions: regions, images: header.images,
      objectives: objectives)
  }

  /// The documents of all YAML files of a folder, by file name. Each must be an object with `apiVersion`, `kind` and a name.
  private static func manifests(in folder: String, _ diagnostics: Diagnostics) -> [Node] {
    guard let names = fileNames(in: folder) else {
      diagnostics.error(at: SourceMark(file: folder), "there is no folder \"\(folder)\"")
      return []
    }
    return names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.flatMap {
      readYAML("\(folder)/\($0)", diagnostics)
    }
    .filter { node in
      for path in [["apiVersion"], ["kind"], ["metadata", "name"]] {
        var current: Node? = node
        for key in path { current = current?[key] }
        guard current?.string == nil else { continue }
        let found = current.map { ", found \($0.found)" } ?? ""
        diagnostics.error(
          at: current?.mark ?? node.mark, "a manifest has the string \(path.joined(separator: "."))\(found)")
        return false
      }
      return true
    }
  }
}

/// `platform.yaml` as it is written.
private struct PlatformHeader {
  struct Region {
    var name: String
    var code: String
    var account: String
    var residency: Located<String>
    var folder: String
  }

  var name: String
  var title: String
  var regions: [Region]
  var images: [Platform.ImageDefinition]
  var objectives: String
  var shared: String?
}

extension Form where Value == PlatformHeader {
  fileprivate static var platform: Form {
    .mapping("platform") { reader in
      _ = reader.required("apiVersion", .word(among: ["twin/v1"]), "The version of the format.")
      _ = reader.required("kind", .word(among: ["Platform"]), "What the file is.")
      let name = reader.required("name", .name, "The platform's name.")
      let title = reader.required("title", .nonEmptyString, "One line about it.")
      let regions = reader.required("regions", .list(of: .platformRegion), "Its regions.")
      let images = reader.required("images", .list(of: .platformImage), "The images that its registries hold.")
      let objectives = reader.required("objectives", .nonEmptyString, "The folder of its OpenSLO objects.")
      let shared = reader.optional("shared", .nonEmptyString, "The folder of manifests that every cluster gets.")
      guard let name, let title, let regions, let images, let objectives else { return nil }
      return PlatformHeader(
        name: name, title: title, regions: regions, images: images, objectives: objectives, shared: shared)
    }
  }
}

extension Form where Value == PlatformHeader.Region {
  fileprivate static var platformRegion: Form {
    .mapping("region") { reader in
      let name = reader.required("name", .name, "Its name, and the kube context.")
      let code = reader.required("awsRegion", .nonEmptyString, "The AWS region's code.")
      let account = reader.required("accountId", .nonEmptyString, "The AWS account.")
      let residency = reader.required("residency", .located(.word(among: ["EU", "MX"])), "Whose records it may hold.")
      let folder = reader.required("folder", .nonEmptyString, "The folder of its manifests.")
      guard let name, let code, let account, let residency, let folder else { return nil }
      return PlatformHeader.Region(name: name, code: code, account: account, residency: residency, folder: folder)
    }
  }
}

extension Form where Value == Platform.ImageDefinition {
  fileprivate static var platformImage: Form {
    .mapping("image") { reader in
      let repository = reader.required("repository", .nonEmptyString, "The repository.")
      let tags = reader.required("tags", .list(of: .nonEmptyString), "The tags that exist.")
      let size = reader.required("size", .quantity, "The image's compressed size, such as 8Mi.")
      let program = reader.required("program", .located(.nonEmptyString), "The twin's program in it.")
      guard let repository, let tags, let size, let program else { return nil }
      return Platform.ImageDefinition(repository: repository, tags: tags, size: size, program: program)
    }
  }
}

extension Form where Value == Int64 {
  fileprivate static var quantity: Form {
    Form(accepted: "a quantity such as 8Mi", schema: ["type": ["string", "integer"]]) { node in
      (try? Quantity(node.json))?.value
    }
  }
}
