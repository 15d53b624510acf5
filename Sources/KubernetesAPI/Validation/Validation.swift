/// What is wrong with a new object of the kind, after its defaults were filled in (upstream's ValidateX functions).
package func validateCreate(_ object: JSON, _ kind: Kind) -> [Status.Cause] {
  var validator = Validator()
  KindValidation.all[kind.qualifiedResource]?.create(&validator, object)
  return validator.causes
}

/// What is wrong with an object that is to replace `old`.
package func validateUpdate(_ object: JSON, old: JSON, _ kind: Kind) -> [Status.Cause] {
  var validator = Validator()
  KindValidation.all[kind.qualifiedResource]?.update(&validator, object, old)
  return validator.causes
}

/// What is wrong with an object whose status is to replace that of `old`.
package func validateStatusUpdate(_ object: JSON, old: JSON, _ kind: Kind) -> [Status.Cause] {
  var validator = Validator()
  KindValidation.all[kind.qualifiedResource]?.updateStatus(&validator, object, old)
  return validator.causes
}

/// The checks of one kind.
struct KindValidation: Sendable {
  typealias Create = @Sendable (inout Validator, JSON) -> Void
  typealias Update = @Sendable (inout Validator, _ new: JSON, _ old: JSON) -> Void

  var create: Create
  var update: Update
  var updateStatus: Update

  /// Typed checks; by default an update is checked as a new object whose metadata may not change.
  init<Object: APIObject>(
    _: Object.Type, name: @escaping NameRules.Rule = NameRules.dnsSubdomain,
    _ check: @escaping @Sendable (inout Validator, Object) -> Void,
    update: (@Sendable (inout Validator, _ new: Object, _ old: Object) -> Void)? = nil,
    status: (@Sendable (inout Validator, _ new: Object, _ old: Object) -> Void)? = nil
  ) {
    let isNamespaced = Object.kind.isNamespaced
    create = { validator, json in
      let object = Object(unchecked: json)
      validator.metadata(object.metadata, isNamespaced: isNamespaced, name: name)
      check(&validator, object)
    }
    self.update = { validator, new, old in
      let (new, old) = (Object(unchecked: new), Object(unchecked: old))
      validator.metadataUpdate(new.metadata, old: old.metadata)
      if let update { update(&validator, new, old) } else { check(&validator, new) }
    }
    updateStatus = { validator, new, old in
      let (new, old) = (Object(unchecked: new), Object(unchecked: old))
      validator.metadataUpdate(new.metadata, old: old.metadata)
      status?(&validator, new, old)
    }
  }

  static let all: [String: KindValidation] = [
    "namespaces": .init(Namespace.self, name: NameRules.dnsLabel, { $0.namespace($1) }),
    "nodes": .init(
      Node.self, { $0.node($1) }, update: { $0.nodeUpdate($1, old: $2) }, status: { $0.nodeUpdate($1, old: $2) }),
    "pods": .init(
      Pod.self, { $0.pod($1) }, update: { $0.podUpdate($1, old: $2) }, status: { $0.podStatusUpdate($1, old: $2) }),
    "bindings": .init(Binding.self, { $0.binding($1) }),
    "services": .init(
      Service.self, name: NameRules.dns1035Label, { $0.service($1) }, update: { $0.serviceUpdate($1, old: $2) }),
    "endpoints": .init(Endpoints.self, { $0.endpoints($1) }),
    "endpointslices.discovery.k8s.io": .init(
      EndpointSlice.self, { $0.endpointSlice($1) }, update: { $0.endpointSliceUpdate($1, old: $2) }),
    "configmaps": .init(ConfigMap.self, { $0.configMap($1) }, update: { $0.configMapUpdate($1, old: $2) }),
    "secrets": .init(Secret.self, { $0.secret($1) }, update: { $0.secretUpdate($1, old: $2) }),
    "serviceaccounts": .init(ServiceAccount.self, { _, _ in }),
    "events": .init(Event.self, { $0.event($1) }),
    "replicationcontrollers": .init(
      ReplicationController.self, { $0.replicationController($1) }, status: { $0.replicationControllerStatus($1, old: $2) }),
    "replicasets.apps": .init(
      ReplicaSet.self, { $0.replicaSet($1) }, update: { $0.replicaSetUpdate($1, old: $2) },
      status: { $0.replicaSetStatus($1, old: $2) }),
    "deployments.apps": .init(
      Deployment.self, { $0.deployment($1) }, update: { $0.deploymentUpdate($1, old: $2) },
      status: { $0.deploymentStatus($1, old: $2) }),
    "scales.autoscaling": .init(Scale.self, { $0.scale($1) }),
    "leases.coordination.k8s.io": .init(Lease.self, { $0.lease($1) }),
  ]
}
