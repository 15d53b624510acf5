/// One step between the clone of a container's process and its program. A program is a flat list of these: composed by
/// the agent as a value, done in order by the shim's child, which reports the step that failed.
package enum SetupStep: Sendable, Equatable {
  /// Takes a detached copy of the tree at `source` (on the machine) into a slot. `subPath` is resolved so that it cannot
  /// leave `source`.
  case openTree(slot: UInt16, source: String, subPath: String, propagation: TreePropagation, readOnly: TreeReadOnly)
  /// No mount made from here on is seen outside.
  case isolateMounts
  /// Mounts an overlay of image layers (topmost first) and a writable layer below `directory`; it becomes the root that
  /// later destinations are resolved in.
  /// `isMapped`: the layers' owners are seen as the pod's user namespace maps them.
  case overlayRoot(layers: [String], directory: String, isMapped: Bool = false)
  /// What is on the disk as 0 to 65535 in a slot's tree belongs to those ids of the pod's user namespace. `source` is for
  /// messages.
  case mapOwners(slot: UInt16, source: String)
  /// What is made from here on belongs to root of the pod's user namespace.
  case ownFiles(UserIDRange)
  /// Mounts a new file system at a destination in the root. `isKernelInterface`: the destination must be a directory
  /// reached without symbolic links (proc and sysfs: CVE-2019-19921).
  case mount(
    type: String, options: [NamedValue], attributes: UInt64, destination: String, isKernelInterface: Bool)
  case device(path: String, major: UInt32, minor: UInt32, mode: UInt32)
  case symbolicLink(target: String, path: String)
  /// Puts a slot's tree on a destination in the root; makes a missing directory or file.
  case attach(slot: UInt16, destination: String)
  /// Hides a file behind `/dev/null` or a directory behind an empty read-only one; nothing when it is not there.
  case mask(path: String)
  /// Makes a tree read-only; nothing when it is not there.
  case readOnly(path: String)
  case readOnlyRoot
  /// Makes the root the only tree there is.
  case pivotRoot
  /// The group the process is in becomes the root that it sees.
  case newCgroupNamespace
  /// Enters namespaces of the container's first process (exec).
  case enterNamespaces(UInt64)
  /// Becomes root of the pod's user namespace and nothing more outside, with the standard streams handed to the resolved
  /// user. `ownsMounts`: with mount and cgroup namespaces that belong to it, for a container; a command joins such ones.
  case enterUserNamespace(UserIDRange, ownsMounts: Bool)
  case oomScoreAdjust(Int32)
  case resourceLimit(resource: Int32, soft: UInt64, hard: UInt64)
  case newSession
  /// Makes a terminal in the root's `/dev/pts`, the controlling one and all three standard streams, and passes its other
  /// side to the shim. `isConsole`: it is `/dev/console` too.
  case openTerminal(WindowSize, isConsole: Bool)
  case newKeyring
  case workingDirectory(path: String, isMade: Bool)
  /// Finds user and groups in the root's `/etc/passwd` and `/etc/group`; everything below is by number from here on.
  case resolveUser(UserRequest)
  case boundingSet(UInt64)
  /// Becomes the resolved user; the capabilities stay until `capabilities`.
  case becomeUser
  case capabilities(effective: UInt64, permitted: UInt64, inheritable: UInt64, ambient: UInt64)
  /// The next program runs under this AppArmor profile, which the kernel must have.
  case confine(appArmorProfile: String)
  case noNewPrivileges
  case seccomp(filter: [UInt8])
  /// SIGKILL when the shim ends.
  case dieWithParent
  /// Runs the program in place of this process. `environment` gets HOME from the resolved user when it has none.
  case execute(arguments: [String], environment: [String])
}

package enum TreePropagation: UInt8, Sendable {
  case `private` = 0
  case fromHost = 1
  case both = 2
}

/// How much of a tree is read-only.
package enum TreeReadOnly: UInt8, Sendable {
  case nothing = 0
  /// The tree itself, not what is mounted inside it.
  case top = 1
  case all = 2
}

/// Whom a process is to run as.
package struct UserRequest: Sendable, Equatable {
  /// -1: from `name`.
  package var uid: Int64
  /// -1: the user's own group.
  package var gid: Int64
  /// `user`, `uid`, `user:group`, `uid:gid`; empty means root.
  package var name: String
  package var supplementaryGroups: [UInt32]
  /// The image's `/etc/group` adds none (`supplementalGroupsPolicy: Strict`).
  package var ignoresMemberships: Bool

  package init(
    uid: Int64 = -1, gid: Int64 = -1, name: String = "", supplementaryGroups: [UInt32] = [],
    ignoresMemberships: Bool = false
  ) {
    self.ignoresMemberships = ignoresMemberships
    self.uid = uid
    self.gid = gid
    self.name = name
    self.supplementaryGroups = supplementaryGroups
  }
}

extension SetupStep {
  /// How a failure names the step.
  package var name: String {
    switch self {
    case .openTree(_, let source, let subPath, _, _):
      "open mount source \(subPath.isEmpty ? source : "\(source)/\(subPath)")"
    case .isolateMounts: "isolate mounts"
    case .overlayRoot: "mount root"
    case .mapOwners(_, let source): "map owners of \(source)"
    case .ownFiles: "own new files"
    case .mount(let type, _, _, let destination, _): "mount \(type) on \(destination)"
    case .device(let path, _, _, _): "make device \(path)"
    case .symbolicLink(_, let path): "make link \(path)"
    case .attach(_, let destination): "mount on \(destination)"
    case .mask(let path): "mask \(path)"
    case .readOnly(let path): "make \(path) read-only"
    case .readOnlyRoot: "make root read-only"
    case .pivotRoot: "change root"
    case .newCgroupNamespace: "new cgroup namespace"
    case .enterNamespaces: "enter namespaces"
    case .enterUserNamespace: "enter user namespace"
    case .oomScoreAdjust: "set oom_score_adj"
    case .resourceLimit: "set resource limit"
    case .newSession: "new session"
    case .openTerminal: "open terminal"
    case .newKeyring: "new keyring"
    case .workingDirectory(let path, _): "change to working directory \(path)"
    case .resolveUser: "find user"
    case .boundingSet: "drop capabilities"
    case .becomeUser: "change user"
    case .capabilities: "set capabilities"
    case .confine(let profile): "apply apparmor profile \(profile)"
    case .noNewPrivileges: "set no_new_privs"
    case .seccomp: "install seccomp filter"
    case .dieWithParent: "set parent death signal"
    case .execute: "exec"
    }
  }
}
