import KubernetesAPI

/// What the server does with fields that the kind does not declare, and with fields given twice (`fieldValidation`).
package enum FieldValidation: String, Sendable {
  case ignore = "Ignore"
  case warn = "Warn"
  case strict = "Strict"
}

/// The query of a write.
package struct WriteOptions: Sendable {
  /// `dryRun=All`: everything but storing.
  package var isDryRun = false
  package var fieldValidation: FieldValidation
  package var fieldManager = ""

  package init(isDryRun: Bool = false, fieldValidation: FieldValidation = .ignore, fieldManager: String = "") {
    self.isDryRun = isDryRun
    self.fieldValidation = fieldValidation
    self.fieldManager = fieldManager
  }
}

/// The query of a list or watch: what every transport knows, and what HTTP adds.
package struct RegistryListOptions: Sendable {
  package var list: ListOptions
  /// `NotOlderThan`, `Exact` or empty.
  package var resourceVersionMatch: String
  /// Watch: the present state first, closed by a bookmark that says so.
  package var sendInitialEvents: Bool?

  package init(_ list: ListOptions = ListOptions(), resourceVersionMatch: String = "", sendInitialEvents: Bool? = nil) {
    self.list = list
    self.resourceVersionMatch = resourceVersionMatch
    self.sendInitialEvents = sendInitialEvents
  }
}

/// The parsed body of a write.
package struct ObjectBody: Sendable {
  package var json: JSON
  /// Paths of members that the text holds more than once (`JSONParser.parseReportingDuplicates`).
  package var duplicatePaths: [String]

  package init(_ json: JSON, duplicatePaths: [String] = []) {
    self.json = json
    self.duplicatePaths = duplicatePaths
  }
}

package struct WriteResult: Sendable {
  package var object: StoredObject
  /// Texts for `Warning` headers.
  package var warnings: [String] = []
  /// The answer is 201 Created rather than 200 OK.
  package var isCreated = false
}

package struct DeleteResult: Sendable {
  /// The object as last seen: marked for deletion, or as it was when it went.
  package var object: StoredObject
  /// It is gone; false while finalizers or a grace period hold it.
  package var isGone: Bool
  /// The JSON of the response: the object, or a `Status` of success where upstream answers so.
  package var responseBytes: [UInt8]
}

package struct StoredList: Sendable {
  package var items: [StoredObject]
  package var resourceVersion: String
  /// Not empty when there is more to ask for.
  package var continueToken = ""
  package var remainingItemCount: Int?
}

/// One event of a watch. Its object's bytes are encoded once and shared by all watchers.
package struct RegistryEvent: Sendable {
  package var type: WatchEvent.Kind
  /// For bookmarks: an object of the kind with nothing but `metadata.resourceVersion` (and annotations).
  package var object: StoredObject
}
