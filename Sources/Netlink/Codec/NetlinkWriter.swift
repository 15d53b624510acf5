/// Writes a message's fixed header and its attributes, each padded to four bytes.
struct NetlinkWriter {
  private(set) var bytes: [UInt8] = []

  init() {}

  /// A fixed header: a C structure as it lies in memory.
  init<Header: BitwiseCopyable>(_ header: Header) { put(raw: header) }

  mutating func put<Header: BitwiseCopyable>(raw header: Header) {
    withUnsafeBytes(of: header) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ number: some AttributeNumber, bytes value: some Collection<UInt8>) {
    begin(number, length: value.count)
    bytes.append(contentsOf: value)
    pad()
  }

  /// A number in the processor's byte order, as rtnetlink has them.
  mutating func put(_ number: some AttributeNumber, _ value: some FixedWidthInteger & BitwiseCopyable) {
    begin(number, length: value.bitWidth / 8)
    put(raw: value)
    pad()
  }

  /// A number in network byte order, as nfnetlink has them.
  mutating func put(_ number: some AttributeNumber, bigEndian value: some FixedWidthInteger & BitwiseCopyable) {
    put(number, value.bigEndian)
  }

  /// A string with its closing zero.
  mutating func put(_ number: some AttributeNumber, _ value: String) {
    put(number, bytes: Array(value.utf8) + [0])
  }

  mutating func put(_ number: some AttributeNumber, _ value: IPv4Address) {
    put(number, bigEndian: value.value)
  }

  /// An attribute that holds attributes. The kernel limits it to 65,535 bytes; callers split lists before that.
  ///
  /// - Parameter isFlagged: whether NLA_F_NESTED is set, which nfnetlink wants and old rtnetlink attributes do without.
  mutating func nest(
    _ number: some AttributeNumber, isFlagged: Bool = true, _ body: (inout NetlinkWriter) -> Void
  ) {
    let start = bytes.count
    begin(number.attributeNumber | (isFlagged ? 0x8000 : 0), length: 0)
    body(&self)
    let length = bytes.count - start
    precondition(length <= Int(UInt16.max), "a nested attribute is longer than netlink can say")
    bytes[start] = UInt8(truncatingIfNeeded: length)
    bytes[start + 1] = UInt8(length >> 8)
  }

  private mutating func begin(_ number: some AttributeNumber, length: Int) {
    put(raw: UInt16(length + 4))
    put(raw: number.attributeNumber)
  }

  private mutating func pad() {
    while bytes.count % 4 != 0 { bytes.append(0) }
  }
}
