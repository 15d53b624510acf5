import KubernetesAPI
import LinuxSystem

/// The part of a volume that a mount shows.
enum SubPath {
  /// `subPath`, or `subPathExpr` with its variables put in. An empty variable is as good as none: the whole volume is
  /// not what was meant.
  static func path(
    of mount: VolumeMount, _ variables: [String: String]
  ) throws(PodConfigurationError) -> String {
    let path = mount.subPathExpr.isEmpty ? mount.subPath : try expand(mount.subPathExpr, variables)
    if path.hasPrefix("/") { throw PodConfigurationError("error SubPath `\(path)` must not be an absolute path") }
    if path.split(separator: "/").contains("..") {
      throw PodConfigurationError("unable to provision SubPath `\(path)`: must not contain '..'")
    }
    return path
  }

  private static func expand(
    _ expression: String, _ variables: [String: String]
  ) throws(PodConfigurationError) -> String {
    var missing: Set<String> = []
    let path = VariableExpansion.expand(expression) { name in
      let value = variables[name] ?? ""
      if value.isEmpty { missing.insert(name) }
      return value
    }
    guard missing.isEmpty else {
      throw PodConfigurationError("missing value for \(missing.sorted().joined(separator: ", "))")
    }
    return path
  }

  /// Makes what is missing as directories with the volume's own mode, so that whoever may write to the volume may write
  /// there. No link in the path may lead out of the volume, however it changes meanwhile.
  static func prepare(_ path: String, in volume: String) throws(SystemCallError) {
    let root = try RootedDirectory(path: volume)
    try root.ensureBeneath(path, mode: root.descriptor.status().st_mode & 0o7777)
  }
}
