import Foundation
import Testing

extension VirtualMachine {
  /// One node for all of these, since starting it takes longer here than what is asked of it. It is never stopped: the power
  /// is cut under it, and under the pods that have been there from the start and are to notice nothing until then.
  @Suite(.serialized, .node) enum FirstBoot {
    static let cluster = VirtualMachine.cluster

    /// Takes a test's pods away; they are not to come back after the power cut.
    static func clear() async throws {
      _ = try await cluster.kubectl(
        "delete", "pods", "-l", "app notin (alone, several)", "--grace-period=0", "--force", "--wait=false")
    }

    fileprivate static func start() async throws {
      try await cluster.prepare()
      try await cluster.startServer()
      try await cluster.apply(bystanders)
      try await cluster.waitForReady("pod/alone", seconds: Int(Guest.patience))
      _ = try await cluster.kubectl("rollout", "status", "deployment/several", "--timeout=\(Int(Guest.patience))s")
      let uids = try await cluster.kubectl("get", "pods", "-o", "jsonpath={.items[*].metadata.uid}")
      #expect(uids.split(separator: " ").count == 3)
      _ = try await cluster.kubectl("create", "configmap", "before", "--from-literal=uids=\(uids)")
    }

    private static let containers = """
      terminationGracePeriodSeconds: 0
      containers:
      - name: c
        image: busybox:latest
        imagePullPolicy: IfNotPresent
        command: [sleep, "100000"]
        resources: {requests: {memory: 16Mi}}
      """

    private static let bystanders = """
      apiVersion: v1
      kind: Pod
      metadata: {name: alone, labels: {app: alone}}
      spec:
      \(containers.indented(by: 2))
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: several}
      spec:
        replicas: 2
        selector: {matchLabels: {app: several}}
        template:
          metadata: {labels: {app: several}}
          spec:
      \(containers.indented(by: 6))
      """
  }
}

extension String {
  fileprivate func indented(by spaces: Int) -> String {
    split(separator: "\n").map { String(repeating: " ", count: spaces) + $0 }.joined(separator: "\n")
  }
}

/// Starts the node before the first of the suite's tests.
private struct StartedNode: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    do {
      try await VirtualMachine.FirstBoot.start()
      try await function()
    } catch {
      let log = (try? String(contentsOfFile: VirtualMachine.cluster.serverLog, encoding: .utf8)) ?? ""
      throw NotReached(description: "\(error)\nthe server's last words:\n\(log.suffix(3000))")
    }
  }
}

extension Trait where Self == StartedNode {
  fileprivate static var node: Self { StartedNode() }
}
