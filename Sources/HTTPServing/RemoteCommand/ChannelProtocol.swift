import Foundation
import KubernetesAPI

/// The WebSocket subprotocols of Kubernetes that put several channels into one connection: each message begins with the
/// number of its channel.
struct ChannelProtocol: Sendable, Equatable {
  /// 1, 4 or 5: how the end is told, and whether the client can close a channel.
  var version: Int
  /// Text messages: a digit, then base64.
  var isBase64: Bool

  /// Reserved for the client to say that it has closed the channel named in the next byte (version 5).
  static let closeChannel: UInt8 = 255

  /// Of exec and attach.
  static let remoteCommand = [
    "v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io", "",
  ]
  /// Of port-forward.
  static let portForward = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io", ""]

  init(named name: String) {
    version = name.hasPrefix("v5.") ? 5 : name.hasPrefix("v4.") ? 4 : 1
    isBase64 = name.contains("base64")
  }

  enum Input: Sendable, Equatable {
    case data(channel: Int, [UInt8])
    case close(channel: Int)
  }

  /// What a message of the client says; nil for an empty one. Text that is no base64 is dropped, as upstream drops it.
  func decode(_ message: [UInt8]) -> Input? {
    guard let first = message.first else { return nil }
    let rest = Array(message.dropFirst())
    if isBase64 {
      guard first >= UInt8(ascii: "0"), let data = Data(base64Encoded: Data(rest)) else { return nil }
      return .data(channel: Int(first - UInt8(ascii: "0")), Array(data))
    }
    if version >= 5, first == Self.closeChannel { return rest.first.map { .close(channel: Int($0)) } }
    return .data(channel: Int(first), rest)
  }

  func encode(channel: Int, _ bytes: [UInt8]) -> [UInt8] {
    guard isBase64 else { return [UInt8(channel)] + bytes }
    return [UInt8(ascii: "0") + UInt8(channel)] + Array(Data(bytes).base64EncodedData())
  }
}
