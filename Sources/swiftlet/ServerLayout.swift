import Foundation
import Glibc
import LinuxSystem

/// The flags of `swiftlet server` with everything filled in that they leave open.
struct ServerLayout: Sendable {
  var options: ServerOptions
  var nodeName: String
  var advertiseAddress: String
  var shim: String

  var stateDirectory: String { options.stateDir }
  var tlsDirectory: String { options.dataDir + "/tls" }
  var database: String { options.dataDir + "/store.db" }
  var imageDirectory: String { options.imageDir ?? options.dataDir + "/images" }
  var containerDirectory: String { options.dataDir + "/containers" }
  /// The first /24 of the pods' range: this node's own.
  var podCIDR: String {
    let octets = options.clusterCidr.split(separator: "/")[0].split(separator: ".")
    return octets.prefix(3).joined(separator: ".") + ".0/24"
  }

  init(_ options: ServerOptions) throws {
    self.options = options
    nodeName = try options.nodeName ?? Self.hostName()
    advertiseAddress = options.advertiseAddress ?? Self.outgoingAddress() ?? "127.0.0.1"
    let beside = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    shim = options.shim ?? beside.appendingPathComponent("swiftlet-shim").path
    guard options.disableAgent || FileManager.default.isExecutableFile(atPath: shim) else {
      throw LayoutError("\(shim) is not there or not executable; install it beside swiftlet, or name it with --shim")
    }
    guard options.disableAgent || geteuid() == 0 else {
      throw LayoutError("a node needs root; run as root, or with --disable-agent for the control plane alone")
    }
    for directory in [options.dataDir, options.stateDir, imageDirectory, containerDirectory] {
      try Self.makeDirectory(directory)
    }
  }

  private static func makeDirectory(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
    } catch {
      throw LayoutError("cannot create \(path): \(error.localizedDescription)")
    }
  }

  /// Kubernetes' names are lower case, whatever the machine calls itself.
  private static func hostName() throws -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count) == 0 else { throw LayoutError("this machine has no host name; use --node-name") }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercased()
  }

  /// The source address that the kernel would choose for the outside; connecting a datagram socket sends nothing.
  private static func outgoingAddress() -> String? {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    guard socket >= 0 else { return nil }
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(53).bigEndian
    // TEST-NET-1 of RFC 5737: nobody's address, so that no name is looked up and nothing is reached.
    inet_pton(AF_INET, "192.0.2.1", &address.sin_addr)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, length) == 0 }
    }
    guard isConnected else { return nil }
    let isNamed = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) == 0 }
    }
    guard isNamed else { return nil }
    var text = [CChar](repeating: 0, count: Int(INET_ADDRSTRLEN))
    guard inet_ntop(AF_INET, &address.sin_addr, &text, socklen_t(text.count)) != nil else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

struct LayoutError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
