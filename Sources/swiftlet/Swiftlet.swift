import ArgumentParser
import Foundation

/// The one binary. `swiftlet server` is what a machine runs; the other commands work on the machine they are called on.
@main
struct Swiftlet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swiftlet",
    abstract: "Kubernetes on Linux primitives: one binary, no container engine.",
    discussion: """
      Start a cluster of one node with 'swiftlet server', then use kubectl with the kubeconfig it writes:

        swiftlet server &
        kubectl --kubeconfig /etc/swiftlet/kubeconfig.yaml get nodes
      """,
    subcommands: [
      ServerCommand.self, WhyCommand.self, TimelineCommand.self, PsCommand.self, LogsCommand.self, ExecCommand.self,
      StatsCommand.self, ImageCommand.self, CheckCommand.self, DownCommand.self, VersionCommand.self,
    ])

  static func main() async {
    do {
      let arguments = try ConfigurationFile.expand(Array(CommandLine.arguments.dropFirst()))
      var command = try parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      exit(withError: error)
    }
  }
}
