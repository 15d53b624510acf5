import ArgumentParser
import KubernetesAPI

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the version of Swiftlet and of the Kubernetes API it speaks.")

  func run() {
    print("swiftlet \(SwiftletVersion.current) (Kubernetes \(SwiftletVersion.kubernetes))")
  }
}
