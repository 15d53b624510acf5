import Testing

@testable import LinuxSystem

@Suite struct IdleMemoryTests {
  private static let megabyte = 1 << 20

  /// Asks once for each pair of resident megabytes and milliseconds of processor time since the last question.
  private func answers(_ questions: [(megabytes: Int, milliseconds: Int)]) -> [Bool] {
    var memory = IdleMemory()
    var time = Duration.zero
    return questions.map { question in
      time += .milliseconds(question.milliseconds)
      return memory.isDue(ProcessUsage(residentBytes: question.megabytes * Self.megabyte, processorTime: time))
    }
  }

  @Test func aStartIsGivenBackOnceItIsQuiet() {
    #expect(answers([(70, 3000), (70, 2000), (70, 150), (40, 40), (41, 150), (40, 40)]) == [false, false, true, false, false, false])
  }

  @Test func aBurstIsGivenBackAgain() {
    #expect(
      answers([(70, 0), (70, 0), (40, 0), (90, 4000), (90, 0), (42, 0), (43, 0)])
        == [false, true, false, false, true, false, false])
  }

  @Test func whatABurstNeedsIsNotTakenForWhatRemains() {
    // Busy right after memory was given back: what is resident then says nothing of the quiet time.
    #expect(answers([(70, 0), (70, 0), (90, 4000), (90, 0), (40, 0)]) == [false, true, false, true, false])
  }

  @Test func noMoreIsWhatAFewPodsNeededThatCameRightThen() {
    #expect(answers([(70, 0), (70, 0), (60, 100), (42, 0), (43, 0)]) == [false, true, true, false, false])
  }

  @Test func givingBackIsNoWork() {
    var memory = IdleMemory()
    func isDue(_ megabytes: Int, _ milliseconds: Int) -> Bool {
      memory.isDue(ProcessUsage(residentBytes: megabytes * Self.megabyte, processorTime: .milliseconds(milliseconds)))
    }
    #expect(!isDue(70, 0))
    #expect(isDue(70, 0))
    memory.gaveBack(ProcessUsage(residentBytes: 40 * Self.megabyte, processorTime: .milliseconds(400)))
    #expect(!isDue(40, 410))
    // 40 megabytes are what remains: growth is told from there.
    #expect(!isDue(43, 410))
    #expect(isDue(45, 410))
  }

  @Test func littleGrowthIsLeft() {
    #expect(answers([(70, 0), (70, 0), (40, 0), (43, 0), (44, 0), (45, 0)]) == [false, true, false, false, false, true])
  }

  @Test func onlyTextThatCannotHaveBeenWrittenIsGivenBack() {
    let maps = """
      00400000-00b92000 r-xp 00000000 fe:00 1280435                            /opt/a program
      00b93000-00bcc000 r--p 00792000 fe:00 1280435                            /opt/a program
      00bcc000-00d22000 rw-p 007cb000 fe:00 1280435                            /opt/a program
      00e00000-00e10000 rwxp 00000000 fe:00 1280435                            /opt/a program
      7f1bb8db5000-7f1bb8db7000 r-xp 00000000 00:00 0                          [vdso]
      7f1bb8e00000-7f1bb8e01000 r-xp 00000000 00:00 0
      7f1bb8f00000-7f1bb8f02000 r-xp 00001000 fe:00 77                         /usr/lib/libc.so.6 (deleted)
      """
    #expect(IdleMemory.textRanges(maps) == [0x400000..<0xb92000, 0x7f1b_b8f0_0000..<0x7f1b_b8f0_2000])
  }
}
