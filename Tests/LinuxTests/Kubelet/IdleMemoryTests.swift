import Foundation
import LinuxSystem
import Testing

@Suite struct IdleMemoryTests {
  @Test func theProgramGoesOnWithoutItsText() throws {
    let before = try ProcessUsage.now()
    try IdleMemory.giveBack()
    let after = try ProcessUsage.now()
    #expect(after.residentBytes < before.residentBytes)
    #expect(after.processorTime >= before.processorTime)
  }

  /// Asynchronous write protection came with Linux 6.7; a kernel may be built without userfaultfd.
  private static let hasAsynchronousProtection: Bool = {
    let release = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
    let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    return numbers.count == 2 && (numbers[0], numbers[1]) >= (6, 7)
      && FileManager.default.fileExists(atPath: "/proc/sys/vm/unprivileged_userfaultfd")
  }()

  @Test(.enabled(if: hasAsynchronousProtection, "needs Linux 6.7 with userfaultfd"))
  func textThatIsTouchedComesBackAlone() throws {
    try IdleMemory.giveBack()
    let withNeighbours = try ProcessUsage.now().residentBytes
    let faults = try IdleMemory.mapTouchedTextAlone()
    try IdleMemory.giveBack()
    let alone = try ProcessUsage.now().residentBytes
    #expect(alone < withNeighbours)
    withExtendedLifetime(faults) {}
  }
}
