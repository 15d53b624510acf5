import Foundation
import Glibc
import HTTPServing
import KubernetesAPI
import LinuxSystem

/// This process's own standard streams, as a command in a container uses them. They may be anything (a terminal, a pipe, a
/// file) and belong to others too, so they stay as they are: threads of their own block on them.
final class LocalStreams: RemoteStreams {
  private static let chunkBytes = 64 << 10

  let sizes = TerminalSizes()
  private let reading: BlockingPool
  private let writing: BlockingPool
  /// Something to read here ends a wait for input.
  private let wake: (read: Descriptor, write: Descriptor)

  init() throws {
    reading = try BlockingPool(name: "input", threads: 1)
    writing = try BlockingPool(name: "output", threads: 2)
    wake = try Descriptor.pipe(flags: O_CLOEXEC)
  }

  deinit {
    reading.stop()
    writing.stop()
  }

  func readInput() async throws -> [UInt8]? {
    try await withTaskCancellationHandler {
      try await reading.run { [wake] in try Self.read(wakenBy: wake.read) }
    } onCancel: {
      // A pipe that nobody else writes to has room for a byte.
      try? wake.write.writeAll([0])
    }
  }

  private static func read(wakenBy wake: Descriptor) throws -> [UInt8]? {
    var waiting = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0), pollfd(fd: wake.raw, events: Int16(POLLIN), revents: 0),
    ]
    try systemCall("poll") { poll(&waiting, 2, -1) }
    guard waiting[1].revents == 0 else { throw CancellationError() }
    let bytes = try [UInt8](unsafeUninitializedCapacity: chunkBytes) { buffer, count in
      count = try systemCall("read", path: "standard input") { Glibc.read(STDIN_FILENO, buffer.baseAddress, buffer.count) }
    }
    return bytes.isEmpty ? nil : bytes
  }

  func nextTerminalSize() async throws -> TerminalSize? { try await sizes.next() }

  func write(_ bytes: [UInt8], to output: RemoteOutput) async throws {
    let file = output == .standardOutput ? STDOUT_FILENO : STDERR_FILENO
    try await writing.run { try Self.write(bytes, file) }
  }

  private static func write(_ bytes: [UInt8], _ file: Int32) throws {
    var done = 0
    while done < bytes.count {
      do {
        done += try bytes[done...].withUnsafeBytes { rest throws(SystemCallError) in
          try systemCall("write") { Glibc.write(file, rest.baseAddress, rest.count) }
        }
      } catch let error as SystemCallError where error.errno == EAGAIN {
        // Somebody else who has the same file wants it not to block.
        var waiting = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
        try systemCall("poll") { poll(&waiting, 1, -1) }
      }
    }
  }
}
