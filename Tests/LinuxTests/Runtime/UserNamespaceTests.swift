import Glibc
import LinuxSystem
import ShimProtocol
import Testing

@testable import ContainerRuntime

extension LinuxRuntime {
  /// Pods whose root is nobody on the machine (`hostUsers: false`).
  @Suite(.timeLimit(.minutes(3))) struct UserNamespaces {
    /// The machine's ids of a pod, as the kernel tells of one of its processes.
    private func firstID(_ pid: Int32) throws -> UInt32 {
      let numbers = try FileTree.text("/proc/\(pid)/uid_map").split(whereSeparator: \.isWhitespace).map { String($0) }
      #expect(numbers.count == 3 && numbers.first == "0" && numbers.last == "65536", "\(numbers)")
      #expect(try FileTree.text("/proc/\(pid)/gid_map") == FileTree.text("/proc/\(pid)/uid_map"))
      return UInt32(numbers.dropFirst().first ?? "") ?? 0
    }

    /// Real, effective, saved and file system ids.
    private func ids(_ pid: Int32, _ kind: String) throws -> Set<String> {
      let line = try FileTree.text("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("\(kind):") } ?? ""
      return Set(line.split(whereSeparator: \.isWhitespace).dropFirst().map(String.init))
    }

    private func output(_ fixture: RuntimeFixture, _ id: String, _ script: String) async throws -> String {
      let result = try await fixture.runtime.exec(containerID: id, ["sh", "-c", script], timeoutSeconds: 30)
      return String(decoding: result.output, as: UTF8.self)
    }

    /// A pod of its own ids with a container that waits.
    private func withContainer(
      _ change: (inout ContainerConfig) -> Void = { _ in },
      _ body: (RuntimeFixture, SandboxStatus, ContainerStatus) async throws -> Void
    ) async throws {
      try await RuntimeFixture.with { fixture in
        let sandbox = try await fixture.startPod { $0.hasOwnUsers = true }
        let container = try await fixture.runtime.startContainer(fixture.container(["sleep", "100000"], change))
        try await body(fixture, sandbox, container)
      }
    }

    @Test func rootInsideIsNobodyOutside() async throws {
      try await withContainer { fixture, sandbox, container in
        let first = try firstID(container.pid)
        #expect(first >= 65_536 && first % 65_536 == 0)
        #expect(try ids(container.pid, "Uid") == ["\(first)"] && ids(container.pid, "Gid") == ["\(first)"])
        #expect(try ids(container.pid, "Groups") == ["\(first)", "\(first + 10)"])
        #expect(try await output(fixture, container.id, "id -u; id -g; id -G; hostname") == "0\n0\n0 10\nweb\n")
        // The shim, which holds the pod, is not in it.
        #expect(try ids(sandbox.shimPID, "Uid") == ["0"])
        let machine = try FileTree.readLink("/proc/self/ns/user")
        #expect(try FileTree.readLink("/proc/\(sandbox.shimPID)/ns/user") == machine)
        #expect(try FileTree.readLink("/proc/\(container.pid)/ns/user") != machine)
        for name in ["net", "uts", "ipc"] {
          #expect(
            try FileTree.readLink("/proc/\(container.pid)/ns/\(name)") == FileTree.readLink("/proc/\(sandbox.shimPID)/ns/\(name)"))
        }
      }
    }

    @Test func everyFileOfThePodBelongsToItsRoot() async throws {
      try await withContainer { fixture, _, container in
        let script = "stat -c '%u:%g' / /etc /etc/passwd /bin/busybox /tmp /dev /dev/shm /dev/mqueue /proc/1/status /sys/class/net/lo"
        let owners = try await output(fixture, container.id, script)
        #expect(owners.split(separator: "\n").map(String.init) == Array(repeating: "0:0", count: 10), "\(owners)")
        // What the image brought can be changed, given away and taken back; what the machine has cannot.
        let change = """
          echo more >> /etc/passwd && chown 1000:1001 /etc/passwd && stat -c %u:%g /etc/passwd && chown 0 /etc/passwd
          mkdir /made && touch /dev/shm/x /tmp/x && stat -c %u /made /dev/shm/x /tmp/x
          echo x > /dev/null && chown 0:0 /dev/null 2>/dev/null || echo refused
          stat -c %u /dev/null
          """
        #expect(try await output(fixture, container.id, change) == "1000:1001\n0\n0\n0\nrefused\n65534\n")
      }
    }

    /// Linux 6.3 and later map the owners of files in memory.
    private static let mapsMemory: Bool = {
      let version = FileSystemName.kernel.split(whereSeparator: { " .-".contains($0) }).dropFirst().prefix(2).compactMap { Int($0) }
      return version.count == 2 && (version[0], version[1]) >= (6, 3)
    }()

    @Test(arguments: [false, true]) func volumesHaveTheirOwnersOnBothSides(isMemory: Bool) async throws {
      try await RuntimeFixture.with { fixture in
        let volume = "\(fixture.directory)/volumes"
        if isMemory { try Mount.attach(try Mount.make("tmpfs", source: "tmpfs"), to: volume) }
        defer { if isMemory { try? Mount.detach(volume) } }
        for (name, owner) in [("of-root", 0), ("of-app", 1000)] as [(String, uid_t)] {
          try FileTree.write("x", to: "\(volume)/\(name)", create: true, mode: 0o600)
          chown("\(volume)/\(name)", owner, owner)
        }
        chmod(volume, 0o777)
        try FileTree.makeDirectories("\(volume)/deep")
        _ = try await fixture.startPod { $0.hasOwnUsers = true }
        let mounts = [
          ContainerMount(source: volume, destination: "/data"),
          ContainerMount(source: volume, subPath: "deep", destination: "/deep"),
          ContainerMount(source: volume, destination: "/fixed", isReadOnly: true),
        ]
        let script = """
          stat -c %u:%g /data/of-root /data/of-app; cat /data/of-root; echo; touch /data/made-$(id -u) /fixed/no 2>/dev/null
          stat -c %u /data/made-$(id -u); test -w /deep && touch /deep/made
          """
        if isMemory && !Self.mapsMemory {
          let failure = await #expect(throws: RuntimeError.self) {
            _ = try await fixture.run(fixture.shell(script) { $0.mounts = mounts })
          }
          #expect(failure?.message.contains("cannot map the owners of files on a file system tmpfs") == true)
          return
        }
        let (_, root) = try await fixture.run(fixture.shell(script) { $0.mounts = mounts })
        #expect(root == "0:0\n1000:1000\nx\n0")
        let (_, app) = try await fixture.run(
          fixture.container(["sh", "-c", script + "\ncat /data/of-app"], name: "app") {
            $0.mounts = mounts
            $0.user = ContainerUser(uid: 1000)
          })
        #expect(app.hasPrefix("0:0\n1000:1000\n") && app.hasSuffix("\n1000\nx"), "\(app)")
        for (name, owner) in [("made-0", 0), ("made-1000", 1000), ("deep/made", 0)] as [(String, uid_t)] {
          var status = stat()
          #expect(stat("\(volume)/\(name)", &status) == 0 && status.st_uid == owner, "\(name): \(status.st_uid)")
        }
        #expect(!FileTree.exists("\(volume)/no"))
      }
    }

    @Test func podsHaveIdsOfTheirOwnThatOutliveTheAgent() async throws {
      try await RuntimeFixture.with { fixture in
        var firsts: [String: UInt32] = [:]
        for pod in ["uid-1", "uid-2"] {
          _ = try await fixture.startPod(pod) { $0.hasOwnUsers = true }
          for name in ["a", "b"] {
            let started = try await fixture.runtime.startContainer(
              fixture.container(["sleep", "1000"], name: "\(pod)-\(name)", pod: pod))
            let first = try firstID(started.pid)
            // The containers of a pod are in one namespace.
            #expect(firsts[pod, default: first] == first)
            firsts[pod] = first
          }
        }
        #expect(Set(firsts.values).count == 2)
        fixture.runtime.shutdown()
        let again = try await ContainerRuntime(paths: fixture.paths)
        func first(_ pod: String) async throws -> UInt32 {
          var config = PodSandboxConfig(uid: pod, name: "web", namespace: "default", hostname: "web")
          config.hasOwnUsers = true
          _ = try await again.startSandbox(config)
          return try firstID(
            try await again.startContainer(fixture.container(["sleep", "1000"], name: "\(pod)-new", pod: pod)).pid)
        }
        #expect(try await first("uid-1") == firsts["uid-1"])
        let third = try await first("uid-3")
        #expect(!firsts.values.contains(third))
        // What a pod had is free when it has ended.
        try await again.stopSandbox(uid: "uid-1")
        #expect(try await first("uid-4") == firsts["uid-1"])
        for pod in ["uid-2", "uid-3", "uid-4"] { try await again.stopSandbox(uid: pod) }
        #expect(try await again.orphans() == [])
        try await again.stopSpawner()
        again.shutdown()
      }
    }

    @Test func namespacesOfThePodObeyItsRoot() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod {
          $0.hasOwnUsers = true
          $0.sysctls = ["net.ipv4.ip_local_port_range": "2000 3000", "kernel.shm_rmid_forced": "1"]
        }
        let script = """
          cat /proc/sys/net/ipv4/ip_local_port_range /proc/sys/kernel/shm_rmid_forced | tr -s '\\t' ' '
          hostname changed && hostname
          ip link set lo down && ip link set lo up && ip addr show lo | grep -c 127.0.0.1
          mount -t tmpfs x /tmp && touch /tmp/x && umount /tmp && echo mounted
          umount /proc/timer_list 2>/dev/null || echo masked
          mount -o remount,rw,bind /proc/sys 2>/dev/null; echo x 2>/dev/null > /proc/sys/kernel/hostname || echo read-only
          nc -l -p 80 -e true & until nc 127.0.0.1 80 </dev/null 2>/dev/null; do sleep 0.1; done; echo served
          mknod /tmp/disk b 8 0 2>/dev/null || echo no device
          """
        let (_, log) = try await fixture.run(
          fixture.shell(script) {
            $0.security.addCapabilities = ["SYS_ADMIN", "NET_ADMIN"]
            $0.security.seccomp = .unconfined
          })
        #expect(
          log.split(separator: "\n").map(String.init) == [
            "2000 3000", "1", "changed", "1", "mounted", "masked", "read-only", "served", "no device",
          ], "\(log)")
        // And the machine's name is what it was.
        #expect(try FileTree.text("/proc/sys/kernel/hostname") != "changed")
      }
    }

    @Test func rightsEndAtTheNamespace() async throws {
      try await withContainer({ $0.security.privileged = true }) { fixture, _, container in
        // All capabilities, and yet nothing of the machine's obeys.
        let script = """
          grep CapEff /proc/self/status | cut -f2
          echo 1 2>/dev/null > /proc/sys/vm/drop_caches || echo no
          kill -0 \(getpid()) 2>/dev/null || echo no
          for d in /dev/vda /dev/sda /dev/mem /dev/kmsg; do test -e $d && head -c 1 $d >/dev/null 2>&1 && echo read $d; done
          stat -c %u /dev/null
          """
        let lines = try await output(fixture, container.id, script).split(separator: "\n").map(String.init)
        let permitted = String(fixture.runtime.permitted.bits, radix: 16)
        #expect(lines == [String(repeating: "0", count: 16 - permitted.count) + permitted, "no", "no", "65534"])
      }
    }

    @Test func commandsAndTerminalsAreOfThePodsIds() async throws {
      try await withContainer({ $0.user = ContainerUser(uid: 1000) }) { fixture, _, container in
        let first = try firstID(container.pid)
        #expect(try ids(container.pid, "Uid") == ["\(first + 1000)"])
        // By its name too, which is another open of a pipe that somebody else made.
        #expect(try await output(fixture, container.id, "id -u; echo by name > /dev/stdout; id -G") == "1000\nby name\n1001 2002\n")
        let session = try await fixture.runtime.openExec(
          containerID: container.id, ["sh", "-c", "tty; id -u; stat -c %u:%g $(tty); echo x > /dev/tty; exec sleep 1000"],
          SessionStreams(terminal: true))
        var text = ""
        while !text.hasSuffix("x\r\n"), let more = try await session.read(.standardOutput) {
          text += String(decoding: more, as: UTF8.self)
        }
        #expect(text == "/dev/pts/0\r\n1000\r\n1000:5\r\nx\r\n")
        let group = Cgroup(path: fixture.runtime.cgroups.pod(uid: "uid-1", qosClass: .bestEffort).child(container.id).path)
        for pid in try group.processes() { #expect(try ids(pid, "Uid") == ["\(first + 1000)"]) }
        session.close()
      }
    }

    @Test func aTerminalOfTheContainersOwnWorks() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod { $0.hasOwnUsers = true }
        let (exit, log) = try await fixture.run(
          fixture.shell("tty; stat -c %u:%g /dev/console; echo typed > /dev/console; echo said > /dev/stdout") { $0.tty = true })
        #expect(exit.code == 0)
        #expect(log.unicodeScalars.filter { $0 != "\r" }.map(String.init).joined() == "/dev/pts/0\n0:5\ntyped\nsaid")
      }
    }

    @Test func sharedProcessesAreOfThePodsIdsToo() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod {
          $0.hasOwnUsers = true
          $0.shareProcessNamespace = true
        }
        let (_, log) = try await fixture.run(fixture.shell("grep -h ^Uid /proc/1/status /proc/$$/status; cat /proc/1/uid_map"))
        let lines = log.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
        #expect(lines.count == 3 && lines.prefix(2).allSatisfy { $0 == ["Uid:", "0", "0", "0", "0"] }, "\(log)")
        #expect(lines.last?.first == "0" && lines.last?.last == "65536", "\(log)")
      }
    }

    @Test func whatCannotBeMappedIsNamed() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod { $0.hasOwnUsers = true }
        let volume = "\(fixture.directory)/volumes"
        for name in ["lower", "upper"] { try FileTree.makeDirectories("\(fixture.directory)/\(name)") }
        let overlay = try Mount.make(
          "overlay", source: "overlay",
          options: [Mount.Option("lowerdir", "\(fixture.directory)/lower:\(fixture.directory)/upper")])
        try Mount.attach(overlay, to: volume)
        defer { try? Mount.detach(volume) }
        let failure = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.run(
            fixture.shell("true") { $0.mounts = [ContainerMount(source: volume, destination: "/data")] })
        }
        #expect(
          failure?.message
            == "map owners of \(volume): \(FileSystemName.kernel) cannot map the owners of files on a file system overlay "
            + "(idmapped mounts), which a pod with hostUsers: false needs")
        let stranger = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.run(fixture.shell("true") { $0.user = ContainerUser(uid: 70_000, gid: 5) })
        }
        #expect(
          stranger?.message
            == "enter user namespace: user 70000 with groups 5 is not among the ids 0 to 65535 that a pod with "
            + "hostUsers: false has")
      }
    }
  }
}
