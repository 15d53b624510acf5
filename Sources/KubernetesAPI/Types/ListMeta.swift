package struct ListMetaFields: FieldTable {
  package let selfLink = Field<String>("selfLink", description: "No longer filled.")
  package let resourceVersion = Field<String>(
    "resourceVersion", description: "Version of the store that the list was read at; watches start from it.")
  package let `continue` = Field<String>("continue", description: "Token to ask for the next part of the list with.")
  package let remainingItemCount = OptionalField<Int>(
    "remainingItemCount", description: "How many items come after this part.")

  package static let table = Table("ListMeta", description: "What every list carries.", ListMetaFields())
}
package typealias ListMeta = View<ListMetaFields>
