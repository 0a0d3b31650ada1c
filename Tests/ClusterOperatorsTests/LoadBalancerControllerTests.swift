import AWSModel
import Documents
import KubernetesModel
import NetworkModel
import SimulationKernel
import Testing

@testable import ClusterOperators

@Suite struct IngressModels {
  static func model(_ yaml: String) throws -> IngressModel? {
    IngressModel(KubeObject(.ingress, try parseYAML(yaml)[0].json))
  }

  @Test func annotationsSetTheHealthCheck() throws {
    let model = try #require(
      try Self.model(
        """
        metadata:
          name: web
          annotations:
            alb.ingress.kubernetes.io/healthcheck-path: /health
            alb.ingress.kubernetes.io/healthcheck-interval-seconds: "10"
            alb.ingress.kubernetes.io/unhealthy-threshold-count: "3"
            alb.ingress.kubernetes.io/success-codes: 200-399
            alb.ingress.kubernetes.io/security-groups: alb, other
            alb.ingress.kubernetes.io/target-group-attributes: stickiness.enabled=false,deregistration_delay.timeout_seconds=30
        spec: {ingressClassName: alb}
        """))
    #expect(model.healthCheck.path == "/health")
    #expect(model.healthCheck.interval == .seconds(10))
    #expect(model.healthCheck.timeout == .seconds(5))
    #expect(model.healthCheck.unhealthyThreshold == 3)
    #expect(model.healthCheck.codes == 200...399)
    #expect(model.securityGroups == ["alb", "other"])
    #expect(model.deregistrationDelay == .seconds(30))
  }

  @Test func specificRoutesComeFirst() throws {
    let model = try #require(
      try Self.model(
        """
        metadata: {name: web}
        spec:
          ingressClassName: alb
          defaultBackend: {service: {name: fallback, port: {number: 80}}}
          rules:
            - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: any}}}]}
            - host: pay.example
              http:
                paths:
                  - {path: /, pathType: Prefix, backend: {service: {name: root}}}
                  - {path: /api, pathType: Prefix, backend: {service: {name: api}}}
                  - {path: /api/v1, pathType: Exact, backend: {service: {name: exact}}}
        """))
    #expect(model.routes.map(\.service) == ["exact", "api", "root", "any", "fallback"])
  }

  @Test func otherClassesAreLeftAlone() throws {
    #expect(try Self.model("metadata: {name: web}\nspec: {ingressClassName: nginx}") == nil)
    #expect(try Self.model("metadata: {name: web}\nspec: {}") == nil)
  }
}

@Suite struct LoadBalancerControl {
  static let shop = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: app, image: "app:1", ports: [{name: http, containerPort: 8080}]}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: http}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: web
      namespace: shop
      annotations:
        alb.ingress.kubernetes.io/healthcheck-path: /health
        alb.ingress.kubernetes.io/healthcheck-interval-seconds: "5"
        alb.ingress.kubernetes.io/security-groups: alb
        alb.ingress.kubernetes.io/target-group-attributes: deregistration_delay.timeout_seconds=10
    spec:
      ingressClassName: alb
      rules:
        - host: pay.example
          http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}
    """

  @Test func anIngressBecomesABalancerWithReadyPods() {
    Simulated.perform {
      let fixture = OperatorFixture()
      fixture.apply(Self.shop)
      fixture.run(.seconds(30))
      let host = fixture.find(.ingress, "web")?.json.at("status", "loadBalancer", "ingress")?[0]?["hostname"]?.string
      #expect(host?.hasSuffix(".eu-south-2.elb.amazonaws.com") == true)
      #expect(fixture.events("web").contains("Normal SuccessfullyReconciled Successfully reconciled"))
      #expect(fixture.network.names(of: "eu-south-2")["pay.example"]?.addresses.count == 3)
      let group = fixture.balancers.targetGroups[0].group
      #expect(fixture.balancers.targetGroups[0].name == "shop/web")
      #expect(group.healthyCount == 2)
      #expect(group.targets.allSatisfy { $0.port == 8080 })
    }
  }

  @Test func targetsFollowThePods() {
    Simulated.perform {
      let fixture = OperatorFixture()
      fixture.apply(Self.shop)
      fixture.run(.seconds(30))
      let group = fixture.balancers.targetGroups[0].group
      fixture.merge(.deployment, "web", ["spec": ["replicas": 1]])
      fixture.run(.seconds(3))
      #expect(group.targets.count { $0.state == .draining } == 1)
      #expect(group.healthyCount == 1)
      fixture.run(.seconds(12))
      #expect(group.targets.count == 1)
      fixture.merge(.deployment, "web", ["spec": ["replicas": 3]])
      fixture.run(.seconds(20))
      #expect(group.healthyCount == 3)
      // A selector that matches nothing empties the group.
      fixture.merge(.service, "web", ["spec": ["selector": ["app": "wbe"]]])
      fixture.run(.seconds(15))
      #expect(group.targets.isEmpty)
    }
  }

  @Test func annotationsAreAppliedLater() {
    Simulated.perform {
      let fixture = OperatorFixture()
      fixture.apply(Self.shop)
      fixture.run(.seconds(30))
      fixture.merge(
        .ingress, "web", ["metadata": ["annotations": ["alb.ingress.kubernetes.io/healthcheck-path": "/wrong"]]])
      fixture.run(.seconds(2))
      #expect(fixture.balancers.targetGroups[0].group.healthCheck.path == "/wrong")
    }
  }

  @Test func withTheIngressTheBalancerGoes() throws {
    try Simulated.perform {
      let fixture = OperatorFixture()
      let hosts = fixture.network.allHosts.count
      fixture.apply(Self.shop)
      fixture.run(.seconds(30))
      try fixture.cluster.server.delete(.ingress, "shop", "web", as: "test")
      fixture.run(.seconds(2))
      #expect(fixture.network.names(of: "eu-south-2")["pay.example"] == nil)
      #expect(fixture.network.allHosts.count == hosts + 2, "only the two pods are left")
      #expect(fixture.balancers.targetGroups.isEmpty)
    }
  }

  @Test func anUnknownSecurityGroupIsRefused() {
    Simulated.perform {
      let fixture = OperatorFixture()
      fixture.apply(Self.shop.replacing("security-groups: alb", with: "security-groups: nope"))
      fixture.run(.seconds(5))
      #expect(
        fixture.events("web").contains(
          "Warning FailedBuildModel Failed build model due to couldn't find all securityGroups, nameOrIDs: [nope]"))
    }
  }
}
