import Documents
import SimulationKernel
import Testing

@testable import KubernetesModel

@Suite struct Nodes {
  @Test func silenceIsNoticedByTheLease() {
    Simulated.perform {
      for seconds in [100.0, 101, 109.9] {
        let noticed = NodeController.notices(silenceFrom: .zero + .seconds(seconds))
        #expect(noticed == .zero + .seconds(155), "the last renewal is at 100 s, the lease ends 50 s later")
      }
    }
  }

  @Test(arguments: [
    ("no toleration", [] as [Toleration], Taint(key: "x", effect: "NoExecute"), 0.0),
    ("the default of a lost node", [], Taint(key: "node.kubernetes.io/unreachable", effect: "NoExecute"), 300),
    (
      "its own time", [Toleration(key: "node.kubernetes.io/unreachable", matchesAnyValue: true, seconds: 30)],
      Taint(key: "node.kubernetes.io/unreachable", effect: "NoExecute"), 30
    ), ("for ever", [Toleration(key: "", matchesAnyValue: true)], Taint(key: "x", effect: "NoExecute"), -1),
    ("no such effect", [], Taint(key: "x", effect: "NoSchedule"), -1),
  ])
  func stay(name: String, tolerations: [Toleration], taint: Taint, seconds: Double) {
    let stay = EvictionDecision.stay(tolerations: tolerations, taints: [taint])
    #expect(stay == (seconds < 0 ? nil : .seconds(seconds)), "\(name)")
  }

  @Test func aLostNodeLosesItsPodsAfterFiveMinutes() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.createDeployment()
      fixture.run(.seconds(30))
      let victim = fixture.pods.first { $0.spec["nodeName"] == "node-1" }!
      let failed = fixture.simulation.now
      fixture.cluster.failNode("node-1")
      fixture.run(.seconds(35))
      #expect(fixture.isReady(fixture.pod(victim.name)!), "nobody has noticed yet")
      fixture.run(.seconds(25))
      let node = fixture.server.find(.node, "", "node-1")!
      #expect(node.condition("Ready")?["status"] == "Unknown")
      #expect(node.condition("Ready")?["reason"] == "NodeStatusUnknown")
      #expect(node.condition("MemoryPressure")?["message"] == "Kubelet stopped posting node status.")
      #expect(
        node.spec["taints"]?.array?.map { $0["effect"]?.string ?? "" } == ["NoSchedule", "NoExecute"])
      #expect(fixture.events("node-1").contains("Normal NodeNotReady Node node-1 status is now: NodeNotReady"))
      #expect(fixture.events(victim.name).contains("Warning NodeNotReady Node is not ready"))
      #expect(!fixture.isReady(fixture.pod(victim.name)!))
      #expect(fixture.deployment().status["availableReplicas"] == 2)

      let replaced = fixture.firstTime(within: .minutes(6)) { fixture.pods.count == 4 }
      let took = replaced.map { ($0 - failed).seconds } ?? 0
      #expect(took > 340 && took < 362, "50 s until noticed and 300 s of toleration: \(took)")
      #expect(
        fixture.events(victim.name).contains(
          "Normal TaintManagerEviction Marking for deletion Pod shop/\(victim.name)"))
      fixture.run(.minutes(2))
      #expect(fixture.pod(victim.name)?.isTerminating == true, "Terminating until the node returns")
      #expect(fixture.deployment().status["availableReplicas"] == 3)

      fixture.cluster.recoverNode("node-1")
      fixture.run(.seconds(5))
      #expect(fixture.pod(victim.name) == nil)
      #expect(fixture.server.find(.node, "", "node-1")?.spec["taints"] == nil)
      #expect(fixture.server.find(.node, "", "node-1")?.condition("Ready")?["reason"] == "KubeletReady")
    }
  }

  @Test func aRebootRestartsThePods() {
    Simulated.perform {
      let fixture = ClusterFixture(nodes: 1)
      fixture.createDeployment(replicas: 1)
      fixture.run(.seconds(30))
      fixture.cluster.failNode("node-0")
      fixture.run(.seconds(90))
      fixture.cluster.recoverNode("node-0")
      fixture.run(.seconds(10))
      let status = fixture.containerStatus(fixture.pods[0].name)
      #expect(fixture.isReady(fixture.pods[0]))
      #expect(status["restartCount"] == 1)
      #expect(status.at("lastState", "terminated", "reason") == "Unknown")
      #expect(status.at("lastState", "terminated", "exitCode") == 255)
      fixture.run(.minutes(10))
      #expect(fixture.pods.count == 1, "the eviction was taken back")
    }
  }

  @Test func aStoppedKubeletLeavesContainersRunning() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.registry.add("crash:1") { container in
        await container.simulation.sleep(.minutes(2))
        return 1
      }
      fixture.createPod("steady")
      fixture.createPod("crash", ClusterFixture.container("crash:1"))
      fixture.run(.seconds(30))
      let node = fixture.pod("steady")?.spec["nodeName"]?.string ?? ""
      let process = fixture.cluster.processes("shop", "steady")[0]
      for index in 0..<3 { fixture.cluster.stopKubelet("node-\(index)") }
      fixture.run(.minutes(3))
      #expect(process.isAlive)
      #expect(fixture.server.find(.node, "", node)?.condition("Ready")?["status"] == "Unknown")
      #expect(fixture.containerStatus("crash")["restartCount"] == 0, "nobody restarts it")
      for index in 0..<3 { fixture.cluster.startKubelet("node-\(index)") }
      fixture.run(.seconds(10))
      #expect(fixture.isReady(fixture.pod("steady")!))
      #expect(fixture.containerStatus("steady")["restartCount"] == 0)
      #expect(fixture.containerStatus("crash")["restartCount"] == 1)
      #expect(fixture.cluster.processes("shop", "steady")[0] === process)
    }
  }

  @Test func aDaemonSetRunsEverywhere() throws {
    try Simulated.perform {
      let fixture = ClusterFixture(nodes: 2)
      fixture.addNode(2, taint: "system")
      fixture.cluster.startKubelets()
      var set = KubeObject(.daemonSet, namespace: "shop", name: "agent")
      set.json["spec"] = [
        "selector": ["matchLabels": ["app": "agent"]],
        "template": [
          "metadata": ["labels": ["app": "agent"]], "spec": ["containers": [ClusterFixture.container("app:1")]],
        ],
      ]
      fixture.create(set)
      fixture.run(.seconds(20))
      #expect(fixture.pods.compactMap { $0.spec["nodeName"]?.string }.sorted() == ["node-0", "node-1"])
      let status = fixture.server.find(.daemonSet, "shop", "agent")!.status
      #expect(status["desiredNumberScheduled"] == 2)
      #expect(status["numberReady"] == 2)
      fixture.cluster.failNode("node-1")
      fixture.run(.minutes(10))
      #expect(fixture.pods.count == 2, "daemon pods endure a lost node")
      try fixture.server.delete(.daemonSet, "shop", "agent", as: "test")
      fixture.run(.seconds(30))
      #expect(fixture.pods.count { !$0.isTerminating } == 0)
    }
  }

  @Test func theSameSeedGivesTheSameRun() {
    func digest(_ seed: UInt64) -> String {
      Simulated.perform {
        let fixture = ClusterFixture(seed: seed)
        fixture.createDeployment()
        fixture.run(.seconds(60))
        fixture.cluster.failNode("node-2")
        fixture.run(.minutes(8))
        return "\(fixture.simulation.digest)"
      }
    }
    #expect(digest(1) == digest(1))
    #expect(digest(1) != digest(2))
  }
}

@Suite struct MemoryPressure {
  typealias Candidate = MemoryEviction.Candidate

  @Test(arguments: [
    (
      "over its request", [Candidate(name: "a", usage: 50, request: 60), Candidate(name: "b", usage: 20, request: 10)],
      "b"
    ),
    (
      "lower priority",
      [
        Candidate(name: "a", priority: 1000, usage: 500, request: 0), Candidate(name: "b", usage: 20, request: 10),
      ], "b"
    ),
    (
      "larger excess", [Candidate(name: "a", usage: 50, request: 10), Candidate(name: "b", usage: 90, request: 80)], "a"
    ),
  ])
  func victim(name: String, candidates: [Candidate], expect: String) {
    #expect(MemoryEviction.victim(candidates, available: 1 << 20)?.name == expect, "\(name)")
    #expect(MemoryEviction.victim(candidates, available: 200 << 20) == nil)
  }

  @Test func theGreediestPodIsEvicted() {
    Simulated.perform {
      let fixture = ClusterFixture(nodes: 1)
      fixture.registry.add("greedy:1") { container in
        container.use(memory: 4150 << 20)
        await container.waitForTermination()
        return 0
      }
      fixture.createPod("modest")
      fixture.run(.seconds(5))
      fixture.createPod(
        "greedy", ClusterFixture.container("greedy:1") { $0["resources"] = ["requests": ["memory": "128Mi"]] })
      fixture.run(.seconds(25))
      let evicted = fixture.pod("greedy")!
      #expect(evicted.status["phase"] == "Failed")
      #expect(evicted.status["reason"] == "Evicted")
      #expect(fixture.isReady(fixture.pod("modest")!))
      let node = fixture.server.find(.node, "", "node-0")!
      #expect(node.condition("MemoryPressure")?["reason"] == "KubeletHasInsufficientMemory")
      #expect(node.spec["taints"]?[0]?["key"] == "node.kubernetes.io/memory-pressure")
      fixture.run(.minutes(6))
      #expect(fixture.server.find(.node, "", "node-0")?.spec["taints"] == nil)
    }
  }

  @Test func theMessageNamesAmounts() {
    #expect(
      MemoryEviction.message(available: 52 << 20, container: "app", usage: 900 << 20, request: 128 << 20)
        == "The node was low on resource: memory. Threshold quantity: 100Mi, available: 52Mi. Container app was using 900Mi, request is 128Mi, has larger consumption of memory. "
    )
  }
}
