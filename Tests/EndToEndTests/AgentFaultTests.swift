import Foundation
import Testing

extension EndToEnd {
  /// The agent is killed at each kind of step of a pod's start and end.
  @Suite(.serialized) struct AgentFaultTests {
    /// strace kills the server at a thread's nth call that changes the machine: a folder, a mount, a link, a message to a
    /// shim or the network. The next server must bring the pod to where it was to go, with one instance of its container,
    /// and nothing left over of the attempt.
    @Test func aPodSurvivesItsAgentsDeathAtAnyStep() async throws {
      try await Cluster.with { cluster in
        var deaths = 0
        for step in Self.steps {
          deaths += try await Self.start("pod-\(step)", dyingAt: step, cluster)
          deaths += try await Self.end("pod-\(step)", dyingAt: step, cluster)
        }
        #expect(deaths >= Self.steps.count, "only \(deaths) deaths: the calls of strace are not those of the agent")
        let check = try await cluster.onNode([Cluster.binaries + "/swiftlet", "check"] + cluster.flags)
        #expect(check.status == 0, "\(check.output) \(check.errors)")
        for folder in ["kubelet/pods", "log/pods", "data/containers"] {
          let left = try FileManager.default.contentsOfDirectory(atPath: "\(cluster.directory)/\(folder)")
          #expect(left == [], "\(folder)")
        }
      }
    }

    private static let steps = [1, 2, 3, 4, 6, 8, 11, 15]
    private static let calls =
      "mkdir,mkdirat,rmdir,unlink,unlinkat,rename,renameat,renameat2,symlink,symlinkat,chmod,fchmodat,chown,"
      + "mount,umount2,fsopen,fsmount,move_mount,open_tree,bpf,connect,sendto,sendmsg"

    /// - Returns: 1 when the server died of it.
    private static func start(_ pod: String, dyingAt step: Int, _ cluster: Cluster) async throws -> Int {
      let died = try await sabotaged(cluster, at: step) {
        let result = try await cluster.tryKubectl(["apply", "-f", "-"], input: manifest(pod))
        guard result.status == 0 else { return }
        _ = try await cluster.tryKubectl(["wait", "--for=condition=Ready", "pod/\(pod)", "--timeout=20s"])
      }
      // Not acknowledged is not promised: asked again, it must come.
      try await cluster.apply(manifest(pod))
      try await cluster.waitForReady("pod/\(pod)")
      #expect(try await instances(of: pod, cluster) == 1, "step \(step)")
      return died ? 1 : 0
    }

    private static func end(_ pod: String, dyingAt step: Int, _ cluster: Cluster) async throws -> Int {
      let died = try await sabotaged(cluster, at: step) {
        _ = try await cluster.tryKubectl(["delete", "pod", pod, "--timeout=20s"])
      }
      _ = try await cluster.kubectl("delete", "pod", pod, "--ignore-not-found", "--timeout=60s")
      return died ? 1 : 0
    }

    /// Runs `body` with the saboteur at work, and a new server afterwards if there has to be one.
    private static func sabotaged(_ cluster: Cluster, at step: Int, _ body: () async throws -> Void) async throws -> Bool {
      let server = try #require(cluster.serverPID)
      let strace = try await check([
        "sh", "-c",
        "setsid strace -f -qq -o /dev/null -p \(server) -e inject=\(calls):signal=SIGKILL:when=\(step) "
          + ">/dev/null 2>&1 </dev/null & echo $!",
      ])
      try await eventually("every thread of the server is followed") { try isFollowed(server) ? true : nil }
      try await body()
      kill(try #require(Int32(strace.trimmingCharacters(in: .whitespacesAndNewlines))), SIGTERM)
      let died = try await eventually("the server is dead, or well without the saboteur", within: 60) { () async throws -> Bool? in
        if !isAlive(server) { return true }
        guard try !isFollowed(server) else { return nil }
        return try await cluster.tryKubectl(["get", "--raw", "/readyz"]).status == 0 ? false : nil
      }
      if died { try await cluster.startServer() }
      return died
    }

    /// Threads outlive the first one, and hold the lock of the state directory, until the tracer lets each of them go.
    private static func isAlive(_ pid: Int32) -> Bool {
      let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
      return tasks.contains { task in
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/stat", encoding: .utf8) else { return false }
        return !stat.contains(") Z ") && !stat.contains(") X ")
      }
    }

    private static func isFollowed(_ pid: Int32) throws -> Bool {
      let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
      return tasks.allSatisfy { task in
        let status = (try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/status", encoding: .utf8)) ?? ""
        return status.contains("TracerPid:") && !status.contains("TracerPid:\t0\n")
      }
    }

    /// Containers of the pod with living processes.
    private static func instances(of pod: String, _ cluster: Cluster) async throws -> Int {
      let uid = try await cluster.jsonpath("pod/\(pod)", ".metadata.uid")
      let group = "\(Cluster.cgroupMount)/\(cluster.cgroup)/besteffort/pod\(uid)"
      return try FileManager.default.contentsOfDirectory(atPath: group).filter { name in
        guard name.count == 64 else { return false }
        return try String(contentsOfFile: "\(group)/\(name)/cgroup.events", encoding: .utf8).contains("populated 1")
      }.count
    }

    private static func manifest(_ name: String) -> String {
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
          command: [sleep, "100000"]
          ports: [{containerPort: 80, hostPort: 8080}]
          volumeMounts: [{name: v, mountPath: /v}, {name: m, mountPath: /m}]
        volumes: [{name: v, emptyDir: {}}, {name: m, emptyDir: {medium: Memory}}]
      """
    }
  }
}
