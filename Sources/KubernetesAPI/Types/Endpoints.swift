package struct EndpointsFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let subsets = ListField<EndpointSubset>(
    "subsets", description: "Addresses and ports; every address of a subset has every port of it.")

  package static let table = Table(
    Kind(version: "v1", kind: "Endpoints", plural: "endpoints", shortNames: ["ep"]),
    description: "The addresses behind a Service, in the older form.",
    EndpointsFields())
}
package typealias Endpoints = View<EndpointsFields>

package struct EndpointSubsetFields: FieldTable {
  package let addresses = ListField<EndpointAddress>("addresses", description: "Addresses that are ready.")
  package let notReadyAddresses = ListField<EndpointAddress>(
    "notReadyAddresses", description: "Addresses that are not ready.")
  package let ports = ListField<EndpointPort>("ports", description: "Ports of the addresses.")

  package static let table = Table(
    "EndpointSubset", description: "Addresses that share the same ports.",
    EndpointSubsetFields())
}
package typealias EndpointSubset = View<EndpointSubsetFields>

package struct EndpointAddressFields: FieldTable {
  package let ip = Field<String>("ip", .required, description: "The address.")
  package let hostname = Field<String>("hostname", description: "Host name of the address.")
  package let nodeName = OptionalField<String>("nodeName", description: "Node of the address.")
  package let targetRef = OptionalField<ObjectReference>("targetRef", description: "Pod of the address.")

  package static let table = Table(
    "EndpointAddress", description: "One address behind a Service.",
    EndpointAddressFields())
}
package typealias EndpointAddress = View<EndpointAddressFields>

package struct EndpointPortFields: FieldTable {
  package let name = Field<String>("name", description: "Name of the Service's port.")
  package let port = Field<Int>("port", .required, description: "Port number.")
  package let `protocol` = Field<TransportProtocol>("protocol", .default("TCP"), description: "TCP, UDP or SCTP.")
  package let appProtocol = OptionalField<String>("appProtocol", description: "What is spoken on the port.")

  package static let table = Table("EndpointPort", description: "A port of an Endpoints subset.", EndpointPortFields())
}
package typealias EndpointPort = View<EndpointPortFields>
