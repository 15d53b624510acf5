import Foundation
import Testing

extension EndToEnd {
  /// What goes in and out of containers, by the real kubectl.
  @Suite(.serialized) struct StreamTests {
    @Test func commandsClientsAndPortsReachContainers() async throws {
      try await Cluster.with { cluster in
        try await cluster.apply(Self.box)
        try await cluster.waitForReady("pod/box")
        try await runsCommands(cluster)
        try await showsTerminals(cluster)
        try await copiesFiles(cluster)
        try await attaches(cluster)
        try await forwardsPorts(cluster)
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

    private func runsCommands(_ cluster: Cluster) async throws {
      let both = try await cluster.tryKubectl(["exec", "box", "--", "sh", "-c", "echo out; echo err >&2; exit 3"])
      #expect(both.status == 3)
      #expect(both.output == "out\n")
      #expect(both.errors == "err\ncommand terminated with exit code 3\n")
      #expect(try await cluster.kubectl("exec", "-i", "box", "--", "cat", input: "typed\n") == "typed\n")
      let missing = try await cluster.tryKubectl(["exec", "box", "--", "nope"])
      #expect(missing.status == 127)
      #expect(missing.errors.contains("exec: \"nope\": executable file not found in $PATH"))
      let sums = try await shell(
        cluster,
        """
        head -c 20000000 /dev/urandom >$scratch/data
        md5sum <$scratch/data
        kubectl exec -i box -- md5sum <$scratch/data
        kubectl exec -i box -- cat <$scratch/data | md5sum
        """)
      #expect(sums.lines.count == 3 && Set(sums.lines).count == 1, "\(sums)")
    }

    /// `script` gives kubectl a terminal, whose size the command sees once it has arrived.
    private func showsTerminals(_ cluster: Cluster) async throws {
      let seen = try await shell(
        cluster,
        """
        cat >$scratch/inside <<'END'
        tty; until stty size 2>/dev/null | grep -q '33 111'; do :; done; echo sized; exit 4
        END
        export inside="$(cat $scratch/inside)"
        SHELL=/bin/bash script -qefc 'stty rows 33 cols 111; kubectl exec -it box -- sh -c "$inside"' /dev/null </dev/null
        echo status $?
        """)
      // The end of its input is a key to `script`, whose echo may come between.
      #expect(seen.output.hasPrefix("/dev/pts/0\r\n") && seen.output.contains("sized\r\n"), "\(seen)")
      #expect(seen.output.hasSuffix("status 4\n"), "\(seen)")
    }

    private func copiesFiles(_ cluster: Cluster) async throws {
      let copied = try await shell(
        cluster,
        """
        mkdir -p $scratch/there/below; echo kept >$scratch/there/below/file
        kubectl cp $scratch/there box:/tmp/there && kubectl cp box:/tmp/there $scratch/back && cat $scratch/back/below/file
        """)
      #expect(copied.lines.last == "kept", "\(copied)")
    }

    private func attaches(_ cluster: Cluster) async throws {
      let once = try await cluster.tryKubectl(
        [
          "run", "once", "--quiet", "-i", "--rm", "--restart=Never", "--image=busybox:latest", "--", "sh", "-c",
          "cat; echo over",
        ], input: "typed\n")
      #expect(once.status == 0, "\(once)")
      #expect(once.output == "typed\nover\n", "\(once)")
    }

    private func forwardsPorts(_ cluster: Cluster) async throws {
      let page = try await shell(
        cluster,
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
          cluster,
          """
          kubectl logs -f much | { read ready; kubectl exec much -- touch /go
          awk '$1 != NR { wrong++ } END { print NR, wrong + 0 }'; }
          """)
        #expect(counted.output == "300000 0\n", "\(counted)")
      }
    }

    /// Runs a script on the node, with a folder of its own and a kubectl that knows the cluster.
    private func shell(_ cluster: Cluster, _ script: String) async throws -> CommandOutput {
      let scratch = cluster.directory + "/scratch"
      let preamble = """
        scratch=\(scratch); mkdir -p $scratch; export KUBECONFIG=\(cluster.kubeconfig)

        """
      return try await cluster.onNode(["bash", "-c", preamble + script])
    }
  }
}
