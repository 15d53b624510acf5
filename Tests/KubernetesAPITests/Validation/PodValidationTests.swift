import Testing

@testable import KubernetesAPI

@Suite struct PodValidationTests {
  @Test func `a plain pod is valid`() throws {
    #expect(try ValidationHarness.findings(ValidationHarness.pod, Pod.kind) == [])
  }

  /// One change each, and all that is said of it.
  static let changes: [(path: String, value: JSON?, findings: [String])] = [
    ("metadata.name", nil, ["metadata.name: Required value: name or generateName is required"]),
    ("metadata.namespace", nil, ["metadata.namespace: Required value"]),
    ("spec.containers", [], ["spec.containers: Required value"]),
    ("spec.containers[0].name", nil, ["spec.containers[0].name: Required value"]),
    ("spec.containers[0].image", nil, ["spec.containers[0].image: Required value"]),
    (
      "spec.containers[0].image", " a",
      ["spec.containers[0].image: Invalid value: \" a\": must not have leading or trailing whitespace"]
    ),
    (
      "spec.restartPolicy", "Sometimes",
      ["spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\""]
    ),
    (
      "spec.containers[0].imagePullPolicy", "never",
      [
        "spec.containers[0].imagePullPolicy: Unsupported value: \"never\": "
          + "supported values: \"Always\", \"IfNotPresent\", \"Never\""
      ]
    ),
    (
      "spec.containers[0].ports", [["containerPort": 70000]],
      [
        "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"
      ]
    ),
    (
      "spec.containers[0].ports", [["containerPort": 1, "name": "a"], ["containerPort": 2, "name": "a"]],
      ["spec.containers[0].ports[1].name: Duplicate value: \"a\""]
    ),
    (
      "spec.containers[0].ports", [["containerPort": 1, "hostPort": 9], ["containerPort": 2, "hostPort": 9]],
      ["spec.containers[0].ports[1].hostPort: Duplicate value: \"TCP//9\""]
    ),
    (
      "spec.containers[0].volumeMounts", [["name": "data", "mountPath": "/data"]],
      ["spec.containers[0].volumeMounts[0].name: Not found: \"data\""]
    ),
    (
      "spec.containers[0].env", [["name": "A", "valueFrom": [:]]],
      [
        "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: "
          + "`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
      ]
    ),
    (
      "spec.containers[0].env", [["name": "A", "valueFrom": ["fieldRef": ["fieldPath": "spec.nope"]]]],
      [
        "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.nope\": "
          + "error converting fieldPath: field label not supported: spec.nope"
      ]
    ),
    (
      "spec.containers[0].livenessProbe", ["periodSeconds": 5],
      ["spec.containers[0].livenessProbe: Required value: must specify a handler type"]
    ),
    (
      "spec.containers[0].livenessProbe", ["exec": ["command": ["true"]], "successThreshold": 2],
      ["spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"]
    ),
    (
      "spec.containers[0].readinessProbe", ["exec": ["command": ["true"]], "tcpSocket": ["port": 1]],
      ["spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"]
    ),
    (
      "spec.containers[0].resources", ["limits": ["cpu": "1"], "requests": ["cpu": "2"]],
      [
        "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"
      ]
    ),
    (
      "spec.containers[0].resources", ["requests": ["cpu": "-1"]],
      ["spec.containers[0].resources.requests[cpu]: Invalid value: \"-1\": must be greater than or equal to 0"]
    ),
    (
      "spec.volumes", [["name": "a", "emptyDir": [:], "hostPath": ["path": "/x"]]],
      ["spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"]
    ),
    ("spec.volumes", [["name": "a"], ["name": "a"]], ["spec.volumes[1].name: Duplicate value: \"a\""]),
    (
      "spec.volumes", [["name": "a", "hostPath": ["path": "/a/../b"]]],
      ["spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"]
    ),
    (
      "spec.tolerations", [["effect": "NoExecute"]],
      [
        "spec.tolerations[0].operator: Invalid value: \"\": operator must be Exists when `key` is empty, "
          + "which means \"match all values and all keys\""
      ]
    ),
    (
      "spec.initContainers", [["name": "web", "image": "a"]],
      ["spec.initContainers[0].name: Duplicate value: \"web\""]
    ),
    (
      "spec.ephemeralContainers", [["name": "debug", "image": "a"]],
      ["spec.ephemeralContainers: Forbidden: cannot be set on create"]
    ),
    (
      "spec.securityContext", ["runAsUser": -1],
      ["spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"]
    ),
    (
      "spec.activeDeadlineSeconds", 0,
      ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"]
    ),
    ("spec.dnsPolicy", "None", ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"]),
    (
      "spec.topologySpreadConstraints", [["maxSkew": 0, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"]],
      ["spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero"]
    ),
    (
      "spec.affinity", ["nodeAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": ["nodeSelectorTerms": []]]],
      [
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: "
          + "Required value: must have at least one node selector term"
      ]
    ),
  ]

  @Test(arguments: changes.indices) func `one change is found`(index: Int) throws {
    let change = Self.changes[index]
    let found = try ValidationHarness.findings(ValidationHarness.pod, Pod.kind) { $0.set(change.path, change.value) }
    #expect(found == change.findings, "\(change.path)")
  }

  @Test func `names are spelled out`() throws {
    let found = try ValidationHarness.findings(ValidationHarness.pod, Pod.kind) {
      $0.set("spec.containers[0].name", "A_b")
    }
    #expect(
      found == [
        "spec.containers[0].name: Invalid value: \"A_b\": a lowercase RFC 1123 label must consist of lower case "
          + "alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or "
          + "'123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
      ])
  }

  // MARK: Updates

  private func update(_ path: String, _ value: JSON?) throws -> [String] {
    try ValidationHarness.updateFindings(ValidationHarness.pod, Pod.kind) { $0.set(path, value) }
  }

  @Test func `what may change of a pod`() throws {
    #expect(try update("spec.containers[0].image", "nginx:2") == [])
    #expect(try update("spec.activeDeadlineSeconds", 30) == [])
    #expect(try update("metadata.labels", ["app": "web"]) == [])
    #expect(try update("spec.tolerations", [["key": "a", "operator": "Exists"]]) == [])
  }

  @Test func `what may not change of a pod`() throws {
    let found = try update("spec.containers[0].args", ["-x"])
    let message = try #require(found.first)
    #expect(found.count == 1)
    #expect(
      message.hasPrefix(
        "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
          + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
          + "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
      ))
    #expect(message.contains("+ spec.containers[0].args: [\"-x\"]"))
    #expect(try update("metadata.name", "other") == ["metadata.name: Invalid value: \"other\": field is immutable"])
    #expect(
      try update("spec.containers", [["name": "a", "image": "a"], ["name": "b", "image": "b"]])
        == ["spec.containers: Forbidden: pod updates may not add or remove containers"])
  }

  @Test func `a deadline only comes nearer`() throws {
    var text = try JSONParser.parse(ValidationHarness.pod)
    text.set("spec.activeDeadlineSeconds", 30)
    let later = try ValidationHarness.updateFindings(text.text, Pod.kind) { $0.set("spec.activeDeadlineSeconds", 60) }
    #expect(
      later == ["spec.activeDeadlineSeconds: Invalid value: 60: must be less than or equal to previous value"])
  }

  @Test func `a container that ended for good stays ended`() throws {
    func pod(_ state: JSON) throws -> JSON {
      try ValidationHarness.object(ValidationHarness.pod, Pod.kind) {
        $0.set("spec.restartPolicy", "Never")
        $0.set("status.containerStatuses", [["name": "web", "state": state]])
      }
    }
    let old = try pod(["terminated": ["exitCode": 1]])
    let found = validateStatusUpdate(try pod(["running": [:]]), old: old, Pod.kind)
    #expect(found.map(\.field) == ["status.containerStatuses[0].state"])
    #expect(found.map(\.message) == ["Forbidden: may not be transitioned to non-terminated state"])
    #expect(validateStatusUpdate(old, old: old, Pod.kind) == [])
    var other = old
    other.set("status.qosClass", "Guaranteed")
    other.set("spec.nodeName", "elsewhere")
    other.set("status.podIPs", [["ip": "nowhere"]])
    #expect(
      validateStatusUpdate(other, old: old, Pod.kind).map(\.field) == [
        "status.nodeName", "status.qosClass", "status.podIPs[0]",
      ])
  }
}
