import KubernetesAPI

extension JSON {
  /// The text with two spaces of indent, as people read it (`?pretty=true`, the documents that browsers show).
  package var prettyBytes: [UInt8] {
    var output: [UInt8] = []
    writePretty(to: &output, indent: 0)
    output.append(UInt8(ascii: "\n"))
    return output
  }

  private func writePretty(to output: inout [UInt8], indent: Int) {
    switch self {
    case .array(let elements) where !elements.isEmpty:
      output.append(UInt8(ascii: "["))
      for (position, element) in elements.enumerated() {
        Self.newLine(&output, indent + 1, isFirst: position == 0)
        element.writePretty(to: &output, indent: indent + 1)
      }
      Self.newLine(&output, indent, isFirst: true)
      output.append(UInt8(ascii: "]"))
    case .object(let object) where !object.isEmpty:
      output.append(UInt8(ascii: "{"))
      for (position, member) in object.members.enumerated() {
        Self.newLine(&output, indent + 1, isFirst: position == 0)
        JSON.string(member.key).write(to: &output)
        output.append(contentsOf: ": ".utf8)
        member.value.writePretty(to: &output, indent: indent + 1)
      }
      Self.newLine(&output, indent, isFirst: true)
      output.append(UInt8(ascii: "}"))
    default: write(to: &output)
    }
  }

  private static func newLine(_ output: inout [UInt8], _ indent: Int, isFirst: Bool) {
    if !isFirst { output.append(UInt8(ascii: ",")) }
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * 2))
  }
}
