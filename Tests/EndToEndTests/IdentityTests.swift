import Foundation
import Testing

extension EndToEnd {
  /// What a program in a pod has to find the API and to be known there.
  @Suite(.serialized) struct IdentityTests {
    /// Asks the server, at the address and with the files that every pod has, who it is.
    private static let program = """
      const fs = require('fs'), https = require('https');
      const place = '/var/run/secrets/kubernetes.io/serviceaccount/';
      const read = (name) => fs.readFileSync(place + name, 'utf8');
      const body = JSON.stringify({apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview'});
      const request = https.request({
        host: process.env.KUBERNETES_SERVICE_HOST, port: process.env.KUBERNETES_SERVICE_PORT, method: 'POST',
        path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', ca: read('ca.crt'),
        headers: {authorization: 'Bearer ' + read('token'), 'content-type': 'application/json'},
      }, (response) => {
        let text = '';
        response.on('data', (part) => text += part);
        response.on('end', () => {
          const user = JSON.parse(text).status.userInfo;
          console.log([response.statusCode, user.username, user.extra['authentication.kubernetes.io/pod-name'][0],
            user.extra['authentication.kubernetes.io/node-name'][0], read('namespace')].join(' '));
        });
      });
      request.end(body);
      """

    @Test func aPodReachesTheServerWithItsToken() async throws {
      try await Cluster.with { cluster in
        _ = try await cluster.kubectl("create", "namespace", "team")
        _ = try await cluster.kubectl("create", "serviceaccount", "builder", "-n", "team")
        let indented = Self.program.split(separator: "\n").map { "          " + $0 }.joined(separator: "\n")
        try await cluster.apply(
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: asks, namespace: team}
          spec:
            serviceAccountName: builder
            restartPolicy: Never
            containers:
            - name: c
              image: ajarombek/nodejs-docker-app:latest
              command:
              - node
              - -e
              - |
          \(indented)
          """)
        try await eventually("the pod is done", within: 60) {
          let phase = try await cluster.kubectl("get", "pod", "asks", "-n", "team", "-o", "jsonpath={.status.phase}")
          return ["Succeeded", "Failed"].contains(phase) ? true : nil
        }
        let log = try await cluster.kubectl("logs", "asks", "-n", "team")
        #expect(log == "201 system:serviceaccount:team:builder asks node-1 team\n")

        let secret = """
          apiVersion: v1
          kind: Secret
          metadata: {name: lasting, namespace: team, annotations: {kubernetes.io/service-account.name: builder}}
          type: kubernetes.io/service-account-token
          """
        try await cluster.apply(secret)
        let lasting = try await eventually("the Secret's token") {
          let text = try await cluster.kubectl("get", "secret", "lasting", "-n", "team", "-o", "jsonpath={.data.token}")
          return Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        let who = try await cluster.onNode([
          "kubectl", "--kubeconfig", "/dev/null", "--server", "https://127.0.0.1:6443", "--certificate-authority",
          "\(cluster.directory)/data/tls/ca.crt", "--token", lasting, "auth", "whoami",
        ])
        #expect(who.output.contains("system:serviceaccount:team:builder"), "\(who.errors)")
      }
    }
  }
}
