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

  @Test func textThatIsTouchedComesBackAlone() throws {
    try IdleMemory.giveBack()
    let withNeighbours = try ProcessUsage.now().residentBytes
    let faults = try IdleMemory.mapTouchedTextAlone()
    try IdleMemory.giveBack()
    let alone = try ProcessUsage.now().residentBytes
    #expect(alone < withNeighbours)
    withExtendedLifetime(faults) {}
  }
}
