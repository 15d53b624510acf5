import Glibc
import LinuxSystem
import Testing

@testable import ContainerRuntime

extension LinuxRuntime {
  @Suite struct Logs {
    @Test func everyLineArrivesOnceInOrderAcrossRotations() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let config = fixture.shell("seq 1 200000") {
          $0.logLimits = ContainerLogLimits(maximumBytes: 1 << 20, maximumFiles: 100)
        }
        let exits = fixture.runtime.events()
        let container = try await fixture.runtime.startContainer(config)
        #expect(try await fixture.exitOf(container.id, exits).code == 0)
        let files = try FileTree.names(in: "\(fixture.directory)/logs")
        #expect(files.count > 5)
        // Rotated names sort by age; the file being written has none.
        let lines = try (files.filter { $0 != "main.log" } + ["main.log"]).flatMap { name in
          let text = String(decoding: try FileTree.read("\(fixture.directory)/logs/\(name)", maximumBytes: 8 << 20), as: UTF8.self)
          #expect(text.isEmpty || text.hasSuffix("\n"))
          return text.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 3)[3] }
        }
        #expect(lines.count == 200000)
        #expect(lines.indices.allSatisfy { lines[$0] == "\($0 + 1)" })
      }
    }

    @Test func onlySoManyFilesAreKept() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let config = fixture.shell("seq 1 100000") {
          $0.logLimits = ContainerLogLimits(maximumBytes: 256 << 10, maximumFiles: 3)
        }
        _ = try await fixture.run(config)
        #expect(try FileTree.names(in: "\(fixture.directory)/logs").count == 3)
      }
    }

    @Test func anUnfinishedLineIsAPart() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let config = fixture.shell("printf 'whole\\nhalf'")
        _ = try await fixture.run(config)
        let text = String(decoding: try FileTree.read(config.logPath), as: UTF8.self)
        let tags = text.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1)[1] }
        #expect(tags == ["stdout F whole", "stdout P half"])
      }
    }

    @Test func aLogMovedAwayIsOpenedAnew() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let config = fixture.shell("trap 'echo two; exit' TERM; echo one; while :; do sleep 0.01; done")
        let exits = fixture.runtime.events()
        let container = try await fixture.runtime.startContainer(config)
        try await fixture.waitForLog(config) { $0 == "one" }
        rename(config.logPath, "\(config.logPath).away")
        try await fixture.runtime.reopenLog(containerID: container.id)
        try await fixture.runtime.signalContainer(id: container.id, signal: SIGTERM)
        _ = try await fixture.exitOf(container.id, exits)
        #expect(try fixture.log(config) == "two")
      }
    }
  }
}
