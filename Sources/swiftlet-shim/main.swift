import Glibc
import LinuxSystem

// swiftlet-shim spawner STATE_DIRECTORY CGROUP_DIRECTORY [ROOM]
//
// Started by the agent, ended by `swiftlet down`. ROOM is blanks: the kernel shows a process's title from the memory of
// its arguments, so the arguments must be long enough for the titles of the shims.
ProcessTitle.capture()
let arguments = CommandLine.arguments
guard arguments.count >= 4, ["spawner", SealedProgram.role].contains(arguments[1]) else {
  ShimLog.write("usage: swiftlet-shim spawner STATE_DIRECTORY CGROUP_DIRECTORY")
  exit(2)
}
do throws(SystemCallError) {
  // The agent's libraries open sockets that survive exec: holding one would keep the API server's port from its successor.
  try CurrentProcess.close(from: 3)
  if arguments[1] != SealedProgram.role { SealedProgram.enter() }
  try Spawner.daemonize(stateDirectory: arguments[2], cgroupPath: arguments[3])
} catch {
  ShimLog.write("spawner: \(error)")
  exit(1)
}
