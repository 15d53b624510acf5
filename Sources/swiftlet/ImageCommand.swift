import ArgumentParser
import ContainerRuntime
import Foundation
import ImageStore

struct ImageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "image",
    abstract: "Build, import, list and remove this machine's images.",
    discussion: "Works with and without a running server: images are plain files, and a server sees them at once.",
    subcommands: [Build.self, Import.self, Pull.self, List.self, Remove.self])

  /// Where the images are.
  struct Location: ParsableArguments {
    @Option(help: "The server's data directory.")
    var dataDir = "/var/lib/swiftlet"

    @Option(help: "Where images are kept (default: images in the data directory).")
    var imageDir: String?

    @Option(help: "Registry mirrors and credentials, in k3s's format.")
    var registries = "/etc/swiftlet/registries.yaml"

    func open() throws -> ImageStore {
      let settings =
        FileManager.default.fileExists(atPath: registries)
        ? try RegistriesConfiguration(path: registries) : RegistriesConfiguration()
      return try ImageStore(root: imageDir ?? dataDir + "/images", registries: settings)
    }
  }

  struct Build: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Build an image from a directory with a Containerfile.",
      discussion: "FROM scratch or a local image, COPY, PACKAGE (Debian packages with what they need), ENV, CMD and so on; see rootfs/.")

    @Argument(help: "The directory with the Containerfile and the files it copies.") var directory: String
    @Option(name: [.short, .customLong("name")], help: "A name for the image (default: those of the recipe).") var names: [String] = []
    @Option(help: "The recipe (default: Containerfile in the directory).") var file: String?
    @Option(help: "Also write the image to this file, for other machines and tools.") var output: String?
    @Option(help: "Where Debian packages are kept between builds.") var packageCache = "/var/cache/swiftlet/packages"
    @Flag(help: "Do nothing when neither the recipe nor its files have changed since the last build here.") var ifChanged = false
    @OptionGroup var progress: ProgressOption
    @OptionGroup var location: Location

    func run() async throws {
      let store = try location.open()
      let stamp = BuildStamp(directory: directory, names: names, imageDirectory: store.root)
      if ifChanged, let image = try stamp.currentImage(store) {
        print("\(image.names.first ?? image.id) is up to date")
        return
      }
      let context = URL(fileURLWithPath: directory).standardizedFileURL.path
      let request = ImageBuildRequest(
        contextDirectory: context, recipePath: file.map { URL(fileURLWithPath: $0).standardizedFileURL.path }, names: names, packageCacheDirectory: packageCache)
      let image = try await store.build(request, progress: progress.printer().handler)
      try stamp.record(image)
      if let output, let name = image.names.first { try await store.export(name, to: output) }
      print("built \(image.names.first ?? image.id) (\(image.sizeBytes / 1_000_000) MB)")
    }
  }

  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import", abstract: "Import images from an archive or an OCI layout.")

    @Argument(help: "A file as 'docker save' or 'skopeo copy' write it, or an OCI layout directory.") var path: String
    @Option(help: "The repository for images that the archive names by a tag only.") var name: String?
    @OptionGroup var progress: ProgressOption
    @OptionGroup var location: Location

    func run() async throws {
      for image in try await location.open().importArchive(path: path, name: name, progress: progress.printer().handler) {
        print("imported \(image.names.first ?? image.id)")
      }
    }
  }

  struct Pull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Pull an image from its registry or a mirror.")

    @Argument(help: "The image, such as busybox:1.36.") var reference: String
    @OptionGroup var progress: ProgressOption
    @OptionGroup var location: Location

    func run() async throws {
      let image = try await location.open().pull(reference, credentials: nil, progress: progress.printer().handler)
      print("pulled \(image.names.first ?? image.id)")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List images.", aliases: ["ls"])

    @OptionGroup var location: Location

    func run() async throws {
      let rows = try location.open().list().flatMap { image in
        (image.names.isEmpty ? ["<none>"] : image.names).map { name in
          [name, String(image.id.dropFirst("sha256:".count).prefix(12)), "\(image.sizeBytes / 1_000_000) MB"]
        }
      }
      for row in TextTable.aligned([["NAME", "ID", "SIZE"]] + rows) { print(row) }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Remove images by name or id, and what then has no name.",
      discussion: "Layers that a running container stands on, or a volume, stay until it is gone.", aliases: ["rm"])

    @Argument(help: "Names or ids.") var references: [String]
    @OptionGroup var node: NodeLocation

    func run() async throws {
      let store = try ImageStore(root: node.imageDir ?? node.dataDir + "/images")
      for reference in references { try store.remove(reference) }
      let runtime = try await ContainerRuntime(paths: node.runtimePaths)
      defer { runtime.shutdown() }
      let used = try await runtime.pods().flatMap(\.containers).map(\.imageID)
      for id in try store.collectGarbage(keep: Set(used)) { print("freed \(id)") }
    }
  }
}

enum TextTable {
  /// Lines with columns padded to their widest cell.
  static func aligned(_ rows: [[String]]) -> [String] {
    let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0.padding(toLength: $1 + 3, withPad: " ", startingAt: 0) }.joined()
        .trimmingCharacters(in: .whitespaces)
    }
  }
}
