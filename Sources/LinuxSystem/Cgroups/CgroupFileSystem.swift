import CLinux
import Glibc

/// The cgroup v2 hierarchy of this machine, wherever it is mounted: `/sys/fs/cgroup` on a unified host,
/// `/sys/fs/cgroup/unified` on a hybrid one.
package struct CgroupFileSystem: Sendable, Equatable {
  package var mountPoint: String
  /// What the hierarchy's root offers: some of `cpu`, `memory`, `io`, `pids`; none on a hybrid host.
  package var controllers: [String]

  package init(mountPoint: String, controllers: [String]) {
    self.mountPoint = mountPoint
    self.controllers = controllers
  }

  /// - Throws: `SystemCallError` with `ENOENT` when no cgroup2 is mounted.
  package static func find() throws(SystemCallError) -> CgroupFileSystem {
    guard let mount = try MountInfo.current().first(where: { $0.fileSystemType == "cgroup2" }) else {
      throw SystemCallError(call: "mountinfo", errno: ENOENT, path: "a cgroup2 file system")
    }
    let controllers = try FileTree.text("\(mount.mountPoint)/cgroup.controllers").split(separator: " ").map(String.init)
    return CgroupFileSystem(mountPoint: mount.mountPoint, controllers: controllers)
  }

  /// The group of a path relative to the mount, such as `kubepods/burstable`.
  package func group(_ path: String) -> Cgroup {
    Cgroup(path: "\(mountPoint)/\(path)")
  }
}

/// One group: a directory.
package struct Cgroup: Sendable, Equatable {
  package let path: String

  package init(path: String) {
    self.path = path
  }

  package var exists: Bool { FileTree.exists(path) }

  package func child(_ name: String) -> Cgroup { Cgroup(path: "\(path)/\(name)") }

  /// The directory above; of the hierarchy's own mount point, what it is mounted in.
  package var parent: Cgroup { Cgroup(path: String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex))) }

  /// Makes the group and its parents and hands the controllers down to each of the parents' children. Controllers that
  /// the kernel does not let through are left out: `availableControllers` tells.
  package func create(below mountPoint: String, controllers: [String]) throws(SystemCallError) {
    if path == mountPoint { return }
    guard path.utf8.count > mountPoint.utf8.count else {
      throw SystemCallError(call: "mkdir", errno: ENOENT, path: path)
    }
    let parent = parent
    // Also where the parents are there: they may have been made for somebody who needed no controller.
    try parent.create(below: mountPoint, controllers: controllers)
    parent.handDown(controllers)
    try make()
  }

  /// Makes the group where its parent is there.
  package func make() throws(SystemCallError) {
    if mkdir(path, 0o755) != 0 && errno != EEXIST { throw SystemCallError(call: "mkdir", errno: errno, path: path) }
  }

  /// Enables controllers for the children, one by one so that a missing one does not take the others with it.
  package func handDown(_ controllers: [String]) {
    guard !controllers.isEmpty else { return }
    let enabled = (try? read("cgroup.subtree_control"))?.split(separator: " ").map(String.init) ?? []
    for controller in controllers where !enabled.contains(controller) {
      // A controller that is held elsewhere shows as absent from `availableControllers`; that is the report.
      try? FileTree.write("+\(controller)", to: "\(path)/cgroup.subtree_control")
    }
  }

  package func availableControllers() throws(SystemCallError) -> [String] {
    try FileTree.text("\(path)/cgroup.controllers").split(separator: " ").map(String.init)
  }

  package func open() throws(SystemCallError) -> Descriptor {
    try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
  }

  package func write(_ value: String, to file: String) throws(SystemCallError) {
    try FileTree.write(value, to: "\(path)/\(file)")
  }

  package func read(_ file: String) throws(SystemCallError) -> String {
    try FileTree.text("\(path)/\(file)")
  }

  /// A value of a flat-keyed file such as `memory.events`; nil when file or key is missing.
  package func value(_ key: String, in file: String) -> Int? {
    guard let text = try? read(file) else { return nil }
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      if fields.count == 2 && fields[0] == key { return Int(fields[1]) }
    }
    return nil
  }

  package func number(in file: String) -> Int? {
    (try? read(file)).flatMap(Int.init)
  }

  /// SIGKILL to every process of the group and its descendants (Linux 5.14). A group that is gone is no error.
  package func kill() throws(SystemCallError) {
    do {
      try write("1", to: "cgroup.kill")
    } catch {
      if error.errno != ENOENT && error.errno != ENODEV { throw error }
    }
  }

  package func processes() throws(SystemCallError) -> [Int32] {
    try read("cgroup.procs").split(separator: "\n").compactMap { Int32($0) }
  }

  /// Whether a process lives in the group or below it; false when the group is gone.
  package var isPopulated: Bool { value("populated", in: "cgroup.events") == 1 }

  package func children() throws(SystemCallError) -> [Cgroup] {
    try FileTree.names(in: path).filter { name in
      var status = stat()
      return lstat("\(path)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }.map(child)
  }

  /// Removes the group once the processes just killed in it are gone, for which the kernel's own count is asked.
  ///
  /// - Throws: `EBUSY` when some are left after `timeoutMilliseconds` (a process in an uninterruptible wait).
  package func removeWhenEmpty(timeoutMilliseconds: Int32 = 2000) throws(SystemCallError) {
    do {
      try waitUntilEmpty(timeoutMilliseconds)
    } catch {
      if error.errno == ENOENT || error.errno == ENODEV { return }
      throw error
    }
    try remove()
  }

  /// `cgroup.events` raises POLLPRI at each change of `populated`.
  private func waitUntilEmpty(_ timeoutMilliseconds: Int32) throws(SystemCallError) {
    let events = try Descriptor.open("\(path)/cgroup.events", O_RDONLY)
    let deadline = WallClock.monotonic() + Int64(timeoutMilliseconds) * 1_000_000
    while true {
      try systemCall("lseek") { lseek(events.raw, 0, SEEK_SET) }
      let text = String(decoding: try FileTree.read(events), as: UTF8.self)
      if text.contains("populated 0") { return }
      let left = (deadline - WallClock.monotonic()) / 1_000_000
      guard left > 0 else { throw SystemCallError(call: "rmdir", errno: EBUSY, path: path) }
      var change = pollfd(fd: events.raw, events: Int16(POLLPRI), revents: 0)
      try systemCall("poll") { poll(&change, 1, Int32(left)) }
    }
  }

  /// Removes the group with everything below it. `EBUSY` while processes live in it.
  package func remove() throws(SystemCallError) {
    if rmdir(path) == 0 || errno == ENOENT { return }
    for child in try children() {
      try child.remove()
    }
    if rmdir(path) != 0 && errno != ENOENT { throw SystemCallError(call: "rmdir", errno: errno, path: path) }
  }
}
