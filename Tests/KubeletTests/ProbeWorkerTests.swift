import KubernetesAPI
import Testing

@testable import Kubelet

@Suite struct ProbeWorkerTests {
  private func worker(
    _ kind: ProbeWorker.Kind, initial: ProbeWorker.Result? = nil,
    _ change: (inout ProbeWorker.Timing) -> Void = { _ in }
  ) -> ProbeWorker {
    var timing = ProbeWorker.Timing()
    change(&timing)
    return ProbeWorker(kind: kind, timing: timing, startedAt: epoch, now: epoch, initial: initial)
  }

  @Test func waitsForTheInitialDelayThenThePeriod() {
    var worker = worker(.readiness) {
      $0.initialDelaySeconds = 7
      $0.periodSeconds = 3
    }
    #expect(worker.nextAt == epoch.adding(seconds: 7))
    _ = worker.handle(.success, now: epoch.adding(seconds: 8))
    #expect(worker.nextAt == epoch.adding(seconds: 11))
  }

  @Test func needsTheThresholdsInARow() {
    var worker = worker(.readiness) {
      $0.successThreshold = 2
      $0.failureThreshold = 3
    }
    let failure = ProbeWorker.Finding.failure(output: "no")
    let findings: [ProbeWorker.Finding] = [
      .success, .success, failure, failure, .success, failure, failure, failure, .success, .success,
    ]
    let results = findings.map { worker.handle($0, now: epoch) }
    #expect(results == [nil, .success, nil, nil, nil, nil, nil, .failure, nil, .success])
  }

  @Test func holdsAfterALivenessFailure() {
    var worker = worker(.liveness) { $0.failureThreshold = 1 }
    #expect(worker.handle(.failure(output: ""), now: epoch) == .failure)
    #expect(worker.isOnHold)
  }

  @Test func endsWithTheFirstStartupSuccess() {
    var worker = worker(.startup)
    #expect(worker.handle(.failure(output: ""), now: epoch) == nil)
    #expect(worker.handle(.success, now: epoch) == .success)
    #expect(worker.isOnHold)
  }

  @Test func keepsACarriedOverResultUntilAThresholdSaysOtherwise() {
    var worker = worker(.readiness, initial: .success) { $0.failureThreshold = 2 }
    #expect(worker.result == .success)
    #expect(worker.handle(.success, now: epoch) == nil)
    #expect(worker.handle(.failure(output: ""), now: epoch) == nil)
    #expect(worker.handle(.failure(output: ""), now: epoch) == .failure)
  }

  @Test func probesOnlyStartupUntilItHasPassed() {
    let container = makeContainer("app") {
      $0.ports = [
        ContainerPort {
          $0.name = "web"; $0.containerPort = 3000
        }
      ]
      $0.startupProbe = Probe { $0.tcpSocket = TCPSocketAction { $0.port = "web" } }
      $0.livenessProbe = Probe {
        $0.httpGet = HTTPGetAction {
          $0.port = "web"
          $0.path = "healthz"
          $0.scheme = .https
        }
        $0.timeoutSeconds = 4
      }
      $0.readinessProbe = Probe { $0.exec = ExecAction { $0.command = ["sh", "-c", "$(NAME)"] } }
      $0.env = [
        EnvVar {
          $0.name = "NAME"; $0.value = "true"
        }
      ]
    }
    var planner = PodPlanner(makePod(containers: [container]))
    _ = planner.bringUp()
    _ = planner.start("app", "1")
    let before = ProbeTarget.targets(planner.state, addresses: ["10.0.0.1"])
    #expect(before.map(\.check) == [.tcp(host: "10.0.0.1", port: 3000)])
    _ = planner.handle(.probed(id: "1", .startup, .success), now: epoch)
    let after = ProbeTarget.targets(planner.state, addresses: ["10.0.0.1"])
    let https = HTTPCheck(isTLS: true, host: "10.0.0.1", port: 3000, path: "/healthz", headers: [])
    #expect(after.map(\.check) == [.http(https), .exec(command: ["sh", "-c", "true"])])
    #expect(after[0].timing.timeoutSeconds == 4)
    #expect(after[0].timing.failureThreshold == 3)
  }

  @Test func asksTheHealthServiceByNumberAndName() {
    let container = makeContainer("app") {
      $0.livenessProbe = Probe {
        $0.grpc = GRPCAction {
          $0.port = 5000
          $0.service = "web"
        }
      }
    }
    var planner = PodPlanner(makePod(containers: [container]))
    _ = planner.bringUp()
    _ = planner.start("app", "1")
    #expect(
      ProbeTarget.targets(planner.state, addresses: ["10.0.0.1"]).map(\.check) == [
        .grpc(host: "10.0.0.1", port: 5000, service: "web")
      ])
  }

  @Test func goesOnWithReadinessAloneWhileAPodEnds() {
    let probe = Probe { $0.exec = ExecAction { $0.command = ["true"] } }
    let container = makeContainer("app") {
      $0.livenessProbe = probe
      $0.readinessProbe = probe
    }
    var pod = makePod(containers: [container])
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.start("app", "1")
    #expect(ProbeTarget.targets(planner.state, addresses: []).map(\.kind) == [.liveness, .readiness])
    pod.metadata.deletionTimestamp = epoch
    pod.metadata.deletionGracePeriodSeconds = 30
    _ = planner.handle(.updated(pod), now: epoch)
    #expect(ProbeTarget.targets(planner.state, addresses: []).map(\.kind) == [.readiness])
    _ = planner.handle(.probed(id: "1", .readiness, .failure), now: epoch)
    #expect(!planner.status().containerStatuses[0].ready)
  }

  @Test(arguments: [
    ("/other", "http://h:1/other"), ("http://h:2/x", "http://h:2/x"), ("https://h/", "https://h:443/"),
    ("http://else/", nil),
  ])
  func followsRedirectsWithinTheHost(location: String, expected: String?) {
    let check = HTTPCheck(isTLS: false, host: "h", port: 1, path: "/", headers: [])
    #expect(check.redirected(to: location)?.url == expected)
  }
}
