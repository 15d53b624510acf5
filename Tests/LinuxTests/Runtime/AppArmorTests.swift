import Glibc
import ImageStore
import LinuxSystem
import Testing

@testable import ContainerRuntime

extension LinuxRuntime {
  /// On any machine, with AppArmor or without.
  @Suite struct AppArmorWishes {
    @Test func aProfileThatIsNotThereIsMissed() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let failure = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.startContainer(
            fixture.shell("true") { $0.security.appArmor = .localhost(name: "nobody-loaded-this") })
        }
        let reason = RuntimeFixture.hasAppArmor ? "profile not found nobody-loaded-this" : "is not supported"
        #expect(failure?.message == "failed to create containerd container: apparmor \(reason)")
        #expect(try await fixture.runtime.orphans() == [])
        for wish in [ContainerSecurity.AppArmor.unspecified, .unconfined] {
          let (exit, _) = try await fixture.run(fixture.container(["true"], name: "\(wish)") { $0.security.appArmor = wish })
          #expect(exit.code == 0)
        }
      }
    }
  }

  /// Profiles in the kernel: `scripts/test vm` runs these in the virtual machine.
  @Suite(.serialized, .enabled(if: RuntimeFixture.hasAppArmor, "needs a kernel with AppArmor: run scripts/test vm"), .timeLimit(.minutes(10)))
  struct AppArmorProfiles {
    private func load(_ text: String, _ fixture: RuntimeFixture) throws {
      let path = "\(fixture.directory)/profile"
      try FileTree.write(text, to: path, create: true)
      try Command(executable: "/usr/sbin/apparmor_parser", arguments: ["--skip-cache", "--replace", path])
        .run(log: "\(path).log")
    }

    private func profile(of pid: Int32) throws -> String { try FileTree.text("/proc/\(pid)/attr/apparmor/current") }

    @Test func containersAndTheirCommandsAreConfinedByDefault() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        _ = try await fixture.startPod("uid-2") { $0.hasOwnUsers = true }
        let name = "\(fixture.runtime.appArmor.profileName) (enforce)"
        for (index, wish) in [ContainerSecurity.AppArmor.unspecified, .runtimeDefault].enumerated() {
          for (pod, noNewPrivileges) in [("uid-1", false), ("uid-1", true), ("uid-2", false)] {
            let started = try await fixture.runtime.startContainer(
              fixture.container(["sleep", "1000"], name: "c-\(index)-\(pod)-\(noNewPrivileges)", pod: pod) {
                $0.security.appArmor = wish
                $0.security.noNewPrivileges = noNewPrivileges
              })
            #expect(try profile(of: started.pid) == name)
            let inside = try await fixture.runtime.exec(
              containerID: started.id, ["cat", "/proc/self/attr/apparmor/current"], timeoutSeconds: 60)
            #expect(String(decoding: inside.output, as: UTF8.self) == name + "\n")
          }
        }
        for (index, change) in [
          { $0.appArmor = .unconfined }, { $0.privileged = true },
          {
            $0.privileged = true
            $0.appArmor = .runtimeDefault
          },
        ].enumerated() as EnumeratedSequence<[(inout ContainerSecurity) -> Void]> {
          let started = try await fixture.runtime.startContainer(
            fixture.container(["sleep", "1000"], name: "u-\(index)") { change(&$0.security) })
          #expect(try profile(of: started.pid) == "unconfined")
        }
      }
    }

    @Test func containersThatStartTogetherFindIt() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        try await withThrowingTaskGroup { group in
          for index in 0..<8 {
            group.addTask {
              _ = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"], name: "c-\(index)"))
            }
          }
          try await group.waitForAll()
        }
        #expect(try await fixture.runtime.orphans() == [])
      }
    }

    @Test func theDefaultKeepsWhatCapabilitiesWouldGive() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let script = """
          mount -t tmpfs x /tmp 2>/dev/null && echo mounted
          for f in /proc/sys/vm/swappiness /proc/sys/kernel/core_pattern /proc/sysrq-trigger /sys/kernel/mm/ksm/run; do
            test -e $f || echo no $f; if true 2>/dev/null >> $f; then echo open $f; fi; done
          if true 2>/dev/null < /proc/kcore; then echo open kcore; fi
          if true >> /proc/sys/kernel/shmmax; then echo own; fi
          touch /tmp/x && kill -0 1 && cat /proc/1/environ >/dev/null && echo works
          """
        let (_, log) = try await fixture.run(
          fixture.shell(script) {
            $0.security.addCapabilities = ["SYS_ADMIN", "SYS_PTRACE"]
            $0.security.seccomp = .unconfined
            $0.security.maskedPaths = []
            $0.security.readonlyPaths = []
          })
        #expect(log == "own\nworks")
        let (_, free) = try await fixture.run(
          fixture.container(["sh", "-c", "mount -t tmpfs x /tmp && echo mounted"], name: "free") {
            $0.security.addCapabilities = ["SYS_ADMIN"]
            $0.security.seccomp = .unconfined
            $0.security.appArmor = .unconfined
          })
        #expect(free == "mounted")
      }
    }

    @Test func aProfileOfTheNodeIsAppliedOrMissed() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        try load("profile swiftlet-test-own {\n file,\n deny /tmp/** w,\n}\n", fixture)
        let (_, log) = try await fixture.run(
          fixture.shell("cat /proc/self/attr/apparmor/current; touch /tmp/x 2>/dev/null || echo kept") {
            $0.security.appArmor = .localhost(name: "swiftlet-test-own")
          })
        #expect(log == "swiftlet-test-own (enforce)\nkept")
        let failure = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.startContainer(
            fixture.shell("true") { $0.security.appArmor = .localhost(name: "nobody-loaded-this") })
        }
        #expect(
          failure?.message == "failed to create containerd container: apparmor profile not found nobody-loaded-this")
      }
    }

    @Test("CVE-2025-52881: a /proc of the container's making does not swallow the label of a command")
    func aFakeProcConfinesNobodyLess() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        try load("profile swiftlet-test-mounts {\n file,\n capability,\n mount,\n signal,\n}\n", fixture)
        let config = fixture.shell(
          """
          mount -t tmpfs fake /proc && mkdir -p /proc/self/attr/apparmor && : > /proc/self/attr/apparmor/exec && : > /proc/self/attr/exec
          echo ready; exec sleep 1000
          """
        ) {
          $0.security.addCapabilities = ["SYS_ADMIN"]
          $0.security.seccomp = .unconfined
          $0.security.appArmor = .localhost(name: "swiftlet-test-mounts")
        }
        let started = try await fixture.runtime.startContainer(config)
        try await fixture.waitForLog(config) { $0 == "ready" }
        let session = try await fixture.runtime.openExec(
          containerID: started.id, ["sh", "-c", "cat /proc/self/attr/apparmor/exec; echo here; exec sleep 1000"],
          SessionStreams(output: true))
        let text = try await session.read(.standardOutput)
        #expect(String(decoding: text ?? [], as: UTF8.self) == "here\n")
        let group = fixture.runtime.cgroups.pod(uid: "uid-1", qosClass: .bestEffort).child(started.id)
        let members = try group.processes()
        #expect(members.count == 2)
        for pid in members { #expect(try profile(of: pid) == "swiftlet-test-mounts (enforce)") }
        session.close()
      }
    }

    @Test func theProfileGoesWithTheRuntime() async throws {
      let fixture = try await RuntimeFixture()
      let appArmor = fixture.runtime.appArmor
      _ = try await fixture.startPod()
      _ = try await fixture.run(fixture.shell("true"))
      #expect(try appArmor.profiles().contains(appArmor.profileName))
      try await fixture.tearDown()
      #expect(try !appArmor.profiles().contains(appArmor.profileName))
    }
  }
}

extension RuntimeFixture {
  static let hasAppArmor = (try? FileTree.text("/sys/module/apparmor/parameters/enabled")) == "Y"
}
