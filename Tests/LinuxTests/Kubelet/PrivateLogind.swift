import Foundation
import Glibc
import LinuxSystem

/// systemd-logind itself, with a message bus, a configuration and a `/run` of its own. A script stands for the systemd that
/// logind has units started by: it says what happens and powers nothing off.
final class PrivateLogind {
  private static let program = "/lib/systemd/systemd-logind"
  static let obstacle: String? = {
    for (path, package) in [
      (program, "systemd"), ("/usr/bin/dbus-daemon", "dbus-daemon"), ("/usr/bin/python3", "python3"),
      ("/usr/lib/python3/dist-packages/gi", "python3-gi"),
    ] where !FileTree.exists(path) {
      return "needs \(path): apt-get install \(package)"
    }
    return nil
  }()

  let directory: String
  var busPath: String { directory + "/bus" }
  var configurationDirectory: String { directory + "/logind.conf.d" }
  private var processes: [Process] = []
  private var commands = Pipe()
  private var words = Pipe()

  init() throws {
    var template = Array("/tmp/logind-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemCallError(call: "mkdtemp", errno: errno) }
    directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    try FileTree.makeDirectories(configurationDirectory)
    try FileTree.write(Self.busConfiguration(directory), to: directory + "/bus.conf", create: true)
    try FileTree.write(Self.script, to: directory + "/systemd.py", create: true)
  }

  /// Returns when logind takes calls.
  func start() async throws {
    (commands, words) = (Pipe(), Pipe())
    let ready = Pipe()
    try run("/usr/bin/dbus-daemon", ["--config-file=\(directory)/bus.conf", "--nofork", "--print-address=1"], output: ready)
    _ = ready.fileHandleForReading.availableData
    try run("/usr/bin/python3", [directory + "/systemd.py"], input: commands, output: words)
    _ = await nextWord()
    try run("/usr/bin/unshare", ["--mount", "--propagation", "private", "sh", "-ec", Self.confinement(configurationDirectory)])
    guard await nextWord() == "ready" else { throw SystemCallError(call: "logind", errno: ESRCH, path: directory) }
  }

  /// What happens, line by line: `reloaded`, `locked WHAT WHO MODE SECONDS`, `released`, `poweroff.target`.
  func nextWord() async -> String? {
    let handle = words.fileHandleForReading
    return await withCheckedContinuation { continuation in
      Thread {
        var line: [UInt8] = []
        while let byte = handle.readData(ofLength: 1).first, byte != 10 { line.append(byte) }
        continuation.resume(returning: line.isEmpty ? nil : String(decoding: line, as: UTF8.self))
      }.start()
    }
  }

  /// `down` asks logind to power off; `up` has the job end that this led to.
  func tell(_ command: String) { commands.fileHandleForWriting.write(Data((command + "\n").utf8)) }

  func stop() {
    for process in processes.reversed() where process.isRunning {
      // Started from a thread of the pool, they have SIGTERM blocked.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    processes = []
  }

  func remove() throws {
    stop()
    try FileTree.remove(directory)
  }

  private func run(_ program: String, _ arguments: [String], input: Pipe? = nil, output: Pipe? = nil) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ["DBUS_SYSTEM_BUS_ADDRESS": "unix:path=\(busPath)", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
    process.standardInput = input ?? FileHandle.nullDevice
    process.standardOutput = output ?? FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    processes.append(process)
  }

  private static func confinement(_ configuration: String) -> String {
    """
    mount -t tmpfs tmpfs /run
    mkdir -p /run/systemd/seats /run/systemd/users /run/systemd/sessions /run/systemd/inhibit /run/systemd/shutdown
    mkdir -p /run/udev
    mount -t tmpfs tmpfs /etc/systemd
    mkdir /etc/systemd/logind.conf.d
    mount --bind \(configuration) /etc/systemd/logind.conf.d
    exec \(program)
    """
  }

  private static func busConfiguration(_ directory: String) -> String {
    """
    <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
     "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig>
      <type>system</type>
      <listen>unix:path=\(directory)/bus</listen>
      <auth>EXTERNAL</auth>
      <policy context="default">
        <allow send_destination="*" eavesdrop="true"/>
        <allow eavesdrop="true"/>
        <allow own="*"/>
      </policy>
    </busconfig>
    """
  }

  private static let script = """
    import os, signal, sys
    from gi.repository import Gio, GLib
    LOGIN = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
    SYSTEMD = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
    MANAGER = '''<node><interface name="org.freedesktop.systemd1.Manager">
      <method name="Subscribe"/>
      <method name="KillUnit"><arg type="s" direction="in"/><arg type="s" direction="in"/>
        <arg type="i" direction="in"/></method>
      <method name="StartUnit"><arg type="s" direction="in"/><arg type="s" direction="in"/>
        <arg type="o" direction="out"/></method>
      <signal name="JobRemoved"><arg type="u"/><arg type="o"/><arg type="s"/><arg type="s"/></signal>
    </interface></node>'''
    UNIT = '''<node><interface name="org.freedesktop.systemd1.Unit">
      <property name="LoadState" type="s" access="read"/>
    </interface></node>'''
    JOB = SYSTEMD[1] + "/job/1"
    def say(word): print(word, flush=True)
    def ask(target, member, arguments, interface=None):
        return bus.call_sync(target[0], target[1], interface or target[2], member, arguments, None,
            Gio.DBusCallFlags.NONE, -1, None).unpack()
    DAEMON = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
    def call(bus, sender, path, interface, method, parameters, invocation):
        answer = None
        if method == "KillUnit":
            pid, = ask(DAEMON, "GetConnectionUnixProcessID", GLib.Variant("(s)", (LOGIN[0],)))
            os.kill(pid, signal.SIGHUP)
            say("reloaded")
        elif method == "StartUnit":
            say(parameters.unpack()[0])
            answer = GLib.Variant("(o)", (JOB,))
        invocation.return_value(answer)
    def changed(bus, sender, path, interface, member, parameters):
        delayed = parameters.unpack()[1].get("DelayInhibited")
        if delayed == "": say("released")
        # Whoever is asked for a unit meanwhile would wait for the answer to this, so it is not waited for here.
        if delayed: bus.call(*LOGIN, "ListInhibitors", None, None, Gio.DBusCallFlags.NONE, -1, None, listed)
    def listed(bus, result):
        limit, = ask(LOGIN, "Get", GLib.Variant("(ss)", (LOGIN[2], "InhibitDelayMaxUSec")), "org.freedesktop.DBus.Properties")
        for what, who, why, mode, uid, pid in bus.call_finish(result).unpack()[0]:
            say(f"locked {what} {who} {mode} {limit // 1000000}")
    def appeared(bus, name, owner): say("ready")
    def command(source, condition):
        line = sys.stdin.readline().strip()
        if not line: loop.quit(); return False
        if line == "down":
            bus.call(*LOGIN, "PowerOff", GLib.Variant("(b)", (False,)), None, Gio.DBusCallFlags.NONE, -1, None, None)
        else:
            bus.emit_signal(None, SYSTEMD[1], SYSTEMD[2], "JobRemoved",
                GLib.Variant("(uoss)", (1, JOB, "poweroff.target", "canceled")))
        return True
    bus = Gio.DBusConnection.new_for_address_sync(os.environ["DBUS_SYSTEM_BUS_ADDRESS"],
        Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
    bus.register_object(SYSTEMD[1], Gio.DBusNodeInfo.new_for_xml(MANAGER).interfaces[0], call, None, None)
    bus.register_object(SYSTEMD[1] + "/unit/poweroff_2etarget", Gio.DBusNodeInfo.new_for_xml(UNIT).interfaces[0], None,
        lambda *arguments: GLib.Variant("s", "loaded"), None)
    ask(DAEMON, "RequestName", GLib.Variant("(su)", (SYSTEMD[0], 0)))
    bus.signal_subscribe(LOGIN[0], "org.freedesktop.DBus.Properties", "PropertiesChanged", LOGIN[1], None,
        Gio.DBusSignalFlags.NONE, changed)
    Gio.bus_watch_name_on_connection(bus, LOGIN[0], Gio.BusNameWatcherFlags.NONE, appeared, None)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, command)
    say("listening")
    loop.run()
    """
}
