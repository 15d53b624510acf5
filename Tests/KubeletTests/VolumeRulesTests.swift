import Glibc
import KubernetesAPI
import LinuxSystem
import Testing

@testable import Kubelet

/// What volumes and mounts amount to, in upstream's rules and words.
@Suite struct VolumeRulesTests {
  private func mount(_ build: (inout VolumeMount) -> Void) -> VolumeMount {
    VolumeMount {
      $0.name = "data"; $0.mountPath = "/data"
      build(&$0)
    }
  }

  private static let expressions: [(String, String)] = [
    ("logs", "logs"), ("$(NAME)/x", "web/x"), ("$$(NAME)", "$(NAME)"), ("a/$(NAME)/$(NAME)", "a/web/web"),
    ("$(MISSING)/$(ALSO)", "missing value for ALSO, MISSING"), ("$(EMPTY)", "missing value for EMPTY"),
    ("$(ABSOLUTE)", "error SubPath `/tmp` must not be an absolute path"),
    ("$(UP)", "unable to provision SubPath `..`: must not contain '..'"),
  ]

  @Test(arguments: expressions)
  func expandsSubPaths(expression: String, expected: String) {
    let variables = ["NAME": "web", "EMPTY": "", "ABSOLUTE": "/tmp", "UP": ".."]
    let mount = mount { $0.subPathExpr = expression }
    do { #expect(try SubPath.path(of: mount, variables) == expected) } catch { #expect(error.description == expected) }
  }

  @Test func makesSubPathsWithTheModeOfTheVolume() throws {
    let scratch = try ScratchDirectory()
    chmod(scratch.path, 0o2777)
    try SubPath.prepare("a/b", in: scratch.path)
    var facts = stat()
    for path in ["/a", "/a/b"] {
      #expect(stat(scratch.path + path, &facts) == 0)
      #expect(facts.st_mode & 0o7777 == 0o2777)
    }
    try NodeFiles.write([1], to: scratch.path + "/file")
    try SubPath.prepare("file", in: scratch.path)
    symlink("/etc", scratch.path + "/climbs")
    #expect(throws: SystemCallError(call: "openat2", errno: EXDEV, path: "climbs")) {
      try SubPath.prepare("climbs/x", in: scratch.path)
    }
    #expect(NodeFiles.kind("/etc/x") == nil)
  }

  private static let sizes: [(limit: String?, podLimit: String?, node: String?, expected: Int)] = [
    (nil, nil, nil, 0), ("1Mi", nil, nil, 1 << 20), ("1Mi", nil, "4Mi", 1 << 20), ("8Mi", nil, "4Mi", 4 << 20),
    (nil, "2Mi", "4Mi", 2 << 20), ("1Mi", "2Mi", "4Mi", 1 << 20), ("3Mi", "2Mi", "4Mi", 2 << 20), ("0", nil, "4Mi", 4 << 20),
  ]

  @Test(arguments: sizes)
  func memoryVolumesAreAsLargeAsTheLeastLimit(limit: String?, podLimit: String?, node: String?, expected: Int) {
    let pod = makePod(containers: [
      makeContainer("app") { container in podLimit.map { container.resources.limits = ["memory": Quantity($0)] } }
    ])
    var context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    node.map { context.allocatable["memory"] = Quantity($0) }
    let source = EmptyDirVolumeSource { source in limit.map { source.sizeLimit = Quantity($0) } }
    #expect(MemoryVolume.sizeLimitBytes(source, context) == expected)
  }

  @Test func namesEverySourceThatFails() {
    let volume = Volume {
      $0.name = "all"
      $0.projected = ProjectedVolumeSource {
        $0.sources = [
          VolumeProjection { $0.configMap = ConfigMapProjection { $0.name = "m" } },
          VolumeProjection { $0.secret = SecretProjection { $0.name = "s" } },
        ]
      }
    }
    let context = PodContext(pod: makePod(containers: []), nodeName: "n", hostIP: "", addresses: [])
    #expect(throws: PodConfigurationError("[configmap \"m\" not found, secret \"s\" not found]")) {
      try VolumePayload(context).files(volume)
    }
  }

  @Test func optionalSourcesAppearAndVanish() async throws {
    let scratch = try ScratchDirectory()
    var configuration = KubeletConfiguration(nodeName: "n", nodeIP: "192.0.2.1")
    configuration.rootDirectory = scratch.path
    var pod = makePod(containers: [])
    pod.spec.volumes = [
      Volume {
        $0.name = "conf"
        $0.configMap = ConfigMapVolumeSource { $0.name = "m"; $0.optional = true }
      }
    ]
    let places = PodPlaces(pod, configuration)
    let manager = VolumeManager(pool: try BlockingPool(name: "test", threads: 1))
    var context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    try await manager.setUp(context, places)
    let directory = places.directory(of: pod.spec.volumes[0])
    let visible = { NodeFiles.names(inDirectory: directory).filter { !$0.hasPrefix("..") } }
    #expect(visible() == [])
    context.configMaps["m"] = ConfigMap.make { $0.data = ["k": "v"] }
    try await manager.refresh(context, places)
    #expect(visible() == ["k"])
    context.configMaps["m"] = nil
    try await manager.refresh(context, places)
    #expect(visible() == [])
  }

  @Test func refreshesOneAtATimeAndLastWithTheNewest() {
    var refresh = VolumeRefresh()
    var answers: [Bool] = []
    answers.append(refresh.request())
    answers.append(refresh.request())
    answers.append(refresh.next())
    answers.append(refresh.request())
    answers.append(refresh.next())
    answers.append(refresh.next())
    answers.append(refresh.request())
    #expect(answers == [true, false, true, false, true, false, true])
  }

  @Test func refreshesWhatShowsThePodWhenThePodChanges() {
    var pod = makePod(containers: [makeContainer("app")])
    var changed = pod
    changed.metadata.labels = ["a": "b"]
    #expect(!VolumeRefresh.isNeeded(after: [.updated(changed)], from: pod, to: changed))
    pod.spec.volumes = [
      Volume {
        $0.name = "facts"; $0.downwardAPI = DownwardAPIVolumeSource()
      }
    ]
    changed.spec.volumes = pod.spec.volumes
    #expect(VolumeRefresh.isNeeded(after: [.updated(changed)], from: pod, to: changed))
    #expect(!VolumeRefresh.isNeeded(after: [.updated(pod)], from: pod, to: pod))
    #expect(VolumeRefresh.isNeeded(after: [.sourcesChanged], from: pod, to: pod))
    #expect(VolumeRefresh.isNeeded(after: [.volumesReady], from: pod, to: pod))
  }

  @Test func namesWhatIsMountedWhereNobodyAnswers() {
    let mounts = [
      MountInfo(root: "/", mountPoint: "/", fileSystemType: "ext4", source: "/dev/vda"),
      MountInfo(root: "/", mountPoint: "/mnt/far", fileSystemType: "nfs4", source: "files:/export"),
    ]
    let hung = HangingWork.Hung(seconds: 10, waitsIn: "rpc_wait_bit_killable")
    #expect(
      ForeignPath.describe("/mnt/far/data", hung, mounts)
        == "hostPath /mnt/far/data has not answered for 10 s: nfs4 of files:/export, mounted on /mnt/far, "
        + "waiting in rpc_wait_bit_killable")
    #expect(
      ForeignPath.describe("/mnt/farther", HangingWork.Hung(seconds: 1, waitsIn: ""), mounts)
        == "hostPath /mnt/farther has not answered for 1 s: ext4 of /dev/vda, mounted on /")
  }

  @Test(arguments: [
    ("a\"b\\", "\"a\\\"b\\\\\""), ("tab\tbell\u{7}", "\"tab\\tbell\\a\""), ("\u{1}\u{7f}", "\"\\x01\\x7f\""),
    ("Grüße €", "\"Grüße €\""), ("\u{200b}\u{a0}", "\"\\u200b\\u00a0\""), ("\u{e0001}", "\"\\U000e0001\""),
  ])
  func quotesAsGoDoes(text: String, expected: String) throws {
    var pod = makePod(containers: [])
    pod.metadata.labels = ["l": text]
    let context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    #expect(try FieldReference.value("metadata.labels", context) == "l=\(expected)")
  }

  @Test(arguments: [
    ("limits.cpu", "0", "2"), ("limits.cpu", "1m", "1500"), ("limits.memory", "1Mi", "64"), ("limits.memory", "0", "67108864"),
    ("requests.cpu", "1m", "250"), ("requests.memory", "1Mi", "64"), ("limits.ephemeral-storage", "1Gi", "9"),
    ("requests.ephemeral-storage", "0", "0"), ("limits.hugepages-2Mi", "0", "0"),
  ])
  func showsResourcesInTheUnitThatIsAskedFor(resource: String, divisor: String, expected: String) throws {
    let container = makeContainer("app") {
      $0.resources.requests = ["cpu": Quantity("250m")]
      $0.resources.limits = ["cpu": Quantity("1500m"), "memory": Quantity("64Mi")]
    }
    var context = PodContext(pod: makePod(containers: [container]), nodeName: "n", hostIP: "", addresses: [])
    context.allocatable = [
      "cpu": Quantity("4"), "memory": Quantity("8Gi"), "ephemeral-storage": Quantity("9Gi"), "hugepages-2Mi": Quantity("4Mi"),
    ]
    let selector = ResourceFieldSelector {
      $0.resource = resource
      $0.divisor = Quantity(divisor)
    }
    #expect(try ResourceReference.value(selector, context, container) == expected)
  }

  @Test(arguments: [
    (RecursiveReadOnlyMode?.none, true, false), (.disabled, true, false), (.ifPossible, true, true), (.enabled, true, true),
    (.none, false, false),
  ])
  func readOnlyReachesMountsInsideOnlyWhenAsked(mode: RecursiveReadOnlyMode?, isReadOnly: Bool, isRecursive: Bool) throws {
    let container = makeContainer("app") {
      $0.command = ["x"]
      $0.volumeMounts = [
        mount { mount in
          mount.readOnly = isReadOnly
          if let mode { mount.recursiveReadOnly = mode }
        }
      ]
    }
    var pod = makePod(containers: [container])
    pod.spec.volumes = [
      Volume {
        $0.name = "data"; $0.hostPath = HostPathVolumeSource { $0.path = "/srv" }
      }
    ]
    let context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    let places = PodPlaces(pod, KubeletConfiguration(nodeName: "n", nodeIP: ""))
    let spec = try ContainerSpecBuilder(
      context: context, container: container, image: ImageFacts(id: "sha256:1"), places: places
    ).build(attempt: 0)
    #expect(spec.mounts[0].isReadOnly == isReadOnly)
    #expect(spec.mounts[0].isRecursivelyReadOnly == isRecursive)
  }
}
