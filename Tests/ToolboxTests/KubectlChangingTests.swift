import Documents
import SimulationKernel
import Testing

@testable import KubernetesModel
@testable import Toolbox

@Suite struct KubectlChanging {
  @Test func restartAndStatus() {
    Simulated.perform {
      let fixture = ToolFixture()
      let before = Set(fixture.spain.server.list(.pod).map(\.name))
      #expect(fixture.kubectl("rollout restart deployment/web").output == "deployment.apps/web restarted\n")
      let status = fixture.kubectl("rollout status deployment/web --timeout=5m")
      #expect(status.exitCode == 0)
      #expect(status.output.hasPrefix("Waiting for deployment "))
      #expect(status.output.hasSuffix("deployment \"web\" successfully rolled out\n"))
      fixture.run(.minutes(1))
      #expect(before.isDisjoint(with: fixture.spain.server.list(.pod).map(\.name)))
    }
  }

  @Test func aFailingVersionIsSeenAndUndone() {
    Simulated.perform {
      let fixture = ToolFixture()
      #expect(fixture.kubectl("set image deploy/web app=app:2-crashes").output == "deployment.apps/web image updated\n")
      let slow = fixture.kubectl("rollout status deploy/web --timeout 30s")
      #expect(
        slow.output.hasSuffix(
          "Waiting for deployment \"web\" rollout to finish: 1 out of 3 new replicas have been updated...\n"))
      #expect(slow.errors == "error: timed out waiting for the condition\n" && slow.exitCode == 1)
      let failed = fixture.kubectl("rollout status deploy/web")
      #expect(failed.errors == "error: deployment \"web\" exceeded its progress deadline\n")
      let history = fixture.kubectl("rollout history deploy/web").output
      #expect(
        history == "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n")
      #expect(fixture.kubectl("rollout undo deploy/web").output == "deployment.apps/web rolled back\n")
      #expect(fixture.kubectl("rollout status deploy/web").exitCode == 0)
      #expect(fixture.deployment.spec.at("template", "spec", "containers")?[0]?["image"] == "app:1")
      #expect(fixture.deployment.spec.at("template", "metadata", "labels") == ["app": "web"])
      #expect(
        fixture.kubectl("rollout undo deploy/web --to-revision=9").errors
          == "error: unable to find specified revision 9 in history\n")
    }
  }

  @Test func scaleSetAndPatch() {
    Simulated.perform {
      let fixture = ToolFixture()
      #expect(fixture.kubectl("scale deploy web --replicas=5").output == "deployment.apps/web scaled\n")
      #expect(fixture.kubectl("set env deploy/web MODE=fast").output == "deployment.apps/web env updated\n")
      #expect(fixture.kubectl("set env deploy/web --list").output.hasSuffix("MODE=fast\n"))
      #expect(fixture.kubectl("set env deploy/web MODE-").output == "deployment.apps/web env updated\n")
      #expect(
        fixture.kubectl(#"patch deploy web -p '{"spec":{"replicas":2}}'"#).output == "deployment.apps/web patched\n")
      #expect(
        fixture.kubectl(#"patch deploy web --type merge -p '{"spec":{"replicas":2}}'"#).output
          == "deployment.apps/web patched (no change)\n")
      let json = #"patch deploy web --type=json -p '[{"op":"replace","path":"/spec/replicas","value":4}]'"#
      #expect(fixture.kubectl(json).exitCode == 0)
      #expect(fixture.deployment.spec["replicas"] == 4)
      #expect(
        fixture.kubectl("set image deploy/web other=app:2").errors
          == "error: unable to find container named \"other\"\n")
    }
  }

  @Test func labelsAndAnnotations() {
    Simulated.perform {
      let fixture = ToolFixture()
      #expect(fixture.kubectl("annotate deploy web note=1").output == "deployment.apps/web annotated\n")
      #expect(
        fixture.kubectl("annotate deploy web note=2").errors
          == "error: --overwrite is false but found the following declared annotation(s): 'note' already has a value (1)\n"
      )
      #expect(fixture.kubectl("annotate deploy web note=2 --overwrite").exitCode == 0)
      #expect(fixture.deployment.annotation("note") == "2")
      #expect(fixture.kubectl("label deploy/web tier=front").output == "deployment.apps/web labeled\n")
      #expect(fixture.kubectl("label deploy/web tier-").output == "deployment.apps/web unlabeled\n")
      #expect(fixture.deployment.label("tier") == nil)
    }
  }

  @Test func applyMergesThreeWays() {
    Simulated.perform {
      let fixture = ToolFixture()
      fixture.files["map.yaml"] =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: one, b: two}\n"
      #expect(fixture.kubectl("apply -f map.yaml").output == "configmap/settings created\n")
      #expect(fixture.kubectl("apply -f map.yaml").output == "configmap/settings unchanged\n")
      _ = fixture.kubectl(#"patch configmap settings --type merge -p '{"data":{"c":"live"}}'"#)
      fixture.files["map.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: three}\n"
      #expect(fixture.kubectl("apply -f map.yaml").output == "configmap/settings configured\n")
      let data = fixture.spain.server.find(.configMap, "shop", "settings")?.json["data"]
      #expect(data == ["a": "three", "c": "live"])
      #expect(fixture.kubectl("apply -f none.yaml").errors == "error: the path \"none.yaml\" does not exist\n")
    }
  }

  @Test func deletionWaitsForThePod() {
    Simulated.perform {
      let fixture = ToolFixture()
      let name = fixture.spain.server.list(.pod)[0].name
      let result = fixture.kubectl("delete pod \(name)")
      #expect(result.output == "pod \"\(name)\" deleted from shop namespace\n")
      #expect(fixture.spain.server.find(.pod, "shop", name) == nil)
      #expect(fixture.kubectl("delete pod \(name)").exitCode == 1)
      #expect(fixture.kubectl("delete pod \(name) --ignore-not-found").exitCode == 0)
    }
  }
}
