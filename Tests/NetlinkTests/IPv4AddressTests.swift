import Netlink
import Testing

@Suite struct IPv4AddressTests {
  @Test(arguments: ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "a.b.c.d", "1.2.3.-4", "1.2.3.+4"])
  func refuses(_ text: String) { #expect(IPv4Address(text) == nil) }

  @Test func roundTrip() { #expect(IPv4Address("10.42.0.1")?.description == "10.42.0.1") }

  @Test func prefixClearsHostBits() throws {
    let prefix = try #require(IPv4Prefix("10.42.7.9/16"))
    #expect(prefix.description == "10.42.0.0/16")
    #expect(prefix.last.description == "10.42.255.255")
    #expect(prefix.contains(try #require(IPv4Address("10.42.200.1"))))
    #expect(!prefix.contains(try #require(IPv4Address("10.43.0.0"))))
    #expect(IPv4Prefix("10.0.0.0/33") == nil)
    #expect(try #require(IPv4Prefix("0.0.0.0/0")).contains(try #require(IPv4Address("1.2.3.4"))))
  }
}
