import Glibc
import Netlink
import PodNetwork
import Testing

/// Real namespaces, links and tables: needs root. One after the other: namespace names are shared by the machine.
@Suite(.enabled(if: geteuid() == 0, "needs root for network namespaces"), .serialized)
enum LinuxNetwork {}

/// A node in a network namespace of its own, with pods in theirs and a client outside. Nothing touches the machine's own
/// network.
final class NodeFixture {
  let name = "swt\(UInt32.random(in: 0..<0x1000000))"
  let network: PodNetwork
  private var servers: [Server] = []
  private var pods: [String: String] = [:]

  /// The node is 192.0.2.1 on a cable to a client at 192.0.2.2.
  init() throws {
    try Self.run(
      """
      ip netns add \(name)
      ip netns add \(name)c
      ip -n \(name) link set lo up
      ip -n \(name)c link set lo up
      ip -n \(name) link add ext type veth peer name ext netns \(name)c
      ip -n \(name) addr add 192.0.2.1/24 dev ext
      ip -n \(name)c addr add 192.0.2.2/24 dev ext
      ip -n \(name) link set ext up
      ip -n \(name)c link set ext up
      """)
    network = try PodNetwork(Self.config(name))
    try network.start()
  }

  static func config(_ name: String) -> PodNetworkConfig {
    var config = PodNetworkConfig()
    config.namespacePath = "/run/netns/\(name)"
    return config
  }

  static func with(_ body: (NodeFixture) async throws -> Void) async throws {
    let fixture = try NodeFixture()
    do { try await body(fixture) } catch {
      fixture.close()
      throw error
    }
    fixture.close()
  }

  func close() {
    for server in servers { server.stop() }
    network.shutdown()
    for namespace in Array(pods.values) + [name, name + "c"] { _ = try? Self.run("ip netns del \(namespace)") }
  }

  var namespacePath: String { "/run/netns/\(name)" }

  /// A pod's namespace, connected.
  func addPod(_ uid: String, hostPorts: [HostPort] = []) async throws -> PodAddress {
    let namespace = "\(name)-\(uid)"
    try Self.run("ip netns add \(namespace)")
    pods[uid] = namespace
    return try await network.attach(
      podUID: uid, networkNamespacePath: "/run/netns/\(namespace)", hostPorts: hostPorts)
  }

  @discardableResult
  func inPod(_ uid: String, _ command: String) throws -> String {
    try Self.run("ip netns exec \(name)-\(uid) \(command)")
  }

  @discardableResult
  func onNode(_ command: String) throws -> String { try Self.run("ip netns exec \(name) \(command)") }

  @discardableResult
  func onClient(_ command: String) throws -> String { try Self.run("ip netns exec \(name)c \(command)") }

  /// A server that answers every connection or datagram with `uid` and the address that it came from.
  func serve(_ uid: String, port: Int, udp: Bool = false) throws {
    let script = udp ? Self.udpServer : Self.tcpServer
    servers.append(try Server("ip netns exec \(name)-\(uid) python3 -c '\(script)' \(uid) \(port)"))
  }

  /// The command of a client: prints the server's answer, or why there is none.
  static func ask(_ address: String, _ port: Int, udp: Bool = false, source: String = "") -> String {
    let script = udp ? udpClient : tcpClient
    return "python3 -c '\(script)' \(address) \(port) \(source)"
  }

  static let tcpServer = """
    import os, socket, sys
    s = socket.create_server(("", int(sys.argv[2])), backlog=64)
    print(os.getpid(), flush=True)
    while True:
      c, a = s.accept()
      c.sendall((sys.argv[1] + " " + a[0]).encode()); c.close()
    """
  private static let udpServer = """
    import os, socket, sys
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", int(sys.argv[2])))
    print(os.getpid(), flush=True)
    while True:
      d, a = s.recvfrom(100)
      s.sendto((sys.argv[1] + " " + a[0]).encode(), a)
    """
  private static let tcpClient = """
    import socket, sys
    try:
      c = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
      print(c.recv(100).decode())
    except OSError as e: print(type(e).__name__, e.errno)
    """
  private static let udpClient = """
    import socket, sys
    c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); c.settimeout(5)
    if len(sys.argv) > 3: c.bind(("", int(sys.argv[3])))
    c.connect((sys.argv[1], int(sys.argv[2])))
    try:
      c.send(b"x"); print(c.recv(100).decode())
    except OSError as e: print(type(e).__name__, e.errno)
    """

  /// Runs a shell script; its output without the last line end.
  @discardableResult
  static func run(_ script: String) throws -> String {
    let (text, status) = try capture("exec 2>&1; set -e\n" + script)
    guard status == 0 else { throw ShellError(script: script, output: text) }
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  private static func capture(_ script: String) throws -> (text: String, status: Int32) {
    guard let pipe = popen(script, "re") else { throw ShellError(script: script, output: "popen failed") }
    var bytes: [UInt8] = []
    while case let byte = getc(pipe), byte != EOF { bytes.append(UInt8(byte)) }
    return (String(decoding: bytes, as: UTF8.self), pclose(pipe))
  }
}

/// A server in the background; it has printed its process number when it listens.
final class Server {
  private let pipe: UnsafeMutablePointer<FILE>
  private let pid: pid_t

  init(_ command: String) throws {
    guard let pipe = popen("exec " + command, "re") else { throw ShellError(script: command, output: "popen failed") }
    self.pipe = pipe
    let line = Self.readLine(pipe)
    guard let pid = pid_t(line) else {
      pclose(pipe)
      throw ShellError(script: command, output: line)
    }
    self.pid = pid
  }

  /// Waits for the next line of its output; empty at its end.
  func readLine() -> String { Self.readLine(pipe) }

  /// False once it has printed more or ended.
  var isRunning: Bool {
    var poll = pollfd(fd: fileno(pipe), events: Int16(POLLIN), revents: 0)
    return Glibc.poll(&poll, 1, 0) == 0
  }

  private static func readLine(_ pipe: UnsafeMutablePointer<FILE>) -> String {
    var line = ""
    while case let byte = getc(pipe), byte != EOF, byte != 10 { line.append(Character(UnicodeScalar(UInt8(byte)))) }
    return line
  }

  func stop() {
    kill(pid, SIGKILL)
    pclose(pipe)
  }
}

struct ShellError: Error {
  let script: String
  let output: String
}
