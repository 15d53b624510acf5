import KubernetesAPI
import Testing

@testable import Kubelet

@Suite struct PodAdmissionTests {
  private static let sysctls: [(name: String, hostNetwork: Bool, hostIPC: Bool, expected: String?)] = [
    ("net.ipv4.tcp_syncookies", false, false, nil), ("net/ipv4/tcp_syncookies", false, false, nil),
    ("net.ipv4.tcp_rmem", false, false, nil), ("kernel.shm_rmid_forced", false, false, nil),
    ("kernel.msgmax", false, false, "\"kernel.msgmax\" not allowlisted"),
    ("net.ipv4.tcp_syncookies", true, false, "\"net.ipv4.tcp_syncookies\" not allowed with host Net enabled"),
    ("kernel.shm_rmid_forced", false, true, "\"kernel.shm_rmid_forced\" not allowed with host IPC enabled"),
    ("net.core.somaxconn", false, false, nil), ("net.core.other", false, false, "\"net.core.other\" not allowlisted"),
    ("fs.mqueue.queues_max", false, false, nil),
  ]

  @Test(arguments: sysctls)
  func allowsWhatIsSafeAndWhatTheNodeAllows(name: String, hostNetwork: Bool, hostIPC: Bool, expected: String?) throws {
    let rules = try SysctlRules(allowingUnsafe: ["net.core.somaxconn", "fs.mqueue.*"])
    #expect(rules.refusal(name, hostNetwork: hostNetwork, hostIPC: hostIPC) == expected)
  }

  @Test func namesPatternsThatAreNotOfANamespace() {
    #expect(throws: SysctlRules.InvalidPattern(description: "the sysctl \"vm.swappiness\" are not known to be namespaced")) {
      try SysctlRules(allowingUnsafe: ["vm.swappiness"])
    }
    #expect(throws: SysctlRules.InvalidPattern(description: "the sysctls \"vm.*\" are not known to be namespaced")) {
      try SysctlRules(allowingUnsafe: ["vm.*"])
    }
  }

  @Test func aRefusedPodFailsWithoutAnythingBeingMadeForIt() throws {
    var pod = makePod(containers: [makeContainer("app")])
    pod.spec.securityContext = PodSecurityContext {
      $0.sysctls = [
        Sysctl {
          $0.name = "kernel.msgmax"; $0.value = "1"
        }
      ]
    }
    let admission = PodAdmission(sysctls: try SysctlRules(), hasAppArmor: false)
    let refusal = try #require(admission.refusal(pod))
    #expect(
      refusal
        == PodAdmission.Refusal(reason: "SysctlForbidden", message: "forbidden sysctl: \"kernel.msgmax\" not allowlisted"))
    var state = PodState(pod: pod, now: epoch)
    state.refuse(refusal, now: epoch)
    var planner = PodPlanner(state)
    #expect(planner.handle(.wake, now: epoch).work == [])
    let status = planner.status()
    #expect(status.phase == .failed && status.reason == "SysctlForbidden")
    #expect(status.message == "Pod was rejected: forbidden sysctl: \"kernel.msgmax\" not allowlisted")
  }

  @Test func namesWhatTheSandboxWouldLack() {
    var pod = makePod(containers: [])
    #expect(SandboxStart.obstacle(pod) == nil)
    pod.spec.hostUsers = false
    #expect(SandboxStart.obstacle(pod) == nil)
    pod.spec.runtimeClassName = "sandboxed"
    #expect(SandboxStart.obstacle(pod) == "runtimeclass.node.k8s.io \"sandboxed\" not found")
  }

  private static let profiles: [(field: String?, annotation: String?, podField: String?, isRefused: Bool)] = [
    (nil, nil, nil, false), ("RuntimeDefault", nil, nil, true), ("Unconfined", nil, "RuntimeDefault", false),
    (nil, "runtime/default", nil, true), (nil, "unconfined", nil, false), (nil, nil, "Localhost", true),
    ("Unconfined", "localhost/x", nil, false),
  ]

  @Test(arguments: profiles)
  func refusesAppArmorWhereTheKernelHasNone(field: String?, annotation: String?, podField: String?, isRefused: Bool) throws {
    let profile = { (type: String) in AppArmorProfile { $0.type = AppArmorProfileType(rawValue: type)! } }
    var pod = makePod(containers: [
      makeContainer("app") { container in
        field.map { type in container.securityContext = SecurityContext { $0.appArmorProfile = profile(type) } }
      }
    ])
    annotation.map { pod.metadata.annotations = ["container.apparmor.security.beta.kubernetes.io/app": $0] }
    podField.map { type in pod.spec.securityContext = PodSecurityContext { $0.appArmorProfile = profile(type) } }
    let admission = PodAdmission(sysctls: try SysctlRules(), hasAppArmor: false)
    let expected = PodAdmission.Refusal(
      reason: "AppArmor", message: "Cannot enforce AppArmor: AppArmor is not enabled on the host")
    #expect(admission.refusal(pod) == (isRefused ? expected : nil))
    #expect(PodAdmission(sysctls: try SysctlRules(), hasAppArmor: true).refusal(pod) == nil)
  }

  private static let appArmor: [(field: String?, annotation: String?, podField: String?, profile: SecuritySpec.AppArmor)] = [
    (nil, nil, nil, .unspecified), (nil, "", "RuntimeDefault", .unspecified), (nil, nil, "RuntimeDefault", .runtimeDefault),
    ("Localhost", "unconfined", "RuntimeDefault", .localhost(name: "own")), (nil, "localhost/k8s/a", nil, .localhost(name: "k8s/a")),
    (nil, "runtime/default", "Unconfined", .runtimeDefault), ("Unconfined", nil, "Localhost", .unconfined),
    (nil, nil, "Localhost", .localhost(name: "own")),
  ]

  @Test(arguments: appArmor.indices) func theNearestAppArmorProfileIsTheContainers(index: Int) throws {
    let (field, annotation, podField, expected) = Self.appArmor[index]
    let profile = { (type: String) in
      AppArmorProfile {
        $0.type = AppArmorProfileType(rawValue: type)!
        if type == "Localhost" { $0.localhostProfile = "own" }
      }
    }
    let container = makeContainer("app") { container in
      field.map { type in container.securityContext = SecurityContext { $0.appArmorProfile = profile(type) } }
    }
    var pod = makePod(containers: [container])
    annotation.map { pod.metadata.annotations = ["container.apparmor.security.beta.kubernetes.io/app": $0] }
    podField.map { type in pod.spec.securityContext = PodSecurityContext { $0.appArmorProfile = profile(type) } }
    #expect(SecurityRules(pod, container).security(seccompDirectory: "").appArmor == expected)
  }
}
