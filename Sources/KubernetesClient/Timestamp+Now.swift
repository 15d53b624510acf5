import Glibc
import KubernetesAPI

extension Timestamp {
  /// The wall clock. Runners read it and hand it to deciders as a parameter.
  package static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(nanosecondsSinceEpoch: time.tv_sec * 1_000_000_000 + time.tv_nsec)
  }
}
