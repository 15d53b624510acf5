import Glibc
import LinuxSystem
import ShimProtocol
import Synchronization
import Testing

@testable import ContainerRuntime

extension LinuxRuntime {
  /// The races of other runtimes' history, with somebody who races: a neighbour turns a symbolic link as fast as it
  /// can while containers start over it.
  @Suite(.timeLimit(.minutes(5))) struct HostileNeighbours {
    /// A link `name` in a volume, by turns to the directory `real` beside it and to somewhere else.
    private final class Turner: Sendable {
      private let isOver = Atomic(false)
      private let (ended, end) = AsyncStream.makeStream(of: Int.self)

      init(_ name: String, in volume: String, to target: String) throws {
        let place = "\(volume)/\(name)"
        symlink("real", place)
        try NativeThread.start(name: "turner") { [self] in
          var count = 0
          while !isOver.load(ordering: .relaxed) {
            // The rename is atomic: the name is always there, and each time another.
            symlink(count % 2 == 0 ? target : "real", "\(place)-next")
            rename("\(place)-next", place)
            count += 1
          }
          end.yield(count)
          end.finish()
        }
      }

      /// - Returns: how often it turned.
      func stop() async -> Int {
        isOver.store(true, ordering: .relaxed)
        return await ended.reduce(0, +)
      }
    }

    private static let rounds = 25

    @Test("CVE-2021-30465: a destination that turns into a link while it is mounted on")
    func destinationsThatChange() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let (volume, inner) = ("\(fixture.directory)/volumes", "\(fixture.directory)/inner")
        for path in [inner, "\(fixture.directory)/outside"] { try FileTree.makeDirectories(path) }
        try FileTree.write("inner", to: "\(inner)/mark", create: true)
        try FileTree.makeDirectories("\(volume)/real")
        let neighbour = try Turner("place", in: volume, to: "/../../../..\(fixture.directory)/outside")
        let mounts = try MountInfo.current().count
        for round in 0..<Self.rounds {
          let (exit, log) = try await fixture.run(
            fixture.container(["sh", "-c", "cat /data/real/mark \(fixture.directory)/outside/mark 2>/dev/null; true"], name: "r\(round)") {
              $0.mounts = [
                ContainerMount(source: volume, destination: "/data"),
                ContainerMount(source: inner, destination: "/data/place"),
              ]
            })
          // Wherever the name led at that moment, it was inside.
          #expect(exit.code == 0)
          #expect(log == "inner", "\(log)")
          #expect(try FileTree.names(in: "\(fixture.directory)/outside") == [])
        }
        #expect(await neighbour.stop() > Self.rounds)
        #expect(try MountInfo.current().count == mounts)
      }
    }

    @Test("CVE-2021-25741: a subPath that turns into a link while it is opened")
    func subPathsThatChange() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let (volume, outside) = ("\(fixture.directory)/volumes", "\(fixture.directory)/outside")
        try FileTree.makeDirectories(outside)
        try FileTree.write("secret", to: "\(outside)/mark", create: true)
        try FileTree.makeDirectories("\(volume)/real")
        try FileTree.write("own", to: "\(volume)/real/mark", create: true)
        let neighbour = try Turner("place", in: volume, to: outside)
        for round in 0..<Self.rounds {
          do {
            let (_, log) = try await fixture.run(
              fixture.container(["cat", "/data/mark"], name: "r\(round)") {
                $0.mounts = [ContainerMount(source: volume, subPath: "place", destination: "/data")]
              })
            #expect(log == "own")
          } catch let error as RuntimeError {
            #expect(error.message.contains("openat2 place"), "\(error.message)")
          }
        }
        #expect(await neighbour.stop() > Self.rounds)
      }
    }

    @Test("CVE-2025-52565: the console is not mounted where a link leads", arguments: ["/proc/self/attr/exec", "/proc/sysrq-trigger", "/etc/passwd"])
    func theConsoleStaysInItsPlace(target: String) async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        // A volume over /dev/console's directory is the way by which one container prepares another's /dev.
        let volume = "\(fixture.directory)/volumes"
        try FileTree.makeDirectories("\(volume)/pts")
        symlink(target, "\(volume)/console")
        let devpts = try Mount.make("devpts", options: [Mount.Option("newinstance"), Mount.Option("ptmxmode", "0666")])
        try Mount.attach(devpts, to: "\(volume)/pts")
        defer { try? Mount.detach("\(volume)/pts") }
        let failure = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.run(
            fixture.shell("cat /proc/self/mountinfo") {
              $0.tty = true
              $0.mounts = [ContainerMount(source: volume, destination: "/dev")]
            })
        }
        #expect(failure?.message.contains("console") == true, "\(failure?.message ?? "")")
      }
    }

    @Test("CVE-2025-52565: a container's own link in /dev/pts leads no terminal astray")
    func terminalsAreOpenedByTheirMultiplexer() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let container = try await fixture.runtime.startContainer(
          fixture.shell("umount -l /dev/pts; ln -s /tmp/fake /dev/pts/ptmx; touch /tmp/fake; echo ready; exec sleep 1000") {
            $0.security.privileged = true
          })
        try await fixture.waitForLog(fixture.shell("")) { $0 == "ready" }
        await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.openExec(containerID: container.id, ["true"], SessionStreams(terminal: true))
        }
      }
    }

    @Test("CVE-2025-52881: what is written to /proc is written to the kernel's, whatever a container put there")
    func writesToProcReachTheKernel() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let container = try await fixture.runtime.startContainer(
          fixture.shell(
            """
            mount -t tmpfs fake /proc; mkdir -p /proc/self/attr /proc/thread-self/attr /proc/sys/net
            for f in oom_score_adj attr/exec attr/current uid_map setgroups; do : > /proc/self/$f; done
            echo ready; exec sleep 1000
            """
          ) {
            $0.security.privileged = true
            $0.resources.oomScoreAdjust = 500
          })
        try await fixture.waitForLog(fixture.shell("")) { $0 == "ready" }
        let result = try await fixture.runtime.exec(
          containerID: container.id, ["sh", "-c", "cat /proc/self/* /proc/self/attr/* 2>/dev/null; exec sleep 0"], timeoutSeconds: 20)
        #expect(result.exitCode == 0 && result.output.isEmpty, "\(String(decoding: result.output, as: UTF8.self))")
        let session = try await fixture.runtime.openExec(
          containerID: container.id, ["sh", "-c", "echo here; exec sleep 1000"], SessionStreams(output: true))
        _ = try await session.read(.standardOutput)
        let group = fixture.runtime.cgroups.pod(uid: "uid-1", qosClass: .bestEffort).child(container.id)
        for pid in try group.processes() { #expect(try FileTree.text("/proc/\(pid)/oom_score_adj") == "500") }
        session.close()
      }
    }

    @Test("CVE-2024-21626: a command's working directory that has become a link to a descriptor")
    func commandsStartInside() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        for number in 3...14 {
          let config = fixture.container(
            ["sh", "-c", "cd /; rm -r /work; ln -s /proc/self/fd/\(number) /work; echo ready; exec sleep 1000"], name: "c\(number)"
          ) { $0.workingDirectory = "/work" }
          let container = try await fixture.runtime.startContainer(config)
          try await fixture.waitForLog(config) { $0 == "ready" }
          try await checkCommandIsInside(fixture, container.id)
        }
      }
    }

    private func checkCommandIsInside(_ fixture: RuntimeFixture, _ id: String) async throws {
      do {
        let script = "ls ../../../../../../../../bin | head -n 1"
        let result = try await fixture.runtime.exec(containerID: id, ["sh", "-c", script], timeoutSeconds: 20)
        // Inside, there is nothing but the image's applets.
        #expect(String(decoding: result.output, as: UTF8.self) == "awk\n")
      } catch let error as RuntimeError {
        #expect(error.message.contains("working directory"), "\(error.message)")
      }
    }

    @Test("CVE-2019-5736: a command that joins is not opened by a process that waits for it")
    func joiningCommandsCannotBeOpened() async throws {
      try await RuntimeFixture.with { fixture in
        let sandbox = try await fixture.startPod()
        let container = try await fixture.runtime.startContainer(
          fixture.shell(
            """
            echo ready
            while :; do for p in /proc/[0-9]*; do case $p in /proc/1|/proc/$$) ;; *)
              if true 2>/dev/null >> $p/exe; then echo written $p; fi;; esac; done; done
            """))
        try await fixture.waitForLog(fixture.shell("")) { $0.hasPrefix("ready") }
        for _ in 0..<Self.rounds {
          #expect(try await fixture.runtime.exec(containerID: container.id, ["/bin/true"], timeoutSeconds: 20).exitCode == 0)
        }
        #expect(try FileTree.read("/proc/\(sandbox.shimPID)/exe", maximumBytes: 64 << 20) == FileTree.read(RuntimeFixture.shimExecutable, maximumBytes: 64 << 20))
        #expect(try !fixture.log(fixture.shell("")).contains("written"))
      }
    }
  }
}
