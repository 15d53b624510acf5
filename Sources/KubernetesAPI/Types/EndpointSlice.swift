package struct EndpointSliceFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let addressType = Field<AddressType>("addressType", .required, description: "IPv4, IPv6 or FQDN.")
  package let endpoints = ListField<Endpoint>("endpoints", .required, .keepZero, description: "The endpoints.")
  package let ports = ListField<EndpointSlicePort>(
    "ports", .keepZero, description: "Ports of every endpoint of the slice.")

  package static let table = Table(
    Kind(group: "discovery.k8s.io", version: "v1", kind: "EndpointSlice", plural: "endpointslices"),
    description: "A part of the endpoints behind a Service.",
    EndpointSliceFields())
}
package typealias EndpointSlice = View<EndpointSliceFields>

package struct EndpointFields: FieldTable {
  package let addresses = ListField<String>(
    "addresses", .required, .merge(.set), .keepZero, description: "Addresses of the endpoint; the first one is used.")
  package let conditions = Field<EndpointConditions>(
    "conditions", .default([:]), description: "Whether it is ready, serves, and is ending.")
  package let hostname = OptionalField<String>("hostname", description: "Host name of the endpoint.")
  package let targetRef = OptionalField<ObjectReference>("targetRef", description: "Object of the endpoint.")
  package let deprecatedTopology = MapField<String>("deprecatedTopology", description: "No longer used.")
  package let nodeName = OptionalField<String>("nodeName", description: "Node of the endpoint.")
  package let zone = OptionalField<String>("zone", description: "Zone of the endpoint.")
  package let hints = OptionalField<EndpointHints>("hints", description: "Who should use the endpoint.")

  package static let table = Table("Endpoint", description: "One endpoint of a slice: usually a pod.", EndpointFields())
}
package typealias Endpoint = View<EndpointFields>

package struct EndpointConditionsFields: FieldTable {
  package let ready = OptionalField<Bool>("ready", description: "It takes traffic.")
  package let serving = OptionalField<Bool>("serving", description: "It answers, even while it is ending.")
  package let terminating = OptionalField<Bool>("terminating", description: "It is ending.")

  package static let table = Table(
    "EndpointConditions", description: "The state of an endpoint.",
    EndpointConditionsFields())
}
package typealias EndpointConditions = View<EndpointConditionsFields>

package struct EndpointHintsFields: FieldTable {
  package let forZones = ListField<ForZone>("forZones", description: "Zones that should use it.")

  package static let table = Table("EndpointHints", description: "Who should use an endpoint.", EndpointHintsFields())
}
package typealias EndpointHints = View<EndpointHintsFields>

package struct ForZoneFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the zone.")

  package static let table = Table("ForZone", description: "A zone that should use an endpoint.", ForZoneFields())
}
package typealias ForZone = View<ForZoneFields>

package struct EndpointSlicePortFields: FieldTable {
  package let name = OptionalField<String>("name", .default(""), description: "Name of the Service's port.")
  package let `protocol` = OptionalField<TransportProtocol>(
    "protocol", .default("TCP"), description: "TCP, UDP or SCTP.")
  package let port = OptionalField<Int>("port", description: "Port number; absent for all ports.")
  package let appProtocol = OptionalField<String>("appProtocol", description: "What is spoken on the port.")

  package static let table = Table(
    "EndpointPort", description: "A port of an EndpointSlice.",
    EndpointSlicePortFields())
}
package typealias EndpointSlicePort = View<EndpointSlicePortFields>
