import Glibc
import LinuxSystem
import Testing

@testable import ImageStore

/// Debian's docker-registry on a free port of loopback, for one test.
final class DockerRegistry: Sendable {
  static let isThere = isInstalled("docker-registry") && isInstalled("skopeo")
  static let needed: Comment = "install docker-registry and skopeo"
  /// bcrypt of `secret`, as htpasswd writes it.
  private static let passwords = "user:$2b$04$HLsLZ83.yvXQR78EagFGiuNy7hdjFNIpzp.jQCv4X3sl9RbnjYSqm\n"

  let host: String
  private let directory: TemporaryDirectory
  private let process: pid_t

  /// - Parameter certificate: path of a `.pem` and a `.key` file, without their endings.
  init(_ directory: TemporaryDirectory, hasPassword: Bool = false, certificate: String? = nil) throws {
    self.directory = directory
    let port = try freePort()
    host = "127.0.0.1:\(port)"
    let passwords = try directory.write(Self.passwords, to: "htpasswd")
    let configuration = try directory.write(
      """
      version: 0.1
      log: {level: error, accesslog: {disabled: true}}
      storage: {filesystem: {rootdirectory: \(directory.path)/registry}}
      http: {addr: "\(host)"\(certificate.map { ", tls: {certificate: \($0).pem, key: \($0).key}" } ?? "")}
      \(hasPassword ? "auth: {htpasswd: {realm: test, path: \(passwords)}}" : "")

      """, to: "registry.yml")
    process = try Command(executable: "/usr/bin/docker-registry", arguments: ["serve", configuration])
      .spawn(log: "\(directory.path)/registry.log")
    try waitUntilItAnswers(port)
  }

  deinit {
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
  }

  /// Pushes an exported image with skopeo.
  func push(_ archive: String, as name: String, _ options: String...) async throws {
    let arguments =
      ["copy", "--insecure-policy", "--dest-tls-verify=false"] + options
      + ["docker-archive:\(archive)", "docker://\(host)/\(name)"]
    let command = Command(executable: "/usr/bin/skopeo", arguments: arguments)
    let log = "\(directory.path)/skopeo.log"
    _ = try await BlockingThread.run { try command.run(log: log) }
  }

  /// Changes a blob's file behind the registry's back.
  func tamper(with digest: String, _ change: ([UInt8]) -> [UInt8]) throws {
    let hex = digest.dropFirst("sha256:".count)
    let path = "\(directory.path)/registry/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data"
    try FileSystem.write(change(try FileSystem.read(path)), to: path)
  }
}

/// Below the kernel's ephemeral ports, where the tests' other servers listen.
private func freePort() throws -> UInt16 {
  for _ in 0..<100 {
    let port = UInt16.random(in: 20_000..<32_000)
    let socket = Descriptor(owning: try systemCall("socket") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
    if (try? withLoopback(port, { bind(socket.raw, $0, $1) })) != nil { return port }
  }
  throw SystemCallError(call: "bind", errno: EADDRINUSE, path: "127.0.0.1")
}

private func waitUntilItAnswers(_ port: UInt16) throws {
  for _ in 0..<500 {
    let socket = Descriptor(owning: try systemCall("socket") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
    if (try? withLoopback(port, { connect(socket.raw, $0, $1) })) != nil { return }
    usleep(20_000)
  }
  throw SystemCallError(call: "connect", errno: ETIMEDOUT, path: "127.0.0.1:\(port)")
}

/// Calls with the address of a port on loopback.
@discardableResult
func withLoopback(
  _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) throws(SystemCallError) -> Int32 {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return try systemCall("socket address", path: "127.0.0.1:\(port)") {
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }
}

/// A listening socket on a free port.
func listen() throws -> (descriptor: Descriptor, port: UInt16) {
  let socket = Descriptor(owning: try systemCall("socket") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
  try withLoopback(0) { bind(socket.raw, $0, $1) }
  try systemCall("listen") { Glibc.listen(socket.raw, 64) }
  var address = sockaddr_in()
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  try systemCall("getsockname") {
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket.raw, $0, &length) }
    }
  }
  return (socket, UInt16(bigEndian: address.sin_port))
}
