/// The text of a root's `/etc/passwd` and `/etc/group` (passwd(5), group(5)), and who a request means by it.
package struct UserDatabase: Sendable, Equatable {
  package struct User: Sendable, Equatable {
    package var name: String
    package var uid: UInt32
    package var gid: UInt32
    package var home: String
  }

  package struct Group: Sendable, Equatable {
    package var name: String
    package var gid: UInt32
    package var members: [String]
  }

  package var users: [User]
  package var groups: [Group]

  /// Lines that do not have the documented shape are left out.
  package init(passwd: String, group: String) {
    users = passwd.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count >= 4, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { return nil }
      return User(
        name: String(fields[0]), uid: uid, gid: gid, home: fields.count > 5 ? String(fields[5]) : "")
    }
    groups = group.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count >= 3, let gid = UInt32(fields[2]) else { return nil }
      let members = fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : []
      return Group(name: String(fields[0]), gid: gid, members: members)
    }
  }
}

/// A user by number.
package struct ResolvedUser: Sendable, Equatable {
  package var uid: UInt32
  package var gid: UInt32
  /// With the primary group, so that dropping it needs both calls (as containerd does since CVE-2022-2995).
  package var groups: [UInt32]
  package var home: String

  package init(uid: UInt32 = 0, gid: UInt32 = 0, groups: [UInt32] = [], home: String = "/") {
    self.uid = uid
    self.gid = gid
    self.groups = groups
    self.home = home
  }
}

package struct UnknownUser: Error, Sendable, Equatable, CustomStringConvertible {
  package var description: String
}

extension UserDatabase {
  package func resolve(_ request: UserRequest) throws(UnknownUser) -> ResolvedUser {
    let parts = request.name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let (uid, user) = try findUser(request, name: parts.first ?? "")
    let gid = try findGroup(request, name: parts.count > 1 ? parts[1] : "", user: user)
    return ResolvedUser(
      uid: uid, gid: gid, groups: groupList(gid, request.ignoresMemberships ? nil : user, request.supplementaryGroups),
      home: user.map(\.home).flatMap { $0.isEmpty ? nil : $0 } ?? "/")
  }

  private func findUser(_ request: UserRequest, name: String) throws(UnknownUser) -> (UInt32, User?) {
    if request.uid >= 0 {
      let uid = UInt32(truncatingIfNeeded: request.uid)
      return (uid, users.first { $0.uid == uid })
    }
    if name.isEmpty { return (0, users.first { $0.uid == 0 }) }
    if let user = users.first(where: { $0.name == name }) { return (user.uid, user) }
    guard let uid = UInt32(name) else {
      throw UnknownUser(description: "unable to find user \(name): no matching entries in passwd file")
    }
    return (uid, users.first { $0.uid == uid })
  }

  private func findGroup(_ request: UserRequest, name: String, user: User?) throws(UnknownUser) -> UInt32 {
    if request.gid >= 0 { return UInt32(truncatingIfNeeded: request.gid) }
    // With an explicit uid the image's group is not its group.
    if request.uid >= 0 || name.isEmpty { return user?.gid ?? 0 }
    if let group = groups.first(where: { $0.name == name }) { return group.gid }
    guard let gid = UInt32(name) else {
      throw UnknownUser(description: "unable to find group \(name): no matching entries in group file")
    }
    return gid
  }

  private func groupList(_ gid: UInt32, _ user: User?, _ supplementary: [UInt32]) -> [UInt32] {
    var list = [gid]
    let memberships = user.map { user in groups.filter { $0.members.contains(user.name) }.map(\.gid) } ?? []
    for group in memberships + supplementary where !list.contains(group) { list.append(group) }
    return list
  }
}
