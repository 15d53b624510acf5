import KubernetesAPI

extension APIObject {
  /// The owner that manages the object, if any does.
  package var controllerReference: OwnerReference? {
    metadata.ownerReferences.first { $0.controller == true }
  }

  /// A reference that makes this object the manager of another.
  package func asController() -> OwnerReference {
    OwnerReference {
      $0.apiVersion = Self.kind.apiVersion
      $0.kind = Self.kind.kind
      $0.name = name
      $0.uid = uid
      $0.controller = true
      $0.blockOwnerDeletion = true
    }
  }

  package var isBeingDeleted: Bool { metadata.deletionTimestamp != nil }

  /// The merge patch that makes `owner` the manager; it fails when the object has been made anew meanwhile.
  package func adoptionPatch(by owner: some APIObject) -> JSON {
    ["metadata": ["uid": .string(uid), "ownerReferences": .array([owner.asController().json])]]
  }

  /// The patch that takes `owner` off the object.
  package func releasePatch(from owner: some APIObject) -> JSON {
    ["metadata": ["uid": .string(uid), "ownerReferences": [["$patch": "delete", "uid": .string(owner.uid)]]]]
  }
}
