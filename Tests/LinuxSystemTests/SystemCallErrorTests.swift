import Testing

@testable import LinuxSystem

@Suite struct SystemCallErrorTests {
  @Test func namesTheCallThePathAndTheReason() {
    let error = #expect(throws: SystemCallError.self) { try Descriptor.open("/nowhere/at/all", 0) }
    #expect(error?.description == "open /nowhere/at/all: no such file or directory")
  }

  @Test(arguments: [
    (Int32(2), "no such file or directory"), (13, "permission denied"), (7, "argument list too long"),
  ])
  func reasonsAreLowerCase(errno: Int32, text: String) {
    #expect(SystemCallError.text(of: errno) == text)
  }
}
