import Documents
import SimulationKernel

/// `aws SERVICE wait NAME`: an operation that is called again until its answer is as expected. Names, periods, limits and what
/// they look for are those of the SDK's `waiters-2.json` (botocore, `botocore/data`), as far as the operations exist here.
struct AWSWaiter: Sendable {
  /// What one answer means.
  enum State: Sendable { case success, failure, retry }

  enum Matcher: Sendable {
    /// Every element that a JMESPath expression finds, and at least one, is this.
    case all(String, String)
    /// Some element that it finds is this.
    case some(String, String)
    /// It finds `true`.
    case isTrue(String)
    /// The service answered with this error; `nil`: with none.
    case error(String?)
  }

  let service: String
  let name: String
  /// The operation that is called.
  let operation: String
  let period: TimeSpan
  let limit: Int
  let acceptors: [(matcher: Matcher, state: State)]

  private static let instanceStatus = "DBInstances[].DBInstanceStatus"
  private static let balancerState = "LoadBalancers[].State.Code"
  private static let targetState = "TargetHealthDescriptions[].TargetHealth.State"

  private static let machineState = "Reservations[].Instances[].State.Name"

  static let all: [AWSWaiter] = [
    AWSWaiter(
      service: "rds", name: "db-instance-available", operation: "describe-db-instances", period: .seconds(30),
      limit: 60,
      acceptors: [(.all(instanceStatus, "available"), .success)]
        + ["deleted", "deleting", "failed", "incompatible-restore", "incompatible-parameters"].map {
          (.some(instanceStatus, $0), .failure)
        }),
    AWSWaiter(
      service: "rds", name: "db-instance-deleted", operation: "describe-db-instances", period: .seconds(30), limit: 60,
      acceptors: [(.isTrue("length(DBInstances) == `0`"), .success), (.error("DBInstanceNotFound"), .success)]
        + ["creating", "modifying", "rebooting", "resetting-master-credentials"].map {
          (.some(instanceStatus, $0), .failure)
        }),
    AWSWaiter(
      service: "elbv2", name: "load-balancer-exists", operation: "describe-load-balancers", period: .seconds(15),
      limit: 40, acceptors: [(.error(nil), .success), (.error("LoadBalancerNotFound"), .retry)]),
    AWSWaiter(
      service: "elbv2", name: "load-balancer-available", operation: "describe-load-balancers", period: .seconds(15),
      limit: 40,
      acceptors: [
        (.all(balancerState, "active"), .success), (.some(balancerState, "provisioning"), .retry),
        (.error("LoadBalancerNotFound"), .retry),
      ]),
    AWSWaiter(
      service: "elbv2", name: "target-in-service", operation: "describe-target-health", period: .seconds(15),
      limit: 40, acceptors: [(.all(targetState, "healthy"), .success), (.error("InvalidInstance"), .retry)]),
    AWSWaiter(
      service: "elbv2", name: "target-deregistered", operation: "describe-target-health", period: .seconds(15),
      limit: 40, acceptors: [(.error("InvalidTarget"), .success), (.all(targetState, "unused"), .success)]),
    AWSWaiter(
      service: "ec2", name: "instance-running", operation: "describe-instances", period: .seconds(15), limit: 40,
      acceptors: [(.all(machineState, "running"), .success)]
        + ["shutting-down", "terminated", "stopping"].map { (.some(machineState, $0), .failure) }
        + [(.error("InvalidInstanceID.NotFound"), .retry)]),
    AWSWaiter(
      service: "ec2", name: "instance-status-ok", operation: "describe-instance-status", period: .seconds(15),
      limit: 40,
      acceptors: [
        (.all("InstanceStatuses[].InstanceStatus.Status", "ok"), .success),
        (.error("InvalidInstanceID.NotFound"), .retry),
      ]),
    AWSWaiter(
      service: "ec2", name: "security-group-exists", operation: "describe-security-groups", period: .seconds(5),
      limit: 6,
      acceptors: [
        (.isTrue("length(SecurityGroups[].GroupId) > `0`"), .success), (.error("InvalidGroup.NotFound"), .retry),
      ]),
  ]

  /// `DBInstanceAvailable`, as the SDK calls it.
  var apiName: String { apiText(name) }

  /// What an answer means, and in the words of botocore's `waiter.py` why it is a failure.
  func state(_ answer: Result<JSONValue, AWSServiceError>) throws -> (state: State, reason: String) {
    for acceptor in acceptors where try matches(acceptor.matcher, answer) {
      return (acceptor.state, "Waiter encountered a terminal failure state: \(Self.text(acceptor.matcher))")
    }
    guard case .failure(let error) = answer else { return (.retry, "") }
    return (.failure, "An error occurred (\(error.code)): \(error.message)")
  }

  private func matches(_ matcher: Matcher, _ answer: Result<JSONValue, AWSServiceError>) throws -> Bool {
    switch (matcher, answer) {
    case (.error(let code), .failure(let error)): return error.code == code
    case (.error(let code), .success): return code == nil
    case (_, .failure): return false
    case (.isTrue(let path), .success(let value)): return try JMESPath(path).value(value) == true
    case (.all(let path, let expected), .success(let value)):
      let found = try JMESPath(path).value(value).array ?? []
      return !found.isEmpty && found.allSatisfy { $0.string == expected }
    case (.some(let path, let expected), .success(let value)):
      return try (JMESPath(path).value(value).array ?? []).contains { $0.string == expected }
    }
  }

  private static func text(_ matcher: Matcher) -> String {
    switch matcher {
    case .all(let path, let expected):
      "For expression \"\(path)\" all members matched expected path: \"\(expected)\""
    case .some(let path, let expected):
      "For expression \"\(path)\" we matched expected path: \"\(expected)\" at least once"
    case .isTrue(let path): "For expression \"\(path)\" we matched expected path: \"True\""
    case .error(let code): "Matched expected service error code: \(code ?? "")"
    }
  }
}

/// `describe-db-instances` as the API names it: `DescribeDBInstances`.
func apiText(_ name: String) -> String {
  name.split(separator: "-").map { $0 == "db" ? "DB" : $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
}

extension AWSCall {
  /// A call of a process that runs already.
  private static let pollTime = Distribution.uniform(.milliseconds(90), .milliseconds(220))
  nonisolated private static let pollEvent: EventName = "aws.wait"

  /// Calls until the waiter is content; prints nothing.
  func wait(_ waiter: AWSWaiter) async throws {
    for attempt in 1...waiter.limit {
      let answer: Result<JSONValue, AWSServiceError>
      do { answer = .success(try self.answer() ?? .null) } catch let error as AWSServiceError {
        answer = .failure(error)
      }
      let (state, reason) = try waiter.state(answer)
      switch state {
      case .success: return
      case .failure:
        throw AWSUsageError("Waiter \(waiter.apiName) failed: \(reason)", usage: false, exitCode: 255)
      case .retry: break
      }
      guard attempt < waiter.limit else { break }
      await host.simulation.sleep(
        waiter.period + Self.pollTime.sample(host.simulation.random("aws")), Self.pollEvent)
    }
    throw AWSUsageError("Waiter \(waiter.apiName) failed: Max attempts exceeded", usage: false, exitCode: 255)
  }
}
