extension SandboxFacts {
  func write(to writer: inout ByteWriter) {
    writer.string(uid)
    writer.string(name)
    writer.string(namespace)
    writer.integer(attempt)
    writer.pairs(labels)
    writer.string(cgroupPath)
    writer.strings(unenforcedLimits)
  }

  init(from reader: inout ByteReader) throws(ShimProtocolError) {
    self.init(
      uid: try reader.string(), name: try reader.string(), namespace: try reader.string(),
      attempt: try reader.integer(), labels: try reader.pairs(), cgroupPath: try reader.string(),
      unenforcedLimits: try reader.strings())
  }
}

extension SandboxProgram {
  func write(to writer: inout ByteWriter) {
    facts.write(to: &writer)
    writer.integer(namespaces)
    writer.flag(sharesProcesses)
    writer.string(hostname)
    writer.pairs(sysctls)
    writer.string(socketPath)
    writer.string(sharedMemoryPath)
    writer.integer(sharedMemoryBytes)
    // Last and only where it is used: a spawner of before the agent's upgrade goes on making other pods.
    if let userIDs { writer.integer(userIDs.first) }
  }

  init(from reader: inout ByteReader) throws(ShimProtocolError) {
    self.init(
      facts: try SandboxFacts(from: &reader), namespaces: try reader.integer(), sharesProcesses: try reader.flag(),
      hostname: try reader.string(), sysctls: try reader.pairs(), socketPath: try reader.string(),
      sharedMemoryPath: try reader.string(), sharedMemoryBytes: try reader.integer(),
      userIDs: reader.isAtEnd ? nil : UserIDRange(first: try reader.integer()))
  }
}

extension SandboxRecord {
  func write(to writer: inout ByteWriter) {
    facts.write(to: &writer)
    writer.integer(pid)
    writer.integer(createdAt)
  }

  init(from reader: inout ByteReader) throws(ShimProtocolError) {
    self.init(facts: try SandboxFacts(from: &reader), pid: try reader.integer(), createdAt: try reader.integer())
  }
}

extension ContainerFacts {
  func write(to writer: inout ByteWriter) {
    writer.string(id)
    writer.string(name)
    writer.integer(attempt)
    writer.string(imageID)
    writer.integer(createdAt)
    writer.integer(stopSignal)
    writer.string(logPath)
    writer.string(cgroupPath)
    writer.strings(unenforcedLimits)
  }

  init(from reader: inout ByteReader) throws(ShimProtocolError) {
    self.init(
      id: try reader.string(), name: try reader.string(), attempt: try reader.integer(), imageID: try reader.string(),
      createdAt: try reader.integer(), stopSignal: try reader.integer(), logPath: try reader.string(),
      cgroupPath: try reader.string(), unenforcedLimits: try reader.strings())
  }
}

extension ContainerStart {
  func write(to writer: inout ByteWriter) {
    facts.write(to: &writer)
    writer.integer(namespaces)
    writer.string(processesOf)
    writer.list(steps) { $1.write(to: &$0) }
    writer.list(execSteps) { $1.write(to: &$0) }
    writer.strings(environment)
    writer.integer(streams.rawValue)
    writer.integer(logMaximumBytes)
    writer.integer(logMaximumFiles)
  }

  init(from reader: inout ByteReader) throws(ShimProtocolError) {
    self.init(
      facts: try ContainerFacts(from: &reader), namespaces: try reader.integer(), processesOf: try reader.string(),
      steps: try reader.list { (reader) throws(ShimProtocolError) in try SetupStep(from: &reader) },
      execSteps: try reader.list { (reader) throws(ShimProtocolError) in try SetupStep(from: &reader) },
      environment: try reader.strings(), streams: ContainerStreamOptions(rawValue: try reader.integer()),
      logMaximumBytes: try reader.integer(), logMaximumFiles: try reader.integer())
  }
}

extension ContainerRecord {
  func write(to writer: inout ByteWriter) {
    facts.write(to: &writer)
    writer.integer(state.rawValue)
    writer.integer(pid)
    writer.integer(startedAt)
    writer.integer(finishedAt)
    writer.integer(exitCode)
    writer.integer(signal)
    writer.flag(oomKilled)
    writer.string(message)
    writer.integer(lostLogBytes)
    memoryKill.write(to: &writer)
  }

  init(from reader: inout ByteReader) throws(ShimProtocolError) {
    let facts = try ContainerFacts(from: &reader)
    guard let state = State(rawValue: try reader.integer()) else { throw ShimProtocolError("unknown container state") }
    self.init(
      facts: facts, state: state, pid: try reader.integer(), startedAt: try reader.integer(),
      finishedAt: try reader.integer(), exitCode: try reader.integer(), signal: try reader.integer(),
      oomKilled: try reader.flag(), message: try reader.string(), lostLogBytes: try reader.integer())
    memoryKill = try MemoryKill(from: &reader)
  }
}

extension ShimFailure {
  package func write(to writer: inout ByteWriter) {
    writer.integer(kind.rawValue)
    writer.integer(self.errno)
    writer.integer(exitCode)
    writer.string(message)
  }

  package init(from reader: inout ByteReader) throws(ShimProtocolError) {
    guard let kind = Kind(rawValue: try reader.integer()) else { throw ShimProtocolError("unknown kind of failure") }
    self.init(
      kind: kind, errno: try reader.integer(), exitCode: try reader.integer(), message: try reader.string())
  }
}

extension ContainerExec {
  func write(to writer: inout ByteWriter) {
    writer.string(containerID)
    writer.strings(arguments)
    writer.integer(timeoutMilliseconds)
    writer.integer(outputLimitBytes)
  }

  init(from reader: inout ByteReader) throws(ShimProtocolError) {
    self.init(
      containerID: try reader.string(), arguments: try reader.strings(), timeoutMilliseconds: try reader.integer(),
      outputLimitBytes: try reader.integer())
  }
}

extension ExecOutcome {
  func write(to writer: inout ByteWriter) {
    writer.integer(exitCode)
    writer.flag(timedOut)
    writer.blob(output)
  }

  init(from reader: inout ByteReader) throws(ShimProtocolError) {
    self.init(exitCode: try reader.integer(), timedOut: try reader.flag(), output: try reader.blob())
  }
}
