/// Which streams a session asks for, and which descriptors an answer brings: in this order, one for each that is set.
package struct StreamSet: OptionSet, Sendable, Equatable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  /// What is written here, the process reads.
  package static let input = StreamSet(rawValue: 1)
  package static let output = StreamSet(rawValue: 2)
  package static let error = StreamSet(rawValue: 4)
  /// The controlling side of a terminal. Of a command it is all streams at once; of a container it takes input and the
  /// terminal's size, and its output comes as `output`, because the log needs it too.
  package static let terminal = StreamSet(rawValue: 8)

  package static let inOrder: [StreamSet] = [.input, .output, .error, .terminal]

  /// How many descriptors come with it.
  package var count: Int { rawValue.nonzeroBitCount }
}

/// Rows and columns of a terminal; 0 by 0 when nobody has said.
package struct WindowSize: Sendable, Equatable {
  package var columns: UInt16
  package var rows: UInt16

  package init(columns: UInt16 = 0, rows: UInt16 = 0) {
    self.columns = columns
    self.rows = rows
  }
}

/// What a container has as its standard streams.
package struct ContainerStreamOptions: OptionSet, Sendable, Equatable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  /// Standard input is a pipe that clients may write to, instead of `/dev/null`.
  package static let input = ContainerStreamOptions(rawValue: 1)
  /// Standard input ends with the first session that had it.
  package static let inputOnce = ContainerStreamOptions(rawValue: 2)
  /// One terminal is all three streams.
  package static let terminal = ContainerStreamOptions(rawValue: 4)
}

/// A command in a container whose streams the agent takes over.
package struct SessionExec: Sendable, Equatable {
  package var containerID: String
  package var arguments: [String]
  package var streams: StreamSet
  package var size: WindowSize

  package init(containerID: String, arguments: [String], streams: StreamSet, size: WindowSize = WindowSize()) {
    self.containerID = containerID
    self.arguments = arguments
    self.streams = streams
    self.size = size
  }
}

extension SessionExec {
  func write(to writer: inout ByteWriter) {
    writer.string(containerID)
    writer.strings(arguments)
    writer.integer(streams.rawValue)
    size.write(to: &writer)
  }

  init(from reader: inout ByteReader) throws(ShimProtocolError) {
    self.init(
      containerID: try reader.string(), arguments: try reader.strings(),
      streams: StreamSet(rawValue: try reader.integer()), size: try WindowSize(from: &reader))
  }
}

extension WindowSize {
  func write(to writer: inout ByteWriter) {
    writer.integer(columns)
    writer.integer(rows)
  }

  init(from reader: inout ByteReader) throws(ShimProtocolError) {
    self.init(columns: try reader.integer(), rows: try reader.integer())
  }
}
