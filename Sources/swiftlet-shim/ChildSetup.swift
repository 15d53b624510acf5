import CLinux
import Glibc
import LinuxSystem
import ShimProtocol

/// What a child that fails says to its shim.
enum ChildReport {
  /// A failure and its text fit into a pipe at once.
  private static let maximumBytes = 4096

  static func write(_ failure: ShimFailure, to pipe: Descriptor) {
    var writer = ByteWriter()
    var failure = failure
    failure.message = String(decoding: failure.message.utf8.prefix(maximumBytes - 64), as: UTF8.self)
    failure.write(to: &writer)
    // The shim may be gone; then nobody wants to know.
    try? pipe.writeAll(writer.bytes)
  }

  /// nil: the program runs.
  static func read(_ pipe: Descriptor) -> ShimFailure? {
    do {
      let bytes = try FileTree.read(pipe, maximumBytes: maximumBytes)
      if bytes.isEmpty { return nil }
      var reader = ByteReader(bytes[...])
      return try ShimFailure(from: &reader)
    } catch {
      return ShimFailure(kind: .shim, message: "the report of a container's set-up is unreadable: \(error)")
    }
  }
}

/// The child's life between clone and exec.
enum ChildSetup {
  /// - Parameters:
  ///   - target: the process whose namespaces an `enterNamespaces` step means.
  ///   - bareMounts: what the mounts of a container begin with; a command has those of its container.
  static func run(
    _ steps: [SetupStep], _ streams: ChildStreams, target: Descriptor? = nil, userNamespace: Descriptor?,
    bareMounts: Descriptor? = nil
  ) -> Never {
    guard let ends = streams.child else { _exit(1) }
    var executor = SetupExecutor(report: ends.report)
    executor.target = target
    executor.userNamespace = userNamespace
    executor.bareMounts = bareMounts
    executor.console = ends.console
    do throws(ShimFailure) {
      // A command that joins a container is seen by its processes before it has become one of them: they must not
      // reach the shim's program through /proc/<pid>/exe (CVE-2019-5736). Exec undoes it.
      try? CurrentProcess.setDumpable(false)
      // The shim's end: with it open here the child could not see the shim die.
      close(streams.report.raw)
      try take(ends)
      try executor.rememberProcess(for: steps)
      for step in steps { try executor.perform(step) }
      throw ShimFailure(kind: .setup, message: "the set-up has no exec")
    } catch {
      ChildReport.write(error, to: ends.report)
      _exit(1)
    }
  }

  private static func take(_ ends: ChildStreams.Child) throws(ShimFailure) {
    umask(0)
    for (from, to) in [(ends.input, 0), (ends.output, 1), (ends.error, 2)] as [(Descriptor, Int32)]
    where dup2(from.raw, to) < 0 {
      throw ShimFailure(kind: .setup, errno: errno, message: "dup2: \(SystemCallError.text(of: errno))")
    }
  }
}
