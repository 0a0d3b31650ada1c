import NetworkModel
import SimulationKernel

/// What an image starts. The programs themselves are in Workloads.
@Simulated
package protocol ContainerProgram: AnyObject {
  /// The program's main function.
  ///
  /// - Returns: the exit code. It should return soon after `terminationRequested`, or it is killed.
  func run(_ container: ContainerProcess) async -> Int32
}

/// An image as a registry knows it.
package struct ContainerImage {
  /// Compressed size in bytes.
  package var size: Int64
  package var makeProgram: @Simulated () -> any ContainerProgram

  package init(size: Int64, makeProgram: @escaping @Simulated () -> any ContainerProgram) {
    self.size = size
    self.makeProgram = makeProgram
  }
}

/// Where images come from.
@Simulated
package protocol ImageRegistry: AnyObject {
  /// The image of a reference such as `registry/name:tag`; `nil` when the registry has none.
  func image(_ reference: String) -> ContainerImage?
}

/// One line that a container wrote.
package struct LogLine: Sendable {
  package var at: Instant
  package var text: String
}

/// One run of a container: what its program sees, and what kubelet can do to it.
@Simulated
package final class ContainerProcess {
  package let pod: String
  package let namespace: String
  package let name: String
  package let image: String
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
  package private(set) var isAlive = true
  /// SIGTERM was sent.
  package private(set) var terminationRequested = false
  /// Bytes in use.
  package private(set) var workingSet: Int64 = 0
  /// Bytes that a leak has taken: the fault `memory.leak`.
  package var leakedMemory: Int64 = 0 { didSet { use(memory: workingSet - oldValue + leakedMemory) } }
  /// Accepts connections and never answers: the fault `process.hang`.
  package var isHung = false
  package private(set) var log: [LogLine] = []

  /// Lines kept of one run; older ones are dropped, as kubelet's rotation drops them.
  package static let logLimit = 2000

  let ended: Reply<Exit>
  private var listeners: [Listener] = []
  private var terminationHandlers: [@Simulated () -> Void] = []

  /// How a run ended.
  package struct Exit: Sendable {
    package var code: Int32
    package var reason: String
  }

  package init(
    simulation: Simulation, pod: String, namespace: String, name: String, image: String, environment: [String: String],
    host: Host,
    cpu: CPUQuota, memoryLimit: Int64?, network: Network? = nil
  ) {
    self.simulation = simulation
    self.pod = pod
    self.namespace = namespace
    self.name = name
    self.image = image
    self.environment = environment
    self.host = host
    self.cpu = cpu
    self.memoryLimit = memoryLimit
    self.network = network
    stream = simulation.random("container/\(namespace)/\(pod)/\(name)")
    ended = Reply(simulation)
  }

  /// Writes a line to the container's log.
  package func write(_ line: String) {
    if log.count >= Self.logLimit { log.removeFirst(Self.logLimit / 4) }
    log.append(LogLine(at: simulation.now, text: line))
  }

  /// Accepts connections until the process ends.
  package func listen(_ port: UInt16, _ service: any NetworkService) {
    listeners.append(host.listen(port, service))
  }

  /// Calls `handler` at SIGTERM.
  package func onTermination(_ handler: @escaping @Simulated () -> Void) { terminationHandlers.append(handler) }

  /// Sets the working set. Above the limit the kernel kills the container at once.
  package func use(memory bytes: Int64) {
    guard isAlive else { return }
    workingSet = bytes
    if let memoryLimit, bytes > memoryLimit { end(Exit(code: 137, reason: "OOMKilled")) }
  }

  /// Sends SIGTERM.
  func requestTermination() {
    terminationRequested = true
    for handler in terminationHandlers { handler() }
  }

  /// The process is gone: its sockets close, and what its program still waits for is cancelled.
  package func end(_ exit: Exit) {
    guard isAlive else { return }
    isAlive = false
    for listener in listeners { listener.close() }
    listeners = []
    scope.cancel()
    ended.fulfil(exit)
  }

  /// Ends with a code, as `kill -9` or an `exit()` from within would; the reason follows from the code.
  package func exit(code: Int32) {
    end(Exit(code: code, reason: code == 0 ? "Completed" : "Error"))
  }
}
