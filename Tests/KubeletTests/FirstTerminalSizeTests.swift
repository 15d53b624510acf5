import HTTPServing
import KubernetesAPI
import NodeSimulation
import Testing

@testable import Kubelet

@Suite(.timeLimit(.minutes(1))) struct FirstTerminalSizeTests {
  /// A client that tells sizes and nothing else.
  private struct Client: RemoteStreams {
    let sizes = TerminalSizes()
    func readInput() async throws -> [UInt8]? { nil }
    func nextTerminalSize() async throws -> TerminalSize? { try await sizes.next() }
    func write(_ bytes: [UInt8], to output: RemoteOutput) async throws {}
  }

  private let size = TerminalSize(columns: 111, rows: 33)

  @Test func theCommandWaitsForTheClientsSize() async throws {
    let client = Client()
    async let first = FirstTerminalSize.wait(for: client, atMost: .seconds(3600))
    client.sizes.add(size)
    #expect(try await first == size)
  }

  @Test func aClientThatWillTellNoneIsNotWaitedFor() async throws {
    let client = Client()
    client.sizes.finish()
    #expect(try await FirstTerminalSize.wait(for: client, atMost: .seconds(3600)) == nil)
  }

  @Test func whatComesTooLateIsNotLost() async throws {
    let client = Client()
    #expect(try await FirstTerminalSize.wait(for: client, atMost: .milliseconds(1)) == nil)
    client.sizes.add(size)
    #expect(try await client.nextTerminalSize() == size)
  }

  @Test func aClientThatHasLeftStartsNothing() async throws {
    let client = FakeClient()
    client.leave()
    await #expect(throws: FakeRefusal.self) {
      try await FirstTerminalSize.wait(for: client, atMost: .seconds(3600))
    }
  }
}
