import Testing

@testable import KubernetesAPI

@Suite struct KindsTests {
  @Test func `kinds are found by what objects and URLs say`() {
    #expect(APIKinds.fields(apiVersion: "apps/v1", kind: "Deployment") == DeploymentFields.self)
    #expect(
      APIKinds.fields(group: "discovery.k8s.io", version: "v1", plural: "endpointslices") == EndpointSliceFields.self)
    #expect(APIKinds.fields(apiVersion: "v1", kind: "Deployment") == nil)
  }

  @Test(arguments: [
    ("Pod", "pods", ["po"], true), ("Service", "services", ["svc"], true), ("Node", "nodes", ["no"], false),
    ("Namespace", "namespaces", ["ns"], false), ("ConfigMap", "configmaps", ["cm"], true),
    ("Endpoints", "endpoints", ["ep"], true), ("Event", "events", ["ev"], true),
    ("ServiceAccount", "serviceaccounts", ["sa"], true), ("Secret", "secrets", [], true),
  ]) func `core kinds have upstream's facts`(
    name: String, plural: String, shortNames: [String], isNamespaced: Bool
  ) throws {
    let kind = try #require(APIKinds.fields(apiVersion: "v1", kind: name)).kindFacts
    #expect(kind.plural == plural)
    #expect(kind.shortNames == shortNames)
    #expect(kind.isNamespaced == isNamespaced)
  }

  @Test func `only workloads and services are in the category all`() {
    let inAll = APIKinds.all.map { $0.kindFacts }.filter { $0.categories == ["all"] }.map(\.kind)
    #expect(Set(inAll) == ["Pod", "Service", "Deployment", "ReplicaSet", "ReplicationController"])
  }

  @Test func `bodies of subresources and reviews are not stored`() {
    let others: [any KindFields.Type] = APIKinds.subresourceOnly + APIKinds.reviews
    #expect(others.count == 9)
    #expect(!APIKinds.stored.contains { stored in others.contains { $0 == stored } })
    #expect(APIKinds.stored.count == APIKinds.all.count - others.count)
  }

  @Test func `an absent enumeration reads as upstream's default`() {
    let pod = Pod(unchecked: ["spec": [:]])
    #expect(pod.spec.restartPolicy == .always)
    #expect(pod.spec.dnsPolicy == .clusterFirst)
    #expect(Service(unchecked: [:]).spec.type == .clusterIP)
    #expect(NodeCondition(unchecked: [:]).status == .unknown)
  }
}
