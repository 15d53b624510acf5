import Testing

@testable import KubernetesAPI

@Suite struct DefaultsTests {
  private func defaulted<Object: APIObject>(_: Object.Type, _ text: String) throws -> Object {
    var json = try JSONParser.parse(text)
    applyDefaults(&json, Object.kind)
    var again = json
    applyDefaults(&again, Object.kind)
    #expect(again == json, "applying defaults twice changes the object")
    return Object(unchecked: json)
  }

  @Test func `the article's pod`() throws {
    let pod = try defaulted(
      Pod.self,
      """
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"nodejs-app"},"spec":{"containers":[{"name":"nodejs-app",
       "image":"ajarombek/nodejs-docker-app:latest","ports":[{"containerPort":3000}]}]}}
      """)
    let expected: JSON = [
      "containers": [
        [
          "name": "nodejs-app", "image": "ajarombek/nodejs-docker-app:latest",
          "ports": [["containerPort": 3000, "protocol": "TCP"]], "resources": [:],
          "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
          "imagePullPolicy": "Always",
        ]
      ],
      "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
      "securityContext": [:], "schedulerName": "default-scheduler", "enableServiceLinks": true,
    ]
    #expect(pod.spec.json == expected)
    #expect(pod.json["status"] == [:])
  }

  @Test(arguments: [
    ("nginx", PullPolicy.always), ("nginx:latest", .always), ("nginx:1.25", .ifNotPresent),
    ("localhost:5000/app", .always), ("localhost:5000/app:2", .ifNotPresent), ("", .ifNotPresent),
    ("app@sha256:0123", .ifNotPresent), ("app:latest@sha256:0123", .always),
  ]) func `pull policy follows the tag`(image: String, policy: PullPolicy) {
    #expect(PodDefaults.pullPolicy(forImage: image) == policy)
  }

  @Test func `probes`() throws {
    let pod = try defaulted(
      Pod.self,
      """
      {"spec":{"containers":[{"name":"a","image":"a:1","livenessProbe":{"httpGet":{"port":80},"periodSeconds":0},
       "readinessProbe":{"tcpSocket":{"port":"web"},"failureThreshold":7}}]}}
      """)
    let probes = pod.spec.containers[0]
    #expect(
      probes.livenessProbe?.json == [
        "httpGet": ["port": 80, "path": "/", "scheme": "HTTP"], "periodSeconds": 10, "timeoutSeconds": 1,
        "successThreshold": 1, "failureThreshold": 3,
      ])
    #expect(probes.readinessProbe?.failureThreshold == 7)
  }

  @Test func `requests follow limits in pods only`() throws {
    let containers = """
      "containers":[{"name":"a","image":"a:1","resources":{"limits":{"cpu":"1","memory":"64Mi"},"requests":{"cpu":"0.5"}}}]
      """
    let pod = try defaulted(Pod.self, "{\"spec\":{\(containers)}}")
    #expect(pod.spec.containers[0].resources.json["requests"] == ["cpu": "500m", "memory": "64Mi"])
    let set = try defaulted(ReplicaSet.self, "{\"spec\":{\"template\":{\"spec\":{\(containers)}}}}")
    #expect(set.spec.template.spec.containers[0].resources.json["requests"] == ["cpu": "500m"])
    #expect(set.spec.template.spec.json["enableServiceLinks"] == nil)
  }

  @Test func `ports of the host's network`() throws {
    let pod = try defaulted(
      Pod.self,
      "{\"spec\":{\"hostNetwork\":true,\"containers\":[{\"name\":\"a\",\"image\":\"a:1\",\"ports\":[{\"containerPort\":80}]}]}}"
    )
    #expect(pod.spec.containers[0].ports[0].hostPort == 80)
  }

  @Test func `volumes`() throws {
    let pod = try defaulted(
      Pod.self,
      """
      {"spec":{"containers":[{"name":"a","image":"a:1","env":[{"name":"N","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},
       {"name":"C","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}}]}],
       "volumes":[{"name":"none"},{"name":"c","configMap":{"name":"x"}},{"name":"h","hostPath":{"path":"/x"}},
       {"name":"p","projected":{"sources":[{"serviceAccountToken":{"path":"token"}}]}}]}}
      """)
    let volumes = pod.spec.volumes
    #expect(volumes[0].json["emptyDir"] == [:])
    #expect(volumes[1].configMap?.defaultMode == 420)
    #expect(volumes[2].hostPath?.json["type"] == "")
    #expect(volumes[3].projected?.sources[0].serviceAccountToken?.expirationSeconds == 3600)
    let variables = pod.spec.containers[0].env
    #expect(variables[0].valueFrom?.fieldRef?.apiVersion == "v1")
    #expect(variables[1].valueFrom?.resourceFieldRef?.json["divisor"] == "0")
  }

  @Test func `zeros and nulls that mean nothing are left out, pointers stay`() throws {
    let pod = try defaulted(
      Pod.self,
      """
      {"spec":{"hostNetwork":false,"nodeName":"","nodeSelector":{},"tolerations":[],"affinity":null,"hostUsers":false,
       "terminationGracePeriodSeconds":0,"containers":[{"name":"a","image":"a:1","env":[{"name":"E","value":""}],
       "securityContext":{}}],"unknown":{"kept":null}}}
      """)
    let spec = pod.spec.json
    for field in ["hostNetwork", "nodeName", "nodeSelector", "tolerations", "affinity"] { #expect(spec[field] == nil) }
    #expect(spec["hostUsers"] == false)
    #expect(spec["terminationGracePeriodSeconds"] == 0)
    #expect(pod.spec.containers[0].env[0].json == ["name": "E"])
    #expect(pod.spec.containers[0].json["securityContext"] == [:])
    #expect(spec["unknown"] == ["kept": .null])
  }

  @Test func `the account goes by both its names`() throws {
    let pod = try defaulted(Pod.self, "{\"spec\":{\"serviceAccount\":\"robot\",\"containers\":[]}}")
    #expect(pod.spec.serviceAccountName == "robot")
  }

  @Test func `services`() throws {
    let service = try defaulted(
      Service.self, "{\"spec\":{\"ports\":[{\"port\":80},{\"port\":81,\"name\":\"b\",\"targetPort\":\"web\"}]}}")
    #expect(
      service.spec.json == [
        "type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster",
        "ports": [
          ["port": 80, "protocol": "TCP", "targetPort": 80],
          ["port": 81, "name": "b", "protocol": "TCP", "targetPort": "web"],
        ],
      ])
    #expect(service.json["status"] == ["loadBalancer": [:]])
    let sticky = try defaulted(Service.self, "{\"spec\":{\"sessionAffinity\":\"ClientIP\",\"type\":\"LoadBalancer\"}}")
    #expect(sticky.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds == 10_800)
    #expect(sticky.spec.externalTrafficPolicy == .cluster)
    #expect(sticky.spec.allocateLoadBalancerNodePorts == true)
    let named = try defaulted(Service.self, "{\"spec\":{\"type\":\"ExternalName\",\"externalName\":\"a.b\"}}")
    #expect(named.spec.json["internalTrafficPolicy"] == nil)
  }

  @Test func `deployments`() throws {
    let deployment = try defaulted(Deployment.self, "{\"spec\":{\"template\":{}}}")
    #expect(deployment.spec.replicas == 1)
    #expect(deployment.spec.revisionHistoryLimit == 10)
    #expect(deployment.spec.progressDeadlineSeconds == 600)
    #expect(
      deployment.spec.strategy.json == [
        "type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": "25%", "maxSurge": "25%"],
      ])
    #expect(deployment.spec.template.spec.restartPolicy == .always)
    let paused = try defaulted(
      Deployment.self, "{\"spec\":{\"replicas\":0,\"strategy\":{\"type\":\"Recreate\"},\"template\":{}}}")
    #expect(paused.spec.replicas == 0)
    #expect(paused.spec.strategy.json == ["type": "Recreate"])
    let half = try defaulted(
      Deployment.self, "{\"spec\":{\"strategy\":{\"rollingUpdate\":{\"maxSurge\":0}},\"template\":{}}}")
    #expect(half.spec.strategy.rollingUpdate?.json == ["maxSurge": 0, "maxUnavailable": "25%"])
  }

  @Test func `secrets take texts as data`() throws {
    let secret = try defaulted(Secret.self, "{\"stringData\":{\"a\":\"new\"},\"data\":{\"a\":\"b2xk\",\"b\":\"b2xk\"}}")
    #expect(secret.type == "Opaque")
    #expect(secret.json["data"] == ["a": "bmV3", "b": "b2xk"])
    #expect(secret.json["stringData"] == nil)
  }

  @Test func `namespaces are labelled with their name`() throws {
    let namespace = try defaulted(Namespace.self, "{\"metadata\":{\"name\":\"dev\",\"labels\":{\"a\":\"b\"}}}")
    #expect(namespace.labels == ["a": "b", "kubernetes.io/metadata.name": "dev"])
    #expect(namespace.status.phase == .active)
    #expect(try defaulted(Namespace.self, "{\"metadata\":{\"generateName\":\"dev-\"}}").labels.isEmpty)
  }

  @Test func `nodes`() throws {
    let node = try defaulted(
      Node.self, "{\"spec\":{\"podCIDR\":\"10.42.0.0/24\"},\"status\":{\"capacity\":{\"memory\":\"1024Mi\"}}}")
    #expect(node.spec.podCIDRs == ["10.42.0.0/24"])
    #expect(node.status.json["allocatable"] == ["memory": "1Gi"])
    #expect(node.status.json["nodeInfo"]?["machineID"] == "")
  }

  @Test func `slices and events keep what upstream always writes`() throws {
    let slice = try defaulted(
      EndpointSlice.self,
      "{\"addressType\":\"IPv4\",\"endpoints\":[{\"addresses\":[\"10.0.0.1\"]}],\"ports\":[{\"port\":80}]}")
    #expect(slice.json["ports"] == [["port": 80, "name": "", "protocol": "TCP"]])
    #expect(slice.endpoints[0].json["conditions"] == [:])
    let event = try defaulted(Event.self, "{\"involvedObject\":{\"kind\":\"Pod\"}}")
    #expect(event.json["reportingComponent"] == "")
    #expect(event.json["source"] == [:])
  }

  @Test func `wrong types are left for the checks`() throws {
    let pod = try defaulted(Pod.self, "{\"spec\":{\"containers\":\"none\",\"volumes\":[1]}}")
    #expect(pod.spec.json["containers"] == "none")
    #expect(pod.spec.json["volumes"] == [1])
  }
}
