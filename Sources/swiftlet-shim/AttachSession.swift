import CLinux
import Glibc
import LinuxSystem
import ShimProtocol

/// A client of a container's streams: it gets what the container writes from now on, beside the log, and may write to
/// its standard input.
final class AttachSession {
  let client: UInt64
  let container: Container
  let hasInput: Bool
  var sinks: [OutputSink]

  init(client: UInt64, container: Container, hasInput: Bool, sinks: [OutputSink]) {
    self.client = client
    self.container = container
    self.hasInput = hasInput
    self.sinks = sinks
  }
}

/// The writing end of the pipe through which a client gets one stream.
final class OutputSink {
  let stream: LogFramer.Stream
  let file: Descriptor
  /// What the pipe did not take: at most one read of the container's stream, which is read again when this is gone; at
  /// the container's end, what its own pipe held.
  private(set) var pending: [UInt8] = []
  /// While something is pending.
  var token: UInt64 = 0
  /// The container's stream has ended.
  var isLast = false

  init(_ stream: LogFramer.Stream, _ file: Descriptor) {
    self.stream = stream
    self.file = file
  }

  /// - Returns: false when nobody reads any more.
  func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard pending.isEmpty else {
      pending.append(contentsOf: bytes)
      return true
    }
    guard let taken = write(bytes) else { return false }
    if taken < bytes.count { pending.append(contentsOf: bytes[taken...]) }
    return true
  }

  /// - Returns: false when nobody reads any more.
  func flush() -> Bool {
    guard let taken = pending.withUnsafeBytes(write) else { return false }
    pending.removeFirst(taken)
    return true
  }

  /// Makes room in the pipe for what is pending, so that the shim need not outlive its pod for a slow client.
  func enlarge() {
    // Where the kernel does not allow it the rest is written as the client reads.
    guard !pending.isEmpty, cl_set_pipe_size(file.raw, Int32(clamping: pending.count + (128 << 10))) >= 0 else { return }
    _ = flush()
  }

  private func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var done = 0
    while done < bytes.count {
      do throws(SystemCallError) {
        guard let count = try file.write(UnsafeRawBufferPointer(rebasing: bytes[done...])) else { return done }
        done += count
      } catch {
        return nil
      }
    }
    return done
  }
}

extension Shim {
  static let maximumAttachments = 64

  func attach(
    _ streams: StreamSet, to container: Container, requester: (client: UInt64, correlation: UInt32)
  ) throws(ShimFailure) {
    guard attachments.count < Self.maximumAttachments else {
      throw ShimFailure(
        kind: .shim, errno: EAGAIN, message: "\(Self.maximumAttachments) clients are attached to this pod already")
    }
    do throws(SystemCallError) {
      try open(streams, of: container, requester)
    } catch {
      throw ShimFailure(kind: .shim, errno: error.errno, message: error.description)
    }
  }

  private func open(
    _ streams: StreamSet, of container: Container, _ requester: (client: UInt64, correlation: UInt32)
  ) throws(SystemCallError) {
    var given: StreamSet = []
    var descriptors: [Descriptor] = []
    var sinks: [OutputSink] = []
    func give(_ stream: StreamSet, _ file: Descriptor) {
      given.insert(stream)
      descriptors.append(file)
    }
    if streams.contains(.input), let input = container.input { give(.input, input) }
    for (stream, name) in [(StreamSet.output, LogFramer.Stream.stdout), (.error, .stderr)] {
      // A terminal's output is one stream.
      guard streams.contains(stream), container.terminal == nil || name == .stdout else { continue }
      let pipe = try Descriptor.pipe(flags: O_NONBLOCK)
      give(stream, pipe.read)
      sinks.append(OutputSink(name, pipe.write))
    }
    if let terminal = container.terminal { give(.terminal, terminal) }
    try send(.opened(given), descriptors: descriptors, to: requester.client, correlation: requester.correlation)
    attachments.append(
      AttachSession(
        client: requester.client, container: container, hasInput: given.contains(.input), sinks: sinks))
  }

  // MARK: Output

  /// Passes on what the container wrote.
  func forward(_ bytes: UnsafeRawBufferPointer, from container: Container, _ stream: LogFramer.Stream) {
    for session in attachments where session.container === container {
      session.sinks.removeAll { sink in
        guard sink.stream == stream else { return false }
        guard sink.offer(bytes) else {
          stopWatching(sink)
          return true
        }
        if !sink.pending.isEmpty && sink.token == 0 { sink.token = watch(sink.file, .sink, .writable) }
        return false
      }
    }
  }

  /// Whether a client has not taken yet what it was given: then the container's stream is not read.
  func isHeldBack(_ container: Container, _ stream: LogFramer.Stream) -> Bool {
    attachments.contains { session in
      session.container === container && session.sinks.contains { $0.stream == stream && !$0.pending.isEmpty }
    }
  }

  func flushSink(_ token: UInt64) {
    for session in attachments {
      guard let sink = session.sinks.first(where: { $0.token == token }) else { continue }
      let isOpen = sink.flush()
      if isOpen && !sink.pending.isEmpty { return }
      stopWatching(sink)
      if !isOpen || sink.isLast { session.sinks.removeAll { $0 === sink } }
      return resumeOutput(of: session.container)
    }
  }

  private func stopWatching(_ sink: OutputSink) {
    if sink.token != 0 { unwatch(sink.file, sink.token) }
    sink.token = 0
  }

  /// The container's stream has ended: its clients see that when they have read the rest.
  func endSinks(of container: Container, _ stream: LogFramer.Stream) {
    for session in attachments where session.container === container {
      session.sinks.removeAll { sink in
        guard sink.stream == stream else { return false }
        sink.isLast = true
        sink.enlarge()
        if sink.pending.isEmpty { stopWatching(sink) }
        return sink.pending.isEmpty
      }
    }
  }

  // MARK: The end

  func closeInput(of client: UInt64) {
    guard let session = attachments.first(where: { $0.client == client }) else { return }
    if session.hasInput { session.container.endInputOnce() }
  }

  func endAttachment(of client: UInt64) {
    guard let session = attachments.first(where: { $0.client == client }) else { return }
    attachments.removeAll { $0 === session }
    for sink in session.sinks { stopWatching(sink) }
    if session.hasInput { session.container.endInputOnce() }
    resumeOutput(of: session.container)
  }
}
