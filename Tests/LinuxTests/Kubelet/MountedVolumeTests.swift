import Glibc
import KubernetesAPI
import LinuxSystem
import Testing

@testable import Kubelet

/// Volumes that are mounts: real tmpfs, real owners. Needs root.
@Suite(.enabled(if: geteuid() == 0, "mounting needs root")) struct MountedVolumeTests {
  private let directory: String
  private let manager: VolumeManager

  init() throws {
    var template = Array("/tmp/kubelet-volumes-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemCallError(call: "mkdtemp", errno: errno) }
    directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    manager = VolumeManager(pool: try BlockingPool(name: "test", threads: 1))
  }

  private func context(_ volumes: [Volume], fsGroup: Int? = nil) -> (PodContext, PodPlaces) {
    let pod = Pod.make {
      $0.metadata.name = "web"
      $0.metadata.namespace = "default"
      $0.metadata.uid = "uid"
      $0.spec.volumes = volumes
      if let fsGroup { $0.spec.securityContext = PodSecurityContext { $0.fsGroup = fsGroup } }
    }
    var configuration = KubeletConfiguration(nodeName: "n", nodeIP: "192.0.2.1")
    configuration.rootDirectory = directory
    var context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    context.secrets["s"] = Secret.make { $0.data = ["key": Base64Data("value".utf8)] }
    return (context, PodPlaces(pod, configuration))
  }

  private func facts(_ path: String) -> stat {
    var facts = stat()
    lstat(path, &facts)
    return facts
  }

  @Test func tokensLieInMemoryForTheirUserAlone() async throws {
    let volume = Volume {
      $0.name = "kube-api-access-x"
      $0.projected = ProjectedVolumeSource {
        $0.sources = [
          VolumeProjection {
            $0.serviceAccountToken = ServiceAccountTokenProjection {
              $0.path = "token"
              $0.expirationSeconds = 3607
            }
          }
        ]
      }
    }
    var (context, places) = context([volume])
    context.pod.spec.containers = [Container { $0.securityContext = SecurityContext { $0.runAsUser = 1234 } }]
    let directory = places.directory(of: volume)
    for text in ["first", "second"] {
      for wish in TokenWish.all(context.pod) { context.tokens[wish] = .success(Array(text.utf8)) }
      try await manager.setUp(context, places)
      #expect(NodeFiles.isMountPoint(directory))
      #expect(NodeFiles.linkTarget(directory + "/token") == "..data/token")
      let file = "\(directory)/\(NodeFiles.linkTarget(directory + "/..data") ?? "")/token"
      #expect(NodeFiles.text(file) == text)
      #expect(facts(file).st_mode & 0o777 == 0o600)
      #expect(facts(file).st_uid == 1234)
    }
    try await manager.tearDown(places)
    #expect(NodeFiles.kind(directory) == nil)
  }

  @Test func mountsMemoryAndLeavesNoMountBehind() async throws {
    let memory = Volume {
      $0.name = "m"
      $0.emptyDir = EmptyDirVolumeSource {
        $0.medium = "Memory"
        $0.sizeLimit = Quantity("1Mi")
      }
    }
    let (context, places) = context([
      memory,
      Volume {
        $0.name = "s"; $0.secret = SecretVolumeSource { $0.secretName = "s" }
      },
    ])
    try await manager.setUp(context, places)
    let mounts = context.pod.spec.volumes.map(places.directory(of:))
    #expect(mounts.allSatisfy(NodeFiles.isMountPoint))
    var space = statvfs()
    #expect(statvfs(mounts[0], &space) == 0)
    #expect(Int(space.f_blocks) * Int(space.f_frsize) == 1 << 20)
    // Another agent's start sets up again over what is there.
    try NodeFiles.write([1], to: mounts[0] + "/kept")
    try await manager.setUp(context, places)
    #expect(NodeFiles.kind(mounts[0] + "/kept") == .file)
    try await manager.tearDown(places)
    #expect(NodeFiles.kind(places.volumesDirectory) == nil)
    try NodeFiles.removeTree(directory)
  }

  @Test func leavesAloneWhatAContainerMountedInAVolume() async throws {
    let (context, places) = context([
      Volume {
        $0.name = "e"; $0.emptyDir = EmptyDirVolumeSource()
      }
    ])
    try await manager.setUp(context, places)
    let volume = places.directory(of: context.pod.spec.volumes[0])
    let outside = directory + "/outside"
    for path in [outside, volume + "/inside"] { try NodeFiles.makeDirectory(path) }
    try NodeFiles.write([1], to: outside + "/precious")
    // A bind mount shows the same file system, so that device numbers do not give it away; twice, for good measure.
    for _ in 0..<2 { try Mount.attach(try Mount.clone(outside, recursive: false), to: volume + "/inside") }
    #expect(NodeFiles.isMountPoint(volume + "/inside"))
    try await manager.tearDown(places)
    #expect(NodeFiles.kind(places.volumesDirectory) == nil)
    #expect(NodeFiles.kind(outside + "/precious") == .file)
    try NodeFiles.removeTree(directory)
  }

  @Test func removesTreesDeeperThanThereAreDescriptors() throws {
    var deep = try Descriptor.open(directory, O_RDONLY)
    for _ in 0..<3000 {
      #expect(mkdirat(deep.raw, "d", 0o755) == 0)
      deep = try Descriptor.open("d", O_RDONLY, at: deep)
    }
    try NodeFiles.removeTree(directory)
    #expect(NodeFiles.kind(directory) == nil)
  }

  @Test func mountsTheFilesOfAnImage() async throws {
    for layer in ["lower", "upper"] { try NodeFiles.makeDirectory("\(directory)/\(layer)/etc") }
    try NodeFiles.write(Array("low".utf8), to: directory + "/lower/etc/a", mode: 0o755)
    try NodeFiles.write(Array("up".utf8), to: directory + "/upper/etc/b")
    for (name, layers) in [("one", ["lower"]), ("two", ["upper", "lower"])] {
      let place = "\(directory)/\(name)"
      let paths = layers.map { "\(directory)/\($0)" }
      try await manager.mountImage(paths, on: place)
      try await manager.mountImage(paths, on: place)
      #expect(NodeFiles.text(place + "/etc/a") == "low")
      #expect(NodeFiles.kind(place + "/etc/b") == (layers.count > 1 ? .file : nil))
      #expect(throws: SystemCallError.self) { try NodeFiles.write([], to: place + "/etc/new") }
      var mount = statvfs()
      #expect(statvfs(place, &mount) == 0)
      #expect(mount.f_flag & 0xf == 1 | 2 | 4 | 8 /* ro, nosuid, nodev, noexec */)
    }
    try NodeFiles.removeTree(directory)
    #expect(NodeFiles.kind(directory) == nil)
  }

  /// A FUSE file system whose server never answers.
  @Test(.enabled(if: access("/dev/fuse", R_OK | W_OK) == 0, "needs /dev/fuse"))
  func namesTheMountThatDoesNotAnswerAndHoldsUpNobodyElse() async throws {
    let device = try Descriptor.open("/dev/fuse", O_RDWR)
    let place = directory + "/dead"
    try NodeFiles.makeDirectory(place)
    let options = "fd=\(device.raw),rootmode=40000,user_id=0,group_id=0"
    #expect(mount("silent", place, "fuse.test", 0, options) == 0)
    let manager = VolumeManager(
      pool: try BlockingPool(name: "test", threads: 1), foreign: ForeignPath(patience: .milliseconds(200)))
    let hung = context([
      Volume {
        $0.name = "h"; $0.hostPath = HostPathVolumeSource { $0.path = place; $0.type = .directory }
      }
    ])
    let error = await #expect(throws: VolumeManager.SetUpError.self) { try await manager.setUp(hung.0, hung.1) }
    let message = error?.messages.first ?? ""
    #expect(message.hasPrefix("MountVolume.SetUp failed for volume \"h\" : hostPath \(place) has not answered for "))
    #expect(message.contains(": fuse.test of silent, mounted on \(place)"), "\(message)")
    let other = context([
      Volume {
        $0.name = "e"; $0.emptyDir = EmptyDirVolumeSource()
      }
    ])
    try await manager.setUp(other.0, other.1)
    // Asked again while the first call hangs: the same answer, and not one more thread.
    await #expect(throws: VolumeManager.SetUpError.self) { try await manager.setUp(hung.0, hung.1) }
    umount2(place, 2 /* MNT_DETACH */)
    withExtendedLifetime(device) {}
    try await manager.tearDown(other.1)
    try NodeFiles.removeTree(directory)
  }

  @Test func handsVolumesToTheGroupOfThePod() async throws {
    let (context, places) = context(
      [
        Volume {
          $0.name = "e"; $0.emptyDir = EmptyDirVolumeSource()
        },
        Volume {
          $0.name = "s";
          $0.secret = SecretVolumeSource {
            $0.secretName = "s"; $0.defaultMode = 0o400
          }
        },
      ], fsGroup: 2000)
    try await manager.setUp(context, places)
    let (empty, secret) = (
      facts(places.directory + "/volumes/kubernetes.io~empty-dir/e"),
      places.directory + "/volumes/kubernetes.io~secret/s"
    )
    #expect(empty.st_gid == 2000)
    #expect(empty.st_mode & 0o7777 == 0o2777)
    let file = facts("\(secret)/\(NodeFiles.linkTarget(secret + "/..data") ?? "")/key")
    #expect(file.st_gid == 2000)
    #expect(file.st_mode & 0o777 == 0o440)
    try await manager.tearDown(places)
    try NodeFiles.removeTree(directory)
  }
}
