import SimulationKernel
import Telemetry

/// The log of one run of a container as it lies on its node: a file that kubelet rotates. `kubectl logs` reads the file that is
/// written now; what was rotated away is only on the node, and with the agent that ships logs.
///
/// Kubelet looks every ten seconds, rotates at `containerLogMaxSize` (10Mi) and keeps `containerLogMaxFiles` (5) files
/// (kubernetes/kubernetes, pkg/kubelet/logs/container_log_manager.go; KubeletConfiguration v1beta1).
struct ContainerLog {
  static let maximumSize = 10 << 20
  static let maximumFiles = 5
  static let monitorPeriod = TimeSpan.seconds(10)
  /// Time, stream and tag before each line: `2026-03-02T08:00:05.123456789Z stdout F ` (CRI logging format).
  static let prefixSize = 40
  /// containerd splits longer lines (`max_container_log_line_size`).
  static let longestLine = 16 << 10

  /// The lines of the file that is written now.
  private(set) var lines: [LogLine] = []
  /// Files besides that one.
  private(set) var rotatedFiles = 0
  private var size = 0
  private var checkedAt = Instant.zero

  mutating func write(_ text: String, at now: Instant) {
    if now - checkedAt >= Self.monitorPeriod {
      checkedAt = now
      if size >= Self.maximumSize {
        rotatedFiles = min(rotatedFiles + 1, Self.maximumFiles - 1)
        lines = []
        size = 0
      }
    }
    lines.append(LogLine(at: now, text: text))
    size += text.utf8.count + Self.prefixSize
  }
}
