import HTTPServing
import KubernetesAPI

/// A request for exec or attach, read off the query and checked against the pod: a pure value.
struct RemoteCommandRequest: Sendable, Equatable {
  var container: String
  /// Empty for attach.
  var command: [String]
  var streams: RemoteStreamOptions

  /// Throws 400 in upstream's words.
  static func exec(pod: JSON, query: QueryParameters) throws(Status) -> RemoteCommandRequest {
    let request = try RemoteCommandRequest(pod: pod, query: query, command: query.all("command"))
    guard !request.command.isEmpty else {
      throw .badRequest("you must specify at least one command for the container")
    }
    return request
  }

  /// Throws 400 in upstream's words.
  static func attach(pod: JSON, query: QueryParameters) throws(Status) -> RemoteCommandRequest {
    try RemoteCommandRequest(pod: pod, query: query, command: [])
  }

  private init(pod: JSON, query: QueryParameters, command: [String]) throws(Status) {
    self.command = command
    streams = RemoteStreamOptions()
    streams.stdin = query.flag("stdin")
    streams.stdout = query.flag("stdout")
    streams.tty = query.flag("tty")
    // A terminal has one output.
    streams.stderr = query.flag("stderr") && !streams.tty
    guard streams.stdin || streams.stdout || streams.stderr else {
      throw .badRequest("you must specify at least 1 of stdin, stdout, stderr")
    }
    container = try PodContainer.choose(
      query["container"] ?? "", of: pod, name: pod[path: "metadata", "name"]?.stringValue ?? "")
  }
}
