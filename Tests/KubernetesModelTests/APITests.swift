import Documents
import SimulationKernel
import Testing

@testable import KubernetesModel

@Suite struct APIBehaviour {
  private static func deployment(_ edit: (inout KubeObject) -> Void = { _ in }) -> KubeObject {
    var object = KubeObject(.deployment, namespace: "shop", name: "web")
    object.json["spec"] = [
      "replicas": 2, "selector": ["matchLabels": ["app": "web"]],
      "template": [
        "metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "app", "image": "app:1"]]],
      ],
    ]
    edit(&object)
    return object
  }

  /// The server's refusal as kubectl prints it; empty for none.
  @Simulated
  private static func refusal(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return ""
  }

  // MARK: Validation

  @Test(arguments: [
    (["spec", "replicas"], "3", "", ""),
    (["spec", "replicas"], "-1", "spec.replicas: Invalid value: -1: must be greater than or equal to 0", ""),
    (["spec", "selector"], "null", "spec.selector: Required value", ""),
    (
      ["spec", "template", "metadata", "labels"], "{\"app\": \"x\"}",
      "spec.template.metadata.labels: Invalid value: map[string]string{\"app\":\"x\"}: `selector` does not match template `labels`",
      ""
    ),
    (
      ["spec", "strategy"], "{\"type\": \"Sideways\"}",
      "spec.strategy.type: Unsupported value: \"Sideways\": supported values: \"Recreate\", \"RollingUpdate\"", ""
    ),
    (
      ["spec", "strategy"], "{\"rollingUpdate\": {\"maxSurge\": 0, \"maxUnavailable\": 0}}",
      "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: intstr.IntOrString{Type:0, IntVal:0, StrVal:\"\"}: may not be 0 when `maxSurge` is 0",
      ""
    ),
    (
      ["spec", "replicas"], "\"two\"", "",
      "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    ),
    (["metadata", "labels"], "{\"a b\": \"c\"}", "metadata.labels: Invalid value: \"a b\": name part must", ""),
  ])
  func aDeploymentIsValidated(_ path: [String], _ value: String, _ cause: String, _ decoding: String) throws {
    let value = try parseJSON(value)
    Simulated.perform {
      let fixture = ClusterFixture()
      let text = Self.refusal {
        try fixture.server.create(
          Self.deployment { $0.json.set(path[...], to: value.isNull ? nil : value) }, as: "test")
      }
      if cause.isEmpty, decoding.isEmpty { #expect(text.isEmpty) }
      if !cause.isEmpty { #expect(text.hasPrefix("The Deployment \"web\" is invalid: \(cause)")) }
      if !decoding.isEmpty {
        #expect(
          text
            == "Error from server (BadRequest): Deployment in version \"v1\" cannot be handled as a Deployment: \(decoding)"
        )
      }
    }
  }

  @Test(arguments: [
    ("{\"name\": \"app\"}", "spec.containers[0].image: Required value"),
    ("{\"image\": \"app:1\"}", "spec.containers[0].name: Required value"),
    (
      "{\"name\": \"app\", \"image\": \"app:1\", \"resources\": {\"limits\": {\"cpu\": \"1\"}, \"requests\": {\"cpu\": \"2\"}}}",
      "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"
    ),
    (
      "{\"name\": \"app\", \"image\": \"app:1\", \"volumeMounts\": [{\"name\": \"x\", \"mountPath\": \"/x\"}]}",
      "spec.containers[0].volumeMounts[0].name: Not found: \"x\""
    ),
    (
      "{\"name\": \"app\", \"image\": \"app:1\", \"livenessProbe\": {}}",
      "spec.containers[0].livenessProbe: Required value: must specify a handler type"
    ),
  ])
  func aContainerIsValidated(_ container: String, _ cause: String) throws {
    let container = try parseJSON(container)
    Simulated.perform {
      let fixture = ClusterFixture()
      var pod = KubeObject(.pod, namespace: "shop", name: "p")
      pod.json["spec"] = ["containers": [container]]
      let wanted = pod
      let refusal1 = Self.refusal { try fixture.server.create(wanted, as: "test") }
      #expect(refusal1 == "The Pod \"p\" is invalid: \(cause)")
    }
  }

  @Test func unknownFieldsAreToldAsAsked() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      let object = Self.deployment {
        $0.json.set("spec", "replica", to: 1)
        $0.json.set("spec", "template", "spec", "containers", to: [["name": "app", "image": "app:1", "imagee": "x"]])
      }
      let refusal2 = Self.refusal { _ = try fixture.server.decoded(object, .strict) }
      #expect(
        refusal2
          == "Error from server (BadRequest): Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: "
          + "unknown field \"spec.template.spec.containers[0].imagee\", unknown field \"spec.replica\"")
      let (pruned, warnings) = try fixture.server.decoded(object, .warn)
      #expect(warnings.count == 2 && pruned.spec["replica"] == nil)
      #expect(pruned.spec.at("template", "spec", "containers")?[0]?["imagee"] == nil)
      #expect(try fixture.server.decoded(object, .ignore).warnings.isEmpty)
    }
  }

  @Test func whatMayNotChangeDoesNot() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      let created = fixture.create(Self.deployment())
      var changed = created
      changed.json.set("spec", "selector", "matchLabels", to: ["app": "web", "a": "b"])
      changed.json.set("spec", "template", "metadata", "labels", to: ["app": "web", "a": "b"])
      let wanted = changed
      let refusal3 = Self.refusal { try fixture.server.update(wanted, as: "test") }
      #expect(
        refusal3
          == "The Deployment \"web\" is invalid: spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{\"a\":\"b\", \"app\":\"web\"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable"
      )
      var map = KubeObject(.configMap, namespace: "shop", name: "m")
      map.json["data"] = ["a": "1"]
      map.json["immutable"] = true
      fixture.create(map)
      let patched = Self.refusal {
        try fixture.server.patch(.configMap, "shop", "m", .merge, ["data": ["a": "2"]], as: "test")
      }
      #expect(
        patched == "The ConfigMap \"m\" is invalid: data: Forbidden: field is immutable when `immutable` is set")
      var stale = created
      try fixture.server.patch(.deployment, "shop", "web", .merge, ["spec": ["replicas": 3]], as: "test")
      stale.json.set("spec", "replicas", to: 5)
      let late = stale
      let refusal4 = Self.refusal { try fixture.server.update(late, as: "test") }
      #expect(
        refusal4
          == "Error from server (Conflict): Operation cannot be fulfilled on deployments.apps \"web\": the object has been modified; please apply your changes to the latest version and try again"
      )
    }
  }

  @Test func tryingStoresNothing() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      let tried = try fixture.server.tryCreate(Self.deployment())
      #expect(!tried.uid.isEmpty && tried.spec["revisionHistoryLimit"] == 10)
      #expect(fixture.server.find(.deployment, "shop", "web") == nil)
      let created = fixture.create(Self.deployment())
      var changed = created
      changed.json.set("spec", "replicas", to: 9)
      #expect(try fixture.server.tryUpdate(changed).generation == 2)
      #expect(fixture.server.find(.deployment, "shop", "web")?.generation == 1)
    }
  }

  // MARK: Deletion

  @Test func finalizersHoldAnObject() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      var map = KubeObject(.configMap, namespace: "shop", name: "m")
      map.finalizers = ["shop/keep"]
      fixture.create(map)
      try fixture.server.delete(.configMap, "shop", "m", as: "test")
      let marked = try #require(fixture.server.find(.configMap, "shop", "m"))
      #expect(marked.isTerminating)
      try fixture.server.patch(.configMap, "shop", "m", .merge, ["metadata": ["finalizers": .null]], as: "test")
      #expect(fixture.server.find(.configMap, "shop", "m") == nil)
    }
  }

  @Test(arguments: [DeletionPropagation.background, .foreground, .orphan])
  func dependantsFollowTheirOwner(_ propagation: DeletionPropagation) throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      fixture.create(Self.deployment())
      fixture.run(.seconds(20))
      let owner = try #require(fixture.server.find(.deployment, "shop", "web"))
      try fixture.server.delete(.deployment, "shop", "web", propagation: propagation, as: "test")
      #expect((fixture.server.find(.deployment, "shop", "web") != nil) == (propagation == .foreground))
      fixture.run(.seconds(60))
      #expect(fixture.server.find(.deployment, "shop", "web") == nil)
      let sets = fixture.server.list(.replicaSet)
      #expect(sets.count == (propagation == .orphan ? 1 : 0))
      #expect(fixture.server.list(.pod).count == (propagation == .orphan ? 2 : 0))
      #expect(sets.allSatisfy { !$0.ownerUIDs.contains(owner.uid) })
    }
  }

  @Test func aNamespaceGoesWithWhatIsInIt() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      fixture.create(Self.deployment())
      fixture.run(.seconds(20))
      try fixture.server.delete(.namespace, "", "shop", as: "test")
      let gone = Self.refusal {
        try fixture.server.create(KubeObject(.configMap, namespace: "shop", name: "m"), as: "test")
      }
      #expect(
        gone
          == "Error from server (Forbidden): configmaps \"m\" is forbidden: unable to create new content in namespace shop because it is being terminated"
      )
      fixture.run(.seconds(90))
      #expect(fixture.server.find(.namespace, "", "shop") == nil && fixture.server.list(.pod).isEmpty)
    }
  }

  // MARK: Disruptions

  @Test(arguments: [
    ("{\"minAvailable\": 2}", 3, 3, 3, 2, 1), ("{\"minAvailable\": \"50%\"}", 3, 3, 3, 2, 1),
    ("{\"maxUnavailable\": 1}", 2, 3, 3, 2, 0), ("{\"maxUnavailable\": \"34%\"}", 3, 3, 3, 1, 2),
    ("{}", 3, 3, 3, 0, 3), ("{\"minAvailable\": 1}", 0, 0, 0, 1, 0),
  ])
  func aBudgetCounts(_ spec: String, _ healthy: Int, _ expected: Int, _ pods: Int, _ desired: Int, _ allowed: Int)
    throws
  {
    let count = DisruptionCount(try parseJSON(spec), healthy: healthy, expected: expected, pods: pods)
    #expect(count.desired == desired && count.allowed == allowed)
  }

  @Test func evictionsAskTheBudget() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      fixture.create(Self.deployment())
      var budget = KubeObject(.podDisruptionBudget, namespace: "shop", name: "web")
      budget.json["spec"] = ["minAvailable": 1, "selector": ["matchLabels": ["app": "web"]]]
      fixture.create(budget)
      fixture.run(.seconds(20))
      let pods = fixture.server.list(.pod).map(\.name)
      try fixture.server.evict("shop", pods[0], as: "test")
      let refusal5 = Self.refusal { try fixture.server.evict("shop", pods[1], as: "test") }
      #expect(
        refusal5
          == "Error from server (TooManyRequests): Cannot evict pod as it would violate the pod's disruption budget.")
      fixture.run(.seconds(20))
      #expect(fixture.server.find(.pod, "shop", pods[0]) == nil)
      #expect(fixture.server.find(.podDisruptionBudget, "shop", "web")?.status["disruptionsAllowed"] == 1)
    }
  }

  // MARK: Access

  @Test(arguments: [
    ("get", "", "pods", "", "shop", "", true), ("delete", "", "pods", "", "shop", "", false),
    ("get", "", "pods", "log", "shop", "", true), ("get", "", "pods", "exec", "shop", "", false),
    ("get", "", "pods", "", "other", "", false), ("get", "", "configmaps", "", "shop", "m", true),
    ("get", "", "configmaps", "", "shop", "n", false), ("get", "apps", "deployments", "", "shop", "", false),
  ])
  func rolesAllowWhatTheyList(
    _ verb: String, _ group: String, _ resource: String, _ part: String, _ namespace: String, _ name: String,
    _ yes: Bool
  ) {
    Simulated.perform {
      let fixture = ClusterFixture()
      var role = KubeObject(.role, namespace: "shop", name: "reader")
      role.json["rules"] = [
        ["apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]],
        ["apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["m"], "verbs": ["*"]],
      ]
      fixture.create(role)
      var binding = KubeObject(.roleBinding, namespace: "shop", name: "b")
      binding.json["roleRef"] = ["kind": "Role", "name": "reader"]
      binding.json["subjects"] = [["kind": "ServiceAccount", "name": "app", "namespace": "shop"]]
      fixture.create(binding)
      let request = AccessRequest(
        verb, group: group, resource: resource, subresource: part, namespace: namespace, name: name)
      let decision = fixture.server.decide(request, for: Requester("system:serviceaccount:shop:app"))
      #expect(decision.isAllowed == yes)
      #expect(!fixture.server.decide(request, for: Requester("ana")).isAllowed)
      #expect(fixture.server.decide(request, for: Requester("root", groups: ["system:masters"])).isAllowed)
      if yes {
        #expect(
          decision.reason == "RBAC: allowed by RoleBinding \"b/shop\" of Role \"reader\" to ServiceAccount \"app/shop\""
        )
      }
    }
  }

  // MARK: Kinds

  @Test func definitionsBringTheirColumns() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      var definition = KubeObject(.customResourceDefinition, name: "baskets.shop.example")
      definition.json["spec"] = [
        "group": "shop.example", "scope": "Namespaced",
        "names": ["kind": "Basket", "plural": "baskets", "shortNames": ["bk"], "categories": ["shopping"]],
        "versions": [
          [
            "name": "v1", "storage": true,
            "additionalPrinterColumns": [
              ["name": "Items", "type": "integer", "jsonPath": ".spec.items"],
              ["name": "Note", "type": "string", "jsonPath": ".spec.note", "priority": 1],
              ["name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"],
            ],
          ]
        ],
      ]
      fixture.create(definition)
      let kind = try #require(fixture.server.kind(named: "bk"))
      #expect(fixture.server.kinds(inCategory: "shopping") == [kind])
      var basket = KubeObject(kind, namespace: "shop", name: "one")
      basket.json["spec"] = ["items": 3]
      let table = fixture.server.table(of: kind, [fixture.create(basket)])
      #expect(table.text() == "NAME   ITEMS   AGE\none    3       0s\n")
      #expect(table.text(wide: true) == "NAME   ITEMS   NOTE   AGE\none    3              0s\n")
    }
  }

  @Test(arguments: [
    ("{..name}", "a b c"), ("{.items[0,2].name}", "a c"), ("{.items[::2].name}", "a c"),
    ("{.items[?(@.size>1)].name}", "b c"), ("{.items[-1].name}", "c"), ("{.items[0]}", "{\"name\":\"a\",\"size\":1}"),
  ])
  func pathsFind(_ path: String, _ text: String) throws {
    let value = try parseJSON(
      "{\"items\": [{\"size\": 1, \"name\": \"a\"}, {\"size\": 2, \"name\": \"b\"}, {\"size\": 3, \"name\": \"c\"}]}")
    #expect(try JSONPath(path).text(value) == text)
  }
}
