import KubernetesAPI
import Testing

@testable import APIServer
@testable import HTTPServing

@Suite struct ServiceAccountAdmissionTests {
  static let path = ServiceAccountAdmission.mountPath

  private func admitted(
    _ account: JSON = [:], issuesTokens: Bool = true, _ change: (inout JSON) -> Void = { _ in }
  ) -> PodSpec {
    var pod = RegistryFixture.pod("web", change)
    ServiceAccountAdmission(account: account, issuesTokens: issuesTokens, suffix: { "x2x4x" }).admit(&pod)
    return Pod(unchecked: pod).spec
  }

  @Test func mountsTheTokenIntoEveryContainer() {
    let spec = admitted { $0["spec"]?["initContainers"] = [["name": "init", "image": "i"]] }
    #expect(spec.volumes.map(\.name) == ["kube-api-access-x2x4x"])
    #expect(
      spec.volumes[0].json["projected"] == [
        "defaultMode": 420,
        "sources": [
          ["serviceAccountToken": ["expirationSeconds": 3607, "path": "token"]],
          ["configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]],
          [
            "downwardAPI": [
              "items": [["path": "namespace", "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"]]]
            ]
          ],
        ],
      ])
    for container in spec.initContainers + spec.containers {
      #expect(
        container.json["volumeMounts"] == [
          ["name": "kube-api-access-x2x4x", "readOnly": true, "mountPath": .string(Self.path)]
        ])
    }
  }

  @Test(arguments: [
    (nil, nil, true), (nil, false, false), (nil, true, true), (false, true, false), (true, false, true),
  ] as [(Bool?, Bool?, Bool)])
  func `the pod's word counts before the account's`(pod: Bool?, account: Bool?, mounts: Bool) {
    let account: JSON = account.map { ["automountServiceAccountToken": .bool($0)] } ?? [:]
    let spec = admitted(account) { json in
      if let pod { json["spec"]?["automountServiceAccountToken"] = .bool(pod) }
    }
    #expect(spec.volumes.isEmpty == !mounts)
    #expect(spec.containers[0].volumeMounts.isEmpty == !mounts)
  }

  @Test func whatIsThereStays() {
    let own: JSON = [["name": "mine", "mountPath": .string(Self.path)]]
    let kept = admitted { $0["spec"]?["containers"] = [["name": "c", "image": "i", "volumeMounts": own]] }
    #expect(kept.volumes.isEmpty)
    #expect(kept.containers[0].json["volumeMounts"] == own)
    let present: JSON = [["name": "kube-api-access-older", "emptyDir": [:]]]
    let reused = admitted { $0["spec"]?["volumes"] = present }
    #expect(reused.volumes.map(\.name) == ["kube-api-access-older"])
    #expect(reused.containers[0].volumeMounts.map(\.name) == ["kube-api-access-older"])
    #expect(admitted(issuesTokens: false).volumes.isEmpty)
  }

  @Test func pullSecretsComeFromTheAccount() {
    let account: JSON = ["imagePullSecrets": [["name": "a"], ["name": "b"]]]
    #expect(admitted(account).imagePullSecrets.map(\.name) == ["a", "b"])
    let own = admitted(account) { $0["spec"]?["imagePullSecrets"] = [["name": "own"]] }
    #expect(own.imagePullSecrets.map(\.name) == ["own"])
  }

  @Test func mirrorPodsLeanOnNothing() async throws {
    let mirror: JSON = ["kubernetes.io/config.mirror": "hash"]
    try await TokenFixture.run { fixture in
      let pod = try await fixture.registry.createPod("static") { $0["metadata"]?["annotations"] = mirror }
      #expect(pod.at("spec.volumes") == nil)
      #expect(pod.at("spec.serviceAccountName") == nil)
      let token: JSON = ["serviceAccountToken": ["path": "t"]]
      let cases: [(String, JSON, String)] = [
        ("serviceAccountName", "default", "a mirror pod may not reference service accounts"),
        (
          "volumes", [["name": "s", "secret": ["secretName": "s"]]], "a mirror pod may not reference secrets"
        ),
        (
          "volumes", [["name": "t", "projected": ["sources": [token]]]],
          "a mirror pod may not use ServiceAccountToken volume projections"
        ),
      ]
      for (field, value, why) in cases {
        await expectStatus(403, .forbidden, "pods \"p\" is forbidden: \(why)") {
          try await fixture.registry.createPod("p") {
            $0["metadata"]?["annotations"] = mirror
            $0["spec"]?[field] = value
          }
        }
      }
    }
  }
}
