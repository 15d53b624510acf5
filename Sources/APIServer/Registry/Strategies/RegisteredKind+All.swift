import KubernetesAPI

extension RegisteredKind {
  /// Every kind served. Adding one is its declaration in KubernetesAPI/Types and a line here.
  package static let all: [RegisteredKind] = [
    RegisteredKind(NamespaceFields.self, NamespaceStrategy()),
    RegisteredKind(NodeFields.self, NodeStrategy()),
    RegisteredKind(PodFields.self, PodStrategy()),
    RegisteredKind(ServiceFields.self, ServiceStrategy()),
    RegisteredKind(EndpointsFields.self, EndpointsStrategy()),
    RegisteredKind(ConfigMapFields.self, PlainStrategy()),
    RegisteredKind(SecretFields.self, SecretStrategy()),
    RegisteredKind(ServiceAccountFields.self, PlainStrategy(returnsDeletedObject: true)),
    RegisteredKind(EventFields.self, EventStrategy()),
    RegisteredKind(ReplicationControllerFields.self, ReplicaSetStrategy()),
    RegisteredKind(ReplicaSetFields.self, ReplicaSetStrategy()),
    RegisteredKind(DeploymentFields.self, DeploymentStrategy()),
    RegisteredKind(EndpointSliceFields.self, EndpointSliceStrategy()),
    RegisteredKind(LeaseFields.self, LeaseStrategy()),
  ]
}
