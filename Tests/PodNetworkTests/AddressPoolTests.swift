import Netlink
import Testing

@testable import PodNetwork

@Suite struct AddressPoolTests {
  private func pool(_ range: String) throws -> AddressPool { AddressPool(try #require(IPv4Prefix(range))) }

  @Test func firstPodGetsTheAddressAfterTheGateway() throws {
    var pool = try pool("10.42.0.0/24")
    #expect(try pool.allocate("a").description == "10.42.0.2")
    #expect(try pool.allocate("b").description == "10.42.0.3")
    #expect(try pool.allocate("a").description == "10.42.0.2")
  }

  @Test func freedAddressRestsUntilTheOthersWereUsed() throws {
    var pool = try pool("10.0.0.0/29")
    for uid in ["a", "b", "c"] { _ = try pool.allocate(uid) }
    pool.release("a")
    #expect(try pool.allocate("d").description == "10.0.0.5")
    #expect(try pool.allocate("e").description == "10.0.0.6")
    #expect(try pool.allocate("f").description == "10.0.0.2")
  }

  @Test func aFullRangeIsSaid() throws {
    var pool = try pool("10.0.0.0/30")
    _ = try pool.allocate("a")
    #expect(throws: PodNetworkError.rangeFull("10.0.0.0/30")) { try pool.allocate("b") }
    pool.release("a")
    #expect(try pool.allocate("b").description == "10.0.0.2")
  }

  @Test func addressesOfTheKernelAreTaken() throws {
    var pool = try pool("10.42.0.0/24")
    pool.restore("old", try #require(IPv4Address("10.42.0.2")))
    #expect(try pool.allocate("new").description == "10.42.0.3")
    #expect(pool["old"]?.description == "10.42.0.2")
  }
}
