import HTTPMessages
import NetworkModel
import SimulationKernel
import Telemetry

extension LoadBalancer {
  /// What CloudWatch counts in the namespace AWS/ApplicationELB.
  package struct Metrics: Sendable {
    /// Answers of targets and of the balancer itself by status, 0 to 599.
    private var targets = [Int](repeating: 0, count: 600)
    private var own = [Int](repeating: 0, count: 600)
    package private(set) var requestCount = 0
    /// Connections to targets that could not be opened.
    package internal(set) var targetConnectionErrors = 0
    /// From the arrival of a request to the answer of its target.
    package private(set) var targetResponseTime = LatencyHistogram()

    mutating func count(_ status: Int, isTargets: Bool, _ span: TimeSpan) {
      requestCount += 1
      guard isTargets else { return own[min(max(status, 0), 599)] += 1 }
      targets[min(max(status, 0), 599)] += 1
      targetResponseTime.record(span)
    }

    /// Answers of targets with a status in the range.
    package func targetAnswers(_ statuses: ClosedRange<Int>) -> Int { statuses.reduce(0) { $0 + targets[$1] } }
    /// Answers of the balancer itself with a status in the range.
    package func ownAnswers(_ statuses: ClosedRange<Int>) -> Int { statuses.reduce(0) { $0 + own[$1] } }

    /// The counters under their names in CloudWatch.
    package var counters: [(name: String, value: Int)] {
      [
        ("RequestCount", requestCount), ("HTTPCode_Target_2XX_Count", targetAnswers(200...299)),
        ("HTTPCode_Target_3XX_Count", targetAnswers(300...399)),
        ("HTTPCode_Target_4XX_Count", targetAnswers(400...499)),
        ("HTTPCode_Target_5XX_Count", targetAnswers(500...599)), ("HTTPCode_ELB_4XX_Count", ownAnswers(400...499)),
        ("HTTPCode_ELB_5XX_Count", ownAnswers(500...599)), ("HTTPCode_ELB_502_Count", ownAnswers(502...502)),
        ("HTTPCode_ELB_503_Count", ownAnswers(503...503)), ("HTTPCode_ELB_504_Count", ownAnswers(504...504)),
        ("TargetConnectionErrorCount", targetConnectionErrors),
      ]
    }
  }

  /// A line of the access log, with the fields that differ between requests here.
  package struct AccessLogEntry: Sendable {
    package var at: Instant
    package var method: HTTPMethod
    package var host: String
    package var path: String
    /// The balancer's node that took it.
    package var node: IPv4Address
    package var client: IPv4Address
    package var clientPort: UInt16
    /// `nil` when no target answered.
    package var target: IPv4Address?
    package var targetPort: UInt16
    package var duration: TimeSpan
    /// 460 for a client that closed its connection before the answer.
    package var elbStatus: Int
    package var targetStatus: Int?
    /// Bytes of the request and of the answer, headers included.
    package var received: Int
    package var sent: Int
    /// The W3C trace that the request belonged to.
    package var trace: TraceID?
  }

  /// Why the balancer answered itself, for a trace.
  static func reason(_ status: Int) -> String? {
    switch status {
    case 502: "the target closed the connection"
    case 503: "no target"
    case 504: "the target did not answer in time"
    default: nil
    }
  }

  /// An answer of the balancer itself.
  static func own(_ status: Int) -> HTTPResponse {
    let row = answers.first { $0.status == status }
    return HTTPResponse(
      status: status,
      headers: HTTPHeaders([HTTPHeader("Server", "awselb/2.0"), HTTPHeader("Content-Type", "text/html")]),
      body: row?.body ?? [])
  }

  /// Its pages: a title and a heading, and nothing more.
  private nonisolated static let answers: [(status: Int, body: [UInt8])] = [
    (404, "Not Found"), (502, "Bad Gateway"), (503, "Service Temporarily Unavailable"), (504, "Gateway Time-out"),
  ].map { status, reason in
    let title = "\(status) \(reason)"
    let page =
      "<html>\r\n<head><title>\(title)</title></head>\r\n<body>\r\n<center><h1>\(title)</h1></center>\r\n</body>\r\n</html>\r\n"
    return (status, Array(page.utf8))
  }
}
