import Foundation
import Testing

extension VirtualMachine {
  /// The node's folders lie on the machine's disk, so that the next machine on that disk finds them.
  private static let cluster = Cluster(name: "swpowercut", directory: "/disk/swiftlet-e2e-powercut")

  /// Starts pods and leaves them running; the machine is switched off under them.
  @Suite(.serialized, .enabled(if: Guest.hasDisk, "needs a disk: run scripts/test vm"))
  struct BeforePowerCutTests {
    @Test func podsRun() async throws {
      let cluster = VirtualMachine.cluster
      try await cluster.prepare()
      try await cluster.startServer()
      try await cluster.apply(Self.pods)
      try await cluster.waitForReady("pod/alone", seconds: Int(Guest.patience))
      _ = try await cluster.kubectl("rollout", "status", "deployment/several", "--timeout=\(Int(Guest.patience))s")
      let uids = try await cluster.kubectl("get", "pods", "-o", "jsonpath={.items[*].metadata.uid}")
      #expect(uids.split(separator: " ").count == 3)
      _ = try await cluster.kubectl("create", "configmap", "before", "--from-literal=uids=\(uids)")
    }

    private static let pods = """
      apiVersion: v1
      kind: Pod
      metadata: {name: alone, labels: {app: alone}}
      spec:
        terminationGracePeriodSeconds: 0
        containers: [{name: c, image: "busybox:latest", imagePullPolicy: IfNotPresent, command: [sleep, "100000"]}]
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
            terminationGracePeriodSeconds: 0
            containers: [{name: c, image: "busybox:latest", imagePullPolicy: IfNotPresent, command: [sleep, "100000"]}]
      """
  }

  /// The next boot, on the same disk.
  @Suite(.serialized, .enabled(if: Guest.hasDisk, "needs a disk: run scripts/test vm"))
  struct AfterPowerCutTests {
    @Test func thePodsComeBackAndNothingIsLost() async throws {
      try await Cluster.with(VirtualMachine.cluster) { cluster in
        // They are the same pods, and nobody made others in their place.
        let before = try await cluster.jsonpath("configmap/before", ".data.uids")
        try await eventually("each pod runs again", within: Guest.patience) {
          let started = try await cluster.kubectl(
            "get", "pods", "-o",
            "jsonpath={range .items[*]}{.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}{\"\\n\"}{end}")
          return started.split(separator: "\n").filter { $0 == "1 true" }.count == 3 ? true : nil
        }
        #expect(try await cluster.kubectl("get", "pods", "-o", "jsonpath={.items[*].metadata.uid}") == before)
        let check = try await cluster.onNode([Cluster.binaries + "/swiftlet", "check"] + cluster.flags)
        #expect(check.status == 0, "\(check.output) \(check.errors)")
      }
    }
  }
}
