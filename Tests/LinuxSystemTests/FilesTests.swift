import Dispatch
import Foundation
import Glibc
import Synchronization
import Testing

@testable import LinuxSystem

@Suite struct FilesTests {
  /// A directory of the test's own, removed afterwards.
  private func withDirectory(_ body: (String) throws -> Void) throws {
    let path = "/tmp/swiftlet-files-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    try FileTree.makeDirectories(path)
    defer { try? FileTree.remove(path) }
    try body(path)
  }

  @Test func linksStayInTheRoot() throws {
    try withDirectory { directory in
      try FileTree.makeDirectories("\(directory)/root/etc")
      try FileTree.write("outside", to: "\(directory)/secret", create: true)
      try FileTree.write("inside", to: "\(directory)/root/secret", create: true)
      symlink("../../../../../../../../secret", "\(directory)/root/etc/climbs")
      symlink("/secret", "\(directory)/root/etc/absolute")
      let root = try RootedDirectory(path: "\(directory)/root")
      for path in ["etc/climbs", "/etc/absolute", "../../secret"] {
        #expect(String(decoding: try FileTree.read(root.open(path, O_RDONLY)), as: UTF8.self) == "inside")
      }
      #expect(throws: SystemCallError.self) { try root.openBeneath("etc/climbs", O_RDONLY) }
      #expect(throws: SystemCallError.self) { try root.openBeneath("etc/absolute", O_RDONLY) }
    }
  }

  @Test func manyMakeTheSamePlacesAtOnce() throws {
    try withDirectory { directory in
      for round in 0..<200 {
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
          do {
            let root = try RootedDirectory(path: directory)
            _ = try root.ensure("\(round)/etc/hostname", .file)
          } catch {
            failures.withLock { $0.append("\(error)") }
          }
        }
        #expect(failures.withLock { $0 } == [])
      }
    }
  }

  @Test func missingPlacesAreMadeInside() throws {
    try withDirectory { directory in
      try FileTree.makeDirectories("\(directory)/root/var")
      symlink("/run", "\(directory)/root/var/run")
      symlink("loop", "\(directory)/root/loop")
      let root = try RootedDirectory(path: "\(directory)/root")
      _ = try root.ensure("/var/run/secrets/token", .file)
      #expect(FileTree.exists("\(directory)/root/run/secrets/token"))
      _ = try root.ensure("../../a/b/", .directory)
      #expect(FileTree.exists("\(directory)/root/a/b"))
      #expect(throws: SystemCallError(call: "openat2", errno: ELOOP, path: "loop")) { try root.ensure("loop", .file) }
      #expect(throws: SystemCallError.self) { try root.ensure("run/secrets/token/below", .file) }
    }
  }

  @Test func magicLinksAreRefused() throws {
    let proc = try RootedDirectory(path: "/proc/self")
    let error = #expect(throws: SystemCallError.self) { try proc.open("exe", O_RDONLY) }
    #expect(error?.errno == ELOOP)
  }

  @Test func removingDoesNotFollowLinks() throws {
    try withDirectory { directory in
      try FileTree.makeDirectories("\(directory)/kept/inner")
      try FileTree.makeDirectories("\(directory)/gone/deep/deeper")
      symlink("\(directory)/kept", "\(directory)/gone/deep/link")
      try FileTree.remove("\(directory)/gone")
      #expect(try FileTree.names(in: directory) == ["kept"])
      #expect(FileTree.exists("\(directory)/kept/inner"))
      try FileTree.remove("\(directory)/never")
    }
  }

  @Test(arguments: [
    ("/a/./b//c", true, ["a", "b", "c"]), ("a/../b", false, ["a", "..", "b"]), ("/", true, []), ("", false, []),
  ])
  func pathsAreCut(path: String, isAbsolute: Bool, components: [Substring]) {
    #expect(PathComponents(path).isAbsolute == isAbsolute)
    #expect(PathComponents(path).components == components)
  }

  /// Where the file system knows the hint it is there afterwards, as lsattr reads it; elsewhere nothing is amiss.
  @Test func subdirectoriesAreSpread() throws {
    try withDirectory { directory in
      FileTree.spreadSubdirectories(of: directory)
      FileTree.spreadSubdirectories(of: directory)
      FileTree.spreadSubdirectories(of: "\(directory)/missing")
      let isExt4 = try output("/usr/bin/stat", "-f", "-c", "%T", directory).hasPrefix("ext")
      let attributes = try output("/usr/bin/lsattr", "-d", directory).prefix { $0 != " " }
      #expect(attributes.contains("T") == isExt4)
    }
  }

  private func output(_ program: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text
  }

  @Test func mountLinesAreRead() {
    let text = """
      25 1 254:0 / / rw,relatime - ext4 /dev/vda rw
      31 25 0:27 /sub /sys/fs/cgroup/unified rw,nosuid shared:9 master:3 - cgroup2 cgroup2 rw,nsdelegate
      40 25 0:31 / /with\\040blank\\134 rw - tmpfs tmpfs rw
      nonsense
      """
    #expect(
      MountInfo.parse(text) == [
        MountInfo(root: "/", mountPoint: "/", fileSystemType: "ext4", source: "/dev/vda", options: "rw"),
        MountInfo(root: "/sub", mountPoint: "/sys/fs/cgroup/unified", fileSystemType: "cgroup2", source: "cgroup2",
          options: "rw,nsdelegate"),
        MountInfo(root: "/", mountPoint: "/with blank\\", fileSystemType: "tmpfs", source: "tmpfs", options: "rw"),
      ])
  }

  @Test func descriptorsTravel() throws {
    try withDirectory { directory in
      let listener = try UnixSocket.listen("\(directory)/s", kind: .packet, nonBlocking: false)
      let client = try UnixSocket.connect("\(directory)/s", kind: .packet, nonBlocking: false)
      let server = try #require(try UnixSocket.accept(listener, nonBlocking: false))
      #expect(try UnixSocket.peer(of: server) == UnixSocket.Peer(pid: getpid(), uid: getuid(), gid: getgid()))
      let pipe = try Descriptor.pipe()
      #expect(try UnixSocket.send([1, 2, 3], descriptors: [pipe.write], to: client) == 3)
      let received = try #require(try UnixSocket.receive(maximumBytes: 16, from: server))
      #expect(received.bytes == [1, 2, 3])
      try received.descriptors[0].writeAll([42])
      var byte = [UInt8](repeating: 0, count: 1)
      #expect(try byte.withUnsafeMutableBytes { try pipe.read.read(into: $0) } == 1)
      #expect(byte == [42])
    }
  }

  @Test func blockingWorkRunsAndThrows() async throws {
    let pool = try BlockingPool(name: "test", threads: 2)
    defer { pool.stop() }
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 1...100 { group.addTask { try await pool.run { number } } }
      return try await group.reduce(0, +)
    }
    #expect(sum == 5050)
    await #expect(throws: SystemCallError.self) {
      try await pool.run { throw SystemCallError(call: "test", errno: EIO) }
    }
  }
}
