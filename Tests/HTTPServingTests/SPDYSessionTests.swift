import Testing

@testable import HTTPServing

/// What each frame leads to, told without a connection.
struct SPDYSessionTests {
  static let headers = SPDYHeaders([("streamtype", "data")])

  static func opened(_ ids: UInt32...) -> SPDYSession {
    var session = SPDYSession()
    for id in ids { _ = session.receive(.synStream(id: id, headers: headers, isLast: false)) }
    return session
  }

  @Test func opensAndFinishesStreams() {
    var session = SPDYSession()
    #expect(session.receive(.synStream(id: 1, headers: Self.headers, isLast: false)) == [.open(1, Self.headers)])
    #expect(
      session.receive(.synStream(id: 3, headers: Self.headers, isLast: true)) == [.open(3, Self.headers), .finish(3)])
    #expect(session.receive(.data(id: 1, [1, 2], isLast: false)) == [.deliver(1, [1, 2])])
    #expect(session.receive(.data(id: 1, [3], isLast: true)) == [.deliver(1, [3]), .finish(1)])
    // Still open our way.
    #expect(session.isWritable(1))
    #expect(session.finishLocal(1) == true)
    #expect(session.finishLocal(1) == false)
    #expect(!session.isWritable(1))
  }

  @Test func refusesStreamsThatAreNone() {
    var session = Self.opened(5)
    for id: UInt32 in [2, 3, 5] {
      #expect(
        session.receive(.synStream(id: id, headers: Self.headers, isLast: false))
          == [.send(.rstStream(id: id, .protocolError))])
    }
    #expect(session.receive(.data(id: 7, [1], isLast: false)) == [.send(.rstStream(id: 7, .invalidStream))])
    #expect(
      session.receive(.synReply(id: 5, headers: Self.headers, isLast: false))
        == [.send(.rstStream(id: 5, .invalidStream))])
    #expect(session.receive(.goAway(lastGoodID: 0, status: 0)) == [.goneAway])
    #expect(
      session.receive(.synStream(id: 7, headers: Self.headers, isLast: false))
        == [.send(.rstStream(id: 7, .protocolError))])
  }

  @Test func boundsOpenStreams() {
    var session = SPDYSession()
    for number in 0..<UInt32(SPDYSession.maximumStreams) {
      _ = session.receive(.synStream(id: number * 2 + 1, headers: Self.headers, isLast: false))
    }
    let next = UInt32(SPDYSession.maximumStreams) * 2 + 1
    #expect(
      session.receive(.synStream(id: next, headers: Self.headers, isLast: false))
        == [.send(.rstStream(id: next, .refusedStream))])
    #expect(session.receive(.rstStream(id: 1, .cancel)) == [.abort(1)])
    #expect(
      session.receive(.synStream(id: next + 2, headers: Self.headers, isLast: false)) == [.open(next + 2, Self.headers)])
  }

  @Test func answersPingsOfTheClientAlone() {
    var session = SPDYSession()
    #expect(session.receive(.ping(7)) == [.send(.ping(7))])
    #expect(session.receive(.ping(2)) == [])
  }

  /// The client of kubectl never widens a window.
  @Test func sendsWithoutEndToAPeerThatKeepsNoWindows() {
    var session = Self.opened(1)
    for _ in 0..<100 { #expect(session.spend(1, 32768) == 32768) }
  }

  @Test func keepsTheWindowsOfAPeerThatDoes() {
    var session = Self.opened(1)
    #expect(session.receive(.settings([.init(id: 7, value: 1000)])) == [.wake(1)])
    #expect(session.spend(1, 600) == 600)
    #expect(session.spend(1, 600) == 400)
    #expect(session.spend(1, 600) == 0)
    #expect(session.receive(.windowUpdate(id: 1, delta: 50)) == [.wake(1)])
    #expect(session.spend(1, 600) == 50)
    #expect(session.receive(.settings([.init(id: 7, value: 900)])) == [.wake(1)])
    #expect(session.receive(.windowUpdate(id: 1, delta: 100)) == [.wake(1)])
    #expect(session.spend(1, 600) == 0)
    // A new stream has the new window.
    _ = session.receive(.synStream(id: 3, headers: Self.headers, isLast: false))
    #expect(session.spend(3, 5000) == 900)
  }

  @Test func keepsTheWindowOfTheConnection() {
    var session = Self.opened(1, 3)
    #expect(session.spend(1, 65000) == 65000)
    #expect(session.receive(.windowUpdate(id: 0, delta: 464)) == [.wake(1), .wake(3)])
    #expect(session.spend(3, 5000) == 1000)
    #expect(session.spend(1, 1) == 0)
  }

  @Test func refusesWindowsThatOverflow() {
    var session = Self.opened(1)
    #expect(
      session.receive(.windowUpdate(id: 1, delta: 0x7FFF_FFFF))
        == [.send(.rstStream(id: 1, .flowControlError)), .abort(1)])
    #expect(
      session.receive(.windowUpdate(id: 0, delta: 0x7FFF_FFFF))
        == [.send(.goAway(lastGoodID: 1, status: 1)), .goneAway])
  }

  @Test func givesCreditForWhatWasTaken() {
    var session = Self.opened(1, 3)
    #expect(session.consumed(1, 32767) == [])
    #expect(session.consumed(1, 1) == [.windowUpdate(id: 1, delta: 32768), .windowUpdate(id: 0, delta: 32768)])
    #expect(session.consumed(3, 20000) == [])
    #expect(session.consumed(1, 20000) == [.windowUpdate(id: 0, delta: 40000)])
    // What comes for a stream that is gone counts for the connection, or it would starve the others.
    #expect(session.remove(1) == true)
    #expect(
      session.receive(.data(id: 1, [UInt8](repeating: 0, count: 40000), isLast: false))
        == [.send(.windowUpdate(id: 0, delta: 40000))])
  }
}
