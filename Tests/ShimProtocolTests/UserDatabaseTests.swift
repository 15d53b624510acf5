import Testing

@testable import ShimProtocol

@Suite struct UserDatabaseTests {
  static let database = UserDatabase(
    passwd: """
      root:x:0:0:root:/root:/bin/sh
      # a comment
      app:x:1000:1001:App:/home/app:/bin/sh
      short:x:7:8
      broken:x:y:z::
      1234:x:50:51::/named/like/a/number:
      """,
    group: "root:x:0:\nwheel:x:10:root,app\nextra:x:20:app\nbroken:x:q:app\n4000:x:60:")

  @Test(arguments: [
    (UserRequest(), ResolvedUser(uid: 0, gid: 0, groups: [0, 10], home: "/root")),
    (UserRequest(name: "app"), ResolvedUser(uid: 1000, gid: 1001, groups: [1001, 10, 20], home: "/home/app")),
    (
      UserRequest(name: "app", supplementaryGroups: [7], ignoresMemberships: true),
      ResolvedUser(uid: 1000, gid: 1001, groups: [1001, 7], home: "/home/app")
    ),
    (UserRequest(name: "1000"), ResolvedUser(uid: 1000, gid: 1001, groups: [1001, 10, 20], home: "/home/app")),
    (UserRequest(name: "app:extra"), ResolvedUser(uid: 1000, gid: 20, groups: [20, 10], home: "/home/app")),
    (UserRequest(name: "5000:6000"), ResolvedUser(uid: 5000, gid: 6000, groups: [6000], home: "/")),
    (UserRequest(name: "5000"), ResolvedUser(uid: 5000, gid: 0, groups: [0], home: "/")),
    (UserRequest(name: "short"), ResolvedUser(uid: 7, gid: 8, groups: [8], home: "/")),
    // A name wins over the number it looks like.
    (UserRequest(name: "1234:4000"), ResolvedUser(uid: 50, gid: 60, groups: [60], home: "/named/like/a/number")),
    // runAsUser and runAsGroup win over the image.
    (UserRequest(uid: 1000, name: "root:wheel"), ResolvedUser(uid: 1000, gid: 1001, groups: [1001, 10, 20], home: "/home/app")),
    (UserRequest(uid: 99, gid: 98), ResolvedUser(uid: 99, gid: 98, groups: [98], home: "/")),
    (UserRequest(gid: 7, name: "app"), ResolvedUser(uid: 1000, gid: 7, groups: [7, 10, 20], home: "/home/app")),
    (
      UserRequest(uid: 99, supplementaryGroups: [5, 0, 5]),
      ResolvedUser(uid: 99, gid: 0, groups: [0, 5], home: "/")
    ),
  ])
  func requestsAreResolved(request: UserRequest, expected: ResolvedUser) throws {
    #expect(try Self.database.resolve(request) == expected)
  }

  @Test(arguments: [
    ("ghost", "unable to find user ghost: no matching entries in passwd file"),
    ("-1", "unable to find user -1: no matching entries in passwd file"),
    ("app:ghosts", "unable to find group ghosts: no matching entries in group file"),
  ])
  func strangersAreNamed(name: String, message: String) {
    let error = #expect(throws: UnknownUser.self) { try Self.database.resolve(UserRequest(name: name)) }
    #expect(error?.description == message)
  }

  @Test func anImageWithoutFilesHasNumbersOnly() throws {
    let empty = UserDatabase(passwd: "", group: "")
    #expect(try empty.resolve(UserRequest(name: "65532:65532")) == ResolvedUser(uid: 65532, gid: 65532, groups: [65532]))
    #expect(try empty.resolve(UserRequest()) == ResolvedUser(uid: 0, gid: 0, groups: [0]))
  }
}
