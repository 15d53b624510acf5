import ArgumentParser
import ContainerRuntime
import Foundation
import ImageStore
import Kubelet

/// The way of a command to the pods of this machine: their shims, with no server and no agent in between.
struct NodeAccess {
  let runtime: ContainerRuntime
  let pods: [RuntimePod]

  /// Connects to the shims and asks them what they hold.
  static func with(_ location: NodeLocation, _ body: (NodeAccess) async throws -> Void) async throws {
    guard geteuid() == 0 else {
      throw ValidationError("the sockets of this node's pods are root's; run it as root, or use kubectl")
    }
    let runtime = try await ContainerRuntime(paths: location.runtimePaths)
    defer { runtime.shutdown() }
    do {
      try await body(NodeAccess(runtime: runtime, pods: try await runtime.pods()))
    } catch let failure as NodeTarget.Failure {
      throw ValidationError(failure.description)
    } catch let error as RuntimeError {
      throw ValidationError(error.message)
    }
  }
}

/// Prints without waiting for a buffer to fill.
enum Output {
  static func write(_ bytes: [UInt8]) throws { try FileHandle.standardOutput.write(contentsOf: Data(bytes)) }
  static func write(_ text: String) throws { try write(Array(text.utf8)) }
  static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

/// `-o json`.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text
  case json
}
