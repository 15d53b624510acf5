import HTTPServing
import KubernetesAPI
import Synchronization

/// `/containerLogs`, `/exec`, `/attach`, `/portForward` and `/run`: `…/{namespace}/{pod}[/{uid}]/{container}`.
struct NodeStreamEndpoint: NodeEndpoint {
  let kubelet: Kubelet

  func respond(to request: APIRequest) async throws -> APIResponse? {
    let segments = request.path.split(separator: "/").map(String.init)
    switch (segments.first, request.method) {
    case ("containerLogs", "GET"): return try await logs(request, try target(segments, hasContainer: true))
    case ("exec", "GET"), ("exec", "POST"): return try exec(request, try target(segments, hasContainer: true))
    case ("attach", "GET"), ("attach", "POST"): return try attach(request, try target(segments, hasContainer: true))
    case ("portForward", "GET"), ("portForward", "POST"):
      return try portForward(request, try target(segments, hasContainer: false))
    case ("run", "POST"): return try await run(request, try target(segments, hasContainer: true))
    default: return nil
    }
  }

  private struct Target {
    var pod: ObjectKey
    var uid: String
    var container: String
  }

  private func target(_ segments: [String], hasContainer: Bool) throws(Status) -> Target {
    let rest = segments.dropFirst(3)
    let named = hasContainer ? rest.dropLast() : rest
    guard segments.count >= 3, rest.count == named.count + (hasContainer ? 1 : 0), named.count <= 1 else {
      throw Status(code: 404, reason: .notFound, message: "404 page not found")
    }
    let key = ObjectKey(namespace: segments[1], name: segments[2])
    return Target(pod: key, uid: try kubelet.uid(of: key, uid: named.first), container: hasContainer ? rest.last ?? "" : "")
  }

  private func logs(_ request: APIRequest, _ target: Target) async throws -> APIResponse {
    var options = PodLogOptions()
    options.follow = request.query.flag("follow")
    options.previous = request.query.flag("previous")
    options.timestamps = request.query.flag("timestamps")
    options.sinceSeconds = try request.query.integer("sinceSeconds")
    options.sinceTime = request.query["sinceTime"].flatMap(Timestamp.init(rfc3339:))
    options.tailLines = try request.query.integer("tailLines")
    options.limitBytes = try request.query.integer("limitBytes")
    let chunks = try await kubelet.containerLogs(
      pod: target.pod, uid: target.uid, container: target.container, options)
    return APIResponse(contentType: "text/plain") { writer in
      for try await chunk in chunks { try await writer.write(chunk) }
    }
  }

  private func exec(_ request: APIRequest, _ target: Target) throws -> APIResponse {
    let options = try Self.options(request.query)
    let command = request.query.all("command")
    guard !command.isEmpty else { throw Status.badRequest("you must specify at least one command for the container") }
    return try RemoteCommandUpgrade.response(to: request, options) { [kubelet] streams in
      try await kubelet.exec(
        pod: target.pod, uid: target.uid, container: target.container, command: command, options, streams: streams)
    }
  }

  private func attach(_ request: APIRequest, _ target: Target) throws -> APIResponse {
    let options = try Self.options(request.query)
    return try RemoteCommandUpgrade.response(to: request, options) { [kubelet] streams in
      try await kubelet.attach(
        pod: target.pod, uid: target.uid, container: target.container, options, streams: streams)
      return nil
    }
  }

  private func portForward(_ request: APIRequest, _ target: Target) throws -> APIResponse {
    try PortForwardUpgrade.response(to: request, pod: target.pod.name, uid: target.uid) { [kubelet] port in
      try await kubelet.portForward(pod: target.pod, uid: target.uid, port: port)
    }
  }

  /// The output of one command; a code that is not 0 makes it a failure of the request.
  private func run(_ request: APIRequest, _ target: Target) async throws -> APIResponse {
    var options = RemoteStreamOptions()
    (options.stdout, options.stderr) = (true, true)
    let command = (request.query["cmd"] ?? "").split(separator: " ").map(String.init)
    guard !command.isEmpty else { throw Status.badRequest("missing cmd") }
    let output = CollectedOutput()
    let code = try await kubelet.exec(
      pod: target.pod, uid: target.uid, container: target.container, command: command, options, streams: output)
    guard code == 0 else {
      throw Status.internalError("command '\(command.joined(separator: " "))' exited with \(code): \(output.text)")
    }
    return .text(output.text)
  }

  /// The names that upstream's API server gives the parameters of the node.
  static func options(_ query: QueryParameters) throws(Status) -> RemoteStreamOptions {
    var options = RemoteStreamOptions()
    options.stdin = query["input"] == "1"
    options.stdout = query["output"] == "1"
    options.tty = query["tty"] == "1"
    options.stderr = query["error"] == "1" && !options.tty
    guard options.stdin || options.stdout || options.stderr else {
      throw .badRequest("you must specify at least 1 of stdin, stdout, stderr")
    }
    return options
  }
}

/// What a command of `/run` writes, bounded; it has no input.
private final class CollectedOutput: RemoteStreams {
  private static let limitBytes = 1024 * 1024
  private let bytes = Mutex<[UInt8]>([])

  var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

  func readInput() async throws -> [UInt8]? { nil }
  func nextTerminalSize() async throws -> TerminalSize? { nil }

  func write(_ more: [UInt8], to output: RemoteOutput) async throws {
    let fits = bytes.withLock { bytes in
      bytes.append(contentsOf: more.prefix(Self.limitBytes - bytes.count))
      return bytes.count < Self.limitBytes
    }
    guard fits else { throw Status.internalError("more than \(Self.limitBytes) bytes of output") }
  }
}
