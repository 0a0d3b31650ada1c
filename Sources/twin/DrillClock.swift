import Drills
import Glibc
import SimulationKernel

/// Ctrl-C was pressed.
nonisolated(unsafe) private var wasInterrupted: sig_atomic_t = 0

/// The window has another size.
nonisolated(unsafe) private var wasResized: sig_atomic_t = 0

/// Ctrl-C while a drill goes on: it ends a command, not the program. And changes of the window's size.
enum DrillInterrupt {
  static func listen() {
    // Without SA_RESTART: a wait for input ends.
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in wasInterrupted = 1 }
    sigaction(SIGINT, &action, nil)
    action.__sigaction_handler.sa_handler = { _ in wasResized = 1 }
    sigaction(SIGWINCH, &action, nil)
  }

  /// Whether the window's size changed since this was last asked.
  static func takeResize() -> Bool {
    defer { wasResized = 0 }
    return wasResized != 0
  }

  /// Whether it was pressed since this was last asked.
  static func take() -> Bool {
    defer { wasInterrupted = 0 }
    return wasInterrupted != 0
  }
}

/// Ties virtual time to the wall clock.
@Simulated
struct DrillClock {
  let speed: Double
  private var wall = wallSeconds()
  private var time: TimeSpan
  private(set) var isPaused = false

  init(speed: Double, at time: TimeSpan) {
    self.speed = speed
    self.time = time
  }

  /// Where virtual time should be now, since T0.
  var now: TimeSpan { isPaused ? time : time + .seconds((wallSeconds() - wall) * speed) }

  mutating func pause() {
    time = now
    isPaused = true
  }

  /// Goes on from a time.
  mutating func go(from time: TimeSpan) {
    self.time = time
    wall = wallSeconds()
    isPaused = false
  }
}
