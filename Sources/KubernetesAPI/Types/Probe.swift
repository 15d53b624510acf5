package struct ProbeFields: FieldTable {
  package let exec = OptionalField<ExecAction>(
    "exec", description: "Runs a program in the container; exit code 0 is success.")
  package let httpGet = OptionalField<HTTPGetAction>("httpGet", description: "Asks over HTTP; 200 to 399 is success.")
  package let tcpSocket = OptionalField<TCPSocketAction>("tcpSocket", description: "Opens a TCP connection.")
  package let grpc = OptionalField<GRPCAction>("grpc", description: "Asks the gRPC health service.")
  package let initialDelaySeconds = Field<Int>(
    "initialDelaySeconds", description: "Seconds after the start before the first check.")
  package let timeoutSeconds = Field<Int>(
    "timeoutSeconds", .default(1), description: "Seconds after which an unanswered check has failed.")
  package let periodSeconds = Field<Int>("periodSeconds", .default(10), description: "Seconds between checks.")
  package let successThreshold = Field<Int>(
    "successThreshold", .default(1), description: "Successes in a row after a failure that count as success.")
  package let failureThreshold = Field<Int>(
    "failureThreshold", .default(3), description: "Failures in a row that count as failure.")
  package let terminationGracePeriodSeconds = OptionalField<Int>(
    "terminationGracePeriodSeconds", description: "Seconds to end when this probe fails, instead of the pod's.")

  package static let table = Table(
    "Probe", description: "A check that the node makes on a container again and again.",
    ProbeFields())
}
package typealias Probe = View<ProbeFields>

package struct ExecActionFields: FieldTable {
  package let command = ListField<String>(
    "command", description: "The program and its arguments; no shell is involved.")

  package static let table = Table("ExecAction", description: "Runs a program in the container.", ExecActionFields())
}
package typealias ExecAction = View<ExecActionFields>

package struct HTTPGetActionFields: FieldTable {
  package let path = Field<String>("path", .default("/"), description: "Path that is asked for.")
  package let port = Field<IntOrString>("port", .required, description: "Number or name of the port.")
  package let host = Field<String>("host", description: "Host to connect to; the pod's address when absent.")
  package let scheme = Field<URIScheme>("scheme", .default("HTTP"), description: "HTTP or HTTPS.")
  package let httpHeaders = ListField<HTTPHeader>("httpHeaders", description: "Further headers of the request.")

  package static let table = Table("HTTPGetAction", description: "Asks over HTTP.", HTTPGetActionFields())
}
package typealias HTTPGetAction = View<HTTPGetActionFields>

package struct HTTPHeaderFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the header.")
  package let value = Field<String>("value", .required, .keepZero, description: "Its value.")

  package static let table = Table("HTTPHeader", description: "One header of an HTTP request.", HTTPHeaderFields())
}
package typealias HTTPHeader = View<HTTPHeaderFields>

package struct TCPSocketActionFields: FieldTable {
  package let port = Field<IntOrString>("port", .required, description: "Number or name of the port.")
  package let host = Field<String>("host", description: "Host to connect to; the pod's address when absent.")

  package static let table = Table("TCPSocketAction", description: "Opens a TCP connection.", TCPSocketActionFields())
}
package typealias TCPSocketAction = View<TCPSocketActionFields>

package struct GRPCActionFields: FieldTable {
  package let port = Field<Int>("port", .required, description: "Port number.")
  package let service = OptionalField<String>(
    "service", .default(""), description: "Name of the service that is asked about.")

  package static let table = Table("GRPCAction", description: "Asks the gRPC health service.", GRPCActionFields())
}
package typealias GRPCAction = View<GRPCActionFields>

package struct LifecycleFields: FieldTable {
  package let postStart = OptionalField<LifecycleHandler>(
    "postStart", description: "Done right after the start; failure kills the container.")
  package let preStop = OptionalField<LifecycleHandler>(
    "preStop", description: "Done before the signal to end, within the grace period.")

  package static let table = Table(
    "Lifecycle", description: "What is done after a container's start and before its end.",
    LifecycleFields())
}
package typealias Lifecycle = View<LifecycleFields>

package struct LifecycleHandlerFields: FieldTable {
  package let exec = OptionalField<ExecAction>("exec", description: "Runs a program in the container.")
  package let httpGet = OptionalField<HTTPGetAction>("httpGet", description: "Asks over HTTP.")
  package let tcpSocket = OptionalField<TCPSocketAction>("tcpSocket", description: "No longer used.")
  package let sleep = OptionalField<SleepAction>("sleep", description: "Waits.")

  package static let table = Table(
    "LifecycleHandler", description: "One thing to do at a point of a container's life.",
    LifecycleHandlerFields())
}
package typealias LifecycleHandler = View<LifecycleHandlerFields>

package struct SleepActionFields: FieldTable {
  package let seconds = Field<Int>("seconds", .required, .keepZero, description: "Seconds to wait.")

  package static let table = Table("SleepAction", description: "Waits.", SleepActionFields())
}
package typealias SleepAction = View<SleepActionFields>
