import Glibc
import LinuxSystem
import Testing

@testable import ContainerRuntime

/// Over directories that stand for the machine's.
@Suite struct AppArmorTests {
  private let directory: String
  private let appArmor: AppArmor

  init() throws {
    var template = Array("/tmp/apparmor-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemCallError(call: "mkdtemp", errno: errno) }
    directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    var appArmor = AppArmor(
      RuntimePaths(
        stateDirectory: directory, containerDirectory: directory, cgroupParent: "a/kubepods", shimExecutable: "/shim"))
    appArmor.enabledPath = "\(directory)/enabled"
    appArmor.kernelDirectory = "\(directory)/kernel"
    appArmor.parser = "\(directory)/parser"
    appArmor.featurePath = "\(directory)/features"
    self.appArmor = appArmor
  }

  private func enable(listing: String?) throws {
    try FileTree.write("Y\n", to: appArmor.enabledPath, create: true)
    guard let listing else { return }
    try FileTree.makeDirectories(appArmor.kernelDirectory)
    try FileTree.write(listing, to: "\(appArmor.kernelDirectory)/profiles", create: true)
  }

  private func install(_ parser: String) throws {
    try FileTree.write("#!/bin/sh\n\(parser)\n", to: appArmor.parser, create: true)
    chmod(appArmor.parser, 0o755)
  }

  private func profile(_ wish: ContainerSecurity.AppArmor, isPrivileged: Bool = false, isLoaded: Bool = false) throws -> String? {
    try appArmor.profile(for: wish, isPrivileged: isPrivileged, isLoaded: isLoaded)
  }

  @Test func withoutTheKernelsOnlyWishesFail() throws {
    defer { try? FileTree.remove(directory) }
    #expect(try profile(.unspecified) == nil && profile(.unconfined) == nil)
    for wish in [ContainerSecurity.AppArmor.runtimeDefault, .localhost(name: "x")] {
      #expect(throws: AppArmorError("apparmor is not supported")) { try profile(wish) }
    }
    try enable(listing: nil)
    #expect(try profile(.unspecified) == nil)
    #expect(throws: AppArmorError("apparmor is not supported: securityfs is not mounted on /sys/kernel/security")) {
      try profile(.runtimeDefault)
    }
  }

  @Test func theMissingPackageIsNamed() throws {
    defer { try? FileTree.remove(directory) }
    try enable(listing: "")
    #expect(try profile(.unspecified) == nil)
    #expect(
      throws: AppArmorError(
        "cannot load the default apparmor profile: \(directory)/parser is missing: install the package apparmor")
    ) { try profile(.runtimeDefault) }
    try install("echo syntax error >&2; exit 3")
    #expect(throws: AppArmorError("cannot load the default apparmor profile: parser: exit status 3: syntax error")) {
      try profile(.unspecified)
    }
  }

  @Test func theDefaultIsLoadedOnceAndAgainWhenItIsGone() throws {
    defer { try? FileTree.remove(directory) }
    let name = "swiftlet-default.a-kubepods"
    try enable(listing: "other (complain)\n")
    try install("echo \"$1 $2\" >> \(directory)/calls; cp \"$3\" \(directory)/loaded; echo '\(name) (enforce)' >> \(directory)/kernel/profiles")
    #expect(try profile(.runtimeDefault) == name)
    #expect(try profile(.unspecified, isLoaded: true) == name)
    #expect(try FileTree.text("\(directory)/calls") == "--skip-cache --replace")
    #expect(try FileTree.text("\(directory)/loaded").contains("profile \"\(name)\" flags="))
    try enable(listing: "other (complain)\n")
    #expect(try profile(.unspecified, isLoaded: true) == name)
    #expect(try FileTree.text("\(directory)/calls").split(separator: "\n").count == 2)
    // Privileged containers are confined only by a profile of their own.
    #expect(try profile(.runtimeDefault, isPrivileged: true) == nil)
    #expect(try profile(.localhost(name: "other"), isPrivileged: true) == "other")
    #expect(throws: AppArmorError("apparmor profile not found foreign")) { try profile(.localhost(name: "foreign")) }
    // Nothing of it is left beside the kernel's.
    #expect(try !FileTree.names(in: directory).contains { $0.hasPrefix("apparmor-profile") })
  }

  @Test func theProfileIsThisText() {
    let text = AppArmorProfileText(name: "n", features: "abi/3.0").text
    #expect(
      text.hasPrefix(
        """
        abi <abi/3.0>,

        profile "n" flags=(attach_disconnected, mediate_deleted) {
          capability,
          file,
          network,
          umount,
          signal (receive) peer=unconfined,
          signal (send, receive) peer="n",
          ptrace (trace, read, tracedby, readby) peer="n",
          ptrace (tracedby, readby) peer=unconfined,
          deny mount,
          deny /proc/* w,
          deny /proc/kcore rwklx,

        """))
    #expect(text.hasSuffix("  deny /sys/kernel/security/** rwklx,\n}\n"))
    #expect(!AppArmorProfileText(name: "n").text.contains("abi <"))
  }
}
