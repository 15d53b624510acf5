import KubernetesAPI
import Storage

extension StorageError {
  /// What a client is told about a failure of the store. Conditions are decided where they are made.
  var status: Status {
    switch self {
    case .conditionFailed(let key, _): .internalError("unexpected conflict on \(key)")
    case .compacted(let oldest): .expired("the history before revision \(oldest) is gone")
    case .watcherTooSlow: .expired("the watch lagged behind the store")
    case .futureRevision(let newest): .tooLargeResourceVersion(newest + 1, current: newest)
    case .invalidTransaction(let text): .internalError(text)
    case .closed: Status(code: 503, reason: .serviceUnavailable, message: "the server is shutting down")
    case .diskFull(let text):
      Status(code: 507, reason: .internalError, message: "the store's disk is full: \(text)")
    case .io(let text): .internalError("the store failed: \(text)")
    }
  }
}
