import ArgumentParser
import Foundation
import ImageStore
import Kubelet
import KubernetesAPI
import KubernetesClient

struct PsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps",
    abstract: "List the containers that run on this machine.",
    discussion: """
      Asks the pods' own processes, so it works while the server and the agent are stopped. The columns are those of \
      'crictl ps'; POD ID is the beginning of the pod's UID.

        swiftlet ps            what runs
        swiftlet ps --all      also what has ended and is remembered
        swiftlet ps --pods     the pods instead of their containers
      """)

  @Flag(name: .shortAndLong, help: "Also containers that have ended.") var all = false
  @Flag(help: "List pods instead of containers.") var pods = false
  @Flag(name: .shortAndLong, help: "Print IDs only.") var quiet = false
  @Option(name: .shortAndLong, help: "Only pods of this namespace.") var namespace: String?
  @Option(name: .shortAndLong, help: "text or json.") var output = OutputFormat.text
  @OptionGroup var location: NodeLocation

  func run() async throws {
    try await NodeAccess.with(location) { node in
      let chosen = node.pods.filter { namespace == nil || $0.namespace == namespace }
      try Output.write(text(NodeListing(chosen, now: .now())))
    }
  }

  private func text(_ listing: NodeListing) throws -> String {
    if output == .json { return listing.json(all: all).text + "\n" }
    if quiet { return pods ? listing.podIDs : listing.containerIDs(all: all) }
    if pods { return listing.podTable }
    let images = try ImageStore(root: location.imageDir ?? location.dataDir + "/images").list()
    let names = Dictionary(images.map { ($0.id, $0.names.first) }, uniquingKeysWith: { $1 })
    return listing.containers(all: all) { names[$0] ?? nil }
  }
}
