import Glibc
import LinuxSystem
import Testing

@testable import ContainerRuntime

extension LinuxRuntime {
  /// What a program inside sees of itself and of the machine.
  @Suite struct ContainerView {
    @Test func environmentDirectoryAndNameAreTheContainers() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let (_, log) = try await fixture.run(
          fixture.shell("echo $GREETING $HOME $HOSTNAME $PATH; pwd; hostname") { $0.workingDirectory = "/srv/made/here" })
        #expect(
          log == """
            hello /root web /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
            /srv/made/here
            web
            """)
      }
    }

    @Test func mountPointsAreNotMadeInTheWritableLayer() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let hosts = "\(fixture.directory)/volumes/hosts"
        try FileTree.write("127.0.0.1 localhost\n", to: hosts, create: true)
        var mount = ContainerMount(source: hosts, destination: "/etc/hosts")
        mount.sourceKind = .file
        let script = "cat /etc/hosts; cat /etc/passwd | wc -l; test -d /proc/self && echo proc"
        let config = fixture.shell(script) { $0.mounts = [mount] }
        let exits = fixture.runtime.events()
        let started = try await fixture.runtime.startContainer(config)
        let upper = "\(fixture.runtime.containerDirectory("uid-1", started.id))/upper"
        _ = try await fixture.exitOf(started.id, exits)
        #expect(try FileTree.names(in: upper) == [])
        #expect(try fixture.log(config) == "127.0.0.1 localhost\n2\nproc")
      }
    }

    /// A link of the image where the mount point would be: the mount follows it, as without a skeleton.
    @Test func theImageWinsOverTheSkeleton() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let layer = fixture.image.layerDirectories[0]
        symlink("/tmp/other", "\(layer)/etc/hosts")
        let hosts = "\(fixture.directory)/volumes/hosts"
        try FileTree.write("10.0.0.1 web\n", to: hosts, create: true)
        var mount = ContainerMount(source: hosts, destination: "/etc/hosts")
        mount.sourceKind = .file
        let (_, log) = try await fixture.run(fixture.shell("cat /tmp/other; readlink /etc/hosts") { $0.mounts = [mount] })
        #expect(log == "10.0.0.1 web\n/tmp/other")
      }
    }

    @Test(arguments: [
      (ContainerUser(), "uid=0(root) gid=0(root) groups=0(root),10(wheel)", "/root"),
      (ContainerUser(name: "app"), "uid=1000(app) gid=1001(app) groups=1001(app),2002(extra)", "/home/app"),
      (ContainerUser(uid: 1000, name: "root"), "uid=1000(app) gid=1001(app) groups=1001(app),2002(extra)", "/home/app"),
      (ContainerUser(uid: 4242, gid: 7), "uid=4242 gid=7 groups=7", "/"),
      (ContainerUser(name: "1000:wheel"), "uid=1000(app) gid=10(wheel) groups=10(wheel),2002(extra)", "/home/app"),
    ])
    func theUserIsLookedUpInTheImage(user: ContainerUser, expected: String, home: String) async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let (_, log) = try await fixture.run(fixture.shell("id; echo $HOME") { $0.user = user })
        #expect(log == "\(expected)\n\(home)")
      }
    }

    @Test func anUnknownUserIsAnError() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let error = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.startContainer(fixture.shell("true") { $0.user = ContainerUser(name: "ghost") })
        }
        #expect(error?.message == "unable to find user ghost: no matching entries in passwd file")
      }
    }

    @Test func supplementaryGroupsAreAdded() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let (_, log) = try await fixture.run(
          fixture.shell("id -G") {
            $0.user = ContainerUser(uid: 1000)
            $0.supplementaryGroups = [5000, 2002]
          })
        #expect(log == "1001 2002 5000")
      }
    }

    @Test func capabilitiesAreTheDefaultsPlusAndMinus() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let script = "grep -E 'CapEff|CapBnd|CapInh|NoNewPrivs|Seccomp:' /proc/self/status | tr -d '\\t'"
        let (_, plain) = try await fixture.run(fixture.shell(script))
        #expect(
          plain == "CapInh:0000000000000000\nCapEff:00000000a80425fb\nCapBnd:00000000a80425fb\nNoNewPrivs:0\nSeccomp:2")
        let (_, changed) = try await fixture.run(
          fixture.container(["sh", "-c", script], name: "changed") {
            $0.security.dropCapabilities = ["ALL"]
            $0.security.addCapabilities = ["NET_BIND_SERVICE"]
            $0.security.noNewPrivileges = true
            $0.security.seccomp = .unconfined
          })
        #expect(
          changed
            == "CapInh:0000000000000000\nCapEff:0000000000000400\nCapBnd:0000000000000400\nNoNewPrivs:1\nSeccomp:0")
        let (_, user) = try await fixture.run(
          fixture.container(["sh", "-c", script], name: "user") { $0.user = ContainerUser(uid: 1000) })
        #expect(user.contains("CapEff:0000000000000000\nCapBnd:00000000a80425fb"))
      }
    }

    @Test func seccompRefusesWhatTheDefaultProfileRefuses() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let (_, log) = try await fixture.run(
          fixture.shell("unshare -U true 2>&1; unshare -m true 2>&1; mount -t tmpfs x /tmp 2>&1") {
            $0.security.addCapabilities = []
          })
        let lines = log.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.contains("Operation not permitted") || $0.contains("permission denied") }, "\(log)")
      }
    }

    @Test func aReadOnlyRootTakesNoWritesButVolumesDo() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        try FileTree.write("from the machine\n", to: "\(fixture.directory)/volumes/note", create: true)
        let script = "touch /x 2>&1; cat /data/deep/note; echo more > /data/deep/made; touch /ro/x 2>&1; touch /dev/shm/y"
        let (_, log) = try await fixture.run(
          fixture.shell(script) {
            $0.security.readOnlyRoot = true
            $0.mounts = [
              ContainerMount(source: "\(fixture.directory)/volumes", destination: "/data/deep"),
              ContainerMount(source: "\(fixture.directory)/volumes", destination: "/ro", isReadOnly: true),
            ]
          })
        #expect(
          log == """
            touch: /x: Read-only file system
            from the machine
            touch: /ro/x: Read-only file system
            """)
        #expect(try FileTree.text("\(fixture.directory)/volumes/made") == "more")
      }
    }

    @Test func aFileIsMountedOverAFile() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        try FileTree.write("10.0.0.1 web\n", to: "\(fixture.directory)/volumes/hosts", create: true)
        let (_, log) = try await fixture.run(
          fixture.shell("cat /etc/hosts /new/place") {
            $0.mounts = ["/etc/hosts", "/new/place"].map {
              ContainerMount(source: "\(fixture.directory)/volumes/hosts", destination: $0)
            }
          })
        #expect(log == "10.0.0.1 web\n10.0.0.1 web")
      }
    }

    @Test func theKernelsSecretsAreHidden() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let script = """
          wc -c < /proc/keys; wc -c < /proc/timer_list; ls /proc/acpi /sys/firmware 2>/dev/null | grep -v : | grep -c .
          for f in /proc/sys/kernel/hostname /proc/sysrq-trigger /sys/kernel/uevent_seqnum /sys/fs/cgroup/cgroup.procs; do
            (echo x > $f) 2>&1 | grep -c -E 'Read-only|denied|nonexistent'
          done
          """
        let (_, log) = try await fixture.run(fixture.shell(script))
        #expect(log == "0\n0\n0\n1\n1\n1\n1")
      }
    }

    @Test func devicesAreTheFewEveryProgramExpects() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let script = """
          ls /dev | tr '\\n' ' '; echo; head -c 3 /dev/zero | wc -c; echo x > /dev/null; echo x > /dev/stdout
          mknod /tmp/disk b 254 0 && (cat /tmp/disk > /dev/null) 2>&1; mknod /tmp/null c 1 3 && echo y > /tmp/null && echo ok
          """
        let (_, log) = try await fixture.run(fixture.shell(script))
        #expect(
          log == """
            core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero 
            3
            x
            cat: can't open '/tmp/disk': Operation not permitted
            ok
            """)
      }
    }

    @Test func aPrivilegedContainerHasTheMachinesDevicesAndMayMount() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let (exit, log) = try await fixture.run(
          fixture.shell("mount -t tmpfs x /tmp && touch /tmp/y && ls /tmp; test -c /dev/kmsg; echo $?") {
            $0.security.privileged = true
          })
        #expect(exit.code == 0)
        #expect(log == "y\n0")
      }
    }

    @Test func theCgroupNamespaceBeginsAtTheContainer() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let (_, log) = try await fixture.run(fixture.shell("grep ^0 /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs | head -1"))
        #expect(log == "0::/\n1")
      }
    }

    @Test func nonRootMayReopenItsOutput() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let (exit, log) = try await fixture.run(
          fixture.shell("echo hi > /proc/self/fd/1 && echo ho > /dev/stderr") { $0.user = ContainerUser(uid: 1000) })
        #expect(exit.code == 0)
        #expect(Set(log.split(separator: "\n")) == ["hi", "ho"])
      }
    }

    @Test func noSignalIsIgnoredOrBlocked() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let (_, log) = try await fixture.run(fixture.container(["grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status"]))
        #expect(log == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000")
      }
    }

    @Test func standardInputIsEmptyOrStaysOpen() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let (exit, _) = try await fixture.run(fixture.container(["cat"], name: "closed"))
        #expect(exit.code == 0)
        let open = try await fixture.runtime.startContainer(fixture.container(["cat"], name: "open") { $0.stdin = true })
        let result = try await fixture.runtime.exec(containerID: open.id, ["readlink", "/proc/1/fd/0"], timeoutSeconds: 5)
        #expect(String(decoding: result.output, as: UTF8.self).hasPrefix("pipe:"))
      }
    }
  }
}
