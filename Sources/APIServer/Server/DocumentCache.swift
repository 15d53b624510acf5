import Crypto
import HTTPServing
import Synchronization

/// A document that describes the server: made when it is first asked for, then kept with its hash.
struct Document: Sendable {
  let bytes: [UInt8]
  let contentType: String
  /// The hash of the text in upper-case hex, as upstream writes it in ETags and `?hash=`.
  let hash: String

  init(_ bytes: [UInt8], contentType: String = "application/json") {
    self.bytes = bytes
    self.contentType = contentType
    hash = SHA512.hash(data: bytes).map(Hexadecimal.text).joined().uppercased()
  }

  /// 200 with an ETag, or 304 when the client has this text already.
  func response(to request: APIRequest) -> APIResponse {
    let tag = "\"\(hash)\""
    var response: APIResponse
    if request.headers["if-none-match"].contains(where: {
      $0.split(separator: ",").contains { $0.trimmingSpaces() == tag }
    }) {
      response = APIResponse(code: 304, contentType: contentType, [])
    } else {
      response = APIResponse(contentType: contentType, bytes)
    }
    response.headers.replaceOrAdd(name: "etag", value: tag)
    response.headers.replaceOrAdd(name: "vary", value: "Accept")
    return response
  }
}

/// Documents by name. What they say is fixed when the server starts, so each is made once.
final class DocumentCache: Sendable {
  private let documents = Mutex<[String: Document]>([:])

  /// The document called `name`, made by `make` if this is the first time. Two first times at once make it twice.
  func document(_ name: String, _ make: () -> Document) -> Document {
    if let known = documents.withLock({ $0[name] }) { return known }
    let made = make()
    documents.withLock { $0[name] = made }
    return made
  }
}
