import ArgumentParser
import ContainerRuntime
import Foundation
import Glibc
import LinuxSystem

struct DownCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down",
    abstract: "Stop the server and every pod of this machine, and check that nothing is left.",
    discussion: """
      Objects and images stay for the next start; --purge removes them too. Ends with 1 and names what is left when \
      something is.
      """)

  @OptionGroup var location: NodeLocation
  @Flag(help: "Also remove the database, certificates, images, logs and what the node remembers of its pods.") var purge = false

  /// How long the server may take to end by itself.
  static let serverGraceSeconds: Int32 = 20

  func run() async throws {
    guard geteuid() == 0 else { throw ValidationError("stopping pods needs root; run it as root") }
    try stopServer()
    try await stopPods()
    try await NodeNetworkTeardown.run(location)
    try removeVolumes()
    if purge { try removeData() }
    try await report()
  }

  private func stopServer() throws {
    guard let pid = ServerLock.holder(stateDirectory: location.stateDir) else { return }
    print("stopping the server (process \(pid))")
    let process = try ProcessWatch(pid)
    kill(pid, SIGTERM)
    if try process.hasEnded(withinSeconds: Self.serverGraceSeconds) { return }
    print("it has not ended within \(Self.serverGraceSeconds) s; killing it")
    kill(pid, SIGKILL)
    guard try process.hasEnded(withinSeconds: Self.serverGraceSeconds) else {
      throw LayoutError("process \(pid) cannot be killed: see /proc/\(pid)/stack for what it waits for")
    }
  }

  private func stopPods() async throws {
    let runtime = try await ContainerRuntime(paths: location.runtimePaths)
    defer { runtime.shutdown() }
    let pods = try await runtime.pods()
    if !pods.isEmpty { print("stopping \(pods.count) pods") }
    try await runtime.tearDown()
  }

  private func removeVolumes() throws {
    for mount in try location.mounts() where umount2(mount, Int32(MNT_DETACH)) != 0 {
      throw LayoutError("cannot unmount \(mount): \(String(cString: strerror(errno)))")
    }
    try FileTree.remove(location.podsDirectory)
    unlink(location.stateDir + "/server.pid")
    rmdir(location.stateDir)
  }

  private func removeData() throws {
    print("removing \(location.dataDir)")
    let logs = ["/pods", "/containers"].map { location.logDir + $0 }
    let kept = [location.dataDir, location.imageDir ?? "", location.historyDirectory, location.recordDirectory]
    for path in kept + logs
    where !path.isEmpty { try FileTree.remove(path) }
  }

  private func report() async throws {
    let left = try await Residue.find(location)
    guard left.isEmpty else {
      for line in left { print("left: \(line)") }
      throw ExitCode(1)
    }
    print("nothing is left: no process, mount, cgroup, namespace, link or nft table")
  }
}

/// Waits for a process that is not a child of this one.
struct ProcessWatch {
  private let descriptor: Descriptor?

  /// A process that is gone already counts as ended.
  init(_ pid: Int32) throws {
    do {
      descriptor = try Descriptor(pidfdOf: pid)
    } catch {
      guard error.errno == ESRCH else { throw error }
      descriptor = nil
    }
  }

  func hasEnded(withinSeconds seconds: Int32) throws -> Bool {
    try descriptor?.waitReadable(timeoutMilliseconds: seconds * 1000) ?? true
  }
}
