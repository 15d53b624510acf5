import Testing

@testable import ContainerRuntime

@Suite struct ProcessWaitTests {
  @Test(arguments: [
    ("12 (cat) D 1 12", "cat", "D"), ("12 (a) b (c)) S 1", "a) b (c)", "S"), ("12 (two words) R 1", "two words", "R"),
  ])
  func readsTheKernelsLine(line: String, program: String, state: String) throws {
    let parsed = try #require(ProcessWait.parse(line))
    #expect(parsed.program == program)
    #expect(String(parsed.state) == state)
  }

  @Test(arguments: ["", "12", "12 (cat", "12 )cat( D", "12 (cat)"])
  func refusesWhatIsNoLineOfTheKernel(line: String) {
    #expect(ProcessWait.parse(line) == nil)
  }

  @Test func namesProcessProgramAndPlace() {
    #expect(
      ProcessWait(pid: 7, program: "cat", place: "request_wait_answer").description
        == "process 7 (cat) is in an uninterruptible wait of the kernel (request_wait_answer)")
    #expect(
      ProcessWait(pid: 7, program: "cat", place: "").description
        == "process 7 (cat) is in an uninterruptible wait of the kernel")
  }
}
