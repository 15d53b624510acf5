import Glibc
import KubernetesAPI
import Logging
import NodeSimulation
import Testing

@testable import Kubelet

@Suite struct NodeRecordTests {
  private let scratch: ScratchDirectory
  private var directory: String { scratch.path + "/record" }

  init() throws { scratch = try ScratchDirectory() }

  private func record(_ nodeName: String = "node-1") throws -> NodeRecord {
    try NodeRecord(
      directory: directory, nodeName: nodeName, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private func secret(_ name: String, _ value: String = "x") -> Secret {
    Secret.make {
      $0.metadata.namespace = "default"
      $0.metadata.name = name
      $0.data = ["key": Base64Data(Array(value.utf8))]
    }
  }

  private func pod(_ name: String = "web") -> Pod {
    var pod = makePod(name, containers: [makeContainer("app")])
    pod.metadata.resourceVersion = "7"
    return pod
  }

  private func mode(_ path: String) -> mode_t {
    var facts = stat()
    return lstat(directory + "/" + path, &facts) == 0 ? facts.st_mode & 0o777 : 0
  }

  private func inode(_ path: String) -> ino_t {
    var facts = stat()
    return lstat(directory + "/" + path, &facts) == 0 ? facts.st_ino : 0
  }

  // MARK: the form of a file

  @Test func believesWhatIsWhole() throws {
    for content in [[], Array("{}".utf8), [UInt8](repeating: 10, count: 1000)] {
      #expect(try RecordFile.content(RecordFile.bytes(content)) == content)
    }
  }

  @Test func believesNothingThatIsTorn() {
    let bytes = RecordFile.bytes(Array("{\"a\": 1}".utf8))
    for length in 0..<bytes.count {
      #expect(throws: RecordFile.Damage.self) { try RecordFile.content(Array(bytes[..<length])) }
    }
    #expect(throws: RecordFile.Damage.torn(expectedBytes: 8, foundBytes: 7)) {
      try RecordFile.content(Array(bytes.dropLast()))
    }
  }

  /// Wherever one bit has turned.
  @Test func believesNothingThatWasAltered() {
    let bytes = RecordFile.bytes(Array("{\"a\": 1}".utf8))
    for position in bytes.indices {
      var altered = bytes
      altered[position] ^= 1
      #expect(throws: RecordFile.Damage.self) { try RecordFile.content(altered) }
    }
    #expect(throws: RecordFile.Damage.altered) { try RecordFile.content(bytes + [0]) }
  }

  @Test(arguments: [
    ("", RecordFile.Damage.foreign), ("{}\n", .foreign), ("swiftlet-record 1\n", .foreign),
    (String(repeating: "x", count: 500), .foreign), ("swiftlet-record 2 something else\n{}", .otherVersion("2")),
  ])
  func namesWhatIsForeign(text: String, damage: RecordFile.Damage) {
    #expect(throws: damage) { try RecordFile.content(Array(text.utf8)) }
  }

  @Test func believesOnlyWhatIsOfThisNodeAndInItsPlace() throws {
    let bytes = RecordEntry(nodeName: "node-1", key: .pod(uid: "uid-web"), object: pod().json).bytes
    #expect(try RecordEntry(bytes, path: "pods/uid-web", nodeName: "node-1").key == .pod(uid: "uid-web"))
    #expect(throws: RecordFile.Damage.otherNode("node-1")) {
      try RecordEntry(bytes, path: "pods/uid-web", nodeName: "node-2")
    }
    #expect(throws: RecordFile.Damage.misplaced) { try RecordEntry(bytes, path: "pods/other", nodeName: "node-1") }
    let junk = RecordFile.bytes(Array("no JSON".utf8))
    #expect(throws: RecordFile.Damage.self) { try RecordEntry(junk, path: "pods/a", nodeName: "node-1") }
  }

  // MARK: what is kept

  @Test func leavesOutWhatChangesByTheMinute() throws {
    var pod = pod()
    pod.json["metadata"]?["managedFields"] = [["manager": "kubectl"]]
    let status = PodStatus {
      $0.startTime = epoch
      $0.containerStatuses = [
        ContainerStatus {
          $0.name = "app"
          $0.restartCount = 3
          $0.state = ContainerState { $0.waiting = ContainerStateWaiting { $0.reason = "CrashLoopBackOff" } }
          $0.lastState = ContainerState { $0.terminated = ContainerStateTerminated { $0.exitCode = 4 } }
        }
      ]
    }
    let kept = Pod(unchecked: RecordContent.pod(pod, status))
    #expect(kept.metadata.resourceVersion.isEmpty)
    #expect(kept.json[path: "metadata", "managedFields"] == nil)
    #expect(kept.spec == pod.spec)
    #expect(kept.uid == pod.uid)
    #expect(kept.status.startTime == epoch)
    #expect(kept.status.containerStatuses[0].restartCount == 3)
    #expect(kept.status.containerStatuses[0].state.waiting == nil)
    #expect(kept.status.containerStatuses[0].lastState.terminated?.exitCode == 4)
  }

  @Test func givesBackWhatWasKept() async throws {
    let writer = try record()
    writer.keep(pod(), PodStatus { $0.phase = .running })
    writer.keep(secret("s", "hidden"))
    writer.keep(ConfigMap.make {
      $0.metadata.namespace = "default"
      $0.metadata.name = String(repeating: "m", count: 253)
    })
    let service = Service.make {
      $0.metadata.namespace = "default"
      $0.metadata.name = "kubernetes"
      $0.spec.clusterIP = "10.43.0.1"
    }
    writer.keepServices { [service] }
    #expect(await writer.write())
    let found = try await record().open()
    #expect(found.pods.map(\.uid) == ["uid-web"])
    #expect(found.pods.first?.status.phase == .running)
    #expect(found.objects.count == 2)
    let key = RecordKey.object(Secret.kind, ObjectKey(namespace: "default", name: "s"))
    #expect(found.objects[key].map(Secret.init(unchecked:))?.data["key"]?.bytes == Array("hidden".utf8))
    #expect(found.services.map(\.spec.clusterIP) == ["10.43.0.1"])
    // Secrets are for root alone.
    #expect(mode("") == 0o700)
    #expect(mode("objects") == 0o700)
    #expect(mode(key.path) == 0o600)
  }

  @Test func writesOnlyWhatHasChanged() async throws {
    let writer = try record()
    writer.keep(pod(), PodStatus())
    await writer.write()
    let first = inode("pods/uid-web")
    var newer = pod()
    newer.metadata.resourceVersion = "8"
    writer.keep(newer, PodStatus())
    await writer.write()
    #expect(inode("pods/uid-web") == first)
    // Nor does the next agent.
    let next = try record()
    _ = try await next.open()
    next.keep(newer, PodStatus())
    await next.write()
    #expect(inode("pods/uid-web") == first)
    next.keep(newer, PodStatus { $0.phase = .failed })
    await next.write()
    #expect(inode("pods/uid-web") != first)
    #expect(try await record().open().pods.first?.status.phase == .failed)
  }

  @Test func forgetsWhatIsGone() async throws {
    let writer = try record()
    writer.keep(pod(), PodStatus())
    writer.keep(secret("s"))
    await writer.write()
    writer.forget(podUID: "uid-web")
    writer.forget(Secret.kind, ObjectKey(namespace: "default", name: "s"))
    await writer.write()
    let found = try await record().open()
    #expect(found.pods.isEmpty && found.objects.isEmpty)
  }

  @Test func retainsWhatTheServersPodsAreMadeFrom() async throws {
    let writer = try record()
    var user = pod("user")
    user.spec.imagePullSecrets = [LocalObjectReference { $0.name = "used" }]
    for pod in [user, pod("gone"), pod("new")] { writer.keep(pod, PodStatus()) }
    for name in ["used", "unused", "new"] { writer.keep(secret(name)) }
    await writer.write()
    let next = try record()
    _ = try await next.open()
    // Named by somebody before the server's answer was here.
    next.keep(pod("new"), PodStatus())
    next.keep(secret("new"))
    next.retain([user])
    await next.write()
    let found = try await record().open()
    #expect(Set(found.pods.map(\.name)) == ["user", "new"])
    #expect(Set(found.objects.values.map { Secret(unchecked: $0).name }) == ["used", "new"])
  }

  // MARK: damage

  @Test func setsAsideWhatItDoesNotBelieve() async throws {
    let writer = try record()
    for name in ["whole", "torn", "altered", "foreign", "moved"] { writer.keep(pod(name), PodStatus()) }
    await writer.write()
    let path = { (name: String) in directory + "/pods/uid-" + name }
    let torn = try #require(NodeFiles.read(path("torn")))
    try NodeFiles.write(Array(torn.dropLast(5)), to: path("torn"))
    var altered = try #require(NodeFiles.read(path("altered")))
    altered[altered.count - 10] ^= 0x20
    try NodeFiles.write(altered, to: path("altered"))
    try NodeFiles.write(Array("swiftlet-record 9 0 x\n".utf8), to: path("foreign"))
    #expect(rename(path("moved"), path("elsewhere")) == 0)
    // Unfinished ones of the former version, and of this one.
    try NodeFiles.write([], to: path("half.new"))
    try NodeFiles.makeDirectory(directory + "/unfinished")
    try NodeFiles.write([], to: directory + "/unfinished/pods-uid-half")

    #expect(try await record().open().pods.map(\.name) == ["whole"])
    #expect(NodeFiles.names(inDirectory: directory + "/pods") == ["uid-whole"])
    #expect(NodeFiles.kind(directory + "/unfinished") == nil)
    #expect(
      NodeFiles.names(inDirectory: directory + "/set-aside")
        == ["pods-uid-altered", "pods-uid-elsewhere", "pods-uid-foreign", "pods-uid-torn"])
    #expect(NodeFiles.read(directory + "/set-aside/pods-uid-torn") == Array(torn.dropLast(5)))
  }

  @Test func belongsToOneNode() async throws {
    let writer = try record()
    writer.keep(pod(), PodStatus())
    await writer.write()
    #expect(try await record("node-2").open().pods.isEmpty)
    #expect(NodeFiles.names(inDirectory: directory + "/set-aside") == ["pods-uid-web"])
  }

  @Test func keepsNoMoreThanSomeDamagedFiles() async throws {
    try NodeFiles.makeDirectory(directory + "/pods")
    for number in 0..<(RecordDirectory.setAsideLimit + 5) {
      try NodeFiles.write([], to: "\(directory)/pods/\(number)")
    }
    _ = try await record().open()
    #expect(NodeFiles.names(inDirectory: directory + "/set-aside").count == RecordDirectory.setAsideLimit)
    #expect(NodeFiles.names(inDirectory: directory + "/pods").isEmpty)
  }

  /// A file that cannot be written keeps its former content, holds up no other, and is written later.
  @Test func keepsWhatIsThereWhenItCannotWrite() async throws {
    let writer = try record()
    writer.keep(pod(), PodStatus { $0.phase = .pending })
    await writer.write()
    let obstacle = directory + "/unfinished/pods-uid-web"
    try NodeFiles.makeDirectory(obstacle)
    writer.keep(pod(), PodStatus { $0.phase = .running })
    writer.keep(pod("other"), PodStatus())
    #expect(await !writer.write())
    let bytes = try #require(NodeFiles.read(directory + "/pods/uid-web"))
    let entry = try RecordEntry(bytes, path: "pods/uid-web", nodeName: "node-1")
    #expect(Pod(unchecked: entry.object).status.phase == .pending)
    #expect(NodeFiles.kind(directory + "/pods/uid-other") == .file)
    #expect(rmdir(obstacle) == 0)
    #expect(await writer.write())
    let found = try await record().open()
    #expect(found.pods.first { $0.name == "web" }?.status.phase == .running)
  }
}
