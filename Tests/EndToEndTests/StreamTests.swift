import Foundation
import Testing

extension EndToEnd {
  /// What goes in and out of containers, by the real kubectl.
  @Suite(.serialized) struct StreamTests {
    /// What kubectl speaks: WebSockets, and SPDY/3.1 as older clients do.
    private enum Wire: CaseIterable {
      case webSocket
      case spdy

      var environment: [String] {
        let isOn = self == .webSocket
        return ["KUBECTL_REMOTE_COMMAND_WEBSOCKETS=\(isOn)", "KUBECTL_PORT_FORWARD_WEBSOCKETS=\(isOn)"]
      }

      /// How kubectl asks for an upgrade.
      var method: String { self == .webSocket ? "GET" : "POST" }
    }

    @Test func commandsClientsAndPortsReachContainers() async throws {
      try await Cluster.with { cluster in
        try await cluster.apply(Self.box)
        try await cluster.waitForReady("pod/box")
        for wire in Wire.allCases {
          try await runsCommands(cluster, wire)
          try await showsTerminals(cluster, wire)
          try await copiesFiles(cluster, wire)
          try await attaches(cluster, wire)
          try await forwardsPorts(cluster, wire)
        }
      }
    }

    private static let box = """
      apiVersion: v1
      kind: Pod
      metadata: {name: box}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: box
          image: busybox:latest
          command: [sh, -c, "mkdir /www; echo served > /www/index.html; httpd -f -p 127.0.0.1:8080 -h /www"]
      """

    private func runsCommands(_ cluster: Cluster, _ wire: Wire) async throws {
      let asked = try await kubectl(cluster, wire, ["-v=6", "exec", "box", "--", "true"])
      #expect(asked.errors.contains("\(wire.method) https://") && asked.errors.contains("101 Switching Protocols"), "\(asked)")
      let both = try await kubectl(cluster, wire, ["exec", "box", "--", "sh", "-c", "echo out; echo err >&2; exit 3"])
      #expect(both.status == 3)
      #expect(both.output == "out\n")
      #expect(both.errors == "err\ncommand terminated with exit code 3\n")
      #expect(try await kubectl(cluster, wire, ["exec", "-i", "box", "--", "cat"], input: "typed\n").output == "typed\n")
      let missing = try await kubectl(cluster, wire, ["exec", "box", "--", "nope"])
      #expect(missing.status == 127)
      #expect(missing.errors.contains("exec: \"nope\": executable file not found in $PATH"))
      let sums = try await shell(
        cluster, wire,
        """
        head -c 20000000 /dev/urandom >$scratch/data
        md5sum <$scratch/data
        kubectl exec -i box -- md5sum <$scratch/data
        kubectl exec -i box -- cat <$scratch/data | md5sum
        """)
      #expect(sums.lines.count == 3 && Set(sums.lines).count == 1, "\(sums)")
    }

    /// `script` gives kubectl a terminal, whose size the command sees once it has arrived. Its own input never ends: the
    /// end would be a key that it presses.
    private func showsTerminals(_ cluster: Cluster, _ wire: Wire) async throws {
      let seen = try await shell(
        cluster, wire,
        """
        [ -p $scratch/keys ] || mkfifo $scratch/keys
        cat >$scratch/inside <<'END'
        tty; until stty size 2>/dev/null | grep -q '33 111'; do :; done; echo sized; exit 4
        END
        export inside="$(cat $scratch/inside)"
        SHELL=/bin/bash script -qefc 'stty rows 33 cols 111; kubectl exec -it box -- sh -c "$inside"' /dev/null <>$scratch/keys
        echo status $?
        """)
      #expect(seen.output == "/dev/pts/0\r\nsized\r\ncommand terminated with exit code 4\r\nstatus 4\n", "\(seen)")
    }

    private func copiesFiles(_ cluster: Cluster, _ wire: Wire) async throws {
      let copied = try await shell(
        cluster, wire,
        """
        rm -rf $scratch/there $scratch/back; mkdir -p $scratch/there/below; echo kept >$scratch/there/below/file
        kubectl cp $scratch/there box:/tmp/there && kubectl cp box:/tmp/there $scratch/back && cat $scratch/back/below/file
        """)
      #expect(copied.lines.last == "kept", "\(copied)")
    }

    private func attaches(_ cluster: Cluster, _ wire: Wire) async throws {
      let once = try await kubectl(
        cluster, wire,
        [
          "run", "once", "--quiet", "-i", "--rm", "--restart=Never", "--image=busybox:latest", "--", "sh", "-c",
          "cat; echo over",
        ], input: "typed\n")
      #expect(once.status == 0, "\(once)")
      #expect(once.output == "typed\nover\n", "\(once)")
    }

    private func forwardsPorts(_ cluster: Cluster, _ wire: Wire) async throws {
      let page = try await shell(
        cluster, wire,
        """
        kubectl port-forward pod/box 18080:8080 18081:81 >$scratch/forward 2>&1 & forward=$!
        curl -sS --retry 60 --retry-delay 1 --retry-connrefused http://127.0.0.1:18080/
        curl -s --max-time 10 http://127.0.0.1:18081/ || true
        kill $forward; wait $forward; cat $scratch/forward
        """)
      #expect(page.lines.first == "served", "\(page)")
      #expect(page.output.contains("connect: connection refused"), "\(page)")
    }

    /// Thirty megabytes through three rotations, written once the reader is there; it may be as slow as it likes, since
    /// the files it has not read yet are kept.
    @Test func aFollowerSeesEveryLineThroughRotations() async throws {
      try await Cluster.with { cluster in
        let write = "BEGIN { for (i = 1; i <= 300000; i++) printf \\\"%d %090d\\\\n\\\", i, i }"
        let script = "echo ready; until [ -e /go ]; do sleep 0.1; done; exec awk '\(write)'"
        try await cluster.apply(
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: much}
          spec:
            restartPolicy: Never
            containers:
            - name: much
              image: busybox:latest
              command: [sh, -c, "\(script)"]
          """)
        try await eventually("the container has started") {
          let state = try await cluster.jsonpath("pod/much", ".status.containerStatuses[0].state")
          return state.contains("startedAt") ? true : nil
        }
        let counted = try await shell(
          cluster, .webSocket,
          """
          kubectl logs -f much | { read ready; kubectl exec much -- touch /go
          awk '$1 != NR { wrong++ } END { print NR, wrong + 0 }'; }
          """)
        #expect(counted.output == "300000 0\n", "\(counted)")
      }
    }

    private func kubectl(
      _ cluster: Cluster, _ wire: Wire, _ arguments: [String], input: String? = nil
    ) async throws -> CommandOutput {
      let kubectl = ["kubectl", "--kubeconfig", cluster.kubeconfig]
      return try await cluster.onNode(["env"] + wire.environment + kubectl + arguments, input: input)
    }

    /// Runs a script on the node, with a folder of its own and a kubectl that knows the cluster.
    private func shell(_ cluster: Cluster, _ wire: Wire, _ script: String) async throws -> CommandOutput {
      let scratch = cluster.directory + "/scratch"
      let preamble = """
        scratch=\(scratch); mkdir -p $scratch; export KUBECONFIG=\(cluster.kubeconfig)

        """
      return try await cluster.onNode(["env"] + wire.environment + ["bash", "-c", preamble + script])
    }
  }
}
