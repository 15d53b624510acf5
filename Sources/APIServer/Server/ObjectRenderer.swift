import HTTPServing
import KubernetesAPI

/// Writes the registry's answers as the client asked for them. Plain objects go out as the bytes that are stored.
struct ObjectRenderer: Sendable {
  let format: ResponseFormat
  let registered: RegisteredKind
  let printer: TablePrinter
  /// What each row of a table carries of its object: `Metadata` (or empty), `Object` or `None`.
  let includedObject: String

  /// Throws 406 when the client takes nothing that can be written.
  init(_ request: APIRequest, _ registered: RegisteredKind) throws(Status) {
    self.registered = registered
    printer = TablePrinter(registered.kind)
    includedObject = request.query["includeObject"] ?? ""
    format = try ResponseFormat(accept: request.headers["accept"], query: request.query)
  }

  private var kind: Kind { registered.kind }

  func response(_ object: StoredObject, code: Int = 200) throws -> APIResponse {
    switch format.view {
    case .object: return bytes(object.bytes, code: code)
    case .table: return json(table([object]), code: code)
    case .partialMetadata: return json(ObjectText.partialMetadata(object.json), code: code)
    }
  }

  func response(_ list: StoredList) throws -> APIResponse {
    let metadata = ObjectText.listMetadata(
      resourceVersion: list.resourceVersion, continueToken: list.continueToken,
      remainingItemCount: list.remainingItemCount)
    switch format.view {
    case .object: return bytes(ObjectText.list(of: kind, metadata: metadata, items: list.items.map(\.bytes)))
    case .table:
      var table = table(list.items)
      table["metadata"] = metadata
      return json(table)
    case .partialMetadata:
      let head: JSON = ["kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata]
      return bytes(ObjectText.list(head: head, items: list.items.map { ObjectText.partialMetadata($0.json).bytes }))
    }
  }

  func response(_ result: WriteResult) throws -> APIResponse {
    var response = try response(result.object, code: result.isCreated ? 201 : 200)
    for warning in result.warnings {
      response.headers.add(name: "warning", value: "299 - \(JSON.string(warning).text)")
    }
    return response
  }

  /// One line of JSON for each event; a failure becomes an ERROR event, as the head of the response is gone by then.
  func response(_ watch: RegistryWatch) -> APIResponse {
    APIResponse(contentType: format.contentType(isWatch: true)) { writer in
      defer { watch.cancel() }
      var columns = true
      do {
        for try await events in watch {
          var text: [UInt8] = []
          for event in events {
            ObjectText.appendEvent(event.type.rawValue, eventBytes(event, withColumns: columns), to: &text)
            columns = columns && event.type == .bookmark
          }
          try await writer.write(text)
        }
      } catch let status as Status {
        try await writer.write(Self.errorEvent(status))
      }
    }
  }

  /// A watch that has nothing to show but why it ends.
  func watchResponse(failing status: Status) -> APIResponse {
    APIResponse(contentType: format.contentType(isWatch: true)) { try await $0.write(Self.errorEvent(status)) }
  }

  private static func errorEvent(_ status: Status) -> [UInt8] {
    var text: [UInt8] = []
    ObjectText.appendEvent("ERROR", status.json.bytes, to: &text)
    return text
  }

  private func eventBytes(_ event: RegistryEvent, withColumns: Bool) -> [UInt8] {
    switch format.view {
    case .object: event.object.bytes
    case .table: table(event.type == .bookmark ? [] : [event.object], of: event, withColumns: withColumns).bytes
    case .partialMetadata: ObjectText.partialMetadata(event.object.json).bytes
    }
  }

  private func bytes(_ bytes: [UInt8], code: Int = 200) -> APIResponse {
    guard format.isPretty, let value = try? JSONParser.parse(bytes) else { return .json(bytes, code: code) }
    return .json(value.prettyBytes, code: code)
  }

  private func json(_ value: JSON, code: Int = 200) -> APIResponse {
    .json(format.isPretty ? value.prettyBytes : value.bytes, code: code)
  }
}
