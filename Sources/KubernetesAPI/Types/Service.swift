package struct ServiceFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<ServiceSpec>("spec", description: "What is wanted of the Service.")
  package let status = Field<ServiceStatus>("status", description: "The state of the Service.")

  package static let table = Table(
    Kind(
      version: "v1", kind: "Service", plural: "services", shortNames: ["svc"], categories: ["all"],
      subresources: ["proxy", "status"]),
    description: "A stable address and name for a changing set of pods.",
    ServiceFields())
}
package typealias Service = View<ServiceFields>

package struct ServiceSpecFields: FieldTable {
  package let ports = ListField<ServicePort>(
    "ports", .merge(.map(["port", "protocol"])), description: "Ports that the Service is reached on.")
  package let selector = MapField<String>("selector", description: "Labels of the pods that traffic goes to.")
  package let clusterIP = Field<String>("clusterIP", description: "The virtual address; None for a headless Service.")
  package let clusterIPs = ListField<String>(
    "clusterIPs", description: "The virtual addresses, one per address family.")
  package let type = Field<ServiceType>(
    "type", .default("ClusterIP"), description: "ClusterIP, NodePort, LoadBalancer or ExternalName.")
  package let externalIPs = ListField<String>(
    "externalIPs", description: "Further addresses on which nodes accept traffic for the Service.")
  package let sessionAffinity = Field<ServiceAffinity>(
    "sessionAffinity", .default("None"), description: "ClientIP keeps a client on one pod.")
  package let loadBalancerIP = Field<String>("loadBalancerIP", description: "Address wished for the load balancer.")
  package let loadBalancerSourceRanges = ListField<String>(
    "loadBalancerSourceRanges", description: "Addresses that may use the load balancer.")
  package let externalName = Field<String>("externalName", description: "Name that an ExternalName Service stands for.")
  package let externalTrafficPolicy = OptionalField<ServiceTrafficPolicy>(
    "externalTrafficPolicy",
    description: "Whether traffic from outside goes to all pods (Cluster) or to those of the node it reached (Local).")
  package let healthCheckNodePort = Field<Int>(
    "healthCheckNodePort", description: "Port on which nodes say whether they have pods of the Service.")
  package let publishNotReadyAddresses = Field<Bool>(
    "publishNotReadyAddresses", description: "True lets pods be found before they are ready.")
  package let sessionAffinityConfig = OptionalField<SessionAffinityConfig>(
    "sessionAffinityConfig", description: "Settings of the session affinity.")
  package let ipFamilies = ListField<String>("ipFamilies", description: "IPv4, IPv6 or both.")
  package let ipFamilyPolicy = OptionalField<IPFamilyPolicy>(
    "ipFamilyPolicy", description: "SingleStack, PreferDualStack or RequireDualStack.")
  package let allocateLoadBalancerNodePorts = OptionalField<Bool>(
    "allocateLoadBalancerNodePorts", description: "False makes no node ports for a load balancer.")
  package let loadBalancerClass = OptionalField<String>(
    "loadBalancerClass", description: "Which load balancer is meant.")
  package let internalTrafficPolicy = OptionalField<ServiceTrafficPolicy>(
    "internalTrafficPolicy",
    description: "Whether traffic inside the cluster goes to all pods (Cluster) or to those of the same node (Local).")
  package let trafficDistribution = OptionalField<String>(
    "trafficDistribution", description: "PreferClose prefers pods of the same zone.")

  package static let table = Table("ServiceSpec", description: "What is wanted of a Service.", ServiceSpecFields())
}
package typealias ServiceSpec = View<ServiceSpecFields>

package struct ServicePortFields: FieldTable {
  package let name = Field<String>("name", description: "Name of the port; required when there are several.")
  package let `protocol` = Field<TransportProtocol>("protocol", .default("TCP"), description: "TCP, UDP or SCTP.")
  package let appProtocol = OptionalField<String>("appProtocol", description: "What is spoken on the port.")
  package let port = Field<Int>("port", .required, description: "Port of the Service.")
  package let targetPort = Field<IntOrString>(
    "targetPort", description: "Number or name of the port in the pods; port when absent.")
  package let nodePort = Field<Int>("nodePort", description: "Port on every node.")

  package static let table = Table("ServicePort", description: "One port of a Service.", ServicePortFields())
}
package typealias ServicePort = View<ServicePortFields>

package struct SessionAffinityConfigFields: FieldTable {
  package let clientIP = OptionalField<ClientIPConfig>("clientIP", description: "Settings for ClientIP.")

  package static let table = Table(
    "SessionAffinityConfig", description: "Settings of the session affinity.",
    SessionAffinityConfigFields())
}
package typealias SessionAffinityConfig = View<SessionAffinityConfigFields>

package struct ClientIPConfigFields: FieldTable {
  package let timeoutSeconds = OptionalField<Int>("timeoutSeconds", description: "Seconds a client stays with its pod.")

  package static let table = Table(
    "ClientIPConfig", description: "Settings of ClientIP affinity.",
    ClientIPConfigFields())
}
package typealias ClientIPConfig = View<ClientIPConfigFields>

package struct ServiceStatusFields: FieldTable {
  package let loadBalancer = Field<LoadBalancerStatus>(
    "loadBalancer", .default([:]), description: "Where the load balancer listens.")
  package let conditions = ListField<Condition>(
    "conditions", .merge(.map(["type"])), description: "Aspects of the Service's state.")

  package static let table = Table("ServiceStatus", description: "The state of a Service.", ServiceStatusFields())
}
package typealias ServiceStatus = View<ServiceStatusFields>

package struct LoadBalancerStatusFields: FieldTable {
  package let ingress = ListField<LoadBalancerIngress>("ingress", description: "Its addresses.")

  package static let table = Table(
    "LoadBalancerStatus", description: "Where a load balancer listens.",
    LoadBalancerStatusFields())
}
package typealias LoadBalancerStatus = View<LoadBalancerStatusFields>

package struct LoadBalancerIngressFields: FieldTable {
  package let ip = Field<String>("ip", description: "The address.")
  package let hostname = Field<String>("hostname", description: "The name, where there is no address.")
  package let ipMode = OptionalField<LoadBalancerIPMode>(
    "ipMode", description: "VIP when traffic keeps that address, Proxy when it arrives with the node's.")
  package let ports = ListField<PortStatus>("ports", description: "State of each port.")

  package static let table = Table(
    "LoadBalancerIngress", description: "One address of a load balancer.",
    LoadBalancerIngressFields())
}
package typealias LoadBalancerIngress = View<LoadBalancerIngressFields>

package struct PortStatusFields: FieldTable {
  package let port = Field<Int>("port", .required, description: "Port number.")
  package let `protocol` = Field<TransportProtocol>("protocol", .required, description: "TCP, UDP or SCTP.")
  package let error = OptionalField<String>("error", description: "What is wrong with it.")

  package static let table = Table(
    "PortStatus", description: "State of one port of a load balancer.",
    PortStatusFields())
}
package typealias PortStatus = View<PortStatusFields>
