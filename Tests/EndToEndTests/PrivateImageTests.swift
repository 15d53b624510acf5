import Foundation
import Testing

extension EndToEnd {
  /// A real registry with a password: an image that one pod's secret has brought is not for pods without it (KEP-2535), and
  /// a pull shows how far it is.
  @Suite(.serialized) struct PrivateImageTests {
    private static let registry = "127.0.0.1:5000"
    /// bcrypt of `secret`, as htpasswd writes it.
    private static let passwords = "user:$2b$04$HLsLZ83.yvXQR78EagFGiuNy7hdjFNIpzp.jQCv4X3sl9RbnjYSqm\n"

    @Test func aPrivateImageIsForThoseWithItsSecret() async throws {
      try await Cluster.with { cluster in
        // The folder of images is every cluster's: the name is this one's alone.
        let image = "\(Self.registry)/private/\(cluster.name):v1"
        try await withRegistry(cluster) {
          try await push(cluster, image)
          try await showsProgress(cluster, image)
          try await refusesStrangers(cluster, image)
        }
        try await servesHoldersAlone(cluster, image)
        let removed = try await cluster.onNode(
          [Cluster.binaries + "/swiftlet", "image", "remove"] + cluster.flags + [image])
        #expect(removed.status == 0, "\(removed)")
      }
    }

    private func refusesStrangers(_ cluster: Cluster, _ image: String) async throws {
      for (name, password) in [("right", "secret"), ("wrong", "guessed")] {
        _ = try await cluster.kubectl(
          "create", "secret", "docker-registry", name, "--docker-server=\(Self.registry)", "--docker-username=user",
          "--docker-password=\(password)")
      }
      try await cluster.apply(Self.pod("early", image))
      try await cluster.isRefused("early", "ErrImagePull", "ImagePullBackOff")
      try await cluster.apply(Self.pod("holder", image, secret: "right"))
      try await cluster.waitForReady("pod/holder", seconds: 120)
      // It is here now; for these it is not.
      try await cluster.apply(Self.pod("stranger", image) + "\n---\n" + Self.pod("guesser", image, secret: "wrong"))
      for pod in ["stranger", "guesser"] { try await cluster.isRefused(pod, "ErrImagePull", "ImagePullBackOff") }
      try await cluster.apply(Self.pod("never", image, policy: "Never"))
      try await cluster.isRefused("never", "ErrImageNeverPull")
      let message = try await cluster.jsonpath("pod/never", ".status.containerStatuses[0].state.waiting.message")
      #expect(message.contains("none of the pod's credentials are those that it was pulled with"), "\(message)")
    }

    /// The registry is gone: whoever has the secret needs it no more, the others still would, also after the agent's death.
    private func servesHoldersAlone(_ cluster: Cluster, _ image: String) async throws {
      try await cluster.killServer()
      try await cluster.startServer()
      try await cluster.apply(Self.pod("second", image, secret: "right"))
      try await cluster.waitForReady("pod/second", seconds: 120)
      try await cluster.apply(Self.pod("late", image))
      try await cluster.isRefused("late", "ErrImagePull", "ImagePullBackOff")
      for pod in ["early", "stranger", "guesser", "never", "late"] {
        #expect(try await cluster.jsonpath("pod/\(pod)", ".status.containerStatuses[0].started") == "false", "\(pod)")
      }
    }

    private static func pod(
      _ name: String, _ image: String, secret: String? = nil, policy: String = "IfNotPresent"
    ) -> String {
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: \(name)}
      spec:
        terminationGracePeriodSeconds: 0
        \(secret.map { "imagePullSecrets: [{name: \($0)}]" } ?? "")
        containers: [{name: main, image: "\(image)", imagePullPolicy: \(policy), command: [sleep, "1000000"]}]
      """
    }

    // MARK: progress

    /// Lines that stay where nobody looks at a terminal, and a line per layer that changes where somebody does.
    private func showsProgress(_ cluster: Cluster, _ image: String) async throws {
      let seen = try await shell(
        cluster,
        """
        cat >$scratch/registries.yaml <<'END'
        configs: {"\(Self.registry)": {auth: {username: user, password: secret}}}
        END
        pull="$swiftlet image pull --registries $scratch/registries.yaml"
        $pull --image-dir $scratch/plain \(image) 2>$scratch/plain.log; tail -n +1 $scratch/plain.log
        echo ====
        SHELL=/bin/bash script -qefc "$pull --image-dir $scratch/terminal \(image)" /dev/null </dev/null
        echo ====
        $pull --image-dir $scratch/quiet --progress none \(image) 2>&1
        """)
      let parts = seen.output.components(separatedBy: "====\n")
      #expect(seen.status == 0 && parts.count == 3, "\(seen)")
      guard parts.count == 3 else { return }
      #expect(parts[0].hasPrefix("pulled \(image)\nresolving \(image)\n"), "\(parts[0])")
      #expect(parts[0].contains("unpacked sha256:") && parts[0].contains(" MB)\n"), "\(parts[0])")
      #expect(!parts[0].contains("\u{1b}"), "\(parts[0])")
      #expect(parts[1].contains("[========================]  unpacking"), "\(parts[1])")
      #expect(parts[1].contains("\u{1b}[1A\r\u{1b}[J"), "\(parts[1])")
      #expect(parts[2] == "pulled \(image)\n", "\(parts[2])")
    }

    // MARK: the registry

    private func withRegistry(_ cluster: Cluster, _ body: () async throws -> Void) async throws {
      let started = try await shell(
        cluster,
        """
        cat >$scratch/htpasswd <<'END'
        \(Self.passwords)END
        cat >$scratch/registry.yml <<END
        version: 0.1
        log: {level: error, accesslog: {disabled: true}}
        storage: {filesystem: {rootdirectory: $scratch/registry}}
        http: {addr: "\(Self.registry)"}
        auth: {htpasswd: {realm: test, path: $scratch/htpasswd}}
        END
        setsid --fork docker-registry serve $scratch/registry.yml >$scratch/registry.log 2>&1 </dev/null
        for i in $(seq 600); do curl -s http://\(Self.registry)/v2/ >/dev/null && exit; sleep 0.1; done
        cat $scratch/registry.log; exit 1
        """)
      try #require(started.status == 0, "\(started)")
      do {
        try await body()
      } catch {
        try await endRegistry(cluster)
        throw error
      }
      try await endRegistry(cluster)
    }

    private func endRegistry(_ cluster: Cluster) async throws {
      let pattern = "docker-registry serve \(cluster.directory)/"
      try await check(["pkill", "-KILL", "-f", pattern])
      try await eventually("the registry is gone") {
        try await run(["pgrep", "-f", pattern]).status == 0 ? nil : true
      }
    }

    /// An image that no other name leads to, pushed by skopeo.
    private func push(_ cluster: Cluster, _ image: String) async throws {
      let pushed = try await shell(
        cluster,
        """
        cp -r rootfs/busybox $scratch/recipe && echo 'ENV CLUSTER=\(cluster.name)' >>$scratch/recipe/Containerfile
        $swiftlet image build --image-dir $scratch/built --output $scratch/image.tar -n \(image) $scratch/recipe 2>&1
        skopeo copy --insecure-policy --dest-tls-verify=false --dest-creds user:secret \\
          docker-archive:$scratch/image.tar docker://\(image) 2>&1
        """)
      try #require(pushed.status == 0, "\(pushed)")
    }

    private func shell(_ cluster: Cluster, _ script: String) async throws -> CommandOutput {
      let preamble = """
        set -e; scratch=\(cluster.directory)/scratch; mkdir -p $scratch; swiftlet=\(Cluster.binaries)/swiftlet

        """
      return try await cluster.onNode(["bash", "-c", preamble + script])
    }
  }
}

extension Cluster {
  /// The pod waits, for one of these reasons.
  fileprivate func isRefused(_ pod: String, _ reasons: String...) async throws {
    try await eventually("pod \(pod) is refused", within: 120) {
      let reason = try await jsonpath("pod/\(pod)", ".status.containerStatuses[0].state.waiting.reason")
      return reasons.contains(reason) ? true : nil
    }
  }
}
