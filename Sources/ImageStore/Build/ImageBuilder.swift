import Glibc
import LinuxSystem

/// Does a recipe's steps that change files, on one thread from beginning to end.
struct ImageBuilder: Sendable {
  struct Result: Sendable {
    /// nil when no step changed a file.
    var layer: UnpackedLayer?
    var execution: ImageConfiguration.Execution
  }

  var recipe: Recipe
  /// For messages.
  var recipePath: String
  var contextDirectory: String
  var packageCacheDirectory: String
  /// An empty directory for everything that is not the result.
  var workDirectory: String
  var latestTime: Int
  /// Topmost first.
  var baseLayers: [String]
  var baseExecution: ImageConfiguration.Execution?
  var progress: ImageProgressHandler

  static let maximumBusyAttempts = 10

  /// Documentation and translations, which no container reads.
  static let excludedPaths = [
    "/usr/share/bug", "/usr/share/doc", "/usr/share/doc-base", "/usr/share/gtk-doc", "/usr/share/info",
    "/usr/share/lintian", "/usr/share/locale", "/usr/share/man", "/usr/share/systemtap",
  ]

  /// - Throws: `RecipeError` with the line of the step that failed.
  func run() throws -> Result {
    let tree = try BuildTree(in: workDirectory, base: baseLayers)
    var configuration = BuildConfiguration(base: baseExecution)
    for instruction in recipe.instructions {
      progress(ImageProgress(.fetching, "\(LayerEntry.split(recipePath).base):\(instruction.line)"))
      do {
        configuration.apply(instruction.step)
        try perform(instruction.step, configuration, tree)
      } catch {
        let message = (error as? RecipeProblem)?.message ?? "\(error)"
        throw RecipeError(file: recipePath, line: instruction.line, message: message)
      }
    }
    try tree.finish(latestTime: latestTime)
    return Result(layer: try digest(tree), execution: configuration.execution)
  }

  private func digest(_ tree: BuildTree) throws -> UnpackedLayer? {
    if tree.isEmpty { return nil }
    let result = try TreeArchiver().archive(tree.layer, to: nil)
    return UnpackedLayer(
      diffID: result.digest, blobDigest: result.digest, blobBytes: result.byteCount, path: tree.layer,
      implicitDirectories: [])
  }

  private func perform(_ step: Recipe.Step, _ configuration: BuildConfiguration, _ tree: BuildTree) throws {
    switch step {
    case .package(let request): try installPackages(request, tree)
    case .run(let command): try run(command, configuration, tree)
    case .workingDirectory:
      _ = try RootedDirectory(path: tree.merged).ensure(configuration.workingDirectory, .directory)
    case .copy(let request):
      var expanded = request
      expanded.sources = request.sources.map(configuration.expand)
      try ContextCopy(
        context: try RootedDirectory(path: contextDirectory), tree: try RootedDirectory(path: tree.merged),
        request: expanded, target: configuration.absolute(configuration.expand(request.target))
      ).run()
    default: break
    }
  }

  /// Unpacks without the packages' scripts, and without what nobody needs in a container.
  private func installPackages(_ request: Recipe.PackageRequest, _ tree: BuildTree) throws {
    let resolver = PackageResolver(cacheDirectory: packageCacheDirectory, workDirectory: workDirectory)
    let excluded = (Self.excludedPaths + request.exclude).map { "--exclude=.\($0)" }
    for package in try resolver.fetch(request) {
      progress(ImageProgress(.fetching, LayerEntry.split(package).base))
      let script = "package=$1; shift; dpkg-deb --fsys-tarfile \"$package\" | tar \"$@\""
      let options = ["--extract", "--file=-", "--directory=\(tree.merged)", "--same-permissions", "--same-owner"]
      let arguments =
        ["-c", script, "sh", package] + options + ["--numeric-owner", "--keep-directory-symlink"] + excluded
      try Command(executable: "/bin/sh", arguments: arguments).run(log: "\(workDirectory)/dpkg.log")
    }
  }

  /// Namespaces without a network: a build is as offline as its result is reproducible.
  private func run(_ command: [String], _ configuration: BuildConfiguration, _ tree: BuildTree) throws {
    let hasProc = (try? RootedDirectory(path: tree.merged).open("proc", O_RDONLY | O_DIRECTORY)) != nil
    let arguments =
      ["--mount", "--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts"] + (hasProc ? ["--mount-proc"] : [])
      + ["--root=\(tree.merged)", "--wd=\(configuration.workingDirectory)", "--"] + command
    let isolated = Command(
      executable: "/usr/bin/unshare", arguments: arguments, environment: configuration.execution.environment ?? [])
    try runPatiently(isolated)
  }

  /// An executable that was just copied is busy while some other thread of this process is between fork and exec, since
  /// its child has our descriptors for that moment.
  private func runPatiently(_ command: Command) throws {
    for _ in 1..<Self.maximumBusyAttempts {
      do {
        try command.run(log: "\(workDirectory)/run.log")
        return
      } catch let failure as Command.Failure where failure.output.hasSuffix(SystemCallError.busyText) {
        usleep(20_000)
      }
    }
    try command.run(log: "\(workDirectory)/run.log")
  }
}

extension SystemCallError {
  /// As the C locale words ETXTBSY.
  fileprivate static let busyText = "Text file busy"
}
