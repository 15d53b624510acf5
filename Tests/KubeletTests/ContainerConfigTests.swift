import KubernetesAPI
import Testing

@testable import Kubelet

@Suite struct ContainerConfigTests {
  private let configuration = KubeletConfiguration(nodeName: "node-1", nodeIP: "192.0.2.1")

  private func context(_ pod: Pod) -> PodContext {
    PodContext(pod: pod, nodeName: "node-1", hostIP: "192.0.2.1", addresses: ["10.42.0.5"])
  }

  private func spec(
    _ container: Container, image: ImageFacts = ImageFacts(id: "sha256:1"),
    _ change: (inout PodContext) -> Void = { _ in },
    pod change2: (inout Pod) -> Void = { _ in }
  ) throws -> ContainerSpec {
    var pod = makePod(containers: [container])
    change2(&pod)
    var context = context(pod)
    change(&context)
    return try ContainerSpecBuilder(
      context: context, container: container, image: image, places: PodPlaces(pod, configuration)
    ).build(attempt: 0)
  }

  @Test(arguments: [
    ("$(A)", "1"), ("$$(A)", "$(A)"), ("$(B)", "$(B)"), ("$A", "$A"), ("x$(A)y$(A)", "x1y1"), ("$(A", "$(A"),
    ("$$$(A)", "$1"),
    ("$", "$"), ("€$(A)€", "€1€"),
  ])
  func expandsReferences(text: String, expected: String) {
    #expect(VariableExpansion.expand(text) { $0 == "A" ? "1" : nil } == expected)
  }

  @Test(arguments: [
    ([], [], ["/entry", "imagearg"]), (["cmd"], [], ["cmd"]), ([], ["arg"], ["/entry", "arg"]),
    (["cmd"], ["arg"], ["cmd", "arg"]),
  ])
  func combinesCommandsOfSpecAndImage(command: [String], arguments: [String], expected: [String]) throws {
    var image = ImageFacts(id: "sha256:1")
    image.entrypoint = ["/entry"]
    image.command = ["imagearg"]
    let container = makeContainer("app") {
      $0.command = command
      $0.args = arguments
    }
    #expect(try spec(container, image: image).arguments == expected)
  }

  @Test func refusesAContainerWithoutACommand() {
    #expect(throws: PodConfigurationError("no command specified")) { try spec(makeContainer("app")) }
  }

  @Test func buildsTheEnvironmentInOrder() throws {
    var image = ImageFacts(id: "sha256:1")
    image.environment = ["PATH=/bin", "FROM_IMAGE=1"]
    let container = makeContainer("app") {
      $0.command = ["run", "$(GREETING)"]
      $0.envFrom = [
        EnvFromSource {
          $0.prefix = "P_"; $0.configMapRef = ConfigMapEnvSource { $0.name = "settings" }
        }
      ]
      $0.env = [
        EnvVar {
          $0.name = "NAME"; $0.value = "world"
        },
        EnvVar {
          $0.name = "GREETING"; $0.value = "hello $(NAME) $(P_KEY) $(WEB_SERVICE_HOST)"
        },
        EnvVar {
          $0.name = "IP";
          $0.valueFrom = EnvVarSource { $0.fieldRef = ObjectFieldSelector { $0.fieldPath = "status.podIP" } }
        },
        EnvVar {
          $0.name = "LABEL"
          $0.valueFrom = EnvVarSource { $0.fieldRef = ObjectFieldSelector { $0.fieldPath = "metadata.labels['app']" } }
        },
        EnvVar {
          $0.name = "SECRET"
          $0.valueFrom = EnvVarSource {
            $0.secretKeyRef = SecretKeySelector {
              $0.name = "s"; $0.key = "k"
            }
          }
        },
        EnvVar {
          $0.name = "CPU"
          $0.valueFrom = EnvVarSource {
            $0.resourceFieldRef = ResourceFieldSelector {
              $0.resource = "limits.cpu"; $0.divisor = Quantity("1m")
            }
          }
        },
      ]
      $0.resources.limits = ["cpu": Quantity("250m")]
    }
    let built = try spec(container, image: image) { context in
      context.configMaps["settings"] = ConfigMap.make { $0.data = ["KEY": "value"] }
      context.secrets["s"] = Secret.make { $0.data = ["k": Base64Data("hidden".utf8)] }
      context.services = [
        Service.make {
          $0.metadata.name = "web"
          $0.metadata.namespace = "default"
          $0.spec.clusterIP = "10.43.0.9"
          $0.spec.ports = [
            ServicePort {
              $0.port = 80; $0.name = "http"
            }
          ]
        }
      ]
    } pod: {
      $0.metadata.labels = ["app": "web"]
    }
    let expected = [
      "PATH=/bin", "FROM_IMAGE=1", "HOSTNAME=web", "P_KEY=value", "NAME=world", "GREETING=hello world value 10.43.0.9",
      "IP=10.42.0.5", "LABEL=web", "SECRET=hidden", "CPU=250", "WEB_SERVICE_HOST=10.43.0.9", "WEB_SERVICE_PORT=80",
      "WEB_SERVICE_PORT_HTTP=80", "WEB_PORT=tcp://10.43.0.9:80", "WEB_PORT_80_TCP=tcp://10.43.0.9:80",
      "WEB_PORT_80_TCP_PROTO=tcp", "WEB_PORT_80_TCP_PORT=80", "WEB_PORT_80_TCP_ADDR=10.43.0.9",
    ]
    #expect(built.environment == expected)
    #expect(built.arguments == ["run", "hello world value 10.43.0.9"])
  }

  @Test func namesWhatIsMissing() {
    func failure(_ build: (inout EnvVarSource) -> Void, _ change: (inout PodContext) -> Void = { _ in }) -> String {
      let container = makeContainer("app") { container in
        container.command = ["x"]
        container.env = [
          EnvVar {
            $0.name = "V"; $0.valueFrom = EnvVarSource(build)
          }
        ]
      }
      do { _ = try spec(container, change) } catch { return "\(error)" }
      return ""
    }
    #expect(
      failure {
        $0.configMapKeyRef = ConfigMapKeySelector {
          $0.name = "m"; $0.key = "k"
        }
      } == "configmap \"m\" not found")
    #expect(
      failure {
        $0.secretKeyRef = SecretKeySelector {
          $0.name = "s"; $0.key = "k"
        }
      } == "secret \"s\" not found")
    #expect(
      failure {
        $0.configMapKeyRef = ConfigMapKeySelector {
          $0.name = "m"; $0.key = "k"; $0.optional = true
        }
      } == "")
    #expect(
      failure({
        $0.configMapKeyRef = ConfigMapKeySelector {
          $0.name = "m"; $0.key = "k"
        }
      }) {
        $0.configMaps["m"] = ConfigMap.make { _ in }
      } == "couldn't find key k in ConfigMap default/m")
  }

  @Test func mapsSecurityContexts() throws {
    let container = makeContainer("app") {
      $0.command = ["x"]
      $0.securityContext = SecurityContext {
        $0.runAsUser = 1000
        $0.allowPrivilegeEscalation = false
        $0.readOnlyRootFilesystem = true
        $0.capabilities = Capabilities {
          $0.add = ["NET_ADMIN"]; $0.drop = ["ALL"]
        }
        $0.seccompProfile = SeccompProfile { $0.type = .unconfined }
      }
    }
    let built = try spec(
      container,
      pod: {
        $0.spec.securityContext = PodSecurityContext {
          $0.runAsGroup = 3000; $0.fsGroup = 2000; $0.supplementalGroups = [5]
        }
      })
    #expect(built.user == UserSpec(name: "1000", groupID: 3000))
    #expect(built.supplementaryGroups == [5, 2000])
    #expect(built.security.noNewPrivileges && built.security.isRootReadOnly)
    #expect(built.security.addedCapabilities == ["NET_ADMIN"] && built.security.droppedCapabilities == ["ALL"])
    #expect(built.security.seccomp == .unconfined)
  }

  @Test(arguments: [
    ("", nil, false), ("0", nil, false), ("www", nil, false), ("1000", nil, true), ("", 5, true), ("5", 0, false),
  ])
  func refusesRootWhereItMustNotBe(imageUser: String, runAsUser: Int?, isAllowed: Bool) {
    var image = ImageFacts(id: "sha256:1")
    image.user = imageUser
    let container = makeContainer("app") {
      $0.command = ["x"]
      $0.securityContext = SecurityContext {
        $0.runAsNonRoot = true; $0.runAsUser = runAsUser
      }
    }
    let isBuilt = (try? spec(container, image: image)) != nil
    #expect(isBuilt == isAllowed)
  }

  @Test func mountsVolumesAndThePodsOwnFiles() throws {
    let container = makeContainer("app") {
      $0.command = ["x"]
      $0.env = [
        EnvVar {
          $0.name = "DIR"; $0.value = "logs"
        }
      ]
      $0.volumeMounts = [
        VolumeMount {
          $0.name = "data"; $0.mountPath = "/data"; $0.subPathExpr = "$(DIR)/a"
        },
        VolumeMount {
          $0.name = "conf"; $0.mountPath = "/conf"
        },
        VolumeMount {
          $0.name = "host"; $0.mountPath = "/host"; $0.readOnly = true
        },
      ]
    }
    let mounts = try spec(
      container,
      pod: {
        $0.spec.volumes = [
          Volume {
            $0.name = "data"; $0.emptyDir = EmptyDirVolumeSource()
          },
          Volume {
            $0.name = "conf"; $0.configMap = ConfigMapVolumeSource { $0.name = "c" }
          },
          Volume {
            $0.name = "host"; $0.hostPath = HostPathVolumeSource { $0.path = "/srv" }
          },
        ]
      }
    ).mounts
    let root = "/var/lib/kubelet/pods/uid-web"
    #expect(
      mounts[0]
        == MountSpec(
          name: "data", source: "\(root)/volumes/kubernetes.io~empty-dir/data", subPath: "logs/a", destination: "/data"))
    #expect(
      mounts[1]
        == MountSpec(
          name: "conf", source: "\(root)/volumes/kubernetes.io~configmap/conf", destination: "/conf", isReadOnly: true,
          isDirectory: true))
    #expect(mounts[2] == MountSpec(name: "host", source: "/srv", destination: "/host", isReadOnly: true))
    #expect(
      mounts[3...].map(\.destination) == ["/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/dev/termination-log"])
  }

  @Test func refusesSubPathsThatClimbOut() {
    let container = makeContainer("app") {
      $0.command = ["x"]
      $0.volumeMounts = [
        VolumeMount {
          $0.name = "data"; $0.mountPath = "/data"; $0.subPath = "a/../../etc"
        }
      ]
    }
    #expect(throws: PodConfigurationError.self) {
      try spec(
        container,
        pod: {
          $0.spec.volumes = [
            Volume {
              $0.name = "data"; $0.emptyDir = EmptyDirVolumeSource()
            }
          ]
        })
    }
  }

  @Test(arguments: [
    ([:], [:], PodQOSClass.bestEffort), (["cpu": "1"], [:], .burstable),
    (["cpu": "1", "memory": "1Gi"], ["cpu": "1", "memory": "1Gi"], .guaranteed),
    ([:], ["cpu": "1", "memory": "1Gi"], .guaranteed), (["cpu": "500m"], ["cpu": "1", "memory": "1Gi"], .burstable),
  ])
  func classifiesQualityOfService(requests: [String: String], limits: [String: String], expected: PodQOSClass) {
    let container = makeContainer("app") {
      $0.resources.requests = requests.mapValues { Quantity($0) }
      $0.resources.limits = limits.mapValues { Quantity($0) }
    }
    #expect(makePod(containers: [container]).qosClass == expected)
  }

  @Test func computesCgroupValues() throws {
    let container = makeContainer("app") {
      $0.command = ["x"]
      $0.resources.requests = ["cpu": Quantity("250m")]
      $0.resources.limits = ["cpu": Quantity("500m"), "memory": Quantity("64Mi")]
    }
    let resources = try spec(container).resources
    #expect(resources.cpuShares == 256)
    #expect(resources.cpuQuotaMicroseconds == 50_000)
    #expect(resources.memoryLimitBytes == 64 << 20)
    let nothing = try spec(makeContainer("app") { $0.command = ["x"] }).resources
    #expect(nothing.cpuShares == 2 && !nothing.hasLimit && nothing.oomScoreAdjust == 1000)
  }

  @Test func writesHostsAndResolverFiles() {
    let hosts = HostsFile(
      addresses: ["10.42.0.5"], hostname: "web", qualifiedName: "web.sub.default.svc.cluster.local",
      aliases: [HostsFile.Alias(address: "1.2.3.4", names: ["a", "b"])])
    #expect(hosts.text.contains("\n10.42.0.5\tweb.sub.default.svc.cluster.local\tweb\n"))
    #expect(hosts.text.hasSuffix("\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n"))
    let node = ResolverFile(parsing: "nameserver 9.9.9.9\nsearch corp.example\noptions timeout:1\n")
    var file = ResolverFile.clusterFirst(servers: ["10.43.0.10"], domain: "cluster.local", namespace: "ns", node: node)
    #expect(
      file.text
        == "search ns.svc.cluster.local svc.cluster.local cluster.local corp.example\nnameserver 10.43.0.10\noptions ndots:5\n"
    )
    file.append(
      nameservers: ["1.1.1.1", "2.2.2.2", "3.3.3.3"], searches: [], options: [("ndots", "2"), ("edns0", nil)])
    #expect(file.clamp().count == 1)
    #expect(file.nameservers == ["10.43.0.10", "1.1.1.1", "2.2.2.2"])
    #expect(file.options == ["ndots:2", "edns0"])
  }

  @Test(arguments: [(10, "10s"), (80, "1m20s"), (300, "5m0s"), (3700, "1h1m40s")])
  func printsDurationsAsGoDoes(seconds: Int, text: String) {
    #expect(GoDuration.text(seconds: seconds) == text)
    #expect(GoDuration.text(milliseconds: 1250) == "1.25s")
    #expect(GoDuration.text(milliseconds: 340) == "340ms")
  }
}
