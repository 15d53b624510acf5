import KubernetesAPI
import Testing

@testable import ControllerManager

@Suite struct OwnershipGraphTests {
  private static func identity(_ name: String) -> OwnershipGraph.Identity {
    .init(kind: Pod.kind, key: ObjectKey(namespace: "n", name: name), uid: name)
  }

  private static func metadata(
    owners: [String] = [], finalizers: [String] = [], isBeingDeleted: Bool = false, blocks: Bool = true
  ) -> ObjectMeta {
    ObjectMeta {
      $0.ownerReferences = owners.map { owner in
        OwnerReference {
          $0.uid = owner
          $0.name = owner
          $0.kind = "Pod"
          $0.apiVersion = "v1"
          if blocks { $0.blockOwnerDeletion = true }
        }
      }
      $0.finalizers = finalizers
      if isBeingDeleted { $0.deletionTimestamp = Timestamp(secondsSinceEpoch: 1) }
    }
  }

  @Test func dependentsGoWithTheirOwner() {
    var graph = OwnershipGraph()
    #expect(graph.observe(Self.identity("owner"), Self.metadata()).isEmpty)
    #expect(graph.observe(Self.identity("child"), Self.metadata(owners: ["owner"])).isEmpty)
    #expect(graph.forget(Self.identity("owner")) == [.deleteInBackground(Self.identity("child"))])
  }

  @Test func oneLivingOwnerIsEnough() {
    var graph = OwnershipGraph()
    _ = graph.observe(Self.identity("one"), Self.metadata())
    _ = graph.observe(Self.identity("two"), Self.metadata())
    _ = graph.observe(Self.identity("child"), Self.metadata(owners: ["one", "two"]))
    #expect(graph.forget(Self.identity("one")).isEmpty)
    #expect(graph.forget(Self.identity("two")) == [.deleteInBackground(Self.identity("child"))])
  }

  @Test func anUnknownOwnerIsAskedFor() {
    var graph = OwnershipGraph()
    let metadata = Self.metadata(owners: ["never-seen"])
    let actions = graph.observe(Self.identity("child"), metadata)
    #expect(actions == [.verifyOwner(Self.identity("child"), metadata.ownerReferences[0])])
    #expect(graph.ownerIsAbsent("never-seen") == [.deleteInBackground(Self.identity("child"))])
  }

  @Test func foregroundWaitsForDependents() {
    var graph = OwnershipGraph()
    let finalizer = OwnershipGraph.foregroundFinalizer
    _ = graph.observe(Self.identity("owner"), Self.metadata())
    _ = graph.observe(Self.identity("child"), Self.metadata(owners: ["owner"]))
    let deleting = Self.metadata(finalizers: [finalizer], isBeingDeleted: true)
    #expect(graph.observe(Self.identity("owner"), deleting) == [.deleteInForeground(Self.identity("child"))])
    #expect(graph.forget(Self.identity("child")) == [.removeFinalizer(Self.identity("owner"), finalizer)])
  }

  @Test func foregroundWithoutDependentsIsOverAtOnce() {
    var graph = OwnershipGraph()
    let finalizer = OwnershipGraph.foregroundFinalizer
    let deleting = Self.metadata(finalizers: [finalizer], isBeingDeleted: true)
    #expect(graph.observe(Self.identity("owner"), deleting) == [.removeFinalizer(Self.identity("owner"), finalizer)])
  }

  @Test func orphansKeepLiving() {
    var graph = OwnershipGraph()
    let finalizer = OwnershipGraph.orphanFinalizer
    _ = graph.observe(Self.identity("owner"), Self.metadata())
    _ = graph.observe(Self.identity("child"), Self.metadata(owners: ["owner"]))
    let deleting = Self.metadata(finalizers: [finalizer], isBeingDeleted: true)
    #expect(
      graph.observe(Self.identity("owner"), deleting) == [
        .removeOwner(Self.identity("child"), ownerUID: "owner"), .removeFinalizer(Self.identity("owner"), finalizer),
      ])
    #expect(graph.observe(Self.identity("child"), Self.metadata()).isEmpty)
    #expect(graph.forget(Self.identity("owner")).isEmpty)
  }
}
