import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Streams one blob into a channel; after a cut it goes on where it was.
struct BlobDownload: Sendable {
  static let maximumAttemptsWithoutProgress = 5
  static let firstBackoffMilliseconds = 200
  static let maximumBackoffMilliseconds = 5_000
  /// A callback for each chunk would cost more than it tells.
  static let progressStepBytes = 1 << 20

  let client: RegistryClient
  let digest: Digest
  let sizeBytes: Int
  let progress: ImageProgressHandler

  /// Always finishes the channel; errors go through it to the reader.
  func run(into channel: ChunkChannel) async {
    do {
      try await transfer(into: channel)
      channel.finish(.success(()))
    } catch {
      channel.finish(.failure(error))
    }
  }

  private func transfer(into channel: ChunkChannel) async throws {
    var offset = 0
    var failures = 0
    while offset < sizeBytes {
      let start = offset
      do {
        try await receive(from: &offset, into: channel)
        if offset < sizeBytes {
          throw RegistryError.requestFailed(method: "Get", url: "\(digest)", reason: "unexpected EOF")
        }
      } catch let error where Self.isWorthRetrying(error) {
        failures = offset > start ? 1 : failures + 1
        if failures >= Self.maximumAttemptsWithoutProgress { throw asRegistryError(error) }
        try await Task.sleep(for: .milliseconds(Self.backoffMilliseconds(failures)))
      }
    }
  }

  static func backoffMilliseconds(_ failures: Int) -> Int {
    min(firstBackoffMilliseconds << min(failures - 1, 16), maximumBackoffMilliseconds)
  }

  /// The connection broke or the server stumbled; a refusal or a reader that gave up stands.
  private static func isWorthRetrying(_ error: any Error) -> Bool {
    switch error {
    case let error as RegistryError: error.isTransient
    case is CancellationError, is ChunkChannel.Abandoned: false
    default: true
    }
  }

  private func asRegistryError(_ error: any Error) -> any Error {
    if error is RegistryError { return error }
    return RegistryError.requestFailed(
      method: "Get", url: "\(digest)", reason: RegistryClient.reason(error, host: client.endpoint.host))
  }

  private func receive(from offset: inout Int, into channel: ChunkChannel) async throws {
    let response = try await client.blob(digest, from: offset)
    // A server that ignores Range starts over.
    var skipped = response.status == .ok ? offset : 0
    var reported = offset
    for try await var chunk in response.body {
      let leading = min(skipped, chunk.readableBytes)
      skipped -= leading
      chunk.moveReaderIndex(forwardBy: leading)
      if chunk.readableBytes == 0 { continue }
      offset += chunk.readableBytes
      try await channel.send(chunk)
      if offset - reported >= Self.progressStepBytes || offset == sizeBytes {
        reported = offset
        progress(
          ImageProgress(.fetching, digest.description, completedBytes: min(offset, sizeBytes), totalBytes: sizeBytes))
      }
    }
  }
}
