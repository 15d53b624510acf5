import CLinux
import Glibc

/// A detached thread outside the cooperative pool, for work that blocks.
package enum NativeThread {
  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void
    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  package static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemCallError) {
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        cl_name_thread(String(start.name.prefix(15)))
        start.body()
        return nil
      }, start.toOpaque())
    guard result == 0 else {
      start.release()
      throw SystemCallError(call: "pthread_create", errno: result)
    }
    pthread_detach(thread)
  }
}
