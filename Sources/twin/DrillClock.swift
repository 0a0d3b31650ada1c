import Drills
import Glibc
import SimulationKernel

/// The ends of a pipe into which signals write: what a handler may do is little, and a wait for input has to end by it.
nonisolated(unsafe) private var signalPipe: (reading: Int32, writing: Int32) = (-1, -1)

/// Ctrl-C while a drill goes on, which ends a command and not the program; and changes of the window's size.
@Simulated
enum DrillInterrupt {
  private static var wasInterrupted = false
  private static var wasResized = false

  static func listen() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    signalPipe = (ends[0], ends[1])
    for number in [SIGINT, SIGWINCH] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        let kept = errno
        var byte = UInt8(truncatingIfNeeded: number)
        write(signalPipe.writing, &byte, 1)
        errno = kept
      }
      sigaction(number, &action, nil)
    }
  }

  /// Readable when a signal came.
  static var descriptor: Int32 { signalPipe.reading }

  private static func collect() {
    var byte: UInt8 = 0
    while read(signalPipe.reading, &byte, 1) == 1 {
      if Int32(byte) == SIGINT { wasInterrupted = true } else { wasResized = true }
    }
  }

  /// Whether Ctrl-C was pressed since this was last asked.
  static func take() -> Bool {
    collect()
    defer { wasInterrupted = false }
    return wasInterrupted
  }

  /// Whether the window's size changed since this was last asked.
  static func takeResize() -> Bool {
    collect()
    defer { wasResized = false }
    return wasResized
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
