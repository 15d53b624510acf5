import ArgumentParser
import ContainerRuntime
import Kubelet

struct ExecCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Run a command in a container of this machine.",
    discussion: """
      The pod's own process runs it, so it works while the server and the agent are stopped. It ends with the \
      command's exit code. What the command prints (at most \(RuntimeLimits.execOutputBytes >> 10) KiB) is shown when it \
      has ended, and it gets no input; for a terminal use 'kubectl exec -it'.

        swiftlet exec web -- ls -l /
        swiftlet exec web/sidecar --timeout 5 -- wget -qO- localhost:8080
      """)

  @Argument(help: "POD, POD/CONTAINER or a container's ID.") var target: String
  @Argument(parsing: .postTerminator, help: "The command and its arguments, after '--'.") var command: [String] = []
  @Option(name: .shortAndLong, help: "Namespace of the pod, where its name alone is not enough.") var namespace: String?
  @Option(help: "Kill the command after so many seconds (default: never).") var timeout = 0
  @OptionGroup var location: NodeLocation

  func validate() throws {
    guard !command.isEmpty else { throw ValidationError("say what to run: swiftlet exec \(target) -- COMMAND") }
    guard timeout >= 0 else { throw ValidationError("--timeout is a number of seconds, not \(timeout)") }
  }

  func run() async throws {
    var code: Int32 = 0
    try await NodeAccess.with(location) { node in
      let found = try NodeTarget.find(target, namespace: namespace, in: node.pods, needsRunning: true)
      code = try await run(found, node)
    }
    if code != 0 { throw ExitCode(code) }
  }

  private func run(_ found: NodeTarget, _ node: NodeAccess) async throws -> Int32 {
    do {
      let result = try await node.runtime.exec(
        containerID: found.container.id, command, timeoutSeconds: timeout)
      try Output.write(result.output)
      if result.output.count >= RuntimeLimits.execOutputBytes {
        Output.complain("what it printed beyond \(RuntimeLimits.execOutputBytes >> 10) KiB is left out")
      }
      if result.timedOut { Output.complain("it was killed after \(timeout) s") }
      return Int32(result.exitCode)
    } catch let error as RuntimeError where error.reason == .exec {
      Output.complain(error.message)
      return Int32(error.exitCode)
    }
  }
}
