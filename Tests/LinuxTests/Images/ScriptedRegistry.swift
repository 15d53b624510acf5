import Glibc
import LinuxSystem
import Synchronization

@testable import ImageStore

/// An HTTP server on loopback whose every answer is a test's, also the ones a good registry would not give.
final class ScriptedRegistry: Sendable {
  struct Request: Sendable {
    var method: String
    /// With the query.
    var path: String
    /// By lower-case name.
    var headers: [String: String]
    var body: String
  }

  struct Answer: Sendable {
    var status = 200
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    /// The connection breaks after so many bytes of the body.
    var cutAfter: Int?
  }

  let host: String
  private let socket: Descriptor
  private let seen = Mutex<[Request]>([])

  /// - Parameter answer: gets the request and how many with the same path came before.
  init(_ answer: @escaping @Sendable (Request, _ repetition: Int) -> Answer) throws {
    let (socket, port) = try listen()
    self.socket = socket
    host = "127.0.0.1:\(port)"
    try NativeThread.start(name: "registry") { [weak self] in
      while true {
        let connection = accept(socket.raw, nil, nil)
        guard connection >= 0, let self else { return }
        self.serve(Descriptor(owning: connection), answer)
      }
    }
  }

  deinit { shutdown(socket.raw, Int32(SHUT_RDWR)) }

  var requests: [Request] { seen.withLock { $0 } }

  func requests(_ path: String) -> [Request] { requests.filter { $0.path.hasPrefix(path) } }

  private func serve(_ connection: Descriptor, _ answer: (Request, Int) -> Answer) {
    guard let request = Self.read(connection) else { return }
    let repetition = seen.withLock { seen in
      defer { seen.append(request) }
      return seen.count { $0.path == request.path }
    }
    let result = answer(request, repetition)
    var head = "HTTP/1.1 \(result.status) Status\r\nConnection: close\r\nContent-Length: \(result.body.count)\r\n"
    for (name, value) in result.headers { head += "\(name): \(value)\r\n" }
    let body = result.cutAfter.map { Array(result.body.prefix($0)) } ?? result.body
    // The client may be gone; the test notices by what it gets.
    try? connection.writeAll(Array("\(head)\r\n".utf8) + body)
  }

  private static func read(_ connection: Descriptor) -> Request? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 8192)
    while true {
      let text = String(decoding: bytes, as: UTF8.self)
      if let end = text.range(of: "\r\n\r\n") {
        let request = parse(String(text[..<end.lowerBound]), body: String(text[end.upperBound...]))
        if request.body.utf8.count >= Int(request.headers["content-length"] ?? "0") ?? 0 { return request }
      }
      let count = recv(connection.raw, &buffer, buffer.count, 0)
      if count <= 0 { return nil }
      bytes += buffer[..<count]
    }
  }

  private static func parse(_ head: String, body: String) -> Request {
    let lines = head.split(separator: "\r\n")
    let words = lines[0].split(separator: " ")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts[1].trimming(while: \.isWhitespace)
    }
    return Request(method: String(words[0]), path: String(words[1]), headers: headers, body: body)
  }
}

/// A small image as a registry serves it, without a registry.
struct ServedImage: Sendable {
  var layer: [UInt8]
  var configuration: [UInt8]
  var manifest: [UInt8]

  var layerDigest: Digest { Digest(of: layer) }
  var manifestDigest: Digest { Digest(of: manifest) }

  /// - Parameter contentBytes: size of the image's one file.
  init(_ directory: TemporaryDirectory, contentBytes: Int = 300_000) throws {
    let tar = "\(directory.path)/served.tar"
    let content = String(repeating: "0123456789", count: contentBytes / 10)
    try writeLayer([LayerFile(path: "file", content: content)], to: tar)
    layer = try FileSystem.read(tar)
    let diffIDs = [Digest(of: layer).description]
    configuration = try encodeDocument(
      ImageConfiguration(
        architecture: ImagePlatform.host.architecture, os: "linux",
        rootFileSystem: .init(type: "layers", diffIDs: diffIDs)))
    manifest = try encodeDocument(
      ImageManifest(
        schemaVersion: 2, config: .init(digest: Digest(of: configuration).description, size: configuration.count),
        layers: [.init(digest: Digest(of: layer).description, size: layer.count)]))
  }

  /// What a good registry answers for the repository `team/app`.
  func answer(_ request: ScriptedRegistry.Request) -> ScriptedRegistry.Answer {
    let path = request.path.split(separator: "?")[0]
    if path == "/v2/team/app/manifests/v1" || path.hasSuffix(manifestDigest.description) {
      return .init(headers: ["Content-Type": "application/vnd.oci.image.manifest.v1+json"], body: manifest)
    }
    if path.hasSuffix(Digest(of: configuration).description) { return .init(body: configuration) }
    if path.hasSuffix(layerDigest.description) { return answerLayer(request) }
    return .init(status: 404)
  }

  private func answerLayer(_ request: ScriptedRegistry.Request) -> ScriptedRegistry.Answer {
    guard let range = request.headers["range"], let start = Int(range.dropFirst("bytes=".count).dropLast()) else {
      return .init(body: layer)
    }
    return .init(status: 206, body: Array(layer[start...]))
  }
}
