// swift-tools-version: 6.1
// The house of docs/architecture.md: imports go down only, and a build with
// `--explicit-target-dependency-import-check error` (scripts/build) refuses an import that is not declared here.
import PackageDescription

let libnl: [CSetting] = [.unsafeFlags(["-I/usr/include/libnl3"])]
let libnlSwift: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-I/usr/include/libnl3"])]

let package = Package(
  name: "swiftlet",
  products: [
    .executable(name: "swiftlet", targets: ["swiftlet"]),
    .executable(name: "swiftlet-shim", targets: ["swiftlet-shim"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // The kernel's edge.
    .target(name: "CLinux"),
    .systemLibrary(name: "CSeccomp"),
    .target(name: "LinuxSystem", dependencies: ["CLinux"]),
    .target(name: "CNetlink", cSettings: libnl),
    .target(
      name: "Netlink", dependencies: ["LinuxSystem", "CLinux", "CNetlink"], swiftSettings: libnlSwift,
      linkerSettings: [.linkedLibrary("nl-3")]),
    .testTarget(name: "NetlinkTests", dependencies: ["Netlink", "CNetlink"], swiftSettings: libnlSwift),
    .target(name: "PodNetwork", dependencies: ["Netlink", "LinuxSystem"], swiftSettings: libnlSwift),
    .testTarget(name: "PodNetworkTests", dependencies: ["PodNetwork", "Netlink"], swiftSettings: libnlSwift),

    // The API and what keeps it.
    .target(name: "KubernetesAPI"),
    .testTarget(
      name: "KubernetesAPITests", dependencies: ["KubernetesAPI"], exclude: ["Fixtures"]),
    .target(name: "Storage", dependencies: [.product(name: "GRDB", package: "GRDB.swift")]),
    .testTarget(name: "StorageTests", dependencies: ["Storage"]),
    .target(name: "KubernetesClient", dependencies: ["KubernetesAPI"]),
    // HTTPS ports: the API server's and the node's.
    .systemLibrary(name: "CZlib"),
    .target(
      name: "HTTPServing",
      dependencies: [
        "KubernetesAPI", "CZlib",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      linkerSettings: [.linkedLibrary("z")]),
    .testTarget(name: "HTTPServingTests", dependencies: ["HTTPServing", "KubernetesAPI"]),
    .target(
      name: "APIServer",
      dependencies: [
        "HTTPServing", "KubernetesAPI", "Storage", "CZlib",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .testTarget(
      name: "APIServerTests",
      dependencies: [
        "APIServer", "HTTPServing", "KubernetesAPI", "Storage",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .target(name: "Scheduler", dependencies: ["KubernetesClient", "KubernetesAPI"]),
    .target(name: "ControllerManager", dependencies: ["KubernetesClient", "KubernetesAPI"]),

    // The node.
    .systemLibrary(name: "CArchive"),
    .target(
      name: "ImageStore",
      dependencies: [
        "LinuxSystem", "CLinux", "CArchive",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Yams", package: "Yams"),
      ],
      // libarchive first, then what it needs itself when scripts/build links it statically.
      linkerSettings: ["archive", "acl", "lzma", "zstd", "bz2"].map { .linkedLibrary($0) }),
    .testTarget(
      name: "ImageStoreTests",
      dependencies: ["ImageStore", .product(name: "NIOCore", package: "swift-nio")]),
    .testTarget(
      name: "LinuxImagesTests", dependencies: ["ImageStore", "LinuxSystem"], path: "Tests/LinuxTests/Images"),
    .target(name: "ShimProtocol", dependencies: ["LinuxSystem"]),
    .executableTarget(
      name: "swiftlet-shim", dependencies: ["ShimProtocol", "LinuxSystem", "CLinux"],
      linkerSettings: [.unsafeFlags(["-static-executable"])]),
    .target(
      name: "ContainerRuntime",
      dependencies: ["LinuxSystem", "CLinux", "ImageStore", "ShimProtocol", "CSeccomp"],
      linkerSettings: [.linkedLibrary("seccomp")]),
    .target(
      name: "Kubelet",
      dependencies: [
        "HTTPServing",
        "KubernetesClient", "KubernetesAPI", "ContainerRuntime", "ShimProtocol", "ImageStore", "PodNetwork", "LinuxSystem",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Yams", package: "Yams"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),
    .target(
      name: "KubeProxy", dependencies: ["KubernetesClient", "KubernetesAPI", "LinuxSystem", "Netlink"],
      swiftSettings: libnlSwift),
    .testTarget(
      name: "KubeProxyTests", dependencies: ["KubeProxy", "KubernetesAPI", "Netlink"], swiftSettings: libnlSwift),

    // The composition root.
    .executableTarget(
      name: "swiftlet",
      dependencies: [
        "APIServer", "ContainerRuntime", "ControllerManager", "HTTPServing", "ImageStore", "KubeProxy", "Kubelet", "KubernetesAPI",
        "KubernetesClient", "LinuxSystem", "Netlink", "PodNetwork", "Scheduler", "Storage",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: libnlSwift),
    .testTarget(name: "LinuxSystemTests", dependencies: ["LinuxSystem"]),
    .testTarget(name: "ShimProtocolTests", dependencies: ["ShimProtocol"]),
    .testTarget(
      name: "ContainerRuntimeTests", dependencies: ["ContainerRuntime", "ShimProtocol", "ImageStore", "LinuxSystem"]),
    .testTarget(
      name: "LinuxRuntimeTests", dependencies: ["ContainerRuntime", "ShimProtocol", "ImageStore", "LinuxSystem"],
      path: "Tests/LinuxTests/Runtime"),
    .testTarget(
      name: "LinuxNetworkTests", dependencies: ["KubeProxy", "KubernetesAPI", "PodNetwork", "Netlink"],
      path: "Tests/LinuxTests/Network",
      swiftSettings: libnlSwift),
    .testTarget(name: "KubernetesClientTests", dependencies: ["KubernetesClient", "KubernetesAPI"]),
    .testTarget(
      name: "KubeletTests",
      dependencies: [
        "ContainerRuntime", "HTTPServing", "Kubelet", "KubernetesAPI", "KubernetesClient", "LinuxSystem", "NodeSimulation",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTP2", package: "swift-nio-http2"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]),
    .testTarget(
      name: "LinuxKubeletTests",
      dependencies: [
        "ContainerRuntime", "ImageStore", "Kubelet", "KubernetesAPI", "KubernetesClient", "LinuxSystem", "NodeSimulation",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/LinuxTests/Kubelet"),
    .testTarget(name: "SchedulerTests", dependencies: ["Scheduler", "KubernetesAPI"]),
    .testTarget(name: "ControllerManagerTests", dependencies: ["ControllerManager", "KubernetesAPI"]),
    .target(
      name: "NodeSimulation", dependencies: ["Kubelet", "KubernetesAPI", "KubernetesClient"], path: "Tests/NodeSimulation"),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "APIServer", "ControllerManager", "HTTPServing", "Kubelet", "KubernetesAPI", "KubernetesClient",
        "NodeSimulation", "Scheduler", "Storage", .product(name: "Logging", package: "swift-log"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .testTarget(name: "EndToEndTests"),
    // What `scripts/bench container` times.
    .executableTarget(
      name: "container-bench", dependencies: ["ContainerRuntime", "ImageStore", "LinuxSystem"],
      path: "Tests/ContainerBench"),
  ]
)

// What the tests test is optimized with `-c release`; the tests themselves would only take longer to build.
for target in package.targets where target.type == .test {
  target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-Onone"], .when(configuration: .release))]
}
