import KubernetesAPI

/// Puts objects that are encoded already into the texts around them: lists and watch events. Nothing is decoded.
enum ObjectText {
  /// `{"kind":"PodList","apiVersion":"v1","metadata":{…},"items":[…]}`.
  static func list(of kind: Kind, metadata: JSON, items: [[UInt8]]) -> [UInt8] {
    let head: JSON = [
      "kind": .string(kind.kind + "List"), "apiVersion": .string(kind.apiVersion), "metadata": metadata,
    ]
    return list(head: head, items: items)
  }

  /// A list whose members besides `items` are `head`, an object with at least one member.
  static func list(head: JSON, items: [[UInt8]]) -> [UInt8] {
    var output = head.bytes
    output.reserveCapacity(output.count + items.reduce(16) { $0 + $1.count + 1 })
    output.removeLast()
    output.append(contentsOf: #","items":["#.utf8)
    for (position, item) in items.enumerated() {
      if position > 0 { output.append(UInt8(ascii: ",")) }
      output.append(contentsOf: item)
    }
    output.append(contentsOf: "]}\n".utf8)
    return output
  }

  /// The metadata of a list.
  static func listMetadata(resourceVersion: String, continueToken: String, remainingItemCount: Int?) -> JSON {
    var metadata: JSON = ["resourceVersion": .string(resourceVersion)]
    if !continueToken.isEmpty { metadata["continue"] = .string(continueToken) }
    if let remainingItemCount { metadata["remainingItemCount"] = .int(remainingItemCount) }
    return metadata
  }

  /// Appends `{"type":"ADDED","object":…}` and a line feed.
  static func appendEvent(_ type: String, _ object: [UInt8], to output: inout [UInt8]) {
    output.append(contentsOf: #"{"type":""#.utf8)
    output.append(contentsOf: type.utf8)
    output.append(contentsOf: #"","object":"#.utf8)
    output.append(contentsOf: object)
    output.append(contentsOf: "}\n".utf8)
  }

  /// What `as=PartialObjectMetadata` asks for.
  static func partialMetadata(_ object: JSON) -> JSON {
    [
      "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
      "metadata": object["metadata"] ?? .emptyObject,
    ]
  }
}
