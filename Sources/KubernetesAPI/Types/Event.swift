package struct EventFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", .required, description: "Name, namespace, labels and the like.")
  package let involvedObject = Field<ObjectReference>(
    "involvedObject", .required, description: "Object that it happened to.")
  package let reason = Field<String>("reason", description: "What happened, as one CamelCase word.")
  package let message = Field<String>("message", description: "What happened, for people.")
  package let source = Field<EventSource>("source", .default([:]), description: "Who saw it.")
  package let firstTimestamp = OptionalField<Timestamp>("firstTimestamp", description: "When it happened first.")
  package let lastTimestamp = OptionalField<Timestamp>("lastTimestamp", description: "When it happened last.")
  package let count = Field<Int>("count", description: "How often it happened.")
  package let type = Field<String>("type", description: "Normal or Warning.")
  package let eventTime = OptionalField<MicroTimestamp>(
    "eventTime", description: "When it happened first, with microseconds.")
  package let series = OptionalField<EventSeries>("series", description: "The repetition of the event.")
  package let action = Field<String>("action", description: "What was done about it.")
  package let related = OptionalField<ObjectReference>("related", description: "A second object that is involved.")
  package let reportingComponent = Field<String>(
    "reportingComponent", .keepZero, description: "Who reports it, such as kubelet.")
  package let reportingInstance = Field<String>("reportingInstance", .keepZero, description: "Which one reports it.")

  package static let table = Table(
    Kind(version: "v1", kind: "Event", plural: "events", shortNames: ["ev"]),
    description: "Something that happened to an object.",
    EventFields())
}
package typealias Event = View<EventFields>

package struct EventSourceFields: FieldTable {
  package let component = Field<String>("component", description: "Program that saw it.")
  package let host = Field<String>("host", description: "Node that it saw it on.")

  package static let table = Table("EventSource", description: "Who saw an event.", EventSourceFields())
}
package typealias EventSource = View<EventSourceFields>

package struct EventSeriesFields: FieldTable {
  package let count = Field<Int>("count", description: "How often it happened.")
  package let lastObservedTime = OptionalField<MicroTimestamp>(
    "lastObservedTime", description: "When it happened last.")

  package static let table = Table("EventSeries", description: "The repetition of an event.", EventSeriesFields())
}
package typealias EventSeries = View<EventSeriesFields>
