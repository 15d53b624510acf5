import Foundation
import Testing

extension EndToEnd {
  /// The ways to a node and to what runs there that are no streams: the API's proxies, a log over a WebSocket, and the
  /// node's own port, asked by curl.
  @Suite(.serialized) struct NodePortTests {
    private static let web = """
      apiVersion: v1
      kind: Pod
      metadata: {name: web, labels: {app: web}}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: web
          image: busybox:latest
          command: [sh, -c, "echo begun; mkdir -p /www/cgi-bin; echo served > /www/index.html; echo \\"$CGI\\" > /www/cgi-bin/tell; chmod +x /www/cgi-bin/tell; exec httpd -f -p 8080 -h /www"]
          env:
          - name: CGI
            value: |
              #!/bin/sh
              printf 'Content-Type: text/plain\\r\\n\\r\\n'
              echo "$REQUEST_METHOD $QUERY_STRING"
              head -c "${CONTENT_LENGTH:-0}"
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: web}
      spec:
        selector: {app: web}
        ports: [{name: http, port: 80, targetPort: http}]
      """

    @Test func proxiesAndTheNodesPortAnswer() async throws {
      try await Cluster.with { cluster in
        try await cluster.apply(Self.web)
        try await cluster.waitForReady("pod/web")
        try await writeCertificates(cluster)
        try await passesOn(cluster)
        try await tellsLogsOverAWebSocket(cluster)
        try await nodePortAnswers(cluster)
        try await nodePortRefuses(cluster)
      }
    }

    // MARK: proxies

    private func passesOn(_ cluster: Cluster) async throws {
      let space = "/api/v1/namespaces/default"
      #expect(try await cluster.kubectl("get", "--raw", "\(space)/pods/web:8080/proxy/") == "served\n")
      // Without a port it is the first that the pod declares.
      #expect(try await cluster.kubectl("get", "--raw", "\(space)/pods/web/proxy/index.html") == "served\n")
      try await eventually("the Service has endpoints", within: 60) {
        let answer = try await cluster.tryKubectl(["get", "--raw", "\(space)/services/web:http/proxy/"])
        return answer.output == "served\n" ? true : nil
      }
      #expect(try await cluster.kubectl("get", "--raw", "\(space)/services/http:web:80/proxy/") == "served\n")
      let missing = try await api(cluster, "\(space)/pods/web/proxy/nothing")
      #expect(missing.lines.last == "404", "\(missing)")
      let posted = try await api(
        cluster, "\(space)/services/web:http/proxy/cgi-bin/tell?a=1&b=%20", ["--data-binary", "body"])
      #expect(posted.output == "POST a=1&b=%20\nbody200", "\(posted)")
      let redirect = try await api(cluster, "\(space)/pods/web/proxy", ["-o", "/dev/null", "-D", "-"])
      #expect(redirect.output.contains("location: \(space)/pods/web/proxy/\r\n"), "\(redirect)")
      #expect(try await cluster.kubectl("get", "--raw", "/api/v1/nodes/node-1/proxy/healthz") == "ok")
      let pods = try await cluster.kubectl("get", "--raw", "/api/v1/nodes/node-1/proxy/pods")
      #expect(pods.contains("\"kind\":\"PodList\"") && pods.contains("\"name\":\"web\""), "\(pods)")
      let log = try await cluster.kubectl("get", "--raw", "/api/v1/nodes/node-1/proxy/containerLogs/default/web/web")
      #expect(log == "begun\n")
    }

    /// The bytes of the frames are looked at: one message with the log, then the server's good-bye.
    private func tellsLogsOverAWebSocket(_ cluster: Cluster) async throws {
      let answer = try await onNode(
        cluster,
        """
        curl -sS --http1.1 --max-time 60 -D $scratch/head -o $scratch/frames $admin \\
          -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \\
          -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' -H 'Sec-WebSocket-Protocol: base64.binary.k8s.io' \\
          https://127.0.0.1:6443/api/v1/namespaces/default/pods/web/log || echo "curl ended with $?"
        tr -d '\\r' <$scratch/head; od -An -v -tx1 $scratch/frames | tr -d ' \\n'
        """)
      #expect(answer.lines.first == "HTTP/1.1 101 Switching Protocols", "\(answer)")
      #expect(answer.output.lowercased().contains("sec-websocket-protocol: base64.binary.k8s.io\n"), "\(answer)")
      let text = Array(Data("begun\n".utf8).base64EncodedData())
      let message = ([0x81, UInt8(text.count)] + text).map { String(format: "%02x", $0) }.joined()
      let frames = answer.lines.last ?? ""
      #expect(frames.hasPrefix(message + "88"), "\(answer)")
    }

    // MARK: the node's port

    private func nodePortAnswers(_ cluster: Cluster) async throws {
      let port = try await onNode(
        cluster,
        """
        ask() { curl -sS --max-time 30 $admin "$@"; echo; }
        node=https://127.0.0.1:10250
        ask $node/healthz
        ask $node/pods | grep -o '"name":"web"' | head -1
        ask $node/runningpods/ | grep -o '"kind":"PodList"'
        ask $node/configz | grep -o '"kind":"KubeletConfiguration"'
        ask $node/stats/summary | tr -d ' \\n' | grep -o '"nodeName":"node-1"'
        ask $node/metrics | grep -o '^kubelet_running_pods' | head -1
        ask $node/metrics/resource | grep -o '^container_cpu_usage_seconds_total{container="web"' | head -1
        ask $node/metrics/cadvisor | grep -o '^container_cpu_usage_seconds_total' | head -1
        ask $node/metrics/probes | grep -o '^prober_probe_total{' | head -1
        ask "$node/containerLogs/default/web/web?tailLines=1"
        ask -X POST "$node/run/default/web/web?cmd=cat%20/www/index.html"
        ask -o /dev/null -w '%{http_code}' $node/containerLogs/default/none/web
        ask -o /dev/null -w '%{http_code}' $node/nothing
        """)
      #expect(
        port.lines == [
          "ok", "\"name\":\"web\"", "\"kind\":\"PodList\"", "\"kind\":\"KubeletConfiguration\"",
          "\"nodeName\":\"node-1\"", "kubelet_running_pods", "container_cpu_usage_seconds_total{container=\"web\"",
          "container_cpu_usage_seconds_total", "prober_probe_total{", "begun", "served", "404", "404",
        ], "\(port)")
    }

    /// Who has no certificate of this cluster and no token is a stranger; a pod's token has no leave for nodes.
    private func nodePortRefuses(_ cluster: Cluster) async throws {
      let token = try await cluster.kubectl("create", "token", "default").trimmingCharacters(in: .newlines)
      let refused = try await onNode(
        cluster,
        """
        ask() { curl -sS --max-time 30 -w ' %{http_code}\\n' "$@" https://127.0.0.1:10250/metrics | tr -d '\\n'; echo; }
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /O=system:masters/CN=me \\
          -keyout $scratch/own.key -out $scratch/own.crt 2>/dev/null
        ask --cacert $scratch/ca.crt
        ask --cacert $scratch/ca.crt -H 'Authorization: Bearer nobody'
        ask --cacert $scratch/ca.crt --cert $scratch/own.crt --key $scratch/own.key
        ask --cacert $scratch/ca.crt -H 'Authorization: Bearer \(token)'
        """)
      let forbidden =
        "Forbidden (user=system:serviceaccount:default:default, verb=get, resource=nodes, subresource(s)=[metrics]) 403"
      #expect(refused.lines == ["Unauthorized 401", "Unauthorized 401", "Unauthorized 401", forbidden], "\(refused)")
    }

    // MARK: asking

    /// The administrator's certificate and key, out of the kubeconfig.
    private func writeCertificates(_ cluster: Cluster) async throws {
      let written = try await onNode(
        cluster,
        """
        take() { kubectl config view --raw -o "jsonpath={$1}" | base64 -d >"$scratch/$2"; }
        take .clusters[0].cluster.certificate-authority-data ca.crt
        take .users[0].user.client-certificate-data admin.crt
        take .users[0].user.client-key-data admin.key
        """)
      #expect(written.status == 0, "\(written)")
    }

    /// The answer of the API server, and behind it the code.
    private func api(_ cluster: Cluster, _ path: String, _ more: [String] = []) async throws -> CommandOutput {
      let extra = more.map { "'\($0)'" }.joined(separator: " ")
      return try await onNode(
        cluster, "curl -sS --max-time 30 $admin -w '%{http_code}' \(extra) 'https://127.0.0.1:6443\(path)'")
    }

    private func onNode(_ cluster: Cluster, _ script: String) async throws -> CommandOutput {
      let preamble = """
        scratch=\(cluster.directory)/scratch; mkdir -p $scratch; export KUBECONFIG=\(cluster.kubeconfig)
        admin="--cacert $scratch/ca.crt --cert $scratch/admin.crt --key $scratch/admin.key"

        """
      return try await cluster.onNode(["bash", "-c", preamble + script])
    }
  }
}
