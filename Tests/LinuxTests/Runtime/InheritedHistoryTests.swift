import Glibc
import ImageStore
import LinuxSystem
import ShimProtocol
import Testing

@testable import ContainerRuntime

extension LinuxRuntime {
  /// What has gone wrong in other runtimes, each with its number.
  @Suite struct InheritedHistory {
    @Test("CVE-2024-21626: no descriptor of the machine is left open")
    func descriptorsDoNotLeak() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let container = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"]))
        let script = "for f in /proc/1/fd/* /proc/self/fd/*; do echo $f; done"
        let result = try await fixture.runtime.exec(containerID: container.id, ["sh", "-c", script], timeoutSeconds: 5)
        let open = String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(open.filter { $0.hasPrefix("/proc/1/") } == (0...2).map { "/proc/1/fd/\($0)" })
        // The shell itself holds the directory that it lists.
        #expect(open.filter { $0.hasPrefix("/proc/self/") }.count <= 4)
      }
    }

    @Test("CVE-2024-21626: a working directory through a descriptor is refused", arguments: [3, 7, 9])
    func theWorkingDirectoryStaysInside(number: Int) async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.startContainer(
            fixture.container(["ls", "."]) { $0.workingDirectory = "/proc/self/fd/\(number)" })
        }
      }
    }

    @Test("CVE-2019-5736: the shim's program cannot be written through /proc")
    func theProgramIsSealed() async throws {
      try await RuntimeFixture.with { fixture in
        let sandbox = try await fixture.startPod()
        let error = #expect(throws: SystemCallError.self) {
          try Descriptor.open("/proc/\(sandbox.shimPID)/exe", O_WRONLY)
        }
        #expect(error?.errno == ETXTBSY || error?.errno == EROFS)
        // While it runs, that refuses everybody; afterwards, this does.
        var mount = statvfs()
        #expect(statvfs("/proc/\(sandbox.shimPID)/exe", &mount) == 0)
        #expect(mount.f_flag & 1 /* ST_RDONLY */ == 1)
        // And so from inside, by a script whose interpreter is whatever runs it.
        let script = "\(fixture.directory)/volumes/script"
        try FileTree.write("#!/proc/self/exe\n", to: script, create: true, mode: 0o755)
        chmod(script, 0o755)
        let (exit, _) = try await fixture.run(
          fixture.container(["/script"]) {
            $0.mounts = [ContainerMount(source: script, destination: "/script")]
            $0.security.privileged = true
          })
        #expect(exit.code != 0)
      }
    }

    @Test("CVE-2021-30465: a destination behind a link lands inside the root")
    func destinationsStayInside() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let outside = "\(fixture.directory)/outside"
        let volume = "\(fixture.directory)/volumes"
        try FileTree.makeDirectories(outside)
        try FileTree.write("of the volume", to: "\(volume)/note", create: true)
        let mounts = try MountInfo.current().count
        symlink(String(repeating: "../", count: 20) + outside.dropFirst(), "\(volume)/climbs")
        symlink(outside, "\(volume)/absolute")
        let (exit, log) = try await fixture.run(
          fixture.shell("cat \(outside)/note; cat /data/climbs/note; ls /data/absolute") {
            $0.mounts = [
              ContainerMount(source: volume, destination: "/data"),
              ContainerMount(source: volume, destination: "/data/climbs"),
              ContainerMount(source: volume, destination: "/data/absolute"),
            ]
          })
        #expect(exit.code == 0)
        #expect(log.hasPrefix("of the volumeof the volume"))
        #expect(try FileTree.names(in: outside) == [])
        #expect(try MountInfo.current().count == mounts)
      }
    }

    @Test("CVE-2021-25741: a subPath cannot leave its volume", arguments: ["climbs", "absolute", "../outside"])
    func subPathsStayInTheirVolume(subPath: String) async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let volume = "\(fixture.directory)/volumes"
        try FileTree.makeDirectories("\(fixture.directory)/outside")
        symlink("../outside", "\(volume)/climbs")
        symlink("/etc", "\(volume)/absolute")
        let error = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.startContainer(
            fixture.shell("ls /data") {
              $0.mounts = [ContainerMount(source: volume, subPath: subPath, destination: "/data")]
            })
        }
        #expect(error?.message.contains("openat2 \(subPath)") == true, "\(error?.message ?? "")")
      }
    }

    @Test("CVE-2019-19921: an image cannot put proc elsewhere", arguments: ["proc", "sys"])
    func kernelFileSystemsAreWhereTheyBelong(name: String) async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let layer = "\(fixture.directory)/hostile"
        try FileTree.makeDirectories("\(layer)/elsewhere")
        symlink("elsewhere", "\(layer)/\(name)")
        await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.startContainer(
            fixture.shell("true") { $0.image.layerDirectories.insert(layer, at: 0) })
        }
      }
    }

    @Test("CVE-2025-52881: nothing is mounted over what is to be hidden", arguments: ["/proc", "/proc/sys", "/proc/self/attr"])
    func procIsNotAMountDestination(destination: String) async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.startContainer(
            fixture.shell("true") {
              $0.mounts = [ContainerMount(source: "\(fixture.directory)/volumes", destination: destination)]
            })
        }
      }
    }

    @Test("CVE-2025-31133: an image's own /dev/null masks nothing")
    func masksComeFromTheMachine() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let layer = "\(fixture.directory)/hostile"
        try FileTree.makeDirectories("\(layer)/dev")
        symlink("/proc/sys/kernel/core_pattern", "\(layer)/dev/null")
        let (_, log) = try await fixture.run(
          fixture.shell("stat -c %F:%t:%T /proc/timer_list; stat -c %F:%t:%T /dev/null") {
            $0.image.layerDirectories.insert(layer, at: 0)
          })
        #expect(log == "character special file:1:3\ncharacter special file:1:3")
      }
    }
  }
}
