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
}
