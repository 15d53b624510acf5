import CLinux
import Glibc
import LinuxSystem
import ShimProtocol

func forkProcess() -> Int32 { cl_fork() }
func ignoreSignal(_ signal: Int32) { cl_ignore_signal(signal) }

extension Descriptor {
  /// Appends what the connection has now; false at its end.
  func readAvailable(into buffer: inout [UInt8]) throws(SystemCallError) -> Bool {
    var isOpen = true
    var failure: SystemCallError?
    withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { chunk in
      do throws(SystemCallError) {
        // One frame ahead at most; the rest waits in the kernel.
        while buffer.count <= ShimFrame.maximumBytes, let count = try read(into: chunk) {
          if count == 0 {
            isOpen = false
            return
          }
          buffer.append(contentsOf: chunk[..<count])
        }
      } catch { failure = error }
    }
    if let failure {
      if failure.errno == ECONNRESET { return false }
      throw failure
    }
    return isOpen
  }

  /// Sends a small frame on a connection with an empty buffer; an agent that is gone does not get it.
  func sendFrame(_ frame: ShimFrame) {
    frame.encoded().withUnsafeBytes { bytes in
      do throws(SystemCallError) {
        _ = try UnixSocket.send(bytes, to: self)
      } catch {
        ShimLog.write("answer not sent: \(error)")
      }
    }
  }
}
