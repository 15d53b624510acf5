import Foundation
import Testing

extension EndToEnd {
  @Suite(.serialized) struct DownTests {
    /// Of everything that a node keeps between two starts.
    @Test func purgeLeavesNothing() async throws {
      let cluster = Cluster.fresh()
      try await cluster.prepare()
      let images = cluster.directory + "/images"
      var flags = cluster.flags
      flags[try #require(flags.firstIndex(of: "--image-dir")) + 1] = images
      let kept = [
        "data/server/tls/ca.crt", "images/blob", "kubelet/pods/uid/volumes/file", "kubelet/history/uid.log",
        "kubelet/record/pod-uid", "log/pods/a/0.log", "log/containers/a.log",
      ]
      for file in kept {
        let path = URL(fileURLWithPath: "\(cluster.directory)/\(file)")
        try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("kept".utf8).write(to: path)
      }
      let down = try await cluster.onNode([Cluster.binaries + "/swiftlet", "down", "--purge"] + flags)
      #expect(down.status == 0, "\(down.output) \(down.errors)")
      #expect(down.lines.last == "nothing is left: no process, mount, cgroup, namespace, link or nft table")
      for file in kept { #expect(!FileManager.default.fileExists(atPath: "\(cluster.directory)/\(file)"), "\(file)") }
      try await check(["ip", "netns", "delete", cluster.name])
      try FileManager.default.removeItem(atPath: cluster.directory)
    }
  }
}
