/// Bytes and packets of a network interface, seen from its owner.
package struct InterfaceCounters: Sendable, Hashable {
  package struct Direction: Sendable, Hashable {
    package var bytes = 0
    package var packets = 0
    package var errors = 0
    package var dropped = 0

    package init() {}
  }

  package var name: String
  package var received = Direction()
  package var transmitted = Direction()

  package init(name: String) { self.name = name }

  /// `/proc/net/dev`: two lines of headings, then `name: rx… tx…`, eight figures each.
  package static func list(parsing text: String) -> [InterfaceCounters] {
    text.split(separator: "\n").dropFirst(2).compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let figures = line[line.index(after: colon)...].split(separator: " ").map { Int($0) ?? 0 }
      guard figures.count >= 16 else { return nil }
      var counters = InterfaceCounters(name: String(line[..<colon].drop { $0 == " " }))
      counters.received = Direction(figures[0..<4])
      counters.transmitted = Direction(figures[8..<12])
      return counters
    }
  }

  /// The interface of the default route, as `/proc/net/route` tells it.
  package static func defaultInterface(parsing routes: String) -> String? {
    for line in routes.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: "\t")
      if fields.count > 7, fields[1] == "00000000", fields[7].drop(while: { $0 == " " }).hasPrefix("00000000") {
        return String(fields[0])
      }
    }
    return nil
  }
}

extension InterfaceCounters.Direction {
  fileprivate init(_ figures: ArraySlice<Int>) {
    let figures = Array(figures)
    bytes = figures[0]
    packets = figures[1]
    errors = figures[2]
    dropped = figures[3]
  }
}
