import Foundation
import Testing

extension VirtualMachine {
  /// The next boot, on the same disk.
  @Suite(.serialized) struct AfterPowerCutTests {
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
