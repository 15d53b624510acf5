import ArgumentParser
import ContainerRuntime
import Foundation
import Kubelet
import KubernetesAPI
import LinuxSystem

struct ExecCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Run a command in a container of this machine.",
    discussion: """
      The pod's own process runs it, so it works while the server and the agent are stopped. Its output is shown as it \
      comes, and it ends with the command's exit code. When this program is ended, so is the command.

        swiftlet exec web -- ls -l /
        swiftlet exec -it web -- sh
        swiftlet exec web/sidecar --timeout 5 -- wget -qO- localhost:8080
        tar c files | swiftlet exec -i web -- tar x -C /tmp
      """)

  @Argument(help: "POD, POD/CONTAINER or a container's ID.") var target: String
  @Argument(parsing: .postTerminator, help: "The command and its arguments, after '--'.") var command: [String] = []
  @Flag(name: [.customShort("i"), .long], help: "Pass standard input on to the command.") var stdin = false
  @Flag(name: [.customShort("t"), .long], help: "Give the command a terminal.") var tty = false
  @Option(name: .shortAndLong, help: "Namespace of the pod, where its name alone is not enough.") var namespace: String?
  @Option(help: "Kill the command after so many seconds (default: never).") var timeout = 0
  @OptionGroup var location: NodeLocation

  /// What a shell says of a command that SIGKILL ended.
  private static let killed = 128 + Int(SIGKILL)
  /// And of one whose output nobody reads any more.
  private static let unread = 128 + Int(SIGPIPE)

  func validate() throws {
    guard !command.isEmpty else { throw ValidationError("say what to run: swiftlet exec \(target) -- COMMAND") }
    guard timeout >= 0 else { throw ValidationError("--timeout is a number of seconds, not \(timeout)") }
  }

  func run() async throws {
    var code = 0
    try await NodeAccess.with(location) { node in
      let found = try NodeTarget.find(target, namespace: namespace, in: node.pods, needsRunning: true)
      code = try await run(found, node)
    }
    if code != 0 { throw ExitCode(Int32(code)) }
  }

  private func run(_ found: NodeTarget, _ node: NodeAccess) async throws -> Int {
    let options = options
    let streams = try LocalStreams()
    let running = NodeCommand(node.runtime, containerID: found.container.id, command, options)
    do {
      let terminal = options.tty ? try LocalTerminal(sizes: streams.sizes) : nil
      defer { terminal?.restore() }
      return try await limited { try await running.run(streams, size: options.tty ? LocalTerminal.size : nil) }
    } catch let error as RuntimeError where error.reason == .exec {
      Output.complain(error.message)
      return error.exitCode
    } catch let error as SystemCallError where error.errno == EPIPE {
      return Self.unread
    }
  }

  private var options: RemoteStreamOptions {
    var options = RemoteStreamOptions()
    options.stdin = stdin
    options.stdout = true
    options.tty = tty && UserTerminal.isTerminal(STDIN_FILENO)
    options.stderr = !options.tty
    if tty != options.tty { Output.complain("Unable to use a TTY - input is not a terminal or the right kind of file") }
    return options
  }

  private func limited(_ body: @escaping @Sendable () async throws -> Int) async throws -> Int {
    guard timeout > 0 else { return try await body() }
    let code = try await withThrowingTaskGroup(of: Int?.self) { [timeout] group in
      group.addTask { try await body() }
      group.addTask {
        try await Task.sleep(for: .seconds(timeout))
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
    if code == nil { Output.complain("it was killed after \(timeout) s") }
    return code ?? Self.killed
  }
}
