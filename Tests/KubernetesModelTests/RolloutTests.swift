import Documents
import SimulationKernel
import Testing

@testable import KubernetesModel

@Suite struct Rollouts {
  @Test func aDeploymentBecomesAvailable() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.createDeployment()
      fixture.run(.seconds(30))
      let deployment = fixture.deployment()
      for field in ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"] {
        #expect(deployment.status[field] == 3, "\(field)")
      }
      #expect(deployment.condition("Available")?["reason"] == "MinimumReplicasAvailable")
      #expect(deployment.condition("Progressing")?["reason"] == "NewReplicaSetAvailable")
      let set = fixture.server.list(.replicaSet)[0]
      #expect(
        fixture.events("web").first == "Normal ScalingReplicaSet Scaled up replica set \(set.name) from 0 to 3")
      #expect(fixture.events(set.name).count { $0.hasPrefix("Normal SuccessfulCreate Created pod: web-") } == 3)
      #expect(Set(fixture.pods.compactMap { $0.spec["nodeName"]?.string }).count == 3, "one a zone")
    }
  }

  /// With 25 % of 4, three old pods stay and one crash-looping one is tried beside them.
  @Test func aCrashingVersionStallsTheRollout() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.createDeployment(replicas: 4)
      fixture.run(.seconds(30))
      fixture.registry.add("app:2") { _ in 1 }
      fixture.patch(
        .deployment, "web",
        ["spec": ["template": ["spec": ["containers": [["name": "app", "image": "app:2"]]]]]])
      fixture.run(.minutes(9))
      let byImage = { (image: String) in
        fixture.pods.filter { $0.json.at("spec", "containers")?[0]?["image"]?.string == image }
      }
      #expect(byImage("app:1").count == 3)
      #expect(byImage("app:1").allSatisfy(fixture.isReady))
      #expect(byImage("app:2").count == 2)
      #expect(!byImage("app:2").contains(where: fixture.isReady))
      #expect(fixture.deployment().condition("Progressing")?["status"] == "True")
      fixture.run(.minutes(3))
      let deployment = fixture.deployment()
      let progressing = deployment.condition("Progressing")
      #expect(progressing?["reason"] == "ProgressDeadlineExceeded")
      let current = fixture.server.list(.replicaSet).max { Rollout.revisionNumber($0) < Rollout.revisionNumber($1) }!
      #expect(progressing?["message"]?.string == "ReplicaSet \"\(current.name)\" has timed out progressing.")
      #expect(deployment.condition("Available")?["status"] == "True")
      #expect(deployment.status["unavailableReplicas"] == 2)

      // The way back: the old template is the newest revision again.
      fixture.patch(
        .deployment, "web",
        ["spec": ["template": ["spec": ["containers": [["name": "app", "image": "app:1"]]]]]])
      fixture.run(.minutes(2))
      #expect(fixture.pods.count == 4)
      #expect(byImage("app:1").count == 4)
      #expect(fixture.deployment().annotation("deployment.kubernetes.io/revision") == "3")
      #expect(fixture.deployment().condition("Progressing")?["reason"] == "NewReplicaSetAvailable")
    }
  }

  @Test func scalingKeepsTheRevision() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.createDeployment(replicas: 2)
      fixture.run(.seconds(30))
      fixture.patch(.deployment, "web", ["spec": ["replicas": 5]])
      fixture.run(.seconds(30))
      #expect(fixture.pods.count == 5)
      #expect(fixture.deployment().status["availableReplicas"] == 5)
      fixture.patch(.deployment, "web", ["spec": ["replicas": 1]])
      fixture.run(.seconds(60))
      #expect(fixture.pods.count == 1)
      #expect(fixture.server.list(.replicaSet).count == 1)
      #expect(fixture.deployment().annotation("deployment.kubernetes.io/revision") == "1")
    }
  }

  @Test func recreateStopsTheOldBeforeItStartsTheNew() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.createDeployment(replicas: 2) { $0.json.set("spec", "strategy", to: ["type": "Recreate"]) }
      fixture.run(.seconds(30))
      fixture.registry.add("app:2") { await ClusterFixture.serve($0) }
      fixture.patch(
        .deployment, "web",
        ["spec": ["template": ["spec": ["containers": [["name": "app", "image": "app:2"]]]]]])
      var together = false
      for _ in 0..<600 {
        fixture.run(.milliseconds(100))
        let images = Set(
          fixture.pods.map { $0.json.at("spec", "containers")?[0]?["image"]?.string ?? "" })
        together = together || images.count > 1
      }
      #expect(!together)
      #expect(fixture.deployment().status["availableReplicas"] == 2)
    }
  }

  @Test func aDeletedDeploymentTakesItsPodsWithIt() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      fixture.createDeployment()
      fixture.run(.seconds(30))
      try fixture.server.delete(.deployment, "shop", "web", as: "test")
      fixture.run(.seconds(60))
      #expect(fixture.pods.isEmpty)
      #expect(fixture.server.list(.replicaSet).isEmpty)
    }
  }
}
