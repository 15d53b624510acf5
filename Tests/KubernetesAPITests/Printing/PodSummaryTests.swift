import KubernetesAPI
import Testing

/// Pods as JSON, and what READY, STATUS and RESTARTS say of them 100 seconds after the epoch.
@Suite struct PodSummaryTests {
  private static let two = #""spec":{"containers":[{"name":"a"},{"name":"b"}]}"#
  private static let withInit = #""spec":{"initContainers":[{"name":"i"},{"name":"j"}],"containers":[{"name":"a"}]}"#
  private static let withSidecar =
    #""spec":{"initContainers":[{"name":"s","restartPolicy":"Always"}],"containers":[{"name":"a"}]}"#
  private static let up = #""ready":true,"state":{"running":{}}"#

  @Test(arguments: [
    (two + #","status":{"phase":"Pending"}"#, "0/2", "Pending", "0"),
    (two + #","status":{"phase":"Running","containerStatuses":[{"name":"a",\#(up)},{"name":"b",\#(up)}]}"#,
      "2/2", "Running", "0"),
    (two + #","status":{"phase":"Pending","conditions":[{"type":"PodScheduled","reason":"SchedulingGated"}]}"#,
      "0/2", "SchedulingGated", "0"),
    (two + #","status":{"phase":"Failed","reason":"Evicted"}"#, "0/2", "Evicted", "0"),
    // Waiting with a reason wins; the last restart is told.
    (two + #","status":{"phase":"Running","containerStatuses":[{"name":"a",\#(up)},{"name":"b","restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"finishedAt":"1970-01-01T00:01:35Z"}}}]}"#,
      "1/2", "CrashLoopBackOff", "3 (5s ago)"),
    (two + #","status":{"phase":"Pending","containerStatuses":[{"name":"a","state":{"waiting":{"reason":"ContainerCreating"}}}]}"#,
      "0/2", "ContainerCreating", "0"),
    // One container completed, the other runs.
    (two + #","status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed"}}},{"name":"b",\#(up)}]}"#,
      "1/2", "Running", "0"),
    (two + #","status":{"phase":"Running","containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed"}}},{"name":"b",\#(up)}]}"#,
      "1/2", "NotReady", "0"),
    (two + #","status":{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":137,"signal":9}}}]}"#,
      "0/2", "Signal:9", "0"),
    (two + #","status":{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":3}}}]}"#,
      "0/2", "ExitCode:3", "0"),
    (two + #","status":{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":1,"reason":"Error"}}}]}"#,
      "0/2", "Error", "0"),
    // Init containers.
    (withInit + #","status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"running":{}}},{"name":"j","state":{"waiting":{"reason":"PodInitializing"}}}]}"#,
      "0/1", "Init:0/2", "0"),
    (withInit + #","status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":0}}},{"name":"j","restartCount":2,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}"#,
      "0/1", "Init:CrashLoopBackOff", "2"),
    (withInit + #","status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":1,"reason":"Error"}}}]}"#,
      "0/1", "Init:Error", "0"),
    (withInit + #","status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":4}}}]}"#,
      "0/1", "Init:ExitCode:4", "0"),
    // Restarts of init containers are over once the containers run.
    (withInit + #","status":{"phase":"Running","initContainerStatuses":[{"name":"i","restartCount":5,"state":{"terminated":{"exitCode":0}}},{"name":"j","state":{"terminated":{"exitCode":0}}}],"containerStatuses":[{"name":"a","restartCount":1,\#(up)}]}"#,
      "1/1", "Running", "1"),
    (withSidecar + #","status":{"phase":"Running","initContainerStatuses":[{"name":"s","started":true,"restartCount":2,\#(up)}],"containerStatuses":[{"name":"a",\#(up)}]}"#,
      "2/2", "Running", "2"),
    // Deletion.
    (#""metadata":{"deletionTimestamp":"1970-01-01T00:01:00Z"},"# + two + #","status":{"phase":"Running"}"#, "0/2", "Terminating", "0"),
    (#""metadata":{"deletionTimestamp":"1970-01-01T00:01:00Z"},"# + two + #","status":{"phase":"Running","reason":"NodeLost"}"#,
      "0/2", "Unknown", "0"),
    (#""metadata":{"deletionTimestamp":"1970-01-01T00:01:00Z"},"# + two
      + #","status":{"phase":"Succeeded","containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed"}}}]}"#,
      "0/2", "Completed", "0"),
  ])
  func summary(_ body: String, _ ready: String, _ status: String, _ restarts: String) throws {
    let summary = PodSummary(Pod(unchecked: try JSONParser.parse("{\(body)}")))
    #expect("\(summary.readyContainers)/\(summary.totalContainers)" == ready)
    #expect(summary.status == status)
    #expect(summary.restartText(now: Timestamp(secondsSinceEpoch: 100)) == restarts)
  }
}
