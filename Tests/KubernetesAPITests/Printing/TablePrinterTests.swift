import KubernetesAPI
import Testing

/// Objects made at the epoch, printed 100 seconds later; cells are joined by ` | `.
@Suite struct TablePrinterTests {
  private static let now = Timestamp(secondsSinceEpoch: 100)

  private func row(_ kind: Kind, _ body: String) throws -> String {
    var object = try JSONParser.parse("{\(body)}")
    object["metadata"] = ["name": "x", "creationTimestamp": "1970-01-01T00:00:00Z"]
    if let labels = object["labels"] { object["metadata"]?["labels"] = labels }
    let cells = TablePrinter(kind).cells(object, now: Self.now).arrayValue ?? []
    return cells.map { $0.stringValue ?? $0.text }.joined(separator: " | ")
  }

  @Test(arguments: [
    (Pod.kind, "Name Ready Status Restarts Age", "IP Node Nominated-Node Readiness-Gates"),
    (Node.kind, "Name Status Roles Age Version", "Internal-IP External-IP OS-Image Kernel-Version Container-Runtime"),
    (Service.kind, "Name Type Cluster-IP External-IP Port(s) Age", "Selector"),
    (Deployment.kind, "Name Ready Up-to-date Available Age", "Containers Images Selector"),
    (ReplicaSet.kind, "Name Desired Current Ready Age", "Containers Images Selector"),
    (Endpoints.kind, "Name Endpoints Age", ""), (EndpointSlice.kind, "Name AddressType Ports Endpoints Age", ""),
    (Namespace.kind, "Name Status Age", ""), (ConfigMap.kind, "Name Data Age", ""),
    (Secret.kind, "Name Type Data Age", ""), (ServiceAccount.kind, "Name Secrets Age", ""),
    (Lease.kind, "Name Holder Age", ""), (Event.kind, "Last-Seen Type Reason Object Message", "Subobject Source First-Seen Count Name"),
    (Kind(version: "v1", kind: "Other", plural: "others"), "Name Created-At", ""),
  ])
  func columns(_ kind: Kind, _ narrow: String, _ wide: String) {
    let columns = TablePrinter(kind).columns
    let names = { (priority: Int) in
      columns.filter { $0.priority == priority }.map { String($0.name.map { $0 == " " ? "-" : $0 }) }.joined(separator: " ")
    }
    #expect(names(0) == narrow)
    #expect(names(1) == wide)
    #expect(columns.count { $0.format == "name" } == 1)
    #expect(TablePrinter(kind).cells([:], now: Self.now).arrayValue?.count == columns.count)
  }

  @Test func columnDefinitionHasAllMembers() {
    let first = TablePrinter(Pod.kind).columnDefinitions.arrayValue?.first
    #expect(first?.objectValue?.keys == ["name", "type", "format", "description", "priority"])
  }

  @Test(arguments: [
    (Pod.kind,
      #""spec":{"containers":[{"name":"a"}],"nodeName":"n","readinessGates":[{"conditionType":"G"}]},"status":{"phase":"Pending","podIPs":[{"ip":"10.0.0.1"}],"conditions":[{"type":"G","status":"True"}]}"#,
      "x | 0/1 | Pending | 0 | 100s | 10.0.0.1 | n | <none> | 1/1"),
    (Node.kind,
      #""labels":{"node-role.kubernetes.io/worker":"","node-role.kubernetes.io/control-plane":""},"spec":{"unschedulable":true},"status":{"conditions":[{"type":"Ready","status":"True"}],"addresses":[{"type":"InternalIP","address":"10.1.1.1"}],"nodeInfo":{"kubeletVersion":"v1.32.0","osImage":"Debian","kernelVersion":"6.1","containerRuntimeVersion":"swiftlet://1"}}"#,
      "x | Ready,SchedulingDisabled | control-plane,worker | 100s | v1.32.0 | 10.1.1.1 | <none> | Debian | 6.1 | swiftlet://1"),
    (Node.kind, #""status":{"conditions":[{"type":"Ready","status":"Unknown"}]}"#,
      "x | NotReady | <none> | 100s |  | <none> | <none> | <unknown> | <unknown> | <unknown>"),
    (Service.kind,
      #""spec":{"type":"NodePort","clusterIP":"10.43.0.1","clusterIPs":["10.43.0.1"],"ports":[{"port":80,"nodePort":30080,"protocol":"TCP"},{"port":53,"protocol":"UDP"}],"selector":{"b":"2","a":"1"}}"#,
      "x | NodePort | 10.43.0.1 | <none> | 80:30080/TCP,53/UDP | 100s | a=1,b=2"),
    (Service.kind, #""spec":{"type":"ExternalName","externalName":"example.com"}"#,
      "x | ExternalName | <none> | example.com | <none> | 100s | <none>"),
    (Service.kind, #""spec":{"type":"LoadBalancer","clusterIPs":["1.1.1.1"]}"#,
      "x | LoadBalancer | 1.1.1.1 | <pending> | <none> | 100s | <none>"),
    (Deployment.kind,
      #""spec":{"replicas":3,"selector":{"matchLabels":{"app":"w"}},"template":{"spec":{"containers":[{"name":"a","image":"i"},{"name":"b","image":"j"}]}}},"status":{"readyReplicas":2,"updatedReplicas":3,"availableReplicas":1}"#,
      "x | 2/3 | 3 | 1 | 100s | a,b | i,j | app=w"),
    (ReplicaSet.kind,
      #""spec":{"replicas":3,"selector":{"matchExpressions":[{"key":"k","operator":"Exists"}]}},"status":{"replicas":2,"readyReplicas":1}"#,
      "x | 3 | 2 | 1 | 100s |  |  | k"),
    (Endpoints.kind,
      #""subsets":[{"addresses":[{"ip":"1.1.1.1"},{"ip":"1.1.1.2"}],"ports":[{"port":80},{"port":81}]}]"#,
      "x | 1.1.1.1:80,1.1.1.2:80,1.1.1.1:81 + 1 more... | 100s"),
    (Endpoints.kind, "", "x | <none> | 100s"), (Endpoints.kind, #""subsets":[{"addresses":[{"ip":"::1"}],"ports":[{"port":80}]}]"#, "x | [::1]:80 | 100s"),
    (EndpointSlice.kind,
      #""addressType":"IPv4","ports":[{"port":80}],"endpoints":[{"addresses":["1.1.1.1"]},{"addresses":["1.1.1.2"]}]"#,
      "x | IPv4 | 80 | 1.1.1.1,1.1.1.2 | 100s"),
    (EndpointSlice.kind, #""addressType":"IPv4""#, "x | IPv4 | <unset> | <unset> | 100s"),
    (Namespace.kind, #""status":{"phase":"Active"}"#, "x | Active | 100s"),
    (ConfigMap.kind, #""data":{"a":"1"},"binaryData":{"b":""}"#, "x | 2 | 100s"),
    (Secret.kind, #""type":"Opaque","data":{"a":""}"#, "x | Opaque | 1 | 100s"),
    (ServiceAccount.kind, "", "x | 0 | 100s"), (Lease.kind, #""spec":{"holderIdentity":"me"}"#, "x | me | 100s"),
    (Event.kind,
      #""involvedObject":{"kind":"Pod","name":"p","fieldPath":"spec.containers{a}"},"type":"Normal","reason":"Pulled","message":" done \n","firstTimestamp":"1970-01-01T00:00:10Z","lastTimestamp":"1970-01-01T00:01:30Z","count":4,"source":{"component":"kubelet","host":"n"}"#,
      "10s | Normal | Pulled | pod/p | spec.containers{a} | kubelet, n | done | 90s | 4 | x"),
    (Event.kind,
      #""involvedObject":{"kind":"Pod","name":"p"},"eventTime":"1970-01-01T00:01:00.000000Z","reportingComponent":"c""#,
      "40s |  |  | pod/p |  | c |  | 40s | 1 | x"),
    (Kind(version: "v1", kind: "Other", plural: "others"), "", "x | 1970-01-01T00:00:00Z"),
  ])
  func rows(_ kind: Kind, _ body: String, _ expected: String) throws {
    #expect(try row(kind, body) == expected)
  }
}
