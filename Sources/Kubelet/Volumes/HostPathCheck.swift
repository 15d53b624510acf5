import KubernetesAPI
import LinuxSystem

/// `hostPath` with its types; the messages are upstream's.
enum HostPathCheck {
  /// Returns what is wrong.
  static func prepare(_ source: HostPathVolumeSource) throws(SystemCallError) -> String? {
    let (path, type) = (source.path, source.type ?? .unset)
    let kind = NodeFiles.kind(path)
    switch (type, kind) {
    // Nothing is checked, and container runtimes make what is missing.
    case (.unset, nil), (.directoryOrCreate, nil): try NodeFiles.makeDirectory(path)
    case (.unset, _): return nil
    case (.fileOrCreate, nil): try NodeFiles.write([], to: path)
    default: return complaint(type, kind).map { "hostPath type check failed: \(path) is not \($0)" }
    }
    return nil
  }

  private static func complaint(_ type: HostPathType, _ kind: NodeFiles.Kind?) -> String? {
    let wanted: (kind: NodeFiles.Kind, name: String) =
      switch type {
      case .directory, .directoryOrCreate, .unset: (.directory, "a directory")
      case .file, .fileOrCreate: (.file, "a file")
      case .socket: (.socket, "a socket file")
      case .charDevice: (.characterDevice, "a character device")
      case .blockDevice: (.blockDevice, "a block device")
      }
    return kind == wanted.kind ? nil : wanted.name
  }
}
