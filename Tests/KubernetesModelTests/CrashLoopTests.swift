import Documents
import SimulationKernel
import Testing

@testable import KubernetesModel

@Suite struct CrashLoops {
  /// The container ends after 2 s; the starts lie at the end of a run plus its back-off, and a moment for the work.
  @Test func restartsAreTenTwentyFortyEightyOneSixtyThreeHundredApart() {
    Simulated.perform {
      let fixture = ClusterFixture()
      var starts: [Instant] = []
      fixture.registry.add("crash:1") { container in
        starts.append(container.simulation.now)
        container.write("fatal: no configuration")
        await container.simulation.sleep(.seconds(2))
        return 1
      }
      let pod = fixture.createPod("web", ClusterFixture.container("crash:1"))
      fixture.run(.minutes(22))
      let pauses = zip(starts, starts.dropFirst()).map { ($1 - $0).seconds - 2 }
      let expected = [0.0, 10, 20, 40, 80, 160, 300, 300]
      #expect(pauses.count >= expected.count)
      for (pause, delay) in zip(pauses, expected) { #expect(pause >= delay && pause < delay + 1.5, "\(pauses)") }

      let identity = "web_shop(\(pod.uid))"
      let status = fixture.containerStatus()
      #expect(status.at("state", "waiting", "reason") == "CrashLoopBackOff")
      #expect(
        status.at("state", "waiting", "message")?.string
          == "back-off 5m0s restarting failed container=app pod=\(identity)")
      #expect(status.at("lastState", "terminated", "exitCode") == 1)
      #expect(status.at("lastState", "terminated", "reason") == "Error")
      #expect(status["restartCount"]?.integer == Int64(starts.count - 1))
      #expect(status["ready"] == false)
      #expect(fixture.pod()?.status["phase"] == "Running")
      let events = fixture.events("web")
      #expect(events[0].hasPrefix("Normal Scheduled Successfully assigned shop/web to node-"))
      #expect(events[1] == "Normal Pulling Pulling image \"crash:1\"")
      #expect(events[2].hasPrefix("Normal Pulled Successfully pulled image \"crash:1\" in "))
      #expect(events[2].hasSuffix("including waiting). Image size: 8388608 bytes."))
      for text in [
        "Normal Pulled Container image \"crash:1\" already present on machine", "Normal Created Created container: app",
        "Normal Started Started container app",
        "Warning BackOff Back-off restarting failed container app in pod \(identity)",
      ] { #expect(events.contains(text), "\(text)") }
      let backOff = fixture.server.list(.event).first { $0.json["reason"] == "BackOff" }
      #expect((backOff?.json["count"]?.integer ?? 0) > 20, "kubelet says it again with each sync")
      #expect(
        fixture.cluster.logs("shop", "web", container: "app", previous: false)?.map(\.text) == [
          "fatal: no configuration"
        ])
      #expect(fixture.cluster.logs("shop", "web", container: "app", previous: true)?.count == 1)
    }
  }

  @Test func theFirstMessageNamesTenSeconds() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.registry.add("crash:1") { _ in 3 }
      fixture.createPod("web", ClusterFixture.container("crash:1"))
      let waiting = fixture.firstTime(within: .seconds(20)) {
        fixture.containerStatus().at("state", "waiting", "reason") == "CrashLoopBackOff"
      }
      #expect(waiting != nil)
      #expect(
        fixture.containerStatus().at("state", "waiting", "message")?.string?.hasPrefix("back-off 10s restarting")
          == true)
      #expect(fixture.containerStatus()["restartCount"] == 1)
      #expect(fixture.containerStatus().at("lastState", "terminated", "exitCode") == 3)
    }
  }

  @Test func tenMinutesOfRunningForgetTheBackOff() {
    Simulated.perform {
      let fixture = ClusterFixture()
      var runs = 0
      var starts: [Instant] = []
      fixture.registry.add("crash:1") { container in
        starts.append(container.simulation.now)
        runs += 1
        await container.simulation.sleep(runs == 4 ? .minutes(11) : .seconds(1))
        return 1
      }
      fixture.createPod("web", ClusterFixture.container("crash:1"))
      fixture.run(.minutes(14))
      let pauses = zip(starts, starts.dropFirst()).map { ($1 - $0).seconds }
      #expect(pauses[2] > 20 && pauses[2] < 23)
      #expect(pauses[3] > 660 && pauses[3] < 662.5, "the restart after a long run comes at once: \(pauses)")
      #expect(pauses[4] > 10 && pauses[4] < 13)
    }
  }

  @Test func theLimitKillsWhatOutgrowsIt() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.registry.add("leak:1") { container in
        while container.isAlive {
          container.use(memory: container.workingSet + 16 << 20)
          await container.simulation.sleep(.seconds(1))
        }
        return 0
      }
      fixture.createPod(
        "web",
        ClusterFixture.container("leak:1") {
          $0["resources"] = [
            "limits": ["memory": "64Mi", "cpu": "500m"], "requests": ["memory": "64Mi", "cpu": "500m"],
          ]
        })
      fixture.run(.seconds(8))
      let status = fixture.containerStatus()
      #expect(status.at("lastState", "terminated", "reason") == "OOMKilled")
      #expect(status.at("lastState", "terminated", "exitCode") == 137)
      #expect(fixture.pod()?.status["qosClass"] == "Guaranteed")
    }
  }

  @Test func aCommandThatTheImageLacksIsAStartError() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.registry.add("app:3", executables: ["/app"]) { await ClusterFixture.serve($0) }
      fixture.createPod("web", ClusterFixture.container("app:3") { $0["command"] = ["serve"] })
      fixture.run(.seconds(8))
      let ended = fixture.containerStatus().at("lastState", "terminated")
      #expect(ended?["reason"] == "StartError")
      #expect(ended?["exitCode"] == 128)
      #expect(ended?["message"]?.string?.hasSuffix("exec: \"serve\": executable file not found in $PATH") == true)
      #expect(fixture.containerStatus().at("state", "waiting", "reason") == "CrashLoopBackOff")
    }
  }
}

@Suite struct ImagePulls {
  @Test func aMissingImageBacksOff() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.createPod("web", ClusterFixture.container("registry.example/shop/app:nope"))
      let failed = fixture.firstTime(within: .seconds(5)) {
        fixture.containerStatus().at("state", "waiting", "reason") == "ErrImagePull"
      }
      #expect(failed != nil)
      #expect(
        fixture.containerStatus().at("state", "waiting", "message")?.string
          == "rpc error: code = NotFound desc = failed to pull and unpack image \"registry.example/shop/app:nope\": failed to resolve reference \"registry.example/shop/app:nope\": registry.example/shop/app:nope: not found"
      )
      fixture.run(.seconds(3))
      #expect(fixture.containerStatus().at("state", "waiting", "reason") == "ImagePullBackOff")
      #expect(
        fixture.containerStatus().at("state", "waiting", "message")
          == "Back-off pulling image \"registry.example/shop/app:nope\"")
      #expect(fixture.pod()?.status["phase"] == "Pending")
      let events = fixture.events("web")
      #expect(events.contains("Warning Failed Error: ErrImagePull"))
      #expect(events.contains("Warning Failed Error: ImagePullBackOff"))
      #expect(events.contains("Normal BackOff Back-off pulling image \"registry.example/shop/app:nope\""))
      fixture.registry.add("registry.example/shop/app:nope") { await ClusterFixture.serve($0) }
      fixture.run(.seconds(25))
      #expect(fixture.isReady(fixture.pod()!))
    }
  }

  @Test(arguments: [
    ("registry.example/app:1", true), ("app", true), ("localhost:5000/app:1", true), ("app:", false), ("App:1", false),
    ("registry.example/App:1", false), ("a b", false), ("", false),
  ])
  func references(text: String, isValid: Bool) {
    Simulated.perform { #expect(ImageStore.isValid(text) == isValid) }
  }

  @Test func aDeniedPullNamesTheManifest() {
    Simulated.perform {
      #expect(
        ImageStore.denied("1.dkr.ecr.eu-south-2.amazonaws.com/app:2").hasSuffix(
          "unexpected status from HEAD request to https://1.dkr.ecr.eu-south-2.amazonaws.com/v2/app/manifests/2: 403 Forbidden"
        ))
    }
  }
}

@Suite struct ContainerConfiguration {
  static let secretEnvironment: JSONValue = [
    ["name": "DATABASE_URL", "valueFrom": ["secretKeyRef": ["name": "database", "key": "url"]]]
  ]

  @Test func aMissingSecretAndThenAMissingKey() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.createPod("web", ClusterFixture.container("app:1") { $0["env"] = Self.secretEnvironment })
      fixture.run(.seconds(5))
      var waiting = fixture.containerStatus().at("state", "waiting")
      #expect(waiting?["reason"] == "CreateContainerConfigError")
      #expect(waiting?["message"] == "secret \"database\" not found")
      #expect(fixture.events("web").contains("Warning Failed Error: secret \"database\" not found"))

      var secret = KubeObject(.secret, namespace: "shop", name: "database")
      secret.json["data"] = ["user": "YQ=="]
      fixture.create(secret)
      fixture.run(.seconds(20))
      waiting = fixture.containerStatus().at("state", "waiting")
      #expect(waiting?["message"] == "couldn't find key url in Secret shop/database")

      fixture.patch(.secret, "database", ["data": ["url": "cG9zdGdyZXM6Ly9kYg=="]])
      fixture.run(.seconds(20))
      #expect(fixture.isReady(fixture.pod()!))
      #expect(fixture.cluster.processes("shop", "web")[0].environment["DATABASE_URL"] == "postgres://db")
      #expect(fixture.containerStatus()["restartCount"] == 0)
    }
  }

  @Test func aMissingVolumeKeepsTheContainerCreating() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.createPod(
        "web",
        ClusterFixture.container("app:1") {
          $0["volumeMounts"] = [["name": "settings", "mountPath": "/etc/app"]]
        }
      ) {
        $0.json.set("spec", "volumes", to: [["name": "settings", "configMap": ["name": "settings"]]])
      }
      fixture.run(.seconds(10))
      #expect(fixture.containerStatus().at("state", "waiting", "reason") == "ContainerCreating")
      #expect(
        fixture.events("web").contains(
          "Warning FailedMount MountVolume.SetUp failed for volume \"settings\" : configmap \"settings\" not found"))
      var map = KubeObject(.configMap, namespace: "shop", name: "settings")
      map.json["data"] = ["app.yaml": "limit: 1"]
      fixture.create(map)
      fixture.run(.seconds(30))
      let process = fixture.cluster.processes("shop", "web")[0]
      #expect(process.file("/etc/app/app.yaml") == "limit: 1")
      #expect(process.file("/etc/app/other") == nil)
      fixture.patch(.configMap, "settings", ["data": ["app.yaml": "limit: 2"]])
      fixture.run(.seconds(61))
      #expect(process.file("/etc/app/app.yaml") == "limit: 2", "a mounted file follows within a minute")
    }
  }

  @Test func theDownwardAPIAndVariablesAreFilledIn() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.createPod(
        "web",
        ClusterFixture.container("app:1") {
          $0["args"] = ["--name=$(NAME)", "--price=$$5"]
          $0["resources"] = ["limits": ["memory": "64Mi"]]
          $0["env"] = [
            ["name": "NAME", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]],
            ["name": "IP", "valueFrom": ["fieldRef": ["fieldPath": "status.podIP"]]],
            ["name": "APP", "valueFrom": ["fieldRef": ["fieldPath": "metadata.labels['app']"]]],
            ["name": "LIMIT", "valueFrom": ["resourceFieldRef": ["resource": "limits.memory", "divisor": "1Mi"]]],
            ["name": "BOTH", "value": "$(NAME)@$(IP)$(NONE)"],
          ]
        })
      fixture.run(.seconds(5))
      let process = fixture.cluster.processes("shop", "web")[0]
      let address = process.host.address.description
      #expect(process.environment["BOTH"] == "web@\(address)$(NONE)")
      #expect(process.environment["APP"] == "web")
      #expect(process.environment["LIMIT"] == "64")
      #expect(process.arguments == ["--name=web", "--price=$5"])
    }
  }

  @Test func initContainersRunOneAfterAnother() {
    Simulated.perform {
      let fixture = ClusterFixture()
      var migrations = 0
      fixture.registry.add("migrate:1") { container in
        await container.simulation.sleep(.seconds(3))
        migrations += 1
        return migrations < 2 ? 1 : 0
      }
      fixture.createPod {
        $0.json.set("spec", "initContainers", to: [["name": "migrate", "image": "migrate:1"]])
      }
      fixture.run(.seconds(4))
      #expect(fixture.pod()?.status["phase"] == "Pending")
      #expect(fixture.containerStatus().at("state", "waiting", "reason") == "PodInitializing")
      #expect(fixture.pod()?.condition("Initialized")?["reason"] == "ContainersNotInitialized")
      fixture.run(.seconds(15))
      #expect(fixture.pod()?.condition("Initialized")?["status"] == "True")
      #expect(fixture.isReady(fixture.pod()!))
      let initial = fixture.pod()?.status["initContainerStatuses"]?[0]
      #expect(initial?["restartCount"] == 1)
      #expect(initial?.at("state", "terminated", "reason") == "Completed")
    }
  }

  @Test func podsThatEnd() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.registry.add("job:1") { $0.environment["FAIL"] == nil ? 0 : 2 }
      for (name, environment) in [("good", [] as JSONValue), ("bad", [["name": "FAIL", "value": "1"]])] {
        fixture.createPod(name, ClusterFixture.container("job:1") { $0["env"] = environment }) {
          $0.json.set("spec", "restartPolicy", to: "Never")
        }
      }
      fixture.run(.seconds(10))
      #expect(fixture.pod("good")?.status["phase"] == "Succeeded")
      #expect(fixture.pod("good")?.condition("Ready")?["reason"] == "PodCompleted")
      #expect(fixture.pod("bad")?.status["phase"] == "Failed")
    }
  }
}

@Suite struct StartFaults {
  @Test func aContainerThatMayNotStartLoops() {
    Simulated.perform {
      let fixture = ClusterFixture()
      fixture.cluster.startFault = { pod, _ in pod.name == "web" ? "failed to create containerd task: cgroup busy" : nil
      }
      fixture.createPod("web")
      fixture.createPod("other")
      fixture.run(.seconds(8))
      #expect(fixture.containerStatus().at("state", "waiting", "reason") == "CrashLoopBackOff")
      #expect(
        fixture.events("web").contains("Warning Failed Error: failed to create containerd task: cgroup busy"))
      #expect(fixture.isReady(fixture.pod("other")!))
      fixture.cluster.startFault = nil
      fixture.run(.seconds(30))
      #expect(fixture.isReady(fixture.pod()!))
    }
  }
}
