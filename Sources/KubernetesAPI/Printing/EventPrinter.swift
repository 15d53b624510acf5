extension TablePrinter {
  static let events = TablePrinter(
    Event.self,
    [
      TableColumn("Last Seen", "When it happened last."), TableColumn("Type", "Normal or Warning."),
      TableColumn("Reason", "What happened, as one word."), TableColumn("Object", "What it happened to."),
      .wide("Subobject", "Which part of the object it happened to."), .wide("Source", "Who saw it."),
      TableColumn("Message", "What happened, for people."), .wide("First Seen", "When it happened first."),
      .wide("Count", "How often it happened."),
      TableColumn("Name", format: "name", priority: 1, TableColumn.name.description),
    ]
  ) { event, now in
    [
      .string(HumanDuration.since(event.lastSeen, now: now)), .string(event.type), .string(event.reason),
      .string(event.target), .string(event.involvedObject.fieldPath), .string(event.sourceText),
      .string(event.message.trimmingWhitespace), .string(HumanDuration.since(event.firstSeen, now: now)),
      .int(event.occurrences), event.nameCell,
    ]
  }
}

extension Event {
  fileprivate var firstSeen: Timestamp? { self.firstTimestamp ?? self.eventTime?.timestamp }

  fileprivate var lastSeen: Timestamp? {
    if let series = self.series { return series.lastObservedTime?.timestamp }
    return self.lastTimestamp ?? firstSeen
  }

  fileprivate var occurrences: Int { self.series?.count ?? max(self.count, 1) }

  /// `pod/web`
  fileprivate var target: String {
    let kind = self.involvedObject.kind.lowercased()
    return self.involvedObject.name.isEmpty ? kind : "\(kind)/\(self.involvedObject.name)"
  }

  /// `kubelet, node-1`
  fileprivate var sourceText: String {
    let component = self.source.component.isEmpty ? self.reportingComponent : self.source.component
    let instance = self.source.host.isEmpty ? self.reportingInstance : self.source.host
    return instance.isEmpty ? component : "\(component), \(instance)"
  }
}

extension String {
  fileprivate var trimmingWhitespace: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return ""
    }
    return String(self[first...last])
  }
}
