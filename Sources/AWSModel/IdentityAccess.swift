import Documents
import NetworkModel
import SimulationKernel

/// Who calls an AWS API.
package struct Principal: Hashable, Sendable {
  /// The ARN of a user or of an assumed role's session.
  package var arn: String
  /// The role assumed; `nil` for one that may do everything: a person with administrator access, or a service of AWS itself.
  package var role: String?

  package init(arn: String, role: String? = nil) {
    self.arn = arn
    self.role = role
  }
}

/// A policy document, as far as it decides here: effects, actions and resources with wildcards. A statement with a condition,
/// `NotAction` or `NotResource` never matches, so that what is not understood allows nothing.
package struct PolicyDocument: Hashable, Sendable {
  /// One statement.
  package struct Statement: Hashable, Sendable {
    package var isAllow: Bool
    package var actions: [String]
    package var resources: [String]

    package init(isAllow: Bool, actions: [String], resources: [String]) {
      self.isAllow = isAllow
      self.actions = actions
      self.resources = resources
    }
  }

  package var statements: [Statement]

  package init(statements: [Statement]) { self.statements = statements }

  /// Reads a policy's JSON; `nil` when it is none.
  package init?(json: JSONValue) {
    guard let list = json["Statement"].map({ $0.array ?? [$0] }) else { return nil }
    statements = []
    for statement in list {
      guard let effect = statement["Effect"]?.string else { return nil }
      let isDecidable = ["Condition", "NotAction", "NotResource"].allSatisfy { statement[$0] == nil }
      statements.append(
        Statement(
          isAllow: effect == "Allow", actions: isDecidable ? Self.strings(statement["Action"]) : [],
          resources: Self.strings(statement["Resource"])))
    }
  }

  static func strings(_ value: JSONValue?) -> [String] {
    value.map { ($0.array ?? [$0]).compactMap(\.string) } ?? []
  }

  /// Whether a statement of the effect covers the action on the resource.
  func covers(_ action: String, _ resource: String, isAllow: Bool) -> Bool {
    statements.contains { statement in
      statement.isAllow == isAllow && statement.actions.contains { globMatches($0.lowercased(), action.lowercased()) }
        && statement.resources.contains { globMatches($0, resource) }
    }
  }
}

/// Roles of an account: who may assume them, and what they may do (IAM user guide, "Policy evaluation logic").
@Simulated
package final class IdentityAccess {
  /// A role.
  package struct Role: Sendable {
    package var name: String
    package var arn: String
    /// Its trust policy.
    package var trust: JSONValue
    package var policies: [(name: String, document: PolicyDocument)] = []

    package init(name: String, arn: String, trust: JSONValue) {
      self.name = name
      self.arn = arn
      self.trust = trust
    }
  }

  package let accountID: String
  private var roles: [String: Role] = [:]

  package init(accountID: String) { self.accountID = accountID }

  package subscript(role name: String) -> Role? {
    get { roles[name] }
    set { roles[name] = newValue }
  }

  /// All roles by name.
  package var allRoles: [Role] { roles.sorted { $0.key < $1.key }.map(\.value) }

  /// Whether a principal may do something: an explicit denial wins, and what nobody allows is denied.
  ///
  /// - Throws: `AccessDeniedException` in the words of the services.
  package func check(_ principal: Principal, _ action: String, on resource: String) throws(AWSError) {
    guard let name = principal.role else { return }
    let policies = roles[name]?.policies.map(\.document) ?? []
    let refusal = "User: \(principal.arn) is not authorized to perform: \(action) on resource: \(resource) "
    if policies.contains(where: { $0.covers(action, resource, isAllow: false) }) {
      throw AWSError("AccessDeniedException", refusal + "with an explicit deny in an identity-based policy")
    }
    guard policies.contains(where: { $0.covers(action, resource, isAllow: true) }) else {
      throw AWSError(
        "AccessDeniedException", refusal + "because no identity-based policy allows the \(action) action")
    }
  }

  /// `AssumeRoleWithWebIdentity` as a pod's SDK calls it for its service account (IRSA).
  ///
  /// - Parameters:
  ///   - role: the role's ARN, from the annotation `eks.amazonaws.com/role-arn`.
  ///   - subject: such as `system:serviceaccount:external-secrets:external-secrets`.
  package func assumeRole(
    _ role: String, subject: String, sessionName: String
  ) throws(AWSError) -> Principal {
    let denied = AWSError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    guard let found = allRoles.first(where: { $0.arn == role }), Self.trusts(found.trust, subject) else { throw denied }
    return Principal(
      arn: "arn:aws:sts::\(accountID):assumed-role/\(found.name)/\(sessionName)", role: found.name)
  }

  /// Whether a trust policy lets a service account in: its condition on the token's `sub` must hold.
  private static func trusts(_ trust: JSONValue, _ subject: String) -> Bool {
    (trust["Statement"].map { $0.array ?? [$0] } ?? []).contains { statement in
      guard statement["Effect"]?.string == "Allow",
        PolicyDocument.strings(statement["Action"]).contains("sts:AssumeRoleWithWebIdentity")
      else { return false }
      let operators = statement["Condition"]?.object?.members ?? []
      return operators.allSatisfy { condition in
        let isExact = condition.key == "StringEquals"
        guard isExact || condition.key == "StringLike" else { return false }
        return (condition.value.object?.members ?? []).allSatisfy { member in
          let accepted = PolicyDocument.strings(member.value)
          if member.key.hasSuffix(":aud") { return accepted.contains("sts.amazonaws.com") }
          guard member.key.hasSuffix(":sub") else { return false }
          return accepted.contains { isExact ? $0 == subject : globMatches($0, subject) }
        }
      }
    }
  }
}
