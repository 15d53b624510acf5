/// The table of one kind: its columns and what an object shows in them, as Kubernetes 1.32 prints them.
///
/// Cells that tell an age depend on the moment they are made, which the caller gives.
package struct TablePrinter: Sendable {
  package let columns: [TableColumn]
  private let makeCells: @Sendable (JSON, Timestamp) -> [JSON]

  init(_ columns: [TableColumn], _ cells: @escaping @Sendable (JSON, Timestamp) -> [JSON]) {
    self.columns = columns
    makeCells = cells
  }

  /// The printer of a typed kind.
  init<Object: APIObject>(
    _: Object.Type, _ columns: [TableColumn], _ cells: @escaping @Sendable (Object, Timestamp) -> [JSON]
  ) {
    self.init(columns) { json, now in cells(Object(unchecked: json), now) }
  }

  /// The printer of `kind`; name and time of creation for kinds that have none of their own.
  package init(_ kind: Kind) { self = Self.printers[kind] ?? .plain }

  package var columnDefinitions: JSON { .array(columns.map(\.json)) }

  /// One cell for each column.
  package func cells(_ object: JSON, now: Timestamp) -> JSON { .array(makeCells(object, now)) }

  private static let plain = TablePrinter([.name, .createdAt]) { object, _ in
    let metadata = object["metadata"]
    return [metadata?["name"] ?? "", metadata?["creationTimestamp"] ?? .null]
  }

  private static let printers: [Kind: TablePrinter] = [
    Pod.kind: .pods, Node.kind: .nodes, Service.kind: .services, Endpoints.kind: .endpoints,
    EndpointSlice.kind: .endpointSlices, Deployment.kind: .deployments, ReplicaSet.kind: .replicaSets,
    ReplicationController.kind: .replicationControllers,
    Namespace.kind: .namespaces, ConfigMap.kind: .configMaps, Secret.kind: .secrets,
    ServiceAccount.kind: .serviceAccounts, Event.kind: .events, Lease.kind: .leases,
  ]
}

extension APIObject {
  func age(_ now: Timestamp) -> JSON { .string(HumanDuration.since(metadata.creationTimestamp, now: now)) }

  var nameCell: JSON { .string(name) }
}

extension String {
  /// `<none>` for nothing.
  var orNone: String { isEmpty ? "<none>" : self }
  var orUnknown: String { isEmpty ? "<unknown>" : self }
}

/// The first entries of a long list.
enum ShortList {
  static let maximum = 3

  /// `a,b,c + 2 more...`
  static func text(_ entries: [String], empty: String) -> String {
    guard !entries.isEmpty else { return empty }
    let shown = entries.prefix(maximum).joined(separator: ",")
    return entries.count > maximum ? "\(shown) + \(entries.count - maximum) more..." : shown
  }
}
