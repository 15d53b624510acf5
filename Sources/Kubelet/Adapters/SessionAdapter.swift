import ContainerRuntime
import protocol KubernetesAPI.ForwardedConnection
import enum KubernetesAPI.RemoteOutput
import struct KubernetesAPI.RemoteStreamOptions
import struct KubernetesAPI.TerminalSize

/// A session of the container runtime.
struct SessionAdapter: RuntimeSession {
  let session: ContainerSession

  init(_ session: ContainerSession) { self.session = session }

  var hasInput: Bool { session.hasInput }

  func read(_ output: RemoteOutput) async throws -> [UInt8]? {
    try await session.read(output == .standardOutput ? .standardOutput : .standardError)
  }

  func write(_ bytes: [UInt8]) async throws { try await session.write(bytes) }
  func closeInput() async throws { try await session.closeInput() }
  func resize(_ size: TerminalSize) throws { try session.resize(columns: size.columns, rows: size.rows) }
  func exitCode() async throws -> Int { try await session.exitCode() }
  func close() { session.close() }
}

struct ConnectionAdapter: ForwardedConnection {
  let connection: PodConnection

  init(_ connection: PodConnection) { self.connection = connection }

  func read() async throws -> [UInt8]? { try await connection.read() }
  func write(_ bytes: [UInt8]) async throws { try await connection.write(bytes) }
  func closeWriting() async throws { try connection.closeWriting() }
  func close() async { connection.close() }
}

extension SessionStreams {
  init(_ options: RemoteStreamOptions, size: TerminalSize? = nil) {
    self.init(
      input: options.stdin, output: options.stdout, error: options.stderr && !options.tty, terminal: options.tty,
      columns: size?.columns ?? 0, rows: size?.rows ?? 0)
  }
}
