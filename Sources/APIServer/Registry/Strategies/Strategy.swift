import KubernetesAPI
import Storage

/// What is special about a kind (upstream's registry strategies). Strategies are values without state; everything they
/// do is a function of the objects they are given.
///
/// The registry itself does what holds for all kinds: metadata, namespaces, versions, finalizers, the split between an
/// object and its status.
protocol Strategy: Sendable {
  /// Fields that field selectors may name, besides `metadata.name` and `metadata.namespace`.
  var selectableFields: [SelectableField] { get }
  var durability: Durability { get }
  /// Objects stay decoded for those in this process who read them; else their text is all that is kept.
  var keepsTrees: Bool { get }
  /// A PUT to a name that does not exist creates the object.
  var allowsCreateOnUpdate: Bool { get }
  /// A PUT without `metadata.resourceVersion` replaces whatever is there.
  var allowsUnconditionalUpdate: Bool { get }
  /// `metadata.generation` counts changes of `spec`.
  var countsGenerations: Bool { get }
  /// The creator's status is kept (a node registers with its own).
  var keepsStatusOnCreate: Bool { get }
  /// DELETE answers with the object rather than with a `Status`.
  var returnsDeletedObject: Bool { get }

  /// Sets what only the server sets. Runs before defaults are checked and names are made.
  func prepareForCreate(_ object: inout JSON)
  /// `object` has the old status already, and the old generation.
  func prepareForUpdate(_ object: inout JSON, old: JSON)
  /// `object` has the old spec already.
  func prepareForStatusUpdate(_ object: inout JSON, old: JSON)
  /// The desired state differs, so `metadata.generation` goes up.
  func isNewGeneration(_ object: JSON, old: JSON) -> Bool
  /// Texts for `Warning` headers of a create or update.
  func warnings(_ object: JSON) -> [String]
  /// Seconds an object gets to end by itself; nil for kinds that go at once.
  func gracePeriodSeconds(_ object: JSON, requested: Int?) -> Int?
  /// A deleted object says how long it gets (namespaces do not).
  var marksGracePeriod: Bool { get }
  /// Further changes at the moment an object is first marked for deletion.
  func markForDeletion(_ object: inout JSON)
  /// When an object of a kind that is forgotten in time was heard of last; nil: it stays until it is deleted.
  func lastSeen(_ object: JSON) -> Timestamp?
  /// Finalizers outside `metadata.finalizers` that hold a deleted object (`Namespace.spec.finalizers`).
  func isHeldBySpec(_ object: JSON) -> Bool
}

extension Strategy {
  var selectableFields: [SelectableField] { [] }
  var durability: Durability { .durable }
  var keepsTrees: Bool { true }
  var allowsCreateOnUpdate: Bool { false }
  var allowsUnconditionalUpdate: Bool { true }
  var countsGenerations: Bool { false }
  var keepsStatusOnCreate: Bool { false }
  var returnsDeletedObject: Bool { false }

  func prepareForCreate(_ object: inout JSON) {}
  func prepareForUpdate(_ object: inout JSON, old: JSON) {}
  func prepareForStatusUpdate(_ object: inout JSON, old: JSON) {}
  func isNewGeneration(_ object: JSON, old: JSON) -> Bool { object["spec"] != old["spec"] }
  func warnings(_ object: JSON) -> [String] { [] }
  func gracePeriodSeconds(_ object: JSON, requested: Int?) -> Int? { nil }
  var marksGracePeriod: Bool { true }
  func markForDeletion(_ object: inout JSON) {}
  func lastSeen(_ object: JSON) -> Timestamp? { nil }
  func isHeldBySpec(_ object: JSON) -> Bool { false }
}

/// Kinds about which nothing is special.
struct PlainStrategy: Strategy {
  var returnsDeletedObject = false
  var allowsCreateOnUpdate = false
}
