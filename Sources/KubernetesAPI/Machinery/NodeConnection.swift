/// What the API server asks of a node: the part of the kubelet's own API behind `pods/log` and, later, exec, attach and
/// port-forward. The composition root hands the server a direct connection to its own node; other nodes answer over HTTPS.
package protocol NodeConnection: Sendable {
  /// The log of one container as CRI text without its framing, in chunks. Throws `Status` before the first chunk when
  /// the container is unknown or has not started (upstream's messages).
  func containerLogs(
    pod: ObjectKey, uid: String, container: String, _ options: PodLogOptions
  ) async throws -> AsyncThrowingStream<[UInt8], any Error>

  /// Runs a command in a running container until it ends; returns its exit code (128 + signal for a death by signal).
  /// The command is killed when the streams throw or the task is cancelled. Throws `Status` when the container is
  /// unknown or does not run, or the command cannot be started (upstream's messages).
  func exec(
    pod: ObjectKey, uid: String, container: String, command: [String], _ options: RemoteStreamOptions,
    streams: any RemoteStreams
  ) async throws -> Int

  /// Connects the client to the streams of a running container until the container ends or the client leaves.
  func attach(
    pod: ObjectKey, uid: String, container: String, _ options: RemoteStreamOptions, streams: any RemoteStreams
  ) async throws

  /// Dials a port inside the pod's network namespace (127.0.0.1, then ::1). Throws `Status` when the pod does not run or
  /// nothing listens.
  func portForward(pod: ObjectKey, uid: String, port: Int) async throws -> any ForwardedConnection

  /// What the node remembers of a pod, also of one that has left it; nil when it never had such a pod.
  func podReport(_ request: PodReportRequest) async throws -> PodReport?
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

/// A node that cannot do these answers 501 and says so.
extension NodeConnection {
  package func exec(
    pod: ObjectKey, uid: String, container: String, command: [String], _ options: RemoteStreamOptions,
    streams: any RemoteStreams
  ) async throws -> Int { throw Status.notImplemented("pods/exec") }

  package func attach(
    pod: ObjectKey, uid: String, container: String, _ options: RemoteStreamOptions, streams: any RemoteStreams
  ) async throws { throw Status.notImplemented("pods/attach") }

  package func portForward(pod: ObjectKey, uid: String, port: Int) async throws -> any ForwardedConnection {
    throw Status.notImplemented("pods/portforward")
  }
}

extension Status {
  /// 501 for what this version does not do yet.
  package static func notImplemented(_ what: String) -> Status {
    Status(code: 501, reason: .unknown, message: "\(what) is not implemented yet in this version of swiftlet")
  }
}
