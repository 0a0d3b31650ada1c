import AWSModel
import Documents
import KubernetesModel
import SimulationKernel

/// What the load balancer controller reads out of an Ingress, as plain values (kubernetes-sigs/aws-load-balancer-controller,
/// docs/guide/ingress/annotations.md, spec.md).
package struct IngressModel: Sendable {
  /// A path to a service.
  package struct Route: Hashable, Sendable {
    /// Empty for any.
    package var host: String
    package var path: String
    package var isExact: Bool
    package var service: String
    /// A service port by number or name; `nil` for the first.
    package var port: JSONValue?
  }

  package static let annotation = "alb.ingress.kubernetes.io/"

  /// Ingresses of one group share a load balancer; `nil` for an Ingress that has its own.
  package var group: String?
  package var securityGroups: [String]
  package var routes: [Route]
  package var healthCheck: TargetGroup.HealthCheck
  package var deregistrationDelay: TimeSpan
  /// Where the access log goes; `nil` where it is off.
  package var accessLogBucket: String?

  /// - Returns: `nil` for an Ingress of another class.
  package init?(_ ingress: KubeObject) {
    let named = ingress.spec["ingressClassName"]?.string ?? ingress.annotation("kubernetes.io/ingress.class")
    guard named == "alb" else { return nil }
    func value(_ name: String) -> String? { ingress.annotation(Self.annotation + name) }
    group = value("group.name")
    securityGroups = Self.words(value("security-groups"))
    healthCheck = Self.healthCheck(value)
    deregistrationDelay = .seconds(300)
    for attribute in Self.words(value("target-group-attributes")) {
      let parts = attribute.split(separator: "=").map(String.init)
      if parts.count == 2, parts[0] == "deregistration_delay.timeout_seconds", let seconds = Double(parts[1]) {
        deregistrationDelay = .seconds(seconds)
      }
    }
    let attributes = Self.words(value("load-balancer-attributes")).map {
      $0.split(separator: "=", maxSplits: 1).map(String.init)
    }
    func attribute(_ name: String) -> String? { attributes.first { $0.count == 2 && $0[0] == name }?[1] }
    if attribute("access_logs.s3.enabled") == "true" { accessLogBucket = attribute("access_logs.s3.bucket") }
    routes = Self.routes(ingress.spec)
  }

  private static func healthCheck(_ value: (String) -> String?) -> TargetGroup.HealthCheck {
    func number(_ name: String) -> Double? { value(name).flatMap { Double($0) } }
    var check = TargetGroup.HealthCheck()
    check.path = value("healthcheck-path") ?? "/"
    if let seconds = number("healthcheck-interval-seconds") { check.interval = .seconds(seconds) }
    if let seconds = number("healthcheck-timeout-seconds") { check.timeout = .seconds(seconds) }
    if let count = number("healthy-threshold-count") { check.healthyThreshold = Int(count) }
    if let count = number("unhealthy-threshold-count") { check.unhealthyThreshold = Int(count) }
    if let codes = value("success-codes").flatMap(codes) { check.codes = codes }
    return check
  }

  /// Such as `200` or `200-399`; of a list the span from the lowest to the highest.
  private static func codes(_ text: String) -> ClosedRange<Int>? {
    let numbers = text.split { $0 == "-" || $0 == "," }.compactMap { Int($0) }
    guard let lowest = numbers.min(), let highest = numbers.max() else { return nil }
    return lowest...highest
  }

  /// In the order in which the balancer tries them: named hosts before any, exact paths before prefixes, longer prefixes
  /// before shorter ones; the default backend last.
  private static func routes(_ spec: JSONValue) -> [Route] {
    var routes: [Route] = []
    for rule in spec["rules"]?.array ?? [] {
      for path in rule.at("http", "paths")?.array ?? [] {
        guard let backend = path.at("backend", "service"), let service = backend["name"]?.string else { continue }
        routes.append(
          Route(
            host: rule["host"]?.string ?? "", path: path["path"]?.string ?? "/",
            isExact: path["pathType"]?.string == "Exact", service: service, port: port(backend)))
      }
    }
    let ordered = routes.enumerated().sorted { left, right in
      let (a, b) = (left.element, right.element)
      if a.host.isEmpty != b.host.isEmpty { return !a.host.isEmpty }
      if a.isExact != b.isExact { return a.isExact }
      if a.path.count != b.path.count { return a.path.count > b.path.count }
      return left.offset < right.offset
    }
    var result = ordered.map(\.element)
    if let backend = spec.at("defaultBackend", "service"), let service = backend["name"]?.string {
      result.append(Route(host: "", path: "/", isExact: false, service: service, port: port(backend)))
    }
    return result
  }

  private static func port(_ backend: JSONValue) -> JSONValue? {
    backend.at("port", "number") ?? backend.at("port", "name")
  }

  /// A list between commas.
  private static func words(_ text: String?) -> [String] {
    (text ?? "").split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
  }
}
