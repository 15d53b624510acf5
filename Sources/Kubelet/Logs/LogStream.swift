import KubernetesAPI
import LinuxSystem

/// The log of one container instance as a stream of chunks, made on demand: nothing is read ahead of the reader.
actor LogStream {
  private let path: String
  private let options: PodLogOptions
  private let pool: BlockingPool
  private let wakeUps: AsyncStream<Void>
  private let isRunning: @Sendable () -> Bool
  private var filter: LogLineFilter
  private var file: LogFile?
  private var isStarted = false
  private var isLastRound = false

  /// `wakeUps` yields when the directory of the log changes or the container ends; it is used only when following.
  init(
    path: String, options: PodLogOptions, pool: BlockingPool, now: Timestamp, wakeUps: AsyncStream<Void>,
    isRunning: @escaping @Sendable () -> Bool
  ) {
    self.path = path
    self.options = options
    self.pool = pool
    self.wakeUps = wakeUps
    self.isRunning = isRunning
    filter = LogLineFilter(options, now: now)
  }

  /// The next chunk, never empty; nil at the end.
  func next() async throws -> [UInt8]? {
    while !filter.isExhausted, !Task.isCancelled {
      let bytes = try await read()
      let text = filter.handle(bytes)
      if !text.isEmpty { return text }
      guard bytes.isEmpty else { continue }
      if try await openSuccessor() { continue }
      guard options.follow, !isLastRound else { return nil }
      await waitForMore()
    }
    return nil
  }

  private func read() async throws -> [UInt8] {
    let path = path
    let tail = isStarted ? nil : options.tailLines
    isStarted = true
    let open = Opened(file)
    let (opened, bytes) = try await pool.run {
      let file = open.file ?? LogFile(path: path)
      if let tail { file?.seekToTail(lines: tail) }
      return (Opened(file), file?.read() ?? [])
    }
    file = opened.file
    return bytes
  }

  /// At the end of a rotated file the one that was begun after it goes on. What was written to the old one between our
  /// last read and the rotation is read first.
  private func openSuccessor() async throws -> Bool {
    guard options.follow, let current = file else { return false }
    let (path, inode) = (path, current.inode)
    guard try await pool.run({ ![0, inode].contains(LogFile.inode(ofPath: path)) }) else { return false }
    guard isDrained else {
      isDrained = true
      return true
    }
    let next = try await pool.run { Opened(LogFile.successor(ofInode: inode, path: path)) }
    guard let successor = next.file else { return false }
    isDrained = false
    file = successor
    return true
  }

  private var isDrained = false

  private func waitForMore() async {
    // The runtime has written all output before it reports an exit, so one more round reads the rest.
    guard isRunning() else {
      isLastRound = true
      return
    }
    for await _ in wakeUps { return }
    isLastRound = true
  }

  /// Hands the open file to the reading thread and back; the actor waits meanwhile, so one side at a time has it.
  private struct Opened: Sendable {
    nonisolated(unsafe) let file: LogFile?
    init(_ file: LogFile?) { self.file = file }
  }
}
