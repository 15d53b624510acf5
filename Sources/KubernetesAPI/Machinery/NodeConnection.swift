/// What the API server asks of a node: the part of the kubelet's own API behind `pods/log` and, later, exec, attach and
/// port-forward. The composition root hands the server a direct connection to its own node; other nodes answer over HTTPS.
package protocol NodeConnection: Sendable {
  /// The log of one container as CRI text without its framing, in chunks. Throws `Status` before the first chunk when
  /// the container is unknown or has not started (upstream's messages).
  func containerLogs(
    pod: ObjectKey, uid: String, container: String, _ options: PodLogOptions
  ) async throws -> AsyncThrowingStream<[UInt8], any Error>
}

/// `kubectl logs`' flags (`v1.PodLogOptions`).
package struct PodLogOptions: Sendable, Hashable {
  package var follow = false
  package var previous = false
  package var timestamps = false
  package var sinceSeconds: Int?
  package var sinceTime: Timestamp?
  package var tailLines: Int?
  package var limitBytes: Int?

  package init() {}
}
