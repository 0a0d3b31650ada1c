import NetworkModel
import SimulationKernel
import Telemetry

/// One run of a container: what its program sees, and what kubelet can do to it.
@Simulated
package final class ContainerProcess {
  package let pod: String
  package let namespace: String
  package let name: String
  package let image: String
  /// `command` and `args` of the container, variables filled in; empty for the image's own.
  package let arguments: [String]
  package let environment: [String: String]
  package let host: Host
  package let cpu: CPUQuota
  /// In bytes; `nil` for none.
  package let memoryLimit: Int64?
  package let simulation: Simulation
  /// What the program connects through.
  package let network: Network?
  /// Random numbers of this container.
  package let stream: RandomStream
  /// Waits of the program that end when the process dies.
  package let scope = CancelScope()
  /// When the process began.
  package let startedAt: Instant
  package private(set) var isAlive = true
  /// SIGTERM was sent.
  package private(set) var terminationRequested = false
  /// Bytes in use.
  package private(set) var workingSet: Int64 = 0
  /// Bytes that a leak has taken: the fault `memory.leak`.
  package var leakedMemory: Int64 = 0 { didSet { use(memory: workingSet - oldValue + leakedMemory) } }
  /// Accepts connections and never answers: the fault `process.hang`.
  package var isHung = false
  private var file = ContainerLog()
  /// Where an agent on the node ships the lines; `nil` where none does.
  private let shipment: LogStream?

  /// How it ended; `nil` while it runs.
  private(set) var exit: Exit?
  private let readFile: @Simulated (String) -> String?
  private var listeners: [Listener] = []
  private var terminationHandlers: [@Simulated () -> Void] = []
  private var observers: [Reply<Exit>] = []

  /// How a run ended.
  package struct Exit: Sendable {
    package var code: Int32
    package var reason: String
    /// What the container runtime says about it.
    package var message = ""
  }

  package init(
    simulation: Simulation, pod: String, namespace: String, name: String, image: String, arguments: [String] = [],
    environment: [String: String], host: Host, cpu: CPUQuota, memoryLimit: Int64?, network: Network? = nil,
    shipment: LogStream? = nil,
    readFile: @escaping @Simulated (String) -> String? = { _ in nil }
  ) {
    self.simulation = simulation
    startedAt = simulation.now
    self.pod = pod
    self.namespace = namespace
    self.name = name
    self.image = image
    self.arguments = arguments
    self.environment = environment
    self.host = host
    self.cpu = cpu
    self.memoryLimit = memoryLimit
    self.network = network
    self.shipment = shipment
    self.readFile = readFile
    stream = simulation.random("container/\(namespace)/\(pod)/\(name)")
  }

  /// Writes a line to the container's log.
  package func write(_ line: String) {
    file.write(line, at: simulation.now)
    shipment?.write(line)
  }

  /// What `kubectl logs` reads of this run.
  package var log: [LogLine] { file.lines }

  /// The content of a mounted file, at most a minute older than its ConfigMap or Secret; `nil` when nothing is there.
  package func file(_ path: String) -> String? { readFile(path) }

  /// Accepts connections until the process ends.
  package func listen(_ port: UInt16, _ service: any NetworkService) {
    listeners.append(host.listen(port, service))
  }

  /// Calls `handler` at SIGTERM.
  package func onTermination(_ handler: @escaping @Simulated () -> Void) { terminationHandlers.append(handler) }

  /// Waits for SIGTERM or the end of the process.
  package func waitForTermination() async {
    guard isAlive, !terminationRequested else { return }
    let asked = Reply<Bool>(simulation)
    onTermination { asked.fulfil(true) }
    _ = try? await asked.get(scope: scope)
  }

  /// Sets the working set. Above the limit the kernel kills the container at once.
  package func use(memory bytes: Int64) {
    guard isAlive else { return }
    workingSet = bytes
    if let memoryLimit, bytes > memoryLimit { end(Exit(code: 137, reason: "OOMKilled")) }
  }

  /// Sends SIGTERM.
  func requestTermination() {
    guard !terminationRequested else { return }
    terminationRequested = true
    for handler in terminationHandlers { handler() }
  }

  /// The process is gone: its sockets close, and what its program still waits for is cancelled.
  package func end(_ exit: Exit) {
    guard isAlive else { return }
    isAlive = false
    cpu.stolenCores = 0
    for listener in listeners { listener.close() }
    listeners = []
    self.exit = exit
    scope.cancel()
    let waiting = observers
    observers = []
    for observer in waiting { observer.fulfil(exit) }
  }

  /// Waits for the end; several may.
  ///
  /// - Returns: `nil` at the deadline.
  func untilEnded(deadline: Instant = .distantFuture) async -> Exit? {
    if let exit { return exit }
    let observer = Reply<Exit>(simulation)
    observers.append(observer)
    return try? await observer.get(deadline: deadline)
  }

  /// Ends with a code, as `kill -9` or an `exit()` from within would; the reason follows from the code.
  package func exit(code: Int32) {
    end(Exit(code: code, reason: code == 0 ? "Completed" : "Error"))
  }
}
