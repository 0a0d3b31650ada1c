import Documents
import SimulationKernel
import Testing

@testable import KubernetesModel

@Suite struct SchedulingDecisions {
  static func node(
    _ name: String, zone: String = "a", cpu: Int64 = 2000, usedCPU: Int64 = 0, taints: [Taint] = [],
    unschedulable: Bool = false, pods: [NodeState.PlacedPod] = []
  ) -> NodeState {
    NodeState(
      name: name,
      labels: JSONObject([(SchedulingDecision.zoneLabel, .string(zone)), ("kubernetes.io/hostname", .string(name))]),
      taints: taints, isUnschedulable: unschedulable,
      allocatable: ResourceAmounts(cpu: cpu, memory: 4 << 30, pods: 17),
      requested: ResourceAmounts(cpu: usedCPU, memory: 0, pods: Int64(pods.count)), pods: pods)
  }

  static let labels = JSONObject([("app", "web")])
  static let sibling = NodeState.PlacedPod(namespace: "shop", labels: labels)
  static let system = [Taint(key: "dedicated", value: "system", effect: "NoSchedule")]

  static func pod(cpu: Int64 = 500, _ edit: (inout PodRequest) -> Void = { _ in }) -> PodRequest {
    var pod = PodRequest(namespace: "shop", labels: labels, resources: ResourceAmounts(cpu: cpu, memory: 64 << 20))
    edit(&pod)
    return pod
  }

  static func term(_ key: String, weight: Int64 = 0) -> PodAffinityTerm {
    PodAffinityTerm(
      selector: LabelSelector([.equals("app", "web")]), namespaces: ["shop"], topologyKey: key, weight: weight)
  }

  struct Row: CustomTestStringConvertible {
    var name: String
    var pod = SchedulingDecisions.pod()
    var nodes: [NodeState]
    /// A node's name, or the message.
    var expect: String
    var testDescription: String { name }
  }

  static let rows = [
    Row(
      name: "cpu and taints", pod: pod(cpu: 1500),
      nodes: [
        node("s1", taints: system), node("s2", taints: system), node("a1", usedCPU: 1000), node("a2", usedCPU: 1900),
      ],
      expect:
        "0/4 nodes are available: 2 Insufficient cpu, 2 node(s) had untolerated taint {dedicated: system}. preemption: 0/4 nodes are available: 2 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling."
    ),
    Row(
      name: "larger than any node", pod: pod(cpu: 9000), nodes: [node("a1"), node("a2")],
      expect:
        "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
    ),
    Row(
      name: "cordoned", nodes: [node("a1", unschedulable: true)],
      expect:
        "0/1 nodes are available: 1 node(s) were unschedulable. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    ),
    Row(
      name: "a lost node's taint has no value",
      nodes: [node("a1", taints: [Taint(key: "node.kubernetes.io/unreachable", effect: "NoSchedule")])],
      expect:
        "0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    ),
    Row(
      name: "node selector", pod: pod { $0.nodeSelector = JSONObject([("role", "app")]) }, nodes: [node("a1")],
      expect:
        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    ),
    Row(
      name: "required anti-affinity by zone",
      pod: pod { $0.antiAffinity = [term(SchedulingDecision.zoneLabel)] },
      nodes: [node("a1", zone: "a", pods: [sibling]), node("b1", zone: "b"), node("a2", zone: "a")], expect: "b1"),
    Row(
      name: "required anti-affinity deadlock", pod: pod { $0.antiAffinity = [term(SchedulingDecision.zoneLabel)] },
      nodes: [node("a1", zone: "a", pods: [sibling]), node("b1", zone: "b", pods: [sibling])],
      expect:
        "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."
    ),
    Row(
      name: "preferred anti-affinity by zone outweighs free cpu",
      pod: pod { $0.preferredAntiAffinity = [term(SchedulingDecision.zoneLabel, weight: 100)] },
      nodes: [
        node("a1", zone: "a", pods: [sibling]), node("a2", zone: "a"), node("b1", zone: "b", usedCPU: 1400),
      ], expect: "b1"),
    Row(
      name: "required spread",
      pod: pod {
        $0.spread = [
          TopologySpread(
            maximumSkew: 1, topologyKey: SchedulingDecision.zoneLabel, isRequired: true,
            selector: LabelSelector([.equals("app", "web")]))
        ]
      },
      nodes: [node("a1", zone: "a", pods: [sibling]), node("b1", zone: "b", usedCPU: 1600)],
      expect:
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."
    ),
    Row(name: "the emptier node", nodes: [node("a1", usedCPU: 1000), node("a2", usedCPU: 100)], expect: "a2"),
    Row(
      name: "a tolerated taint", pod: pod { $0.tolerations = [Toleration(key: "dedicated", value: "system")] },
      nodes: [node("s1", taints: system)], expect: "s1"),
    Row(name: "no nodes", nodes: [], expect: "no nodes available to schedule pods"),
  ]

  @Test(arguments: rows) func place(_ row: Row) {
    switch SchedulingDecision.place(row.pod, on: row.nodes) {
    case .success(let node): #expect(node == row.expect)
    case .failure(let cause): #expect(cause.message == row.expect)
    }
  }

  @Test(arguments: [
    (Toleration(key: "a", value: "b"), true), (Toleration(key: "a", value: "c"), false),
    (Toleration(key: "a", matchesAnyValue: true), true), (Toleration(key: "", matchesAnyValue: true), true),
    (Toleration(key: "a", value: "b", effect: "NoExecute"), false),
    (Toleration(key: "a", value: "b", effect: "NoSchedule"), true),
  ])
  func tolerates(_ toleration: Toleration, expect: Bool) {
    #expect(toleration.tolerates(Taint(key: "a", value: "b", effect: "NoSchedule")) == expect)
  }

  @Test func aPodWithoutRoomWaitsForIt() {
    Simulated.perform {
      let fixture = ClusterFixture(nodes: 1)
      let large = ClusterFixture.container("app:1") { $0["resources"] = ["requests": ["cpu": "1500m"]] }
      fixture.createPod("first", large)
      fixture.run(.seconds(5))
      fixture.createPod("second", large)
      fixture.run(.minutes(1))
      #expect(fixture.pod("second")?.spec["nodeName"] == nil)
      #expect(
        fixture.events("second") == [
          "Warning FailedScheduling 0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
        ])
      #expect(fixture.pod("second")?.condition("PodScheduled")?["reason"] == "Unschedulable")
      try? fixture.server.delete(.pod, "shop", "first", as: "test")
      fixture.run(.seconds(45))
      #expect(fixture.pod("second")?.spec["nodeName"] == "node-0")
      #expect(fixture.isReady(fixture.pod("second")!))
    }
  }
}
