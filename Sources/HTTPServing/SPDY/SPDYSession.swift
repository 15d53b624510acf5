/// The server's end of SPDY/3.1, decided: which streams are open, what their windows hold, what each frame of the peer
/// leads to. A pure value; `SPDYConnection` does what it says.
///
/// The SPDY library behind kubectl and client-go knows no flow control: it neither sends WINDOW_UPDATE nor looks at ours,
/// and leaves holding back to TCP. So our side spends windows only against a peer that has shown that it keeps them, by
/// SETTINGS with an initial window or by a WINDOW_UPDATE; and it gives credit for what was consumed to every peer.
struct SPDYSession: Sendable, Equatable {
  static let maximumStreams = 1024
  /// Credit is given back in portions of half a window.
  private static let creditBytes = SPDYFrame.defaultWindowBytes / 2

  enum Action: Sendable, Equatable {
    case send(SPDYFrame)
    case open(UInt32, SPDYHeaders)
    case deliver(UInt32, [UInt8])
    /// The peer has sent its last on this stream.
    case finish(UInt32)
    /// The stream is gone in both directions.
    case abort(UInt32)
    /// There may be room in this stream's window again.
    case wake(UInt32)
    /// The peer opens no further stream.
    case goneAway
  }

  private struct Stream: Equatable {
    var isRemoteOpen: Bool
    var isLocalOpen = true
    var window: Window
  }

  /// What may be sent and what must be acknowledged.
  private struct Window: Equatable {
    var sendBytes: Int
    var unacknowledgedBytes = 0

    /// The credit to give when `consumed` more bytes were, or nil while it is too little for a frame.
    mutating func credit(_ consumed: Int) -> UInt32? {
      unacknowledgedBytes += consumed
      guard unacknowledgedBytes >= SPDYSession.creditBytes else { return nil }
      defer { unacknowledgedBytes = 0 }
      return UInt32(unacknowledgedBytes)
    }
  }

  private var streams: [UInt32: Stream] = [:]
  private var connection = Window(sendBytes: SPDYFrame.defaultWindowBytes)
  private var initialWindowBytes = SPDYFrame.defaultWindowBytes
  private var peerKeepsWindows = false
  private var peerKeepsConnectionWindow = false
  private(set) var lastID: UInt32 = 0
  private var isGoingAway = false

  /// What to do about a frame, in order.
  mutating func receive(_ frame: SPDYFrame) -> [Action] {
    switch frame {
    case .synStream(let id, let headers, let isLast): return open(id, headers, isLast)
    case .synReply(let id, _, _): return [.send(.rstStream(id: id, .invalidStream))]
    case .headers(let id, _, let isLast): return isLast ? finishRemote(id) : []
    case .rstStream(let id, _): return streams.removeValue(forKey: id) == nil ? [] : [.abort(id)]
    case .settings(let settings): return change(settings)
    // The client's pings are odd; an even one answers one of ours, and we send none.
    case .ping(let id): return id & 1 == 1 ? [.send(.ping(id))] : []
    case .goAway:
      isGoingAway = true
      return [.goneAway]
    case .windowUpdate(let id, let delta): return widen(id, Int(delta))
    case .data(let id, let bytes, let isLast): return take(id, bytes, isLast)
    }
  }

  private mutating func open(_ id: UInt32, _ headers: SPDYHeaders, _ isLast: Bool) -> [Action] {
    guard id & 1 == 1, id > lastID, !isGoingAway else { return [.send(.rstStream(id: id, .protocolError))] }
    lastID = id
    guard streams.count < Self.maximumStreams else { return [.send(.rstStream(id: id, .refusedStream))] }
    streams[id] = Stream(isRemoteOpen: !isLast, window: Window(sendBytes: initialWindowBytes))
    return [.open(id, headers)] + (isLast ? [.finish(id)] : [])
  }

  private mutating func take(_ id: UInt32, _ bytes: [UInt8], _ isLast: Bool) -> [Action] {
    guard let stream = streams[id], stream.isRemoteOpen else {
      // What was on its way when the stream closed is dropped, and counts as consumed.
      let credit = connection.credit(bytes.count).map { Action.send(.windowUpdate(id: 0, delta: $0)) }
      return (id > lastID ? [.send(.rstStream(id: id, .invalidStream))] : []) + (credit.map { [$0] } ?? [])
    }
    return (bytes.isEmpty ? [] : [.deliver(id, bytes)]) + (isLast ? finishRemote(id) : [])
  }

  private mutating func finishRemote(_ id: UInt32) -> [Action] {
    guard let stream = streams[id], stream.isRemoteOpen else { return [] }
    streams[id]?.isRemoteOpen = false
    if !stream.isLocalOpen { streams[id] = nil }
    return [.finish(id)]
  }

  private mutating func change(_ settings: [SPDYFrame.Setting]) -> [Action] {
    guard let window = settings.last(where: { $0.id == SPDYFrame.Setting.initialWindowSize }) else { return [] }
    let value = Int(min(window.value, UInt32(Int32.max)))
    let change = value - initialWindowBytes
    initialWindowBytes = value
    peerKeepsWindows = true
    for id in streams.keys { streams[id]?.window.sendBytes += change }
    return streams.keys.sorted().map { .wake($0) }
  }

  private mutating func widen(_ id: UInt32, _ delta: Int) -> [Action] {
    guard id != 0 else {
      peerKeepsConnectionWindow = true
      guard connection.sendBytes + delta <= Int(Int32.max) else {
        isGoingAway = true
        return [.send(.goAway(lastGoodID: lastID, status: 1)), .goneAway]
      }
      connection.sendBytes += delta
      return streams.keys.sorted().map { .wake($0) }
    }
    peerKeepsWindows = true
    guard let stream = streams[id] else { return [] }
    guard stream.window.sendBytes + delta <= Int(Int32.max) else {
      streams[id] = nil
      return [.send(.rstStream(id: id, .flowControlError)), .abort(id)]
    }
    streams[id]?.window.sendBytes += delta
    return [.wake(id)]
  }
}

// MARK: our side

extension SPDYSession {
  /// Whether the stream can still be written to.
  func isWritable(_ id: UInt32) -> Bool { streams[id]?.isLocalOpen ?? false }

  /// How many of `wanted` bytes may be sent now; they count as sent.
  mutating func spend(_ id: UInt32, _ wanted: Int) -> Int {
    guard let stream = streams[id] else { return 0 }
    var allowed = wanted
    if peerKeepsWindows { allowed = min(allowed, stream.window.sendBytes) }
    if peerKeepsConnectionWindow { allowed = min(allowed, connection.sendBytes) }
    allowed = max(allowed, 0)
    streams[id]?.window.sendBytes -= allowed
    connection.sendBytes -= allowed
    return allowed
  }

  /// The credit to give for bytes of the peer that somebody has taken.
  mutating func consumed(_ id: UInt32, _ count: Int) -> [SPDYFrame] {
    var frames: [SPDYFrame] = []
    if let delta = streams[id]?.window.credit(count), streams[id]?.isRemoteOpen == true {
      frames.append(.windowUpdate(id: id, delta: delta))
    }
    if let delta = connection.credit(count) { frames.append(.windowUpdate(id: 0, delta: delta)) }
    return frames
  }

  /// Half-closes our side; false when it is closed already.
  mutating func finishLocal(_ id: UInt32) -> Bool {
    guard let stream = streams[id], stream.isLocalOpen else { return false }
    streams[id]?.isLocalOpen = false
    if !stream.isRemoteOpen { streams[id] = nil }
    return true
  }

  /// Forgets a stream that we cut off; false when it is gone already.
  mutating func remove(_ id: UInt32) -> Bool { streams.removeValue(forKey: id) != nil }
}
