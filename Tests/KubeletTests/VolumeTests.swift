import Glibc
import KubernetesAPI
import LinuxSystem
import Testing

@testable import Kubelet

/// A directory of its own for one test, removed with it.
final class ScratchDirectory {
  let path: String

  init() throws {
    var template = Array("/tmp/kubelet-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemCallError(call: "mkdtemp", errno: errno) }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { try? NodeFiles.removeTree(path) }
}

@Suite struct VolumeTests {
  private func file(_ text: String, mode: UInt32 = 0o644) -> VolumeFile {
    VolumeFile(bytes: Array(text.utf8), mode: mode)
  }

  @Test func showsFilesThroughOneLinkThatIsReplaced() throws {
    let scratch = try ScratchDirectory()
    let writer = AtomicWriter(directory: scratch.path)
    #expect(try writer.write(["a": file("1"), "dir/b": file("2", mode: 0o400)]))
    let first = NodeFiles.linkTarget(scratch.path + "/..data")
    #expect(NodeFiles.linkTarget(scratch.path + "/a") == "..data/a")
    #expect(NodeFiles.linkTarget(scratch.path + "/dir") == "..data/dir")
    #expect(
      NodeFiles.text(scratch.path + "/..data/dir/b") == nil || NodeFiles.text(scratch.path + "/..data/dir/b") == "2")
    #expect(try !writer.write(["a": file("1"), "dir/b": file("2", mode: 0o400)]))
    #expect(NodeFiles.linkTarget(scratch.path + "/..data") == first)
    #expect(try writer.write(["a": file("changed")]))
    #expect(NodeFiles.text("\(scratch.path)/\(NodeFiles.linkTarget(scratch.path + "/..data") ?? "")/a") == "changed")
    #expect(NodeFiles.names(inDirectory: scratch.path).filter { !$0.hasPrefix("..") } == ["a"])
    #expect(NodeFiles.names(inDirectory: scratch.path).count == 3)
  }

  @Test func selectsKeysAndModes() throws {
    var pod = makePod(containers: [makeContainer("app")])
    let volume = Volume {
      $0.name = "conf"
      $0.configMap = ConfigMapVolumeSource {
        $0.name = "m"
        $0.defaultMode = 0o600
        $0.items = [
          KeyToPath {
            $0.key = "k"; $0.path = "sub/key"
          },
          KeyToPath {
            $0.key = "b"; $0.path = "bin"; $0.mode = 0o755
          },
        ]
      }
    }
    pod.spec.volumes = [volume]
    var context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    #expect(throws: PodConfigurationError("configmap \"m\" not found")) { try VolumePayload(context).files(volume) }
    context.configMaps["m"] = ConfigMap.make { $0.data = ["k": "v"] }
    #expect(throws: PodConfigurationError("configmap references non-existent config key: b")) {
      try VolumePayload(context).files(volume)
    }
    context.configMaps["m"]?.binaryData = ["b": Base64Data([1, 2])]
    #expect(
      try VolumePayload(context).files(volume) == [
        "sub/key": file("v", mode: 0o600), "bin": VolumeFile(bytes: [1, 2], mode: 0o755),
      ])
  }

  @Test func projectsSeveralSources() throws {
    var pod = makePod(containers: [makeContainer("app")])
    pod.metadata.labels = ["b": "2", "a": "one \"quoted\""]
    let volume = Volume {
      $0.name = "all"
      $0.projected = ProjectedVolumeSource {
        $0.sources = [
          VolumeProjection {
            $0.configMap = ConfigMapProjection {
              $0.name = "absent"; $0.optional = true
            }
          },
          VolumeProjection { $0.secret = SecretProjection { $0.name = "s" } },
          VolumeProjection {
            $0.downwardAPI = DownwardAPIProjection {
              $0.items = [
                DownwardAPIVolumeFile {
                  $0.path = "labels"
                  $0.fieldRef = ObjectFieldSelector { $0.fieldPath = "metadata.labels" }
                }
              ]
            }
          },
        ]
      }
    }
    var context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    context.secrets["s"] = Secret.make { $0.data = ["token": Base64Data("t".utf8)] }
    #expect(
      try VolumePayload(context).files(volume) == [
        "token": file("t"), "labels": file("a=\"one \\\"quoted\\\"\"\nb=\"2\""),
      ])
  }

  @Test func refusesPathsThatLeaveTheVolume() {
    let pod = makePod(containers: [makeContainer("app")])
    let volume = Volume {
      $0.name = "conf"
      $0.configMap = ConfigMapVolumeSource {
        $0.name = "m"
        $0.items = [
          KeyToPath {
            $0.key = "k"; $0.path = "../escape"
          }
        ]
      }
    }
    var context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    context.configMaps["m"] = ConfigMap.make { $0.data = ["k": "v"] }
    #expect(throws: PodConfigurationError.self) { try VolumePayload(context).files(volume) }
  }

  @Test func setsUpAndTearsDownAPodsVolumes() async throws {
    let scratch = try ScratchDirectory()
    var configuration = KubeletConfiguration(nodeName: "n", nodeIP: "192.0.2.1")
    configuration.rootDirectory = scratch.path
    var pod = makePod(containers: [makeContainer("app")])
    pod.spec.volumes = [
      Volume {
        $0.name = "data"; $0.emptyDir = EmptyDirVolumeSource()
      },
      Volume {
        $0.name = "conf"; $0.configMap = ConfigMapVolumeSource { $0.name = "m" }
      },
      Volume {
        $0.name = "host";
        $0.hostPath = HostPathVolumeSource {
          $0.path = scratch.path + "/made"; $0.type = .directoryOrCreate
        }
      },
    ]
    let places = PodPlaces(pod, configuration)
    let manager = VolumeManager(pool: try BlockingPool(name: "test", threads: 1))
    var context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    await #expect(
      throws: VolumeManager.SetUpError(
        messages: ["MountVolume.SetUp failed for volume \"conf\" : configmap \"m\" not found"])
    ) { try await manager.setUp(context, places) }
    context.configMaps["m"] = ConfigMap.make { $0.data = ["k": "v"] }
    try await manager.setUp(context, places)
    #expect(NodeFiles.kind(scratch.path + "/made") == .directory)
    let conf = places.directory + "/volumes/kubernetes.io~configmap/conf"
    #expect(NodeFiles.linkTarget(conf + "/k") == "..data/k")
    context.configMaps["m"] = ConfigMap.make { $0.data = ["k": "new"] }
    try await manager.refresh(context, places)
    #expect(NodeFiles.text("\(conf)/\(NodeFiles.linkTarget(conf + "/..data") ?? "")/k") == "new")
    try await manager.tearDown(places)
    #expect(NodeFiles.kind(places.volumesDirectory) == nil)
    #expect(NodeFiles.kind(scratch.path + "/made") == .directory)
  }

  private static let hostPathCases: [(HostPathType, String?)] = [
    (.directory, "hostPath type check failed: /etc/hostname is not a directory"), (.file, nil),
    (.socket, "hostPath type check failed: /etc/hostname is not a socket file"), (.unset, nil),
  ]

  @Test(arguments: hostPathCases)
  func checksHostPaths(type: HostPathType, complaint: String?) throws {
    let source = HostPathVolumeSource {
      $0.path = "/etc/hostname"; $0.type = type
    }
    #expect(try HostPathCheck.prepare(source) == complaint)
  }
}
