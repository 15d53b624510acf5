import Glibc
import ImageStore
import LinuxSystem

package struct AppArmorError: Error, Equatable, CustomStringConvertible {
  package var description: String

  init(_ description: String) {
    self.description = description
  }
}

/// AppArmor as this machine has it, and the runtime's own profile in it. Everything here blocks.
package struct AppArmor: Sendable {
  /// Of the runtime's own profile: another runtime on this machine has its own, and each can take its own away.
  var profileName: String
  /// Takes the profile's text on its way to the kernel.
  var scratchDirectory: String
  var enabledPath = "/sys/module/apparmor/parameters/enabled"
  var kernelDirectory = "/sys/kernel/security/apparmor"
  var parser = "/usr/sbin/apparmor_parser"
  /// The rules that a newer kernel knows beyond these are not for this profile to forget.
  var featurePath = "/etc/apparmor.d/abi/3.0"

  package init(_ paths: RuntimePaths) {
    let group = paths.cgroupParent.map { $0 == "/" ? "-" : $0 }
    profileName = "swiftlet-default.\(String(group))"
    scratchDirectory = paths.stateDirectory
  }

  var isEnabled: Bool { (try? FileTree.text(enabledPath)) == "Y" }
  private var hasParser: Bool { access(parser, X_OK) == 0 }
  private var isMounted: Bool { FileTree.exists("\(kernelDirectory)/profiles") }

  /// What a container is to be confined by; nil: nothing.
  ///
  /// - Parameter isLoaded: this agent has loaded its profile before.
  /// - Throws: `AppArmorError` with what is missing where the pod asked for it by name.
  func profile(for wish: ContainerSecurity.AppArmor, isPrivileged: Bool, isLoaded: Bool) throws -> String? {
    switch wish {
    case .unconfined: return nil
    case .unspecified where isPrivileged || !isEnabled || !hasParser || !isMounted: return nil
    case .unspecified, .runtimeDefault:
      try check()
      if isPrivileged { return nil }
      if try !isLoaded || !profiles().contains(profileName) { try load() }
      return profileName
    case .localhost(let name):
      try check()
      guard try profiles().contains(name) else { throw AppArmorError("apparmor profile not found \(name)") }
      return name
    }
  }

  private func check() throws(AppArmorError) {
    guard isEnabled else { throw AppArmorError("apparmor is not supported") }
    guard isMounted else {
      throw AppArmorError("apparmor is not supported: securityfs is not mounted on /sys/kernel/security")
    }
  }

  /// The kernel's list: a line each, `name (enforce)`.
  func profiles() throws(SystemCallError) -> Set<String> {
    let text = try FileTree.text("\(kernelDirectory)/profiles")
    return Set(text.split(separator: "\n").map { line in String(line.prefix(upTo: line.lastIndex(of: "(") ?? line.endIndex).dropLast()) })
  }

  private func load() throws {
    guard hasParser else {
      throw AppArmorError("cannot load the default apparmor profile: \(parser) is missing: install the package apparmor")
    }
    let source = "\(scratchDirectory)/apparmor-profile"
    try FileTree.makeDirectories(scratchDirectory)
    let text = AppArmorProfileText(name: profileName, features: FileTree.exists(featurePath) ? "abi/3.0" : nil).text
    try FileTree.write(text, to: source, create: true, mode: 0o600)
    defer { for path in [source, "\(source).log"] { unlink(path) } }
    do {
      try Command(executable: parser, arguments: ["--skip-cache", "--replace", source]).run(log: "\(source).log")
    } catch let failure as Command.Failure {
      throw AppArmorError("cannot load the default apparmor profile: \(failure)")
    }
  }

  /// Takes the runtime's own profile out of the kernel, when no container is left that it confines.
  func unload() throws(SystemCallError) {
    guard isEnabled, isMounted, try profiles().contains(profileName) else { return }
    try FileTree.write(profileName, to: "\(kernelDirectory)/.remove")
  }
}

extension ContainerRuntime {
  var appArmor: AppArmor { AppArmor(paths) }

  /// One at a time: containers that start together load the profile once.
  func appArmorProfile(_ security: ContainerSecurity) throws -> String? {
    try hasLoadedAppArmorProfile.withLock { isLoaded in
      let profile = try appArmor.profile(for: security.appArmor, isPrivileged: security.privileged, isLoaded: isLoaded)
      if profile == appArmor.profileName { isLoaded = true }
      return profile
    }
  }
}
