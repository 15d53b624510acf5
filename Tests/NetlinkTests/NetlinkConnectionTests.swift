import Testing

@testable import Netlink

@Suite struct NetlinkConnectionTests {
  private let kernel = ScriptedKernel()

  @Test func severalRequestsGoInOneDatagram() throws {
    let connection = NetlinkConnection(kernel)
    try connection.perform([(LinkMessage.list(), "one"), (LinkMessage.list(), "two")])
    #expect(
      kernel.sent == [
        hex(
          """
          20000000 1200 0500 01000000 00000000  00000000 00000000 00000000 00000000
          20000000 1200 0500 02000000 00000000  00000000 00000000 00000000 00000000
          """)
      ])
  }

  @Test func anErrorHasTheKernelsOwnWords() {
    kernel.answer([(1, ScriptedKernel.acknowledgement(errno: 17, text: "name is taken"))])
    let connection = NetlinkConnection(kernel)
    let error = #expect(throws: NetlinkError.self) { try connection.perform(LinkMessage.list(), "create link sw1") }
    #expect(error == NetlinkError(operation: "create link sw1", errno: 17, message: "name is taken"))
    #expect(error?.description == "create link sw1: file exists (name is taken)")
  }

  @Test func theFirstFailureOfSeveralIsThrownAfterAllAnswers() throws {
    kernel.answer([(1, ScriptedKernel.acknowledgement())])
    kernel.answer([(2, ScriptedKernel.acknowledgement(errno: 19)), (3, ScriptedKernel.acknowledgement(errno: 1))])
    let connection = NetlinkConnection(kernel)
    let requests = ["a", "b", "c"].map { (message: LinkMessage.list(), operation: $0) }
    #expect(throws: NetlinkError(operation: "b", errno: 19)) { try connection.perform(requests) }
  }

  @Test func anInterruptedDumpIsReadAgain() throws {
    let done = NetlinkMessage(3, .multipart, NetlinkWriter(Int32(0)))
    let link = LinkMessage.change(index: 1, LinkChange(isUp: true))
    let row = NetlinkMessage(type: 16, flags: .multipart, payload: link.payload)
    var interrupted = row
    interrupted.flags.insert(.dumpInterrupted)
    kernel.answer([(1, interrupted), (1, done)])
    // An answer to somebody's earlier question is passed over.
    kernel.answer([(1, row), (2, row)])
    kernel.answer([(2, row), (2, done)])
    let connection = NetlinkConnection(kernel)
    #expect(try connection.dump(LinkMessage.list(), "list links").count == 2)
    #expect(kernel.sent.count == 2)
  }

  @Test func aCutMessageIsNotReadBeyondItsEnd() {
    #expect(NetlinkMessage.decode(hex("ff000000 1000 0000 01000000 00000000")).isEmpty)
    #expect(Array(NetlinkAttributes(hex("0800 0100 01020304 0900 0200 01")[...])).count == 1)
    #expect(Array(NetlinkAttributes(hex("0300 0100 00000000")[...])).isEmpty)
  }
}
