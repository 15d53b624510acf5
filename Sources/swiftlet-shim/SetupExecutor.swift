import CLinux
import Glibc
import LinuxSystem
import ShimProtocol

/// Does the steps of a set-up program in the process that is to become the container.
struct SetupExecutor {
  let report: Descriptor
  /// The process whose namespaces are entered.
  var target: Descriptor?
  /// The pod's own; nil: the machine's.
  var userNamespace: Descriptor?
  /// This process's own directory in the machine's /proc, for what is written there when another /proc is in its place.
  var process: Descriptor?
  /// Where the controlling side of a terminal goes.
  var console: Descriptor?
  var slots: [UInt16: Descriptor] = [:]
  var root: RootedDirectory?
  /// Where something was made last; forgotten when a mount may have covered it.
  var parent: (path: String, directory: Descriptor)?
  /// What a container's mounts begin with; nil: with a copy of the machine's.
  var bareMounts: Descriptor?
  /// What lies over masked files.
  var null: Mask?
  /// What lies over masked directories.
  var empty: Descriptor?
  var user = ResolvedUser()

  enum Mask {
    case made(Descriptor)
    case inPlace(Descriptor)
  }

  init(report: Descriptor) {
    self.report = report
  }

  mutating func perform(_ step: SetupStep) throws(ShimFailure) {
    do {
      try performStep(step)
    } catch let failure as ShimFailure {
      throw failure
    } catch let error as SystemCallError {
      throw ShimFailure(kind: .setup, errno: error.errno, message: "\(step.name): \(error)")
    } catch {
      throw ShimFailure(kind: .setup, message: "\(error)")
    }
  }

  private mutating func performStep(_ step: SetupStep) throws {
    switch step {
    case .openTree(let slot, let source, let subPath, let propagation, let readOnly):
      slots[slot] = try openTree(source, subPath, propagation, readOnly)
    // The root is what isolates: its layers are still the machine's.
    case .isolateMounts: null = .made(try Self.machineNull())
    case .overlayRoot(let layers, let directory, let isMapped): try mountRoot(layers, directory, isMapped: isMapped)
    case .mapOwners(let slot, let source): try mapOwners(slot, source)
    case .ownFiles(let range): try CurrentProcess.setFileIdentity(uid: range.first, gid: range.first)
    case .mount(let type, let options, let attributes, let destination, let isKernelInterface):
      try mount(type, options, attributes, destination, isKernelInterface)
    case .device(let path, let major, let minor, let mode): try makeDevice(path, major, minor, mode)
    case .symbolicLink(let target, let path): try makeLink(target, path)
    case .attach(let slot, let destination): try attach(slot, destination)
    case .mask(let path): try mask(path)
    case .readOnly(let path): try makeReadOnly(path)
    case .readOnlyRoot: try Mount.change(rootDirectory().descriptor, set: .readOnly, recursive: false)
    case .pivotRoot:
      try Mount.pivot(into: rootDirectory().descriptor)
      root = try RootedDirectory(path: "/")
    default: try performProcessStep(step)
    }
  }

  private mutating func performProcessStep(_ step: SetupStep) throws {
    switch step {
    case .newCgroupNamespace: try Namespaces.cgroup.unshare()
    case .enterNamespaces(let types): try enterNamespaces(types)
    case .enterUserNamespace(let range, let ownsMounts): try enterUserNamespace(range, ownsMounts)
    case .oomScoreAdjust(let value): try CurrentProcess.setOOMScoreAdjust(Int(value))
    case .resourceLimit(let resource, let soft, let hard):
      try CurrentProcess.setResourceLimit(resource, soft: soft, hard: hard)
    case .newSession: try systemCall("setsid") { setsid() }
    case .openTerminal(let size, let isConsole): try openTerminal(size, isConsole: isConsole)
    case .newKeyring: joinKeyring()
    case .workingDirectory(let path, let isMade): try enterWorkingDirectory(path, isMade)
    case .resolveUser(let request): user = try resolve(request)
    case .boundingSet(let bits): try Capabilities(bits: bits).setBounding()
    case .becomeUser: try becomeUser()
    case .capabilities(let effective, let permitted, let inheritable, let ambient):
      try Capabilities.set(
        effective: Capabilities(bits: effective), permitted: Capabilities(bits: permitted),
        inheritable: Capabilities(bits: inheritable))
      try Capabilities(bits: ambient).setAmbient()
    case .confine(let profile): try confine(profile)
    case .noNewPrivileges: try CurrentProcess.setNoNewPrivileges()
    case .seccomp(let filter): try CurrentProcess.installSeccompFilter(filter)
    case .dieWithParent: try dieWithParent()
    case .execute(let arguments, let environment): try execute(arguments, environment)
    default: throw ShimFailure(kind: .setup, message: "\(step.name): out of place")
    }
  }

  func rootDirectory() throws(ShimFailure) -> RootedDirectory {
    if let root { return root }
    throw ShimFailure(kind: .setup, message: "a step needs the root before it is mounted")
  }
}
