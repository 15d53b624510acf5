import KubernetesAPI

/// Who owns whom, over all kinds, as a value: watch events go in, deletions to carry out come out.
struct OwnershipGraph {
  static let foregroundFinalizer = "foregroundDeletion"
  static let orphanFinalizer = "orphan"

  /// An object of any kind.
  struct Identity: Hashable {
    var kind: Kind
    var key: ObjectKey
    var uid: String
  }

  enum Action: Equatable {
    /// All owners are gone.
    case deleteInBackground(Identity)
    /// The owner waits for its dependents; they wait for theirs.
    case deleteInForeground(Identity)
    /// No dependent blocks the owner any more.
    case removeFinalizer(Identity, String)
    /// Takes the owner's reference off a dependent that outlives it.
    case removeOwner(Identity, ownerUID: String)
    /// The owner was never seen: ask the server whether it exists.
    case verifyOwner(Identity, OwnerReference)
  }

  private struct Node {
    var identity: Identity
    var owners: [OwnerReference]
    var isBeingDeleted: Bool
    var finalizers: Set<String>
  }

  private var nodes: [String: Node] = [:]
  private var dependents: [String: Set<String>] = [:]
  /// Owners that the server says do not exist.
  private var absent: Set<String> = []

  /// An object appeared or changed.
  mutating func observe(_ identity: Identity, _ metadata: ObjectMeta) -> [Action] {
    forgetReferences(of: identity.uid)
    let node = Node(
      identity: identity, owners: metadata.ownerReferences, isBeingDeleted: metadata.deletionTimestamp != nil,
      finalizers: Set(metadata.finalizers))
    nodes[identity.uid] = node
    absent.remove(identity.uid)
    for owner in node.owners { dependents[owner.uid, default: []].insert(identity.uid) }
    return fate(of: node) + duties(of: node) + blockedOwners(of: node)
  }

  /// An object is gone.
  mutating func forget(_ identity: Identity) -> [Action] {
    guard let node = nodes.removeValue(forKey: identity.uid) else { return [] }
    for owner in node.owners { removeDependent(identity.uid, of: owner.uid) }
    absent.insert(identity.uid)
    let orphans = (dependents[identity.uid] ?? []).compactMap { nodes[$0] }
    return orphans.flatMap { fate(of: $0) } + blockedOwners(of: node)
  }

  /// The answer to `verifyOwner`: the server does not know the owner.
  mutating func ownerIsAbsent(_ uid: String) -> [Action] {
    absent.insert(uid)
    return (dependents[uid] ?? []).compactMap { nodes[$0] }.flatMap { fate(of: $0) }
  }

  /// What follows for an object from the state of its owners.
  private func fate(of node: Node) -> [Action] {
    guard !node.owners.isEmpty, !node.isBeingDeleted else { return [] }
    if let unknown = node.owners.first(where: { nodes[$0.uid] == nil && !absent.contains($0.uid) }) {
      return [.verifyOwner(node.identity, unknown)]
    }
    let living = node.owners.filter { nodes[$0.uid] != nil }
    if living.isEmpty { return [.deleteInBackground(node.identity)] }
    let isWanted = living.contains { !isWaitingForDependents($0.uid) }
    return isWanted ? [] : [.deleteInForeground(node.identity)]
  }

  /// What an object that is being deleted asks for.
  private func duties(of node: Node) -> [Action] {
    guard node.isBeingDeleted else { return [] }
    let children = (dependents[node.identity.uid] ?? []).compactMap { nodes[$0] }
    if node.finalizers.contains(Self.orphanFinalizer) {
      return children.map { .removeOwner($0.identity, ownerUID: node.identity.uid) }
        + [.removeFinalizer(node.identity, Self.orphanFinalizer)]
    }
    guard node.finalizers.contains(Self.foregroundFinalizer) else { return [] }
    return isBlocked(node.identity.uid)
      ? children.flatMap { fate(of: $0) } : [.removeFinalizer(node.identity, Self.foregroundFinalizer)]
  }

  /// Owners that waited for this object and may go now.
  private func blockedOwners(of node: Node) -> [Action] {
    node.owners.compactMap { owner in
      guard isWaitingForDependents(owner.uid), !isBlocked(owner.uid), let waiting = nodes[owner.uid] else { return nil }
      return .removeFinalizer(waiting.identity, Self.foregroundFinalizer)
    }
  }

  private func isWaitingForDependents(_ uid: String) -> Bool {
    guard let node = nodes[uid] else { return false }
    return node.isBeingDeleted && node.finalizers.contains(Self.foregroundFinalizer)
  }

  private func isBlocked(_ uid: String) -> Bool {
    (dependents[uid] ?? []).compactMap { nodes[$0] }.contains { child in
      child.owners.contains { $0.uid == uid && $0.blockOwnerDeletion == true }
    }
  }

  private mutating func forgetReferences(of uid: String) {
    for owner in nodes[uid]?.owners ?? [] { removeDependent(uid, of: owner.uid) }
  }

  private mutating func removeDependent(_ uid: String, of owner: String) {
    dependents[owner]?.remove(uid)
    if dependents[owner]?.isEmpty == true {
      dependents[owner] = nil
      absent.remove(owner)
    }
  }
}
