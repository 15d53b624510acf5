import Glibc
import LinuxSystem
import ShimProtocol

extension ContainerRuntime {
  // MARK: News from shims, on the loop's thread

  func hear(_ message: ShimMessage, from podUID: String) {
    guard case .exited(let record) = message else { return }
    remember(record, podUID: podUID)
    publish(.containerExited(podUID: podUID, ContainerStatus(record, podUID: podUID)))
  }

  /// A shim's connection has ended. Unless that was asked for, the shim is dead, and what it held must not live on.
  func lose(_ podUID: String, because reason: String) {
    let lost = state.withLock { state -> Pod? in
      guard let pod = state.pods[podUID], !pod.isStopping else { return nil }
      state.pods.removeValue(forKey: podUID)
      return pod
    }
    guard let lost else { return }
    let uid = podUID
    let queued = pool.submit { [self] in
      buryDeadSandbox(lost)
      publish(.sandboxDied(podUID: uid, reason: reason))
    }
    if !queued { publish(.sandboxDied(podUID: uid, reason: reason)) }
  }

  /// Kills what outlived its shim; the rest is `stopSandbox`'s or `repair`'s. Blocks.
  private func buryDeadSandbox(_ pod: Pod) {
    // The shim too, should only its connection have ended. Fails only when the group is gone, with everybody in it.
    try? Cgroup(path: pod.record.facts.cgroupPath).kill()
  }

  // MARK: Start

  /// Asks every shim of this state directory what it has.
  func reconnect() async throws {
    let uids = try await pool.run { [self] in
      try FileTree.names(in: "\(paths.stateDirectory)/shims").filter { $0.hasSuffix(".sock") }
        .map { String($0.dropLast(5)) }
    }
    await withTaskGroup { group in
      for uid in uids { group.addTask { await self.reconnect(uid) } }
    }
  }

  /// A socket that nobody answers at is a dead shim's, for `orphans` to tell.
  private func reconnect(_ uid: String) async {
    do {
      let descriptor = try await pool.run { [self] in try UnixSocket.connect(socketPath(uid)) }
      let connection = try connect(descriptor, podUID: uid)
      let answer = try await connection.request(.askStatus, within: RuntimeLimits.statusTimeout)
      guard case .status(let sandbox, let containers) = answer else { return }
      enter(Pod(connection: connection, record: sandbox, containers: containers))
    } catch {
      return
    }
  }
}
