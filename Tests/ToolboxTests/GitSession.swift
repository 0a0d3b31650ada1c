import Documents
import SimulationKernel
import TwinWorld

@testable import KubernetesModel
@testable import Toolbox

extension Session {
  @Simulated
  private static func deploy(_ image: String, _ message: String, _ terminal: TranscriptTerminal) {
    let fixture = terminal.fixture
    let change = GitRepository.ManifestChange(
      path: "spain/web.yaml", isMeant: { $0["kind"]?.string == "Deployment" },
      field: ["spec", "template", "spec", "containers", "0", "image"], value: .string(image))
    let header = CommitHeader(name: "Marta Soler", email: "marta.soler@example.com", message: message)
    do throws(YAMLEdit.Refusal) { try fixture.shop.deploy([change], header, at: fixture.simulation.now) } catch {
      fatalError("\(error)")
    }
    _ = fixture.type("kubectl --context spain apply -f spain/web.yaml")
  }

  /// A release that crashes: found in the history, undone in the cluster, then reverted where it came from.
  static let badDeploy = Session(name: "bad-deploy") { terminal in
    terminal.note("the release train brings app:2-crashes")
    deploy("app:2-crashes", "web: release 2\n\nFaster start-up. No change of configuration.\n", terminal)
    terminal.wait(.seconds(75))
    terminal.kubectl("get pods")
    terminal.type("git log --oneline -3 -- spain/web.yaml")
    terminal.type("git log -p -1 -- spain/web.yaml")
    terminal.type("git log --since='10 minutes ago' --format='%h %an, %ar: %s'")
    terminal.type("git show --stat HEAD")
    terminal.type("git show HEAD~1:spain/web.yaml | grep image")
    terminal.type("git blame -L 15,18 spain/web.yaml")
    terminal.type("git diff HEAD~1 HEAD --name-only")
    terminal.type("git status")
    terminal.kubectl("rollout undo deploy/web")
    terminal.kubectl("rollout status deploy/web")
    terminal.note("the cluster is well, the repository is not: the next deploy would bring it back")
    terminal.kubectl("diff -f spain/web.yaml")
    terminal.type("git revert --no-edit HEAD")
    terminal.type("git log -1")
    terminal.kubectl("diff -f spain/web.yaml")
    terminal.kubectl("apply -f spain/web.yaml")
    terminal.type("git push")
    terminal.note("what is mistyped")
    terminal.type("git lgo")
    terminal.type("git log --onlin")
    terminal.type("git log release-2")
    terminal.type("git show HEAD:spain/api.yaml")
    terminal.type("git revert nope")
    terminal.type("git -C germany log")
  }
}
