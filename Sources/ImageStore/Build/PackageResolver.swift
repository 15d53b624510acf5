import Glibc
import LinuxSystem

/// Debian packages with all they depend on, found and fetched by apt as if nothing were installed.
///
/// apt verifies what it fetches; packages that lie in the cache are not fetched again.
struct PackageResolver {
  /// Where packages are kept between builds.
  var cacheDirectory: String
  /// A directory for apt's state of this run.
  var workDirectory: String

  struct Package: Equatable {
    var name: String
    var version: String
    var architecture: String

    /// As apt names files in its cache: a colon is escaped.
    var fileName: String { "\(name)_\(version.replacing(":", with: "%3a"))_\(architecture).deb" }
  }

  /// - Returns: paths of the packages, ordered by name.
  func fetch(_ request: Recipe.PackageRequest) throws -> [String] {
    try FileTree.makeDirectories("\(cacheDirectory)/partial")
    let status = "\(workDirectory)/status"
    try FileSystem.write(Array(Self.status(present: request.without).utf8), to: status)
    let plan = try apt(["-s"], request.names, status)
    let packages = Self.parse(simulation: plan).sorted { $0.name < $1.name }
    let files = packages.map { "\(cacheDirectory)/\($0.fileName)" }
    // apt moves a package here when it is whole and verified.
    if !files.allSatisfy(FileTree.exists) { try apt(["--download-only"], request.names, status) }
    return files
  }

  @discardableResult
  private func apt(_ mode: [String], _ names: [String], _ status: String) throws -> String {
    let options = [
      "Dir::State::status=\(status)", "Dir::Cache::archives=\(cacheDirectory)", "Debug::NoLocking=1",
      // The machine's own index belongs to the packages that are installed, ours to those that are not.
      "Dir::Cache::pkgcache=\(cacheDirectory)/pkgcache.bin",
      "Dir::Cache::srcpkgcache=\(cacheDirectory)/srcpkgcache.bin",
      "APT::Sandbox::User=root", "APT::Install-Recommends=false", "APT::Get::Assume-Yes=true",
      // A simulation of root's needs no more rights, and says so at length.
      "APT::Get::Show-User-Simulation-Note=false",
    ]
    let command = Command(
      executable: "/usr/bin/apt-get", arguments: ["-q"] + mode + options.flatMap { ["-o", $0] } + ["install"] + names)
    do {
      return try command.run(log: "\(workDirectory)/apt.log")
    } catch let failure as Command.Failure where failure.output.contains("Unable to locate package") {
      throw Command.Failure(
        program: failure.program, reason: "\(failure.reason), maybe `apt-get update` helps", output: failure.output)
    }
  }

  /// dpkg's status file that makes apt take these packages as installed, in a version that satisfies all.
  static func status(present names: [String]) -> String {
    names.map { name in
      "Package: \(name)\nStatus: install ok installed\nMaintainer: none\nArchitecture: all\nMulti-Arch: foreign\n"
        + "Version: 999999\nDescription: taken as present\n\n"
    }.joined()
  }

  /// `Inst name (version origin [architecture]) …`, one line for each package of apt's plan.
  static func parse(simulation: String) -> [Package] {
    simulation.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count >= 4, words[0] == "Inst", words[2].hasPrefix("("),
        let open = line.lastIndex(of: "["), let close = line.firstIndex(of: ")")
      else { return nil }
      let bracket = line[..<close].lastIndex(of: "[") ?? open
      let architecture = line[line.index(after: bracket)..<close].prefix { $0 != "]" }
      return Package(
        name: String(words[1].prefix { $0 != ":" }), version: String(words[2].dropFirst()),
        architecture: String(architecture))
    }
  }
}
