/// A declared field, whatever Swift type reads it.
package protocol AnyField: Sendable {
  var schema: FieldSchema { get }
}

/// A field that always has a value: absent reads as the type's zero, as in Go.
public final class Field<Value: JSONRepresentable>: AnyField {
  package let schema: FieldSchema
  @inline(never)  // declarations are many and run once: inlined they double the time of an optimized build
  package init(_ name: String, _ options: FieldOption..., description: String) {
    schema = FieldSchema(name, Value.schemaType, options, description)
  }
}

/// A field whose absence means something (a Go pointer).
public final class OptionalField<Value: JSONRepresentable>: AnyField {
  package let schema: FieldSchema
  @inline(never)  // declarations are many and run once: inlined they double the time of an optimized build
  package init(_ name: String, _ options: FieldOption..., description: String) {
    schema = FieldSchema(name, Value.schemaType, options, description, isPointer: true)
  }
}

/// A list; absent reads as empty.
public final class ListField<Element: JSONRepresentable>: AnyField {
  package let schema: FieldSchema
  @inline(never)  // declarations are many and run once: inlined they double the time of an optimized build
  package init(_ name: String, _ options: FieldOption..., description: String) {
    schema = FieldSchema(name, .list(Element.schemaType), options, description)
  }
}

/// A map with free keys; absent reads as empty.
public final class MapField<Value: JSONRepresentable>: AnyField {
  package let schema: FieldSchema
  @inline(never)  // declarations are many and run once: inlined they double the time of an optimized build
  package init(_ name: String, _ options: FieldOption..., description: String) {
    schema = FieldSchema(name, .map(Value.schemaType), options, description)
  }
}
