import ImageStore
import LinuxSystem
import ShimProtocol
import Testing

@testable import ContainerRuntime

@Suite struct ContainerProgramTests {
  private func program(
    filter: [UInt8]? = [1], devices: [DeviceNode] = [], userIDs: UserIDRange? = nil, _ change: (inout ContainerConfig) -> Void = { _ in }
  ) -> ContainerProgram {
    var config = ContainerConfig(
      podUID: "u", name: "c", image: Image(id: "sha256:i", layerDirectories: ["/top", "/bottom"]),
      arguments: ["/bin/app", "-x"], environment: ["A=1", "PATH=/app", "A=2"])
    change(&config)
    return ContainerProgram(
      ContainerProgram.Input(
        config: config, directory: "/containers/u/id", sharedMemoryPath: "/shm/u", hostname: "web",
        bounding: Capabilities(bits: 0b101), seccompFilter: filter, hostDevices: devices, userIDs: userIDs))
  }

  /// The order is the security of it; each step's reason stands where it is composed.
  @Test func theStepsComeInThisOrder() {
    let steps = program {
      $0.mounts = [
        ContainerMount(source: "/v/inner", destination: "/data/deep"),
        ContainerMount(source: "/v/outer", subPath: "x", destination: "/data", isReadOnly: true),
      ]
      $0.security.readOnlyRoot = true
      $0.security.noNewPrivileges = true
      $0.security.maskedPaths = ["/proc/kcore"]
      $0.security.readonlyPaths = ["/proc/sys"]
      $0.user = ContainerUser(uid: 5)
      $0.workingDirectory = "/work"
      $0.resources.oomScoreAdjust = 1000
    }.steps
    #expect(
      steps.map(\.name) == [
        "open mount source /shm/u", "open mount source /v/outer/x", "open mount source /v/inner", "set oom_score_adj",
        "isolate mounts", "mount root", "mount proc on /proc", "mount tmpfs on /dev", "mount devpts on /dev/pts",
        "mount mqueue on /dev/mqueue", "make device /dev/null", "make device /dev/zero", "make device /dev/full",
        "make device /dev/random", "make device /dev/urandom", "make device /dev/tty", "make link /dev/ptmx",
        "make link /dev/fd", "make link /dev/stdin", "make link /dev/stdout", "make link /dev/stderr",
        "make link /dev/core", "mount on /dev/shm", "mount sysfs on /sys", "new cgroup namespace",
        "mount cgroup2 on /sys/fs/cgroup", "mount on /data", "mount on /data/deep", "make /proc/sys read-only",
        "mask /proc/kcore", "make root read-only", "change root", "new session", "new keyring",
        "change to working directory /work", "find user", "drop capabilities", "change user", "set capabilities",
        "set parent death signal", "set no_new_privs", "install seccomp filter", "exec",
      ])
    #expect(steps[1] == .openTree(slot: 1, source: "/v/outer", subPath: "x", propagation: .private, readOnly: .top))
    #expect(steps[5] == .overlayRoot(layers: ["/top", "/bottom"], directory: "/containers/u/id"))
    #expect(steps.contains(.resolveUser(UserRequest(uid: 5))))
    #expect(steps.contains(.capabilities(effective: 5, permitted: 5, inheritable: 0, ambient: 0)))
  }

  /// Everything that needs the machine's root before the namespace is entered, and everything that the namespace gives
  /// anew, its capabilities, cut after it.
  @Test func aPodsOwnUsersAreEnteredLast() {
    let range = UserIDRange(first: 65_536)
    let program = program(userIDs: range) { $0.mounts = [ContainerMount(source: "/v", destination: "/data")] }
    let names = program.steps.map(\.name)
    #expect(
      names.prefix(7) == [
        "open mount source /shm/u", "open mount source /v", "map owners of /v", "set oom_score_adj", "isolate mounts",
        "own new files", "mount root",
      ])
    #expect(
      names.suffix(9) == [
        "find user", "enter user namespace", "new keyring", "drop capabilities", "install seccomp filter", "change user",
        "set capabilities", "set parent death signal", "exec",
      ])
    #expect(program.steps[2] == .mapOwners(slot: 1, source: "/v"))
    #expect(program.steps[6] == .overlayRoot(layers: ["/top", "/bottom"], directory: "/containers/u/id", isMapped: true))
    #expect(program.steps.contains(.enterUserNamespace(range, ownsMounts: true)))
    #expect(program.execSteps.contains(.enterUserNamespace(range, ownsMounts: false)))
    let terminals = program.steps.first { $0.name == "mount devpts on /dev/pts" }
    guard case .mount(_, let options, _, _, _) = terminals else {
      Issue.record("no devpts")
      return
    }
    #expect(options.contains(NamedValue(name: "gid", value: "65541")))
  }

  @Test func theSkeletonLiesBelowTheImage() {
    let config = ContainerConfig(
      podUID: "u", name: "c", image: Image(id: "sha256:i", layerDirectories: ["/top", "/bottom"]), arguments: ["/bin/app"])
    let program = ContainerProgram(
      ContainerProgram.Input(
        config: config, directory: "/containers/u/id", sharedMemoryPath: "/shm/u", hostname: "web",
        bounding: Capabilities(bits: 0), seccompFilter: nil, skeletonDirectory: "/skeletons/7"))
    let layers = ["/top", "/bottom", "/skeletons/7"]
    #expect(program.steps.contains(.overlayRoot(layers: layers, directory: "/containers/u/id", isMapped: false)))
  }

  @Test func onlyMountsOfTheKindShareASkeleton() {
    func skeleton(_ kind: RootedDirectory.Kind?, at destination: String = "/etc/hosts") -> RootSkeleton {
      var mount = ContainerMount(source: "/h", destination: destination)
      mount.sourceKind = kind
      return RootSkeleton([mount])
    }
    #expect(skeleton(.file) == skeleton(.file, at: "/etc//hosts/"))
    #expect(skeleton(.file) != RootSkeleton([]))
    for other in [skeleton(nil), skeleton(.directory), skeleton(.file, at: "/data")] { #expect(other == RootSkeleton([])) }
  }

  @Test func confinementComesBeforeTheFilterForContainersAndCommands() {
    var input = ContainerProgram.Input(
      config: ContainerConfig(podUID: "u", name: "c", image: Image(id: "i", layerDirectories: ["/l"]), arguments: ["a"]),
      directory: "/d", sharedMemoryPath: "/s", hostname: "", bounding: Capabilities(), seccompFilter: [1])
    input.appArmorProfile = "strict"
    let program = ContainerProgram(input)
    for steps in [program.steps, program.execSteps] {
      let place = steps.firstIndex(of: .confine(appArmorProfile: "strict")) ?? 0
      #expect(steps[place - 1].name == "drop capabilities" && steps[place + 1].name == "install seccomp filter")
    }
  }

  @Test func withoutNoNewPrivilegesTheFilterComesWhileItIsStillAllowed() {
    let names = program().steps.map(\.name)
    #expect(names.suffix(7) == [
      "find user", "drop capabilities", "install seccomp filter", "change user", "set capabilities",
      "set parent death signal", "exec",
    ])
  }

  @Test func aCommandThatJoinsHasTheSameCredentials() {
    let program = program()
    #expect(program.execSteps.map(\.name) == [
      "set oom_score_adj", "enter namespaces", "new session", "new keyring", "change to working directory /",
      "find user", "drop capabilities", "install seccomp filter", "change user", "set capabilities",
      "set parent death signal",
    ])
    #expect(program.execSteps.contains(.workingDirectory(path: "/", isMade: false)))
  }

  /// In the new root and session, before the user changes.
  @Test func aTerminalComesRightAfterTheSession() {
    let names = program { $0.tty = true }.steps.map(\.name)
    let place = names.firstIndex(of: "open terminal") ?? 0
    #expect(names[place - 2..<place + 2] == ["change root", "new session", "open terminal", "new keyring"])
    #expect(program { $0.tty = true }.steps.contains(.openTerminal(WindowSize(), isConsole: true)))
    #expect(!program().steps.contains { $0.name == "open terminal" })
  }

  @Test func aCommandsTerminalComesAfterItsSession() {
    let joining = program().execSteps
    let plain = ExecProgram(joining, ["sh"], environment: ["TERM=vt100", "A=1"], terminal: nil)
    #expect(plain.steps == joining + [.execute(arguments: ["sh"], environment: ["TERM=vt100", "A=1"])])
    let size = WindowSize(columns: 80, rows: 24)
    let steps = ExecProgram(joining, ["sh"], environment: ["TERM=vt100", "A=1"], terminal: size).steps
    #expect(steps.map(\.name).prefix(4) == ["set oom_score_adj", "enter namespaces", "new session", "open terminal"])
    #expect(steps[3] == .openTerminal(size, isConsole: false))
    #expect(steps.last == .execute(arguments: ["sh"], environment: ["A=1", "TERM=xterm"]))
  }

  @Test func theKernelsFileSystemsAreReadOnlyUnlessPrivileged() {
    func attributes(_ type: String, _ steps: [SetupStep]) -> Mount.Attributes? {
      for case .mount(type, _, let bits, _, true) in steps { return Mount.Attributes(rawValue: bits) }
      return nil
    }
    let plain = program().steps
    #expect(attributes("sysfs", plain)?.contains(.readOnly) == true)
    #expect(attributes("cgroup2", plain)?.contains(.readOnly) == true)
    let disk = DeviceNode(path: "/dev/sda", major: 8, minor: 0, mode: 0o060660)
    let privileged = program(filter: nil, devices: [disk]) { $0.security.privileged = true }.steps
    #expect(attributes("sysfs", privileged)?.contains(.readOnly) == false)
    #expect(!privileged.contains { $0.name.hasPrefix("mask") || $0.name.hasSuffix("read-only") })
    #expect(privileged.contains(.device(path: "/dev/sda", major: 8, minor: 0, mode: 0o060660)))
    #expect(!plain.contains { $0.name == "make device /dev/sda" })
  }

  @Test func sharedMemoryGivesWayToAMountOfThePod() {
    let steps = program { $0.mounts = [ContainerMount(source: "/v", destination: "/dev/shm/")] }.steps
    #expect(!steps.contains { $0.name == "open mount source /shm/u" })
    #expect(steps.filter { $0.name == "mount on /dev/shm/" }.count == 1)
  }

  @Test func theLastOfEqualNamesWins() {
    #expect(program().environment == ["PATH=/app", "HOSTNAME=web", "A=2"])
    #expect(program { $0.environment = [] }.environment == [ContainerProgram.defaultPath, "HOSTNAME=web"])
  }

  @Test(arguments: [
    ("", "", "/"), ("", "/image", "/image"), ("/spec", "/image", "/spec"), ("relative", "", "/relative"),
  ])
  func theWorkingDirectoryIsTheSpecsOrTheImages(spec: String, image: String, expected: String) {
    let steps = program {
      $0.workingDirectory = spec
      $0.image.config.workingDirectory = image
    }.steps
    #expect(steps.contains(.workingDirectory(path: expected, isMade: true)))
  }

  @Test(arguments: [
    (ContainerMount.Propagation.private, TreePropagation.private), (.hostToContainer, .fromHost), (.bidirectional, .both),
  ])
  func propagationIsAsAsked(asked: ContainerMount.Propagation, expected: TreePropagation) {
    let steps = program { $0.mounts = [ContainerMount(source: "/v", destination: "/v", propagation: asked)] }.steps
    #expect(steps.contains(.openTree(slot: 1, source: "/v", subPath: "", propagation: expected, readOnly: .nothing)))
  }
}
