import Documents
import SimulationKernel
import Testing

@testable import KubernetesModel
@testable import Toolbox

@Suite struct KubectlReading {
  @Test func tables() {
    Simulated.perform {
      let fixture = ToolFixture()
      let pods = fixture.kubectl("get pods").output.split(separator: "\n")
      #expect(pods[0].split(separator: " ") == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"])
      #expect(pods.count == 4)
      #expect(pods[1...].allSatisfy { $0.contains("   1/1     Running   0          3") })
      let deployment = fixture.kubectl("get deploy").output
      #expect(
        deployment.hasPrefix("NAME   READY   UP-TO-DATE   AVAILABLE   AGE\nweb    3/3     3            3           3"))
      let wide = fixture.kubectl("get deploy web -o wide --no-headers").output
      #expect(wide.contains("   app   app:1   app=web\n"))
      let all = fixture.kubectl("get deploy,rs").output
      #expect(all.contains("deployment.apps/web") && all.contains("\n\nNAME ") && all.contains("replicaset.apps/web-"))
      #expect(fixture.type("kubectl get pods -A").output.hasPrefix("NAMESPACE   NAME"))
      #expect(fixture.type("kubectl get nodes").output.contains("node-0   "))
    }
  }

  @Test(arguments: [
    ("get pod nothere", "Error from server (NotFound): pods \"nothere\" not found\n", 1),
    ("get deploy nothere", "Error from server (NotFound): deployments.apps \"nothere\" not found\n", 1),
    ("get foo", "error: the server doesn't have a resource type \"foo\"\n", 1),
    ("get pods -l app=none", "No resources found in shop namespace.\n", 0),
    ("get secrets", "No resources found in shop namespace.\n", 0),
    ("get pods --foo", "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n", 1),
    ("get pods -Z", "error: unknown shorthand flag: 'Z' in -Z\nSee 'kubectl get --help' for usage.\n", 1),
    ("get pods -o", "error: flag needs an argument: 'o' in -o\nSee 'kubectl get --help' for usage.\n", 1),
    ("get pod web -A", "error: a resource cannot be retrieved by name across all namespaces\n", 1),
    ("get pod x -l a=b", "error: name cannot be provided when a selector is specified\n", 1),
    ("gte pods", "error: unknown command \"gte\" for \"kubectl\"\n\nDid you mean this?\n\tget\n", 1),
    (
      "logs nothere", "Error from server (NotFound): pods \"nothere\" not found\n", 1
    ),
  ])
  func errors(_ arguments: String, _ text: String, _ exitCode: Int32) {
    Simulated.perform {
      let result = ToolFixture().kubectl(arguments)
      #expect(result == Toolbox.CommandResult(errors: text, exitCode: exitCode))
    }
  }

  @Test func anUnknownContextIsAnError() {
    Simulated.perform {
      let result = ToolFixture().type("kubectl --context mars get pods")
      #expect(result == Toolbox.CommandResult(errors: "error: context \"mars\" does not exist\n", exitCode: 1))
    }
  }

  @Test func structuredOutput() throws {
    try Simulated.perform {
      let fixture = ToolFixture()
      #expect(fixture.kubectl("get deploy/web -o name").output == "deployment.apps/web\n")
      let json = try parseJSON(fixture.kubectl("get deploy web -o json").output)
      #expect(json.at("metadata", "name") == "web")
      let list = try parseJSON(fixture.kubectl("get pods -o json").output)
      #expect(list["kind"] == "List" && list["items"]?.array?.count == 3)
      let yaml = fixture.kubectl("get deploy web -o yaml").output
      #expect(yaml.hasPrefix("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n"))
    }
  }

  @Test(arguments: [
    ("get deploy web -o jsonpath='{.spec.replicas}'", "3"),
    ("get deploy -o jsonpath='{.items[*].metadata.name}'", "web"),
    ("get deploy web -o jsonpath='{.spec.template.spec.containers[0].image}'", "app:1"),
    ("get deploy web -o jsonpath=\"{.status.conditions[?(@.type=='Available')].status}\"", "True"),
    (#"get deploy web -o jsonpath='{.metadata.annotations.deployment\.kubernetes\.io/revision}'"#, "1"),
    (#"get deploy -o jsonpath='{range .items[*]}{.metadata.name}{"\t"}{.spec.replicas}{"\n"}{end}'"#, "web\t3\n"),
    ("get deploy -o custom-columns=N:.metadata.name,R:.spec.replicas", "N     R\nweb   3\n"),
  ])
  func expressions(_ arguments: String, _ text: String) {
    Simulated.perform {
      let result = ToolFixture().kubectl(arguments)
      #expect(result == Toolbox.CommandResult(output: text))
    }
  }

  @Test func describeShowsStateAndEvents() {
    Simulated.perform {
      let fixture = ToolFixture()
      let name = fixture.spain.server.list(.pod)[0].name
      let pod = fixture.kubectl("describe pod \(name)").output
      #expect(pod.hasPrefix("Name:             \(name)\nNamespace:        shop\n"))
      #expect(pod.contains("    Restart Count:  0\n") && pod.contains("      Started:      Mon, 02 Mar 2026 08:00:"))
      #expect(pod.contains("Events:\n  Type    Reason     Age   From               Message\n"))
      #expect(pod.contains("  Normal  Scheduled  "))
      let deployment = fixture.kubectl("describe deploy web").output
      #expect(deployment.contains("3 desired | 3 updated | 3 total | 3 available | 0 unavailable\n"))
      #expect(deployment.contains("(3/3 replicas created)\n"))
      #expect(fixture.kubectl("describe replicaset").output.contains("Replicas:       3 current / 3 desired\n"))
    }
  }

  @Test func logsOfARunAndOfTheOneBefore() {
    Simulated.perform {
      let fixture = ToolFixture()
      let name = fixture.spain.server.list(.pod)[0].name
      #expect(fixture.kubectl("logs \(name)").output == "starting plain\n")
      #expect(
        fixture.kubectl("logs \(name) --previous").errors
          == "Error from server (BadRequest): previous terminated container \"app\" in pod \"\(name)\" not found\n")
      #expect(fixture.kubectl("logs deploy/web").errors.hasPrefix("Found 3 pods, using pod/web-"))
      _ = fixture.kubectl("set image deploy/web app=app:2-crashes")
      fixture.run(.seconds(90))
      let broken = fixture.spain.server.list(.pod).first {
        $0.spec["containers"]?[0]?["image"]?.string == "app:2-crashes"
      }
      let previous = fixture.kubectl("logs \(broken?.name ?? "") --previous --tail=1")
      #expect(previous.output == "fatal: no configuration\n")
    }
  }
}
