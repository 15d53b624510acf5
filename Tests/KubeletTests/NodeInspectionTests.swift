import ContainerRuntime
import KubernetesAPI
import Testing

@testable import Kubelet

/// What `swiftlet ps`, `logs`, `exec` and `stats` make of the pods on a node.
struct NodeInspectionTests {
  private static let second: Int64 = 1_000_000_000
  private static let start = Int64(epoch.nanosecondsSinceEpoch)

  private static func container(
    _ name: String, _ digit: Character, attempt: Int = 0, _ pod: String, exit code: Int? = nil, at seconds: Int64 = 0
  ) -> RuntimeContainerStatus {
    let created = start + seconds * second
    let state: RuntimeContainerStatus.State =
      code.map { .exited(ExitInfo(code: $0, startedAt: created, finishedAt: created)) } ?? .running(startedAt: created)
    return RuntimeContainerStatus(
      id: String(repeating: digit, count: 64), podUID: pod, name: name, attempt: attempt, pid: 7, state: state,
      imageID: "sha256:" + String(repeating: "f", count: 64), logPath: "/log/\(name)/\(attempt).log", createdAt: created,
      stopSignal: 15)
  }

  private static func pod(_ name: String, _ namespace: String, _ containers: [RuntimeContainerStatus]) -> RuntimePod {
    let uid = "11111111-2222-\(name)-\(namespace)"
    return RuntimePod(
      uid: uid, name: name, namespace: namespace, attempt: 0, labels: [:],
      sandbox: SandboxStatus(
        uid: uid, shimPID: 1, networkNamespacePath: "", createdAt: start, unenforcedLimits: []), containers: containers)
  }

  private let pods = [
    pod("web", "default", [
      container("app", "a", "web", exit: 3), container("app", "b", attempt: 1, "web", at: 100),
      container("side", "c", "web", at: 1),
    ]),
    pod("db", "shop", [container("sql", "d", "db", exit: 0, at: 50)]),
    pod("twin", "a", [container("x", "e", "twin")]), pod("twin", "b", [container("x", "f", "twin")]),
  ]

  private var listing: NodeListing { NodeListing(Array(pods.prefix(2)), now: epoch.adding(seconds: 190)) }

  @Test func listsContainersInCrictlsColumns() {
    #expect(
      listing.containers(all: false) { _ in "busybox:latest" } == """
        CONTAINER       IMAGE            CREATED              STATE     NAME   ATTEMPT   POD ID          POD   NAMESPACE
        bbbbbbbbbbbbb   busybox:latest   About a minute ago   Running   app    1         11111111-2222   web   default
        ccccccccccccc   busybox:latest   3 minutes ago        Running   side   0         11111111-2222   web   default

        """)
    let all = listing.containers(all: true) { _ in nil }
    #expect(all.contains("ddddddddddddd   fffffffffffff   2 minutes ago        Exited    sql    0         11111111-2222   db    shop"))
    #expect(listing.containerIDs(all: false) == String(repeating: "b", count: 64) + "\n" + String(repeating: "c", count: 64) + "\n")
    #expect(listing.json(all: true).arrayValue?.first { $0["name"] == "sql" }?["exitCode"] == 0)
    #expect(
      listing.podTable == """
        POD ID          CREATED         STATE   NAME   NAMESPACE   ATTEMPT   CONTAINERS
        11111111-2222   3 minutes ago   Ready   web    default     0         2 running
        11111111-2222   3 minutes ago   Ready   db     shop        0         0 running

        """)
  }

  @Test(arguments: [
    (0, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (60, "About a minute"), (150, "2 minutes"),
    (3600, "About an hour"), (3600 * 47, "47 hours"), (86_400 * 3, "3 days"), (86_400 * 20, "2 weeks"),
    (86_400 * 90, "3 months"), (86_400 * 800, "2 years"),
  ])
  func saysAges(seconds: Int, text: String) {
    #expect(NodeListing.words(seconds: seconds) == text)
  }

  @Test(arguments: [
    ("web/app", nil, "b"), ("web/side", "default", "c"), ("db", nil, "d"), ("twin", "b", "f"), ("aaaa", nil, "a"),
  ] as [(String, String?, Character)])
  func findsWhatIsMeant(text: String, namespace: String?, digit: Character) throws {
    #expect(try NodeTarget.find(text, namespace: namespace, in: pods).container.id.first == digit)
  }

  @Test(arguments: [
    ("web", nil, false, "pod \"web\" has several containers; say which: web/app, web/side"),
    ("web/no", nil, false, "pod \"web\" has no container \"no\"; it has: app, side"),
    ("no", nil, false, "no pod and no container \"no\" lives on this node; 'swiftlet ps --all' lists what does"),
    ("web/app", "shop", false, "no pod and no container \"web\" in namespace \"shop\" lives on this node; 'swiftlet ps --all' lists what does"),
    ("twin", nil, false, "there is a pod \"twin\" in several namespaces (a, b); choose one with -n"),
    (
      "db", nil, true,
      "container \"sql\" of pod \"db\" does not run, it has ended with exit code 0; 'swiftlet logs db/sql' shows what it printed"
    ),
  ] as [(String, String?, Bool, String)])
  func saysWhatIsWrongAndWhatToDo(text: String, namespace: String?, needsRunning: Bool, message: String) {
    #expect(throws: NodeTarget.Failure(description: message)) {
      try NodeTarget.find(text, namespace: namespace, in: pods, needsRunning: needsRunning)
    }
  }

  @Test func knowsWhereTheInstanceBeforeLogged() throws {
    #expect(try NodeTarget.find("web/app", namespace: nil, in: pods).previousLogPath == "/log/app/0.log")
    #expect(try NodeTarget.find("web/side", namespace: nil, in: pods).previousLogPath == nil)
  }

  @Test func worksOutRatesOfTwoSamples() throws {
    let target = try NodeTarget.find("web/app", namespace: nil, in: pods)
    var before = ContainerStatistics(cpuUsageMicroseconds: 1_000_000)
    before.processes = 1
    var after = ContainerStatistics(cpuUsageMicroseconds: 1_251_000, memoryWorkingSetBytes: 1_250_000, processes: 3)
    after.ioReadBytes = 980
    let listing = StatsListing(
      [.init(target, after, time: Self.second)], after: [.init(target, before, time: 0)])
    #expect(
      listing.text == """
        CONTAINER       POD           NAME   CPU %   MEMORY   PIDS   READ   WRITTEN
        bbbbbbbbbbbbb   default/web   app    25.10   1.25MB      3   980B         -

        """)
    #expect(StatsListing([.init(target, after, time: 0)], after: []).text.contains("app        -"))
    #expect(listing.json.arrayValue?.first?["ioReadBytes"] == 980)
  }
}
