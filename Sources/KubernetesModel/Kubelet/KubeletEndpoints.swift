import HTTPMessages
import NetworkModel
import SimulationKernel
import Telemetry

/// What kubelet serves on port 10250: its own metrics, its containers' (cAdvisor) and its probes' (upstream:
/// pkg/kubelet/server/server.go).
@Simulated
final class KubeletEndpoints: HTTPService {
  static let port: UInt16 = 10250

  private weak var kubelet: Kubelet?

  init(_ kubelet: Kubelet) { self.kubelet = kubelet }

  func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
    guard let kubelet, !kubelet.isStopped else { throw NetworkError.reset }
    switch request.path {
    case "/metrics": return Self.answer(kubelet.ownMetrics())
    case "/metrics/cadvisor": return Self.answer(kubelet.containerMetrics())
    case "/metrics/probes": return Self.answer(kubelet.probeMetrics())
    case "/healthz": return HTTPResponse(status: 200, body: Array("ok".utf8))
    default: return HTTPResponse(status: 404, body: Array("404 page not found\n".utf8))
    }
  }

  private static func answer(_ text: ExpositionText) -> HTTPResponse {
    HTTPResponse(
      status: 200, headers: HTTPHeaders([HTTPHeader("Content-Type", ExpositionText.contentType)]), body: text.bytes)
  }
}
