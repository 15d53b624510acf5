import ArgumentParser
import Foundation
import Kubelet
import KubernetesAPI

struct LogsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Print what a container of this machine has printed.",
    discussion: """
      Reads the container's log file, so it works while the server and the agent are stopped. The container is named \
      by its pod, by pod and container, or by the beginning of its ID ('swiftlet ps' has them all):

        swiftlet logs web
        swiftlet logs web/sidecar --tail 20 -f
        swiftlet logs web --previous        of the instance before the last restart
      """)

  @Argument(help: "POD, POD/CONTAINER or a container's ID.") var target: String
  @Option(name: .shortAndLong, help: "Namespace of the pod, where its name alone is not enough.") var namespace: String?
  @Flag(name: .shortAndLong, help: "Go on until the container ends.") var follow = false
  @Option(help: "Only so many of the newest lines.") var tail: Int?
  @Flag(name: .shortAndLong, help: "Of the instance before this one.") var previous = false
  @Flag(help: "With the time of each line.") var timestamps = false
  @OptionGroup var location: NodeLocation

  func validate() throws {
    if let tail, tail < 0 { throw ValidationError("--tail is a number of lines, not \(tail)") }
    if previous, follow { throw ValidationError("an instance that has ended prints no more: --previous or --follow") }
  }

  func run() async throws {
    try await NodeAccess.with(location) { node in
      let found = try NodeTarget.find(target, namespace: namespace, in: node.pods)
      try await NodeLog(node.runtime).read(try path(found), of: found.container, options, Output.write)
    }
  }

  private func path(_ found: NodeTarget) throws -> String {
    let path = previous ? found.previousLogPath : found.container.logPath
    guard let path, FileManager.default.isReadableFile(atPath: path) else {
      let what = previous ? "no instance before attempt \(found.container.attempt) is remembered" : "it has no log file"
      throw ValidationError("container \"\(found.container.name)\" of pod \"\(found.pod.name)\": \(what)")
    }
    return path
  }

  private var options: PodLogOptions {
    var options = PodLogOptions()
    options.follow = follow
    options.tailLines = tail
    options.timestamps = timestamps
    return options
  }
}
