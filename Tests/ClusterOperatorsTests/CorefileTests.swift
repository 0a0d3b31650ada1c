import NetworkModel
import Testing

@testable import ClusterOperators

@Suite struct Corefiles {
  private static let standard = """
    .:53 {
        errors
        health {
            lameduck 5s
        }
        kubernetes cluster.local in-addr.arpa ip6.arpa {
            pods insecure
        }
        forward . /etc/resolv.conf  # the node's
        cache 30
    }
    """

  private static func objection(_ name: String, _ text: String) throws -> NameError? {
    try Corefile(parsing: text).objection(to: name, resolvers: ["/etc/resolv.conf", "10.10.0.2"])
  }

  @Test(arguments: ["db.example.org", "tempo.monitoring.svc.cluster.local", "org"])
  func theStandardOneKeepsNothingBack(_ name: String) throws {
    #expect(try Self.objection(name, Self.standard) == nil)
  }

  @Test(arguments: [
    ("template ANY ANY db.example.org {\n rcode NXDOMAIN\n}", NameError.noSuchDomain),
    ("template IN A {\n rcode SERVFAIL\n}", .serverFailure),
    ("template ANY ANY example.org {\n rcode REFUSED\n}", .serverFailure),
    ("template ANY ANY other.org {\n rcode NXDOMAIN\n}", nil),
    ("template ANY ANY db.example.org {\n rcode NOERROR\n answer \"{{ .Name }} 60 IN A 10.0.0.1\"\n}", nil),
  ])
  func templatesAnswerInsteadOfTheZone(_ block: String, _ error: NameError?) throws {
    let text = Self.standard.replacing("    cache 30\n", with: block + "\n")
    #expect(try Self.objection("db.example.org", text) == error)
  }

  @Test func theLongestZoneDecides() throws {
    let stub = "\nexample.org:53 {\n forward . 10.255.255.53\n}\n"
    #expect(try Self.objection("db.example.org", Self.standard + stub) == .timedOut)
    #expect(try Self.objection("db.example.com", Self.standard + stub) == nil)
    let working = stub.replacing("10.255.255.53", with: "10.255.255.53 10.10.0.2")
    #expect(try Self.objection("db.example.org", Self.standard + working) == nil)
    #expect(try Self.objection("db.example.org", "example.com {\n forward . 10.10.0.2\n}") == .serverFailure)
  }

  @Test(arguments: [
    (".:53 {\n  errors\n  forwad . 10.10.0.2\n}", 3, "Unknown directive 'forwad'"),
    (".:53 {\n  errors\n", 1, "Unexpected EOF"), ("errors\n", 1, "Expected '{'"),
  ])
  func mistakesHaveTheirLine(_ text: String, _ line: Int, _ message: String) {
    let mistake = #expect(throws: Corefile.Mistake.self) { try Corefile(parsing: text) }
    #expect(mistake == Corefile.Mistake(line: line, message: message))
  }
}
