import Foundation
import Testing

extension EndToEnd {
  /// Many pods under an agent that is killed, restarted and replaced.
  @Suite(.serialized) struct CrowdTests {
    @Test func aHundredPodsOutliveTheirAgent() async throws {
      try await Cluster.with { cluster in
        try await cluster.apply(Self.crowd)
        _ = try await cluster.kubectl("rollout", "status", "deployment/crowd", "--timeout=180s")
        try await cluster.apply(Self.leavers)
        _ = try await cluster.kubectl("wait", "--for=condition=Ready", "pod", "-l", "app=leaver", "--timeout=60s")
        let before = try await Self.identities(cluster)
        #expect(before.count == 100)
        let processes = try await Self.processes(cluster)
        #expect(processes.count == 100)

        for (number, way) in [Loss.kill, .stop, .replacement].enumerated() {
          let leaver = try await cluster.processID(ofPod: "leaver-\(number)")
          let probes = try Self.probes(processes)
          try await way.loseAgent(of: cluster) { kill(leaver, SIGTERM) }
          // Each pod is probed again by the new agent; only then would a flap have shown.
          try await eventually("every pod is probed again", within: 60) {
            let now = try Self.probes(processes)
            return probes.allSatisfy { now[$0.key, default: 0] > $0.value } ? true : nil
          }
          let after = try await Self.identities(cluster)
          #expect(after == before, "\(Set(after).symmetricDifference(before).sorted().prefix(6))")
          try await Self.checkExit(of: "leaver-\(number)", cluster)
        }
        try Self.checkLogs(cluster)
      }
    }

    /// Three ways to lose an agent.
    private enum Loss {
      case kill, stop
      /// By another copy of the programs, as an upgrade does it.
      case replacement

      /// `meanwhile` happens while no agent is there to see it.
      func loseAgent(of cluster: Cluster, meanwhile: () -> Void) async throws {
        let programs = self == .replacement ? try CrowdTests.copyPrograms(cluster) : Cluster.binaries
        try await cluster.killServer(self == .kill ? SIGKILL : SIGTERM)
        meanwhile()
        try await cluster.startServer(from: programs)
      }
    }

    private static func copyPrograms(_ cluster: Cluster) throws -> String {
      let folder = cluster.directory + "/newer"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for program in ["swiftlet", "swiftlet-shim"] {
        try FileManager.default.copyItem(atPath: "\(Cluster.binaries)/\(program)", toPath: "\(folder)/\(program)")
      }
      return folder
    }

    // MARK: What must not change

    /// Instance, restarts and the time of the last change of readiness, a line for each pod of the crowd.
    private static func identities(_ cluster: Cluster) async throws -> [String] {
      let status = ".status.containerStatuses[0]"
      let ready = ".status.conditions[?(@.type=='Ready')]"
      return try await cluster.kubectl(
        "get", "pods", "-l", "app=crowd", "-o",
        "jsonpath={range .items[*]}{.metadata.name} {\(status).containerID} {\(status).restartCount} "
          + "{\(ready).status} {\(ready).lastTransitionTime}{\"\\n\"}{end}"
      ).split(separator: "\n").map(String.init)
    }

    /// The first process of each container of the crowd.
    private static func processes(_ cluster: Cluster) async throws -> [Int32] {
      let uids = try await cluster.kubectl("get", "pods", "-l", "app=crowd", "-o", "jsonpath={.items[*].metadata.uid}")
      return try uids.split(separator: " ").map { uid in
        let group = "\(Cluster.cgroupMount)/\(cluster.cgroup)/besteffort/pod\(uid)"
        let container = try #require(try FileManager.default.contentsOfDirectory(atPath: group).first { $0.count == 64 })
        return try #require(Cluster.firstProcess(ofGroup: "\(group)/\(container)"))
      }
    }

    /// How often each was probed: a probe leaves a byte in the container's own file system.
    private static func probes(_ processes: [Int32]) throws -> [Int32: Int] {
      try processes.reduce(into: [:]) { counts, pid in
        let file = try FileManager.default.attributesOfItem(atPath: "/proc/\(pid)/root/tmp/probes")
        counts[pid] = (file[.size] as? NSNumber)?.intValue
      }
    }

    private static func checkExit(of pod: String, _ cluster: Cluster) async throws {
      try await eventually("the exit of \(pod)") {
        let code = try await cluster.jsonpath("pod/\(pod)", ".status.containerStatuses[0].state.terminated.exitCode")
        return code == "7" ? true : nil
      }
      #expect(try await cluster.jsonpath("pod/\(pod)", ".status.phase") == "Failed")
    }

    /// Every number is there, once and in order, whoever was agent when it was written.
    private static func checkLogs(_ cluster: Cluster) throws {
      let root = cluster.directory + "/log/pods"
      let folders = try FileManager.default.contentsOfDirectory(atPath: root).filter { $0.hasPrefix("default_crowd-") }
      #expect(folders.count == 100)
      for folder in folders {
        let text = try String(contentsOfFile: "\(root)/\(folder)/c/0.log", encoding: .utf8)
        let numbers = text.split(separator: "\n").compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        #expect(numbers.count > 5)
        #expect(numbers == Array(1...max(1, numbers.count)), "\(folder)")
      }
    }

    private static let crowd = """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: crowd}
      spec:
        replicas: 100
        selector: {matchLabels: {app: crowd}}
        template:
          metadata: {labels: {app: crowd}}
          spec:
            terminationGracePeriodSeconds: 0
            containers:
            - name: c
              image: busybox:latest
              imagePullPolicy: IfNotPresent
              command: ["sh", "-c", "n=0; while true; do n=$((n+1)); echo $n; sleep 1; done"]
              readinessProbe: {exec: {command: ["sh", "-c", "printf x >>/tmp/probes"]}, periodSeconds: 3, timeoutSeconds: 30}
      """

    private static let leavers = (0..<3).map { number in
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: leaver-\(number), labels: {app: leaver}}
      spec:
        restartPolicy: Never
        terminationGracePeriodSeconds: 0
        containers:
        - name: c
          image: busybox:latest
          imagePullPolicy: IfNotPresent
          command: ["sh", "-c", "trap 'exit 7' TERM; while true; do sleep 0.1; done"]
      """
    }.joined(separator: "\n---\n")
  }
}
