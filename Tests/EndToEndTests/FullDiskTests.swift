import Foundation
import Testing

extension EndToEnd {
  /// Disks that are full: only what needs the room suffers, and it says so.
  @Suite(.serialized) struct FullDiskTests {
    @Test func aFullDiskHurtsOnlyWhatNeedsIt() async throws {
      try await Cluster.with(arrange: Self.mountDisks) { cluster in
        do {
          try await cluster.apply(Self.pod("counter"))
          try await cluster.waitForReady("pod/counter")
          let before = try await Self.instance("counter", cluster)
          try await Self.fillLogs(cluster)
          try await Self.fillVolumes(cluster)
          try await Self.useUpInodes(cluster)
          try await Self.fillStore(cluster)
          #expect(try await Self.instance("counter", cluster) == before)
        } catch {
          try await Self.unmountDisks(cluster)
          throw error
        }
        try await Self.unmountDisks(cluster)
      }
    }

    // MARK: The disks

    private static let folders = ["data", "kubelet", "log"]

    private static func mountDisks(_ cluster: Cluster) async throws {
      for folder in folders {
        let path = "\(cluster.directory)/\(folder)"
        try await check(["mkdir", "-p", path])
        try await check(["mount", "-t", "tmpfs", "-o", "size=24m,nr_inodes=2000", "disk-of-\(folder)", path])
      }
    }

    /// Lazily: the pods that still use them are ended afterwards.
    private static func unmountDisks(_ cluster: Cluster) async throws {
      _ = try await cluster.onNode([Cluster.binaries + "/swiftlet", "down"] + cluster.flags)
      for folder in folders { _ = try await run(["umount", "-l", "\(cluster.directory)/\(folder)"]) }
    }

    private static func fill(_ folder: String, _ cluster: Cluster) async throws {
      let result = try await run(["dd", "if=/dev/zero", "of=\(cluster.directory)/\(folder)/fill", "bs=4k"])
      #expect(result.errors.contains("No space left on device"))
    }

    private static func free(_ folder: String, _ cluster: Cluster) throws {
      try FileManager.default.removeItem(atPath: "\(cluster.directory)/\(folder)/fill")
    }

    // MARK: What happens

    /// A container does not stop for its log, and the log goes on when there is room.
    private static func fillLogs(_ cluster: Cluster) async throws {
      try await fill("log", cluster)
      let pid = try await cluster.processID(ofPod: "counter")
      let written = try turns(pid)
      try await eventually("the container goes on") { try turns(pid) > written + 20 ? true : nil }
      try await checkNode(cluster)
      try free("log", cluster)
      let lines = try await cluster.kubectl("logs", "counter").split(separator: "\n").count
      try await eventually("the log goes on") {
        try await cluster.kubectl("logs", "counter").split(separator: "\n").count > lines ? true : nil
      }
    }

    /// A pod whose volume finds no room waits and says why; with room it starts.
    private static func fillVolumes(_ cluster: Cluster) async throws {
      let text = String(repeating: "0123456789abcdef", count: 4096)
      try await cluster.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: large}\ndata: {text: \(text)}")
      try await fill("kubelet", cluster)
      try await cluster.apply(pod("waiting", volume: "configMap: {name: large}"))
      try await waitForEvent("FailedMount", of: "waiting", cluster)
      try await checkNode(cluster)
      try free("kubelet", cluster)
      try await cluster.waitForReady("pod/waiting")
      _ = try await cluster.kubectl("delete", "pod", "waiting", "--timeout=60s")
    }

    private static func useUpInodes(_ cluster: Cluster) async throws {
      let folder = cluster.directory + "/kubelet/fill"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      var number = 0
      while FileManager.default.createFile(atPath: "\(folder)/\(number)", contents: nil) {
        number += 1
        try #require(number < 10_000, "the disk has inodes without end")
      }
      try await cluster.apply(pod("without-inodes", volume: "emptyDir: {}"))
      try await waitForEvent("Failed", of: "without-inodes", cluster)
      try await checkNode(cluster)
      try free("kubelet", cluster)
      try await cluster.waitForReady("pod/without-inodes")
      _ = try await cluster.kubectl("delete", "pod", "without-inodes", "--timeout=60s")
    }

    /// A write that finds no room is refused with the reason; what was acknowledged is there, before and after a restart.
    private static func fillStore(_ cluster: Cluster) async throws {
      try await fill("data", cluster)
      let text = String(repeating: "0123456789abcdef", count: 8192)
      var kept: Set<String> = []
      var refusal = ""
      for number in 0..<100 where refusal.isEmpty {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map-\(number), labels: {kept: maybe}}\ndata: {text: \(text)}"
        let result = try await cluster.tryKubectl(["create", "-f", "-"], input: map)
        if result.status == 0 { kept.insert("configmap/map-\(number)") } else { refusal = result.errors }
      }
      #expect(refusal.contains("the store's disk is full"), "\(refusal)")
      #expect(try await maps(cluster) == kept)
      try free("data", cluster)
      _ = try await cluster.kubectl("create", "configmap", "afterwards")
      try await cluster.killServer()
      try await cluster.startServer()
      #expect(try await maps(cluster) == kept)
      _ = try await cluster.kubectl("get", "configmap", "afterwards")
      try await checkNode(cluster)
    }

    private static func maps(_ cluster: Cluster) async throws -> Set<String> {
      let names = try await cluster.kubectl("get", "configmaps", "-l", "kept=maybe", "-o", "name")
      return Set(names.split(separator: "\n").map(String.init))
    }

    private static func waitForEvent(_ reason: String, of pod: String, _ cluster: Cluster) async throws {
      try await eventually("an event of \(pod) that names the full disk") {
        let events = try await cluster.kubectl("get", "events", "--field-selector", "involvedObject.name=\(pod)")
        guard events.contains(reason), events.contains("no space left on device") else { throw NotReached(description: events) }
        return true
      }
    }

    private static func checkNode(_ cluster: Cluster) async throws {
      #expect(try await cluster.jsonpath("node/node-1", ".status.conditions[?(@.type=='Ready')].status") == "True")
    }

    private static func instance(_ pod: String, _ cluster: Cluster) async throws -> String {
      try await cluster.jsonpath("pod/\(pod)", ".status.containerStatuses[0].containerID")
    }

    /// How far the counter has come, which it also leaves in memory.
    private static func turns(_ pid: Int32) throws -> Int {
      let text = try String(contentsOfFile: "/proc/\(pid)/root/dev/shm/turns", encoding: .utf8)
      return try #require(text.split(separator: "\n").last.flatMap { Int($0) })
    }

    private static func pod(_ name: String, volume: String = "emptyDir: {medium: Memory}") -> String {
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: \(name)}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: c
          image: busybox:latest
          imagePullPolicy: IfNotPresent
          command: ["sh", "-c", "n=0; while true; do n=$((n+1)); echo $n; echo $n >>/dev/shm/turns; sleep 0.02; done"]
          volumeMounts: [{name: v, mountPath: /v}]
        volumes: [{name: v, \(volume)}]
      """
    }
  }
}
