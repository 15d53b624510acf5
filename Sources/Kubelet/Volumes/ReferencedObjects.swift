import KubernetesAPI
import KubernetesClient
import Synchronization

/// The ConfigMaps (or Secrets) that pods of this node refer to, one watch each, kept while a pod refers to it.
package final class ReferencedObjects<Object: APIObject>: Sendable {
  private struct Entry {
    var informer: Informer<Object>
    var users: Set<String>
    var task: Task<Void, Never>
  }

  private let client: KubernetesClient
  private let record: NodeRecord
  private let standIn: StandIn
  private let changed: @Sendable (_ podUIDs: Set<String>) -> Void
  private let entries = Mutex<[ObjectKey: Entry]>([:])

  package init(
    client: KubernetesClient, _ record: NodeRecord, _ standIn: StandIn,
    changed: @escaping @Sendable (_ podUIDs: Set<String>) -> Void
  ) {
    self.client = client
    self.record = record
    self.standIn = standIn
    self.changed = changed
  }

  /// Makes `names` the objects that a pod refers to.
  package func set(podUID: String, namespace: String, names: Set<String>) {
    let wanted = Set(names.map { ObjectKey(namespace: namespace, name: $0) })
    let ended = entries.withLock { entries -> [ObjectKey: Entry] in
      for key in wanted {
        if entries[key] == nil { entries[key] = follow(key) }
        entries[key]?.users.insert(podUID)
      }
      for key in entries.keys where !wanted.contains(key) { entries[key]?.users.remove(podUID) }
      let unused = entries.filter { $0.value.users.isEmpty }
      for key in unused.keys { entries[key] = nil }
      return unused
    }
    for (key, entry) in ended {
      entry.task.cancel()
      record.forget(Object.kind, key)
    }
  }

  /// The object as last seen, once the first answer of the server is in; until then as the node's record has it, when the
  /// pods run on the record's word.
  package func get(_ key: ObjectKey) async -> Object? {
    guard let informer = entries.withLock({ $0[key]?.informer }) else { return nil }
    if !informer.isSynced {
      if let recorded = standIn.object(Object.self, key) { return recorded }
      if standIn.isActive { return nil }
    }
    await informer.waitForSync()
    return informer.get(key)
  }

  private func follow(_ key: ObjectKey) -> Entry {
    let informer = Informer<Object>(
      client: client, namespace: key.namespace, options: ListOptions(fieldSelector: "metadata.name=\(key.name)"))
    // Lives as long as a pod refers to the object; `set` cancels it.
    let task = Task { [weak self] in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await informer.run() }
        group.addTask { await self?.announce(key, informer) }
      }
    }
    return Entry(informer: informer, users: [], task: task)
  }

  private func announce(_ key: ObjectKey, _ informer: Informer<Object>) async {
    for await change in informer.changes() {
      note(change)
      let users = entries.withLock { $0[key]?.users ?? [] }
      if !users.isEmpty { changed(users) }
    }
  }

  private func note(_ change: InformerChange<Object>) {
    standIn.forget(Object.kind, change.object.key)
    if case .deleted(let object) = change { record.forget(Object.kind, object.key) } else { record.keep(change.object) }
  }
}
