import KubernetesAPI
import LinuxSystem

/// What a container left to say at its end: its termination message file, or the end of its log (upstream's bounds).
struct TerminationMessage {
  private static let fileLimit = 4096
  private static let logLimit = 2048
  private static let logLines = 80

  let places: PodPlaces
  let container: Container

  /// Blocks on the disk.
  func read(_ exit: ContainerExit, attempt: Int) -> String {
    let file = NodeFiles.read(places.terminationLog(container: container.name), limit: Self.fileLimit) ?? []
    if !file.isEmpty { return String(decoding: file, as: UTF8.self) }
    guard exit.code != 0, container.terminationMessagePolicy == .fallbackToLogsOnError else { return "" }
    return logEnd(places.logPath(container: container.name, attempt: attempt))
  }

  private func logEnd(_ path: String) -> String {
    guard let file = LogFile(path: path) else { return "" }
    file.seekToTail(lines: Self.logLines)
    var filter = LogLineFilter(PodLogOptions(), now: .zero)
    var text: [UInt8] = []
    while case let bytes = file.read(), !bytes.isEmpty { text += filter.handle(bytes) }
    return String(decoding: text.suffix(Self.logLimit), as: UTF8.self)
  }
}
