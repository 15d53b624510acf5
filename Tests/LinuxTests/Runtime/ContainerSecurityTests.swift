import Glibc
import LinuxSystem
import Testing

@testable import ContainerRuntime

extension LinuxRuntime {
  /// What the security context of a pod asks of the kernel.
  @Suite struct ContainerSecurityRules {
    @Test func aProfileOfTheNodeIsApplied() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let path = "\(fixture.directory)/profile.json"
        let text = """
          {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28},
            {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]}]}
          """
        try FileTree.write(text, to: path, create: true)
        let (_, log) = try await fixture.run(
          fixture.shell("mkdir /tmp/x 2>&1; kill -USR1 1 2>&1; kill -0 1 && echo alive") {
            $0.security.seccomp = .localhost(path: path)
          })
        #expect(
          log.split(separator: "\n").map { $0.split(separator: ":").last ?? "" } == [
            " No space left on device", " Operation not permitted", "alive",
          ], "\(log)")
      }
    }

    @Test func aProfileThatIsMissingOrBrokenIsNamed() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let path = "\(fixture.directory)/profile.json"
        let start = fixture.shell("true") { $0.security.seccomp = .localhost(path: path) }
        let missing = await #expect(throws: RuntimeError.self) { _ = try await fixture.runtime.startContainer(start) }
        #expect(missing?.reason == .createContainer)
        #expect(
          missing?.message
            == "failed to create containerd container: cannot load seccomp profile \"\(path)\": open \(path): "
            + "no such file or directory")
        try FileTree.write("{", to: path, create: true)
        let broken = await #expect(throws: RuntimeError.self) { _ = try await fixture.runtime.startContainer(start) }
        #expect(
          broken?.message
            == "failed to create containerd container: decoding seccomp profile failed \"\(path)\": it is not valid JSON")
      }
    }

    @Test func readOnlyStopsAtMountsInsideUnlessItIsRecursive() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let volume = "\(fixture.directory)/volumes"
        try FileTree.makeDirectories("\(volume)/inner")
        try Mount.attach(try Mount.make("tmpfs", source: "tmpfs"), to: "\(volume)/inner")
        for isRecursive in [false, true] {
          let (_, log) = try await fixture.run(
            fixture.container(
              ["sh", "-c", "touch /data/x 2>/dev/null; echo $?; touch /data/inner/x 2>/dev/null; echo $?"],
              name: "recursive-\(isRecursive)"
            ) {
              $0.mounts = [
                ContainerMount(
                  source: volume, destination: "/data", isReadOnly: true, isRecursivelyReadOnly: isRecursive)
              ]
            })
          #expect(log == (isRecursive ? "1\n1" : "1\n0"))
        }
        try Mount.detach("\(volume)/inner")
      }
    }

    @Test func groupsOfTheImageCountUnlessThePodIsStrict() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        for (isStrict, expected) in [(false, "1001 2002 5000"), (true, "1001 5000")] {
          let (_, log) = try await fixture.run(
            fixture.container(["id", "-G"], name: "strict-\(isStrict)") {
              $0.user = ContainerUser(uid: 1000)
              $0.supplementaryGroups = [5000]
              $0.ignoresImageGroups = isStrict
            })
          #expect(log == expected)
        }
      }
    }

    @Test func mountsTravelAsFarAsTheirPropagationSays() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let volume = "\(fixture.directory)/volumes"
        let shared = try Mount.make("tmpfs", source: "tmpfs")
        try Mount.attach(shared, to: volume)
        try Mount.change(try Descriptor.open(volume, O_RDONLY), propagation: .shared, recursive: false)
        defer { try? Mount.detach(volume) }
        try FileTree.makeDirectories("\(volume)/host")
        try FileTree.makeDirectories("\(volume)/inside")
        for (propagation, name) in [(ContainerMount.Propagation.private, "none"), (.hostToContainer, "slave"), (.bidirectional, "both")] {
          let started = try await fixture.runtime.startContainer(
            fixture.container(["sleep", "1000"], name: name) {
              $0.security.privileged = true
              $0.mounts = [ContainerMount(source: volume, destination: "/data", propagation: propagation)]
            })
          try Mount.attach(try Mount.make("tmpfs", source: "tmpfs"), to: "\(volume)/host")
          let script = "grep -c ' /data/host ' /proc/self/mounts; mount -t tmpfs x /data/inside"
          let seen = try await fixture.runtime.exec(containerID: started.id, ["sh", "-c", script], timeoutSeconds: 10)
          #expect(String(decoding: seen.output, as: UTF8.self) == (propagation == .private ? "0\n" : "1\n"))
          #expect(Mount.isMountPoint("\(volume)/inside") == (propagation == .bidirectional))
          try await fixture.runtime.removeContainer(id: started.id)
          for place in ["host", "inside"] { try Mount.detach("\(volume)/\(place)") }
        }
      }
    }
  }
}
