extension SetupStep {
  package func write(to writer: inout ByteWriter) {
    switch self {
    case .openTree(let slot, let source, let subPath, let propagation, let readOnly):
      writer.integer(UInt8(1))
      writer.integer(slot)
      writer.string(source)
      writer.string(subPath)
      writer.integer(propagation.rawValue)
      writer.integer(readOnly.rawValue)
    case .isolateMounts: writer.integer(UInt8(2))
    case .overlayRoot(let layers, let directory, let isMapped):
      writer.integer(UInt8(isMapped ? 28 : 3))
      writer.strings(layers)
      writer.string(directory)
    case .mount(let type, let options, let attributes, let destination, let isKernelInterface):
      writer.integer(UInt8(4))
      writer.string(type)
      writer.pairs(options)
      writer.integer(attributes)
      writer.string(destination)
      writer.flag(isKernelInterface)
    case .device(let path, let major, let minor, let mode):
      writer.integer(UInt8(5))
      writer.string(path)
      writer.integer(major)
      writer.integer(minor)
      writer.integer(mode)
    case .symbolicLink(let target, let path):
      writer.integer(UInt8(6))
      writer.string(target)
      writer.string(path)
    case .attach(let slot, let destination):
      writer.integer(UInt8(7))
      writer.integer(slot)
      writer.string(destination)
    case .mask(let path): writePath(8, path, to: &writer)
    case .readOnly(let path): writePath(9, path, to: &writer)
    case .readOnlyRoot: writer.integer(UInt8(10))
    case .pivotRoot: writer.integer(UInt8(11))
    case .newCgroupNamespace: writer.integer(UInt8(12))
    case .enterNamespaces(let types):
      writer.integer(UInt8(13))
      writer.integer(types)
    case .mapOwners(let slot, let source):
      writer.integer(UInt8(29))
      writer.integer(slot)
      writer.string(source)
    case .ownFiles(let range):
      writer.integer(UInt8(30))
      writer.integer(range.first)
    case .enterUserNamespace(let range, let ownsMounts):
      writer.integer(UInt8(31))
      writer.integer(range.first)
      writer.flag(ownsMounts)
    case .oomScoreAdjust(let value):
      writer.integer(UInt8(14))
      writer.integer(value)
    case .resourceLimit(let resource, let soft, let hard):
      writer.integer(UInt8(15))
      writer.integer(resource)
      writer.integer(soft)
      writer.integer(hard)
    default: writeProcessStep(to: &writer)
    }
  }

  private func writePath(_ tag: UInt8, _ path: String, to writer: inout ByteWriter) {
    writer.integer(tag)
    writer.string(path)
  }

  private func writeProcessStep(to writer: inout ByteWriter) {
    switch self {
    case .newSession: writer.integer(UInt8(16))
    case .newKeyring: writer.integer(UInt8(17))
    case .workingDirectory(let path, let isMade):
      writePath(18, path, to: &writer)
      writer.flag(isMade)
    case .resolveUser(let request):
      writer.integer(UInt8(19))
      writer.integer(request.uid)
      writer.integer(request.gid)
      writer.string(request.name)
      writer.list(request.supplementaryGroups) { $0.integer($1) }
      writer.flag(request.ignoresMemberships)
    case .boundingSet(let bits):
      writer.integer(UInt8(20))
      writer.integer(bits)
    case .becomeUser: writer.integer(UInt8(21))
    case .capabilities(let effective, let permitted, let inheritable, let ambient):
      writer.integer(UInt8(22))
      for bits in [effective, permitted, inheritable, ambient] { writer.integer(bits) }
    case .confine(let profile): writePath(32, profile, to: &writer)
    case .noNewPrivileges: writer.integer(UInt8(23))
    case .seccomp(let filter):
      writer.integer(UInt8(24))
      writer.blob(filter)
    case .dieWithParent: writer.integer(UInt8(25))
    case .openTerminal(let size, let isConsole):
      writer.integer(UInt8(27))
      size.write(to: &writer)
      writer.flag(isConsole)
    case .execute(let arguments, let environment):
      writer.integer(UInt8(26))
      writer.strings(arguments)
      writer.strings(environment)
    default: preconditionFailure("a set-up step without a form on the wire")
    }
  }

  package init(from reader: inout ByteReader) throws(ShimProtocolError) {
    let tag = try reader.integer(UInt8.self)
    switch tag {
    case 1:
      self = .openTree(
        slot: try reader.integer(), source: try reader.string(), subPath: try reader.string(),
        propagation: TreePropagation(rawValue: try reader.integer()) ?? .private,
        readOnly: TreeReadOnly(rawValue: try reader.integer()) ?? .all)
    case 2: self = .isolateMounts
    case 3: self = .overlayRoot(layers: try reader.strings(), directory: try reader.string())
    case 4:
      self = .mount(
        type: try reader.string(), options: try reader.pairs(), attributes: try reader.integer(),
        destination: try reader.string(), isKernelInterface: try reader.flag())
    case 5:
      self = .device(
        path: try reader.string(), major: try reader.integer(), minor: try reader.integer(), mode: try reader.integer())
    case 6: self = .symbolicLink(target: try reader.string(), path: try reader.string())
    case 7: self = .attach(slot: try reader.integer(), destination: try reader.string())
    case 8: self = .mask(path: try reader.string())
    case 9: self = .readOnly(path: try reader.string())
    case 10: self = .readOnlyRoot
    case 11: self = .pivotRoot
    case 12: self = .newCgroupNamespace
    case 13: self = .enterNamespaces(try reader.integer())
    case 14: self = .oomScoreAdjust(try reader.integer())
    case 15:
      self = .resourceLimit(resource: try reader.integer(), soft: try reader.integer(), hard: try reader.integer())
    default: self = try SetupStep(processStep: tag, from: &reader)
    }
  }

  private init(processStep tag: UInt8, from reader: inout ByteReader) throws(ShimProtocolError) {
    switch tag {
    case 16: self = .newSession
    case 17: self = .newKeyring
    case 18: self = .workingDirectory(path: try reader.string(), isMade: try reader.flag())
    case 19:
      self = .resolveUser(
        UserRequest(
          uid: try reader.integer(), gid: try reader.integer(), name: try reader.string(),
          supplementaryGroups: try reader.list { (reader) throws(ShimProtocolError) in try reader.integer() },
          ignoresMemberships: try reader.flag()))
    case 20: self = .boundingSet(try reader.integer())
    case 21: self = .becomeUser
    case 22:
      self = .capabilities(
        effective: try reader.integer(), permitted: try reader.integer(), inheritable: try reader.integer(),
        ambient: try reader.integer())
    case 23: self = .noNewPrivileges
    case 24: self = .seccomp(filter: try reader.blob())
    case 25: self = .dieWithParent
    case 26: self = .execute(arguments: try reader.strings(), environment: try reader.strings())
    case 27: self = .openTerminal(try WindowSize(from: &reader), isConsole: try reader.flag())
    case 28: self = .overlayRoot(layers: try reader.strings(), directory: try reader.string(), isMapped: true)
    case 29: self = .mapOwners(slot: try reader.integer(), source: try reader.string())
    case 30: self = .ownFiles(UserIDRange(first: try reader.integer()))
    case 31:
      self = .enterUserNamespace(UserIDRange(first: try reader.integer()), ownsMounts: try reader.flag())
    case 32: self = .confine(appArmorProfile: try reader.string())
    default: throw ShimProtocolError("unknown set-up step \(tag)")
    }
  }
}
