import Glibc

/// The global actor of all model state: what it isolates runs on the simulation's event loop and nowhere else.
@globalActor
package actor Simulated {
  package static let shared = Simulated()

  /// The event loop's executor, in place of the default one.
  nonisolated package var unownedExecutor: UnownedSerialExecutor {
    SimulationExecutor.shared.asUnownedSerialExecutor()
  }

  /// Runs a synchronous body as part of the simulation; the only way in from outside. One caller at a time holds the
  /// simulation's executor, others wait: parallel tests each get it for themselves. Not reentrant.
  nonisolated package static func perform<Result>(_ body: @Simulated () throws -> Result) rethrows -> Result {
    SimulationExecutor.shared.lock()
    defer { SimulationExecutor.shared.unlock() }
    // The lock makes this thread the one on which the actor's state is touched: what isolation asks for.
    return try withoutActuallyEscaping(body) { isolated in
      try unsafeBitCast(isolated, to: (() throws -> Result).self)()
    }
  }
}

/// The serial executor and task executor of the simulation in one object: jobs wait in one first-in-first-out list and
/// run on the thread of the event loop.
///
/// It must be a task executor too, and tasks must prefer it: a resumed continuation of a task without that preference
/// detours through the global thread pool, and the order of jobs would be lost.
package final class SimulationExecutor: SerialExecutor, TaskExecutor, @unchecked Sendable {
  package static let shared = SimulationExecutor()

  private var ready: [UnownedJob] = []
  private var head = 0
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var owner: pthread_t?

  private init() {
    pthread_mutex_init(mutex, nil)
  }

  package func enqueue(_ job: UnownedJob) { ready.append(job) }
  package func enqueue(_ job: consuming ExecutorJob) { ready.append(UnownedJob(job)) }
  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
  package func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

  func lock() {
    pthread_mutex_lock(mutex)
    owner = pthread_self()
  }

  func unlock() {
    owner = nil
    pthread_mutex_unlock(mutex)
  }

  /// Whether the caller is isolated: timers run outside any task, on the thread that holds the executor.
  package func isIsolatingCurrentContext() -> Bool? { owner == pthread_self() }

  package func checkIsolated() {
    precondition(owner == pthread_self(), "simulated state was touched from a thread that does not hold the simulation")
  }

  var isIdle: Bool { head == ready.count }

  /// Runs what is ready and what becomes ready meanwhile, at most `limit` jobs.
  ///
  /// - Returns: the number of jobs run.
  func drain(limit: Int) -> Int {
    let serial = asUnownedSerialExecutor()
    let task = asUnownedTaskExecutor()
    var count = 0
    while head < ready.count, count < limit {
      let job = ready[head]
      head += 1
      if head == ready.count {
        ready.removeAll(keepingCapacity: true)
        head = 0
      }
      job.runSynchronously(isolatedTo: serial, taskExecutor: task)
      count += 1
    }
    return count
  }

  /// Forgets jobs that never ran; for a simulation that ends in an error.
  func discardReadyJobs() {
    ready.removeAll()
    head = 0
  }
}
