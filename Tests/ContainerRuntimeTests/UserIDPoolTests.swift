import ShimProtocol
import Testing

@testable import ContainerRuntime

@Suite struct UserIDPoolTests {
  @Test func withoutAnEntryThePoolIsThatOf110Pods() throws {
    for text in ["", "root:100000:65536\n", "kubelet2:65536:65536\n"] {
      let pool = try UserIDPool(subordinateUsers: text, subordinateGroups: text)
      #expect(pool == UserIDPool(first: 65_536, ranges: 110))
    }
  }

  @Test func theEntryOfTheKubeletIsThePool() throws {
    let text = "root:100000:65536\nkubelet:1048576:131072\n"
    #expect(try UserIDPool(subordinateUsers: text, subordinateGroups: text) == UserIDPool(first: 1_048_576, ranges: 2))
  }

  private static let broken: [(users: String, groups: String, complaint: String)] = [
    ("kubelet:65536:65536", "", "the ids of user kubelet in /etc/subuid and /etc/subgid differ"),
    ("kubelet:65536:65536", "kubelet:131072:65536", "the ids of user kubelet in /etc/subuid and /etc/subgid differ"),
    (
      "kubelet:65536:65536\nkubelet:131072:65536", "kubelet:65536:65536",
      "user kubelet has 2 ranges of ids in /etc/subuid, not one"
    ),
    (
      "kubelet:100000:65536", "kubelet:100000:65536",
      "the first id of user kubelet, 100000, is no multiple of 65536 above 0"
    ),
    ("kubelet:0:65536", "kubelet:0:65536", "the first id of user kubelet, 0, is no multiple of 65536 above 0"),
    ("kubelet:65536:1000", "kubelet:65536:1000", "the number of ids of user kubelet, 1000, is no multiple of 65536"),
    (
      "kubelet:4294901760:131072", "kubelet:4294901760:131072",
      "the number of ids of user kubelet, 131072, is no multiple of 65536"
    ),
    ("kubelet:many", "", "/etc/subuid: \"kubelet:many\" is no name, first id and number of ids"),
  ]

  @Test(arguments: broken.indices) func aBrokenEntryIsNamed(index: Int) {
    let (users, groups, complaint) = Self.broken[index]
    #expect(throws: UserIDPoolError(complaint)) {
      try UserIDPool(subordinateUsers: users, subordinateGroups: groups)
    }
  }

  @Test func eachPodHasARangeUntilItEnds() throws {
    let pool = UserIDPool(first: 131_072, ranges: 3)
    var ledger = UserIDLedger()
    #expect(try ledger.allot("a", from: pool).first == 131_072)
    #expect(try ledger.allot("b", from: pool).first == 196_608)
    #expect(try ledger.allot("a", from: pool).first == 131_072)
    ledger.release("a")
    #expect(try ledger.allot("c", from: pool).first == 131_072)
    #expect(try ledger.allot("a", from: pool).first == 262_144)
    #expect(throws: UserIDPoolError("all 3 ranges of user ids of this node are in use (hostUsers: false)")) {
      try ledger.allot("d", from: pool)
    }
    ledger.release("nobody")
    ledger.release("b")
    #expect(try ledger.allot("d", from: pool).first == 196_608)
  }

  @Test func whatAShimHoldsIsTaken() throws {
    let pool = UserIDPool(first: 65_536, ranges: 2)
    var ledger = UserIDLedger()
    ledger.hold(UserIDRange(first: 65_536), for: "old")
    #expect(try ledger.allot("new", from: pool).first == 131_072)
    #expect(try ledger.allot("old", from: pool).first == 65_536)
  }

  @Test func aRangeIsWhatTheKernelIsTold() {
    let range = UserIDRange(first: 131_072)
    #expect(range.mapText == "0 131072 65536")
    #expect(range.outside(65_535) == 196_607)
    #expect(range.outside(65_536) == nil)
  }
}
