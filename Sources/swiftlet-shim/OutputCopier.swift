import Glibc
import LinuxSystem
import ShimProtocol

/// The buffers through which all output of the pod's containers goes, one read at a time.
final class OutputCopier {
  private static let readBytes = 32 << 10
  /// Beyond this the line buffer is given back after use.
  private static let keptBytes = 64 << 10

  private var lines: [UInt8] = []

  enum Outcome { case more, empty, ended }

  /// Copies one read's worth from the stream to the log.
  ///
  /// - Parameter forward: gets the same bytes, for clients.
  func copy(
    _ output: Container.Output, to log: ContainerLog?, _ forward: (UnsafeRawBufferPointer) -> Void
  ) -> Outcome {
    withUnsafeTemporaryAllocation(byteCount: Self.readBytes, alignment: 64) { chunk in
      do throws(SystemCallError) {
        guard let count = try output.file.read(into: chunk) else { return .empty }
        if count > 0 { forward(UnsafeRawBufferPointer(rebasing: chunk[..<count])) }
        guard let log else { return count == 0 ? .ended : .more }
        let time = WallClock.now()
        if count == 0 {
          output.framer.end(time: time, into: &lines)
        } else {
          output.framer.frame(UnsafeRawBufferPointer(rebasing: chunk[..<count]), time: time, into: &lines)
        }
        write(to: log)
        return count == 0 ? .ended : .more
      } catch {
        return .ended
      }
    }
  }

  private func write(to log: ContainerLog) {
    guard !lines.isEmpty else { return }
    log.append(lines)
    lines.removeAll(keepingCapacity: lines.capacity <= Self.keptBytes)
  }
}
