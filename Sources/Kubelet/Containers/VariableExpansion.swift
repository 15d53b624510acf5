/// `$(NAME)` in commands, arguments and environment values. `$$` stands for one `$`, so that `$$(NAME)` stays
/// `$(NAME)`; a reference to an unknown name stays as it is written.
package enum VariableExpansion {
  package static func expand(_ text: String, _ value: (String) -> String?) -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    var output: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "$"), let next = rest.first else {
        output.append(byte)
        continue
      }
      switch next {
      case UInt8(ascii: "$"):
        output.append(byte)
        rest.removeFirst()
      case UInt8(ascii: "("): expandReference(&rest, value, &output)
      default: output.append(byte)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// `rest` stands at the opening parenthesis.
  private static func expandReference(
    _ rest: inout ArraySlice<UInt8>, _ value: (String) -> String?, _ output: inout [UInt8]
  ) {
    guard let end = rest.firstIndex(of: UInt8(ascii: ")")) else {
      output.append(UInt8(ascii: "$"))
      return
    }
    let name = String(decoding: rest[rest.index(after: rest.startIndex)..<end], as: UTF8.self)
    output.append(contentsOf: (value(name) ?? "$(\(name))").utf8)
    rest = rest[rest.index(after: end)...]
  }
}
