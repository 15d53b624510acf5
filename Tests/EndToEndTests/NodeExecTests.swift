import Foundation
import Testing

extension EndToEnd {
  /// `swiftlet exec` with everything that `kubectl exec` has, while server and agent are dead.
  @Suite(.serialized) struct NodeExecTests {
    private static let box = """
      apiVersion: v1
      kind: Pod
      metadata: {name: box}
      spec:
        terminationGracePeriodSeconds: 0
        containers: [{name: box, image: "busybox:latest", command: [sleep, "1000000"]}]
      """

    @Test func commandsRunWithoutTheServer() async throws {
      try await Cluster.with { cluster in
        try await cluster.apply(Self.box)
        try await cluster.waitForReady("pod/box")
        try await cluster.killServer()
        try await streams(cluster)
        try await givesATerminal(cluster)
        try await leavesTheTerminalAsItWas(cluster)
        try await cluster.startServer()
      }
    }

    private func streams(_ cluster: Cluster) async throws {
      let both = try await shell(cluster, "$exec box $flags -- sh -c 'echo out; echo err >&2; exit 3'")
      #expect(both.status == 3 && both.output == "out\n" && both.errors == "err\n", "\(both)")
      let sums = try await shell(
        cluster,
        """
        head -c 20000000 /dev/urandom >$scratch/data
        md5sum <$scratch/data
        $exec -i box $flags -- md5sum <$scratch/data
        cat $scratch/data | $exec -i box $flags -- cat | md5sum
        """)
      #expect(sums.lines.count == 3 && Set(sums.lines).count == 1, "\(sums)")
      let deaf = try await shell(cluster, "echo unheard | $exec box $flags -- sh -c 'cat; echo over'")
      #expect(deaf.output == "over\n", "\(deaf)")
      let missing = try await shell(cluster, "$exec box $flags -- nope")
      #expect(missing.status == 127 && missing.errors.contains("executable file not found in $PATH"), "\(missing)")
      let late = try await shell(cluster, "$exec box $flags --timeout 1 -- sleep 1000")
      #expect(late.status == 137 && late.errors == "it was killed after 1 s\n", "\(late)")
      let plain = try await shell(cluster, "$exec -it box $flags -- tty </dev/null")
      #expect(plain.status == 1 && plain.errors.hasPrefix("Unable to use a TTY"), "\(plain)")
      // Whoever reads no more ends the command.
      let cut = try await shell(cluster, "$exec box $flags -- sh -c 'while echo line; do :; done' | head -1; echo ${PIPESTATUS[0]}")
      #expect(cut.output == "line\n141\n", "\(cut)")
    }

    /// Keys go in as they are, the size is there from the first instruction on and is followed.
    private func givesATerminal(_ cluster: Cluster) async throws {
      let seen = try await shell(
        cluster,
        """
        cat >$scratch/inside <<'END'
        trap 'echo interrupted; exit 5' INT
        tty; stty size; read line; echo "heard $line"
        until stty size | grep -q '40 120'; do :; done
        echo grown; while :; do sleep 1000; done
        END
        begin 'stty rows 33 cols 111; tty; stty -g; $exec -it box $flags -- sh -c "$(cat $scratch/inside)"; echo status $?; stty -g'
        upto '33 111'; echo hello >&3
        upto 'heard hello'; stty -F "$(head -1 $scratch/seen | tr -d '\\r')" rows 40 cols 120
        upto grown; printf '\\003' >&3
        finish
        """)
      let lines = seen.output.replacingOccurrences(of: "\r", with: "").split(separator: "\n").map(String.init)
      let terminal = lines.first ?? ""
      #expect(terminal.hasPrefix("/dev/pts/") && lines.count > 1, "\(seen)")
      let settings = lines.count > 1 ? lines[1] : ""
      #expect(
        lines == [
          terminal, settings, "/dev/pts/0", "33 111", "hello", "heard hello", "grown", "^Cinterrupted", "status 5", settings,
        ], "\(seen)")
    }

    /// A signal from outside ends the program, the command with it, and the terminal is the shell's again.
    private func leavesTheTerminalAsItWas(_ cluster: Cluster) async throws {
      for (signal, status) in [("TERM", 143), ("HUP", 129)] {
        let seen = try await shell(
          cluster,
          """
          begin 'stty -g; $exec -it box $flags -- sh -c "echo begun; exec sleep 54321"; echo status $?; stty -g'
          upto begun
          pkill -\(signal) -f "swiftlet exec -it box --data-dir $directory"
          finish
          until ! $exec box $flags -- pgrep -f 'sleep 54321' >/dev/null; do sleep 0.1; done
          """)
        let lines = seen.output.replacingOccurrences(of: "\r", with: "").split(separator: "\n").map(String.init)
        #expect(seen.status == 0 && lines.count >= 4, "\(seen)")
        #expect(lines.first == lines.last && lines.contains("status \(status)"), "\(seen)")
      }
    }

    /// Runs a script on the node. `begin COMMAND` starts one on a terminal of its own, `upto TEXT` waits until it has shown
    /// that, descriptor 3 is its keyboard, and `finish` waits for its end and shows everything.
    private func shell(_ cluster: Cluster, _ script: String) async throws -> CommandOutput {
      let preamble = """
        directory=\(cluster.directory); scratch=$directory/scratch; mkdir -p $scratch
        export scratch exec='\(Cluster.binaries)/swiftlet exec' flags='\(cluster.flags.joined(separator: " "))'
        [ -p $scratch/keys ] || mkfifo $scratch/keys
        begin() {
          exec 3<>$scratch/keys; : >$scratch/seen
          SHELL=/bin/bash script -qfc "$1" /dev/null <&3 >$scratch/seen & terminal=$!
        }
        upto() {
          for i in $(seq 600); do grep -q "$1" $scratch/seen && return; sleep 0.1; done
          echo "never seen: $1"; cat $scratch/seen; exit 99
        }
        finish() { wait $terminal; cat $scratch/seen; }

        """
      return try await cluster.onNode(["bash", "-c", preamble + script])
    }
  }
}
