import CLinux
import Glibc
import LinuxSystem
import ShimProtocol

extension SetupExecutor {
  private static let procMagic: Int64 = 0x9fa0
  private static let sysfsMagic: Int64 = 0x6265_6572
  private static let cgroup2Magic: Int64 = 0x6367_7270

  func openTree(
    _ source: String, _ subPath: String, _ propagation: TreePropagation, _ readOnly: TreeReadOnly
  ) throws -> Descriptor {
    let tree: Descriptor
    if subPath.isEmpty {
      tree = try Mount.clone(source, recursive: true)
    } else {
      // subPath may have been written by a container: no link in it may lead out (CVE-2021-25741).
      let inner = try RootedDirectory(path: source).openBeneath(subPath, cl_o_path)
      tree = try Mount.clone(inner, recursive: true)
    }
    switch propagation {
    case .private: try Mount.change(tree, propagation: .private, recursive: true)
    case .fromHost: try Mount.change(tree, propagation: .slave, recursive: true)
    case .both: break
    }
    if readOnly != .nothing { try Mount.change(tree, set: .readOnly, recursive: readOnly == .all) }
    return tree
  }

  // MARK: The root

  /// The machine's own null device, before its mounts are left: an image cannot put another file in its place
  /// (CVE-2025-31133).
  static func machineNull() throws -> Descriptor {
    let null = try Mount.clone("/dev/null", recursive: false)
    guard try null.status().st_rdev == dev_t(cl_device(1, 3)) else {
      throw ShimFailure(kind: .setup, message: "/dev/null of this machine is not the null device")
    }
    try Mount.change(null, propagation: .private, recursive: false)
    return null
  }

  /// Leaves the machine's mounts, with the root as the first of the container's own.
  mutating func mountRoot(_ layers: [String], _ directory: String, isMapped: Bool) throws {
    for name in ["", "/upper", "/work"] {
      let path = "\(directory)\(name)"
      if mkdir(path, 0o755) != 0 && errno != EEXIST { throw SystemCallError(call: "mkdir", errno: errno, path: path) }
    }
    // Mapped layers need a place in the tree, which must not be the machine's.
    guard !isMapped, let bareMounts else { return try mountRootInCopy(layers, directory, isMapped: isMapped) }
    let overlay: Descriptor
    do throws(SystemCallError) {
      overlay = try Self.overlay(layers, directory)
    } catch {
      guard error.errno == EINVAL else { throw error }
      return try mountRootInCopy(layers, directory, isMapped: false)
    }
    try BareMounts.enterCopy(of: bareMounts)
    try Mount.attach(overlay, to: BareMounts.root)
    root = try RootedDirectory(path: BareMounts.root)
  }

  private static func overlay(_ layers: [String], _ directory: String) throws(SystemCallError) -> Descriptor {
    let options =
      layers.map { Mount.Option("lowerdir+", $0) } + [
        Mount.Option("upperdir", "\(directory)/upper"), Mount.Option("workdir", "\(directory)/work"),
        // The writable layer does not outlive the container, so nothing in it needs to reach the disk.
        Mount.Option("volatile"),
      ]
    return try Mount.make("overlay", source: "overlay", options: options)
  }

  /// In a copy of the machine's mounts, over the layer's own directory, which nobody needs by its name from here on.
  private mutating func mountRootInCopy(_ layers: [String], _ directory: String, isMapped: Bool) throws {
    try Namespaces.mount.unshare()
    try Mount.changeRoot(propagation: .private)
    let layers = isMapped ? try mapLayers(layers, directory) : layers
    do throws(SystemCallError) {
      try Mount.attach(try Self.overlay(layers, directory), to: directory)
    } catch {
      guard error.errno == EINVAL else { throw error }
      try mountOverlayInOneString(layers, directory)
    }
    root = try RootedDirectory(path: directory)
  }

  /// Before Linux 6.7 all layers go into one option of at most a page; descriptors keep their names short.
  private func mountOverlayInOneString(_ layers: [String], _ directory: String) throws {
    let opened = try layers.map { try Descriptor.open($0, cl_o_path | O_DIRECTORY) }
    let lower = opened.map(\.procPath).joined(separator: ":")
    let options = "lowerdir=\(lower),upperdir=\(directory)/upper,workdir=\(directory)/work,volatile"
    try systemCall("mount", path: directory) { Glibc.mount("overlay", directory, "overlay", 0, options) }
    withExtendedLifetime(opened) {}
  }

  // MARK: File systems in the root

  mutating func mount(
    _ type: String, _ options: [NamedValue], _ attributes: UInt64, _ destination: String, _ isKernelInterface: Bool
  ) throws {
    parent = nil
    let place = try rootDirectory().ensure(destination, .directory)
    if isKernelInterface {
      // proc or sysfs behind a link would put their files, and the masks over them, where the image wants them.
      _ = try rootDirectory().open(destination, cl_o_path | O_DIRECTORY, resolve: cl_resolve_no_symlinks)
    }
    let mount = try Mount.make(
      type, source: type, options: options.map { Mount.Option($0.name, $0.value.isEmpty ? nil : $0.value) },
      attributes: Mount.Attributes(rawValue: attributes))
    try Mount.attach(mount, to: place)
  }

  mutating func attach(_ slot: UInt16, _ destination: String) throws {
    parent = nil
    guard let tree = slots[slot] else { throw ShimFailure(kind: .setup, message: "mount slot \(slot) is empty") }
    let isDirectory = try tree.status().st_mode & S_IFMT == S_IFDIR
    let place = try rootDirectory().ensure(destination, isDirectory ? .directory : .file)
    if cl_file_system_magic(place.raw) == Self.procMagic {
      throw ShimFailure(
        kind: .setup, errno: EPERM, message: "\(destination) cannot be mounted because it is inside /proc")
    }
    try Mount.attach(tree, to: place)
  }

  // MARK: Devices and links

  mutating func makeDevice(_ path: String, _ major: UInt32, _ minor: UInt32, _ mode: UInt32) throws {
    let (parent, name) = try parentAndName(path)
    try systemCall("mknodat", path: path) {
      mknodat(parent.raw, name, mode, dev_t(cl_device(major, minor)))
    }
    // The machine's devices do not become those of a pod's own root: it has what everybody has.
    guard userNamespace != nil else { return }
    try systemCall("fchownat", path: path) { fchownat(parent.raw, name, 0, 0, cl_at_symlink_nofollow) }
  }

  mutating func makeLink(_ target: String, _ path: String) throws {
    let (parent, name) = try parentAndName(path)
    try systemCall("symlinkat", path: path) { symlinkat(target, parent.raw, name) }
  }

  /// Most of what is made lies side by side.
  mutating func parentAndName(_ path: String) throws -> (Descriptor, String) {
    let components = PathComponents(path).components
    let (path, name) = (components.dropLast().joined(separator: "/"), String(components.last ?? ""))
    if let parent, parent.path == path { return (parent.directory, name) }
    let directory = try rootDirectory().ensure(path, .directory)
    parent = (path, directory)
    return (directory, name)
  }

  // MARK: What the container must not see or change

  mutating func mask(_ path: String) throws {
    guard let place = try openKernelPath(path) else { return }
    if try place.status().st_mode & S_IFMT == S_IFDIR {
      try Mount.attach(emptyDirectory(), to: place)
    } else {
      try Mount.attach(nullDevice(), to: place)
    }
  }

  // Each mask over the same mount's copy. A mount can be copied once it is in its place.

  private mutating func nullDevice() throws -> Descriptor {
    switch null {
    case .inPlace(let null): return try Mount.clone(null, recursive: false)
    case .made(let null):
      self.null = .inPlace(null)
      return null
    case nil: throw ShimFailure(kind: .setup, message: "a step needs the null device before the mounts are isolated")
    }
  }

  private mutating func emptyDirectory() throws(SystemCallError) -> Descriptor {
    if let empty { return try Mount.clone(empty, recursive: false) }
    let made = try Mount.make("tmpfs", source: "tmpfs", options: [Mount.Option("nr_inodes", "2")], attributes: .readOnly)
    empty = made
    return made
  }

  func makeReadOnly(_ path: String) throws {
    guard let place = try openKernelPath(path) else { return }
    let tree = try Mount.clone(place, recursive: true)
    try Mount.change(tree, set: .readOnly, recursive: true)
    try Mount.attach(tree, to: place)
  }

  /// Opens what is to be hidden; nil when it is not there. A path of proc or sysfs must really lie in it: a volume or
  /// link in its place would leave the true file in the open (CVE-2025-52881).
  private func openKernelPath(_ path: String) throws -> Descriptor? {
    let place: Descriptor
    do throws(SystemCallError) {
      place = try rootDirectoryOrBug().open(path, cl_o_path)
    } catch {
      if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
      throw error
    }
    let magic = cl_file_system_magic(place.raw)
    let expected: [Int64]
    switch PathComponents(path).components.first {
    case "proc": expected = [Self.procMagic]
    case "sys": expected = [Self.sysfsMagic, Self.cgroup2Magic]
    default: return place
    }
    guard expected.contains(magic) else {
      throw ShimFailure(kind: .setup, errno: EXDEV, message: "\(path) does not lie in its kernel file system")
    }
    return place
  }

  private func rootDirectoryOrBug() throws(SystemCallError) -> RootedDirectory {
    if let root { return root }
    throw SystemCallError(call: "openat2", errno: EBADF, path: "root")
  }
}
