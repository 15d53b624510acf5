import Testing

@testable import KubernetesAPI

@Suite struct KindValidationTests {
  private func named(_ rest: String) -> String { "{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"},\(rest)}" }

  @Test func `every kind has checks`() {
    // Requests for tokens and reviews have no name to check; they have functions of their own.
    let others: [any KindFields.Type] = [TokenRequestFields.self] + APIKinds.reviews
    let checked = APIKinds.all.filter { kind in !others.contains { $0 == kind } }
    for kind in checked.map({ $0.kindFacts }) {
      #expect(KindValidation.all[kind.qualifiedResource] != nil, "\(kind.qualifiedResource)")
    }
  }

  // MARK: Metadata

  @Test func `labels, annotations, owners and finalizers`() throws {
    let found = try ValidationHarness.findings(ValidationHarness.pod, Pod.kind) {
      $0.set("metadata.labels", ["app": "a b"])
      $0.set("metadata.annotations", ["big": .string(String(repeating: "x", count: 256 * 1024))])
      $0.set("metadata.ownerReferences", [["apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "a", "uid": ""]])
      $0.set("metadata.finalizers", ["mine"])
    }
    #expect(found.count == 4)
    #expect(found[0].hasPrefix("metadata.labels: Invalid value: \"a b\": a valid label must be an empty string"))
    #expect(found[1] == "metadata.annotations: Too long: may not be more than 262144 bytes")
    #expect(found[2] == "metadata.ownerReferences[0].uid: Invalid value: \"\": must not be empty")
    #expect(
      found[3]
        == "metadata.finalizers: Invalid value: \"mine\": name is neither a standard finalizer name nor is it fully qualified"
    )
  }

  @Test func `a namespace does not go with cluster-wide kinds`() throws {
    let found = try ValidationHarness.findings(named("\"spec\":{}"), Node.kind)
    #expect(found == ["metadata.namespace: Forbidden: not allowed on this type"])
  }

  @Test func `names of namespaces and services are labels`() throws {
    #expect(try ValidationHarness.findings("{\"metadata\":{\"name\":\"a.b\"}}", Namespace.kind).count == 1)
    let service = try ValidationHarness.findings(ValidationHarness.service, Service.kind) {
      $0.set("metadata.name", "1a")
    }
    #expect(service.count == 1 && service[0].contains("a DNS-1035 label must consist of"))
  }

  // MARK: Workloads

  static let deploymentChanges: [(path: String, value: JSON?, findings: [String])] = [
    ("spec.replicas", -1, ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]),
    (
      "spec.template.metadata.labels", ["app": "other"],
      [
        "spec.template.metadata.labels: Invalid value: map[string]string{\"app\":\"other\"}: "
          + "`selector` does not match template `labels`"
      ]
    ),
    ("spec.selector", nil, ["spec.selector: Required value"]),
    (
      "spec.selector", [:],
      [
        "spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string(nil), "
          + "MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: empty selector is invalid for deployment"
      ]
    ),
    (
      "spec.strategy", ["type": "Recreate", "rollingUpdate": [:]],
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"]
    ),
    (
      "spec.strategy", ["rollingUpdate": ["maxSurge": 0, "maxUnavailable": 0]],
      ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"]
    ),
    (
      "spec.strategy.type", "Rolling",
      ["spec.strategy.type: Unsupported value: \"Rolling\": supported values: \"Recreate\", \"RollingUpdate\""]
    ),
    (
      "spec.template.spec.restartPolicy", "Never",
      ["spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""]
    ),
    (
      "spec.progressDeadlineSeconds", 0,
      ["spec.progressDeadlineSeconds: Invalid value: 0: must be greater than minReadySeconds"]
    ),
  ]

  @Test(arguments: deploymentChanges.indices) func `one change of a deployment is found`(index: Int) throws {
    let change = Self.deploymentChanges[index]
    let found = try ValidationHarness.findings(ValidationHarness.deployment, Deployment.kind) {
      $0.set(change.path, change.value)
    }
    #expect(found == change.findings, "\(change.path)")
  }

  @Test func `a deployment's selector stays`() throws {
    let found = try ValidationHarness.updateFindings(ValidationHarness.deployment, Deployment.kind) {
      $0.set("spec.selector.matchLabels", ["app": "new"])
      $0.set("spec.template.metadata.labels", ["app": "new"])
    }
    #expect(
      found == [
        "spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{\"app\":\"new\"}, "
          + "MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable"
      ])
  }

  @Test func `a replica set's selector stays`() throws {
    let found = try ValidationHarness.updateFindings(ValidationHarness.deployment, ReplicaSet.kind) {
      $0.set("spec.selector.matchExpressions", [["key": "app", "operator": "In", "values": ["web"]]])
    }
    #expect(found.count == 1)
    #expect(
      found.first?.contains(
        "v1.LabelSelectorRequirement{Key:\"app\", Operator:\"In\", Values:[]string{\"web\"}}}}: field is immutable")
        == true)
  }

  // MARK: Services and endpoints

  static let serviceChanges: [(path: String, value: JSON?, findings: [String])] = [
    ("spec.ports", [], ["spec.ports: Required value"]),
    (
      "spec.ports", [["port": 80], ["port": 81, "name": "b"]], ["spec.ports[0].name: Required value"]
    ),
    (
      "spec.ports[0].port", 70000,
      [
        "spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive",
        "spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
      ]
    ),
    (
      "spec.ports[0].nodePort", 30000,
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"]
    ),
    (
      "spec.type", "Cluster",
      [
        "spec.type: Unsupported value: \"Cluster\": "
          + "supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\""
      ]
    ),
    (
      "spec.externalIPs", ["127.0.0.1"],
      ["spec.externalIPs[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)"]
    ),
    ("spec.type", "ExternalName", ["spec.externalName: Required value"]),
    (
      "spec.ports", [["port": 80, "name": "a"], ["port": 80, "name": "b"]],
      [
        "spec.ports[1]: Duplicate value: core.ServicePort{Name:\"\", Protocol:\"TCP\", AppProtocol:(*string)(nil), "
          + "Port:80, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:\"\"}, NodePort:0}"
      ]
    ),
    (
      "spec.loadBalancerSourceRanges", ["10.0.0.0/8"],
      ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"]
    ),
  ]

  @Test(arguments: serviceChanges.indices) func `one change of a service is found`(index: Int) throws {
    let change = Self.serviceChanges[index]
    let found = try ValidationHarness.findings(ValidationHarness.service, Service.kind) {
      $0.set(change.path, change.value)
    }
    #expect(found == change.findings, "\(change.path)")
  }

  @Test func `a service keeps its address`() throws {
    var text = try JSONParser.parse(ValidationHarness.service)
    text.set("spec.clusterIP", "10.43.0.10")
    text.set("spec.clusterIPs", ["10.43.0.10"])
    let found = try ValidationHarness.updateFindings(text.text, Service.kind) {
      $0.set("spec.clusterIP", "10.43.0.11")
      $0.set("spec.clusterIPs", ["10.43.0.11"])
    }
    #expect(found == ["spec.clusterIPs[0]: Invalid value: []string{\"10.43.0.11\"}: may not change once set"])
  }

  @Test func `endpoints and slices`() throws {
    let endpoints = try ValidationHarness.findings(
      named("\"subsets\":[{\"addresses\":[{\"ip\":\"169.254.0.1\"}],\"ports\":[{\"port\":80}]},{}]"), Endpoints.kind)
    #expect(
      endpoints == [
        "subsets[0].addresses[0].ip: Invalid value: \"169.254.0.1\": "
          + "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
        "subsets[1]: Required value: must specify `addresses` or `notReadyAddresses`",
      ])
    let slice = try ValidationHarness.findings(
      named("\"addressType\":\"IPv4\",\"endpoints\":[{\"addresses\":[]},{\"addresses\":[\"::1\"]}]"), EndpointSlice.kind
    )
    #expect(
      slice == [
        "endpoints[0].addresses: Required value: must contain at least 1 address",
        "endpoints[1].addresses[0]: Invalid value: \"::1\": must be a valid IPv4 address",
      ])
  }

  // MARK: Configuration

  @Test func `keys and sizes of data`() throws {
    let map = try ValidationHarness.findings(
      named("\"data\":{\"a b\":\"1\",\"x\":\"2\"},\"binaryData\":{\"x\":\"\"}"), ConfigMap.kind)
    #expect(map.count == 2)
    #expect(map[0].hasPrefix("data[a b]: Invalid value: \"a b\": a valid config key must consist of"))
    #expect(map[1] == "data[x]: Invalid value: \"x\": duplicate of key present in binaryData")
    let big = String(repeating: "x", count: 1024 * 1024 + 1)
    #expect(
      try ValidationHarness.findings(named("\"data\":{\"a\":\"\(big)\"}"), ConfigMap.kind)
        == [": Too long: may not be more than 1048576 bytes"])
  }

  @Test func `immutable data stays`() throws {
    let text = named("\"data\":{\"a\":\"MQ==\"},\"immutable\":true")
    for kind in [ConfigMap.kind, Secret.kind] {
      let found = try ValidationHarness.updateFindings(text, kind) {
        $0.set("data.a", "Mg==")
        $0.set("immutable", nil)
      }
      #expect(
        found == [
          "immutable: Forbidden: field is immutable when `immutable` is set",
          "data: Forbidden: field is immutable when `immutable` is set",
        ])
    }
  }

  @Test func `secrets of known types hold what the type asks for`() throws {
    #expect(
      try ValidationHarness.findings(named("\"type\":\"kubernetes.io/tls\",\"data\":{\"tls.crt\":\"\"}"), Secret.kind)
        == ["data[tls.key]: Required value"])
    #expect(
      try ValidationHarness.updateFindings(named("\"type\":\"a\""), Secret.kind, to: named("\"type\":\"b\""))
        == ["type: Invalid value: \"b\": field is immutable"])
  }

  // MARK: The rest

  @Test func `nodes, leases, bindings, events`() throws {
    let node = try ValidationHarness.findings(
      "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"taints\":[{\"key\":\"a\",\"effect\":\"Never\"}]}}", Node.kind)
    #expect(
      node == [
        "metadata.taints[0].effect: Unsupported value: \"Never\": "
          + "supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\""
      ])
    let lease = try ValidationHarness.findings(named("\"spec\":{\"leaseDurationSeconds\":0}"), Lease.kind)
    #expect(lease == ["spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"])
    let binding = try ValidationHarness.findings(named("\"target\":{\"kind\":\"Node\"}"), Binding.kind)
    #expect(binding == ["target.name: Required value"])
    let event = try ValidationHarness.findings(named("\"involvedObject\":{\"namespace\":\"other\"}"), Event.kind)
    #expect(event == ["involvedObject.namespace: Invalid value: \"other\": does not match event.namespace"])
  }

  @Test func `events of the newer form say who reports them`() throws {
    let found = try ValidationHarness.findings(
      named(
        "\"involvedObject\":{\"namespace\":\"default\"},\"eventTime\":\"2026-01-01T00:00:00.000000Z\",\"reason\":\"A\""),
      Event.kind)
    #expect(
      found.filter { $0.hasSuffix("Required value") } == [
        "reportingController: Required value", "reportingInstance: Required value", "action: Required value",
      ])
  }

  @Test func `a node's range is given once`() throws {
    let text = "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"podCIDR\":\"10.42.0.0/24\"}}"
    let found = try ValidationHarness.updateFindings(text, Node.kind) { $0.set("spec", ["podCIDR": "10.42.1.0/24"]) }
    #expect(found == ["spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid"])
  }
}
