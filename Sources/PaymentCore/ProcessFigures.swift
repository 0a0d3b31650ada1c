/// What the process around the core knows about itself, for `/metrics`.
package struct ProcessFigures: Sendable {
  /// The database driver's pool.
  package struct Pool: Sendable {
    package var inUse: Int
    package var idle: Int
    package var maximum: Int
    /// Requests that had to wait for a connection, and for how long together.
    package var waits: Int
    package var waitSeconds: Double
    /// Requests that gave up waiting.
    package var timeouts: Int
    /// Connections that could not be opened.
    package var dialErrors: Int

    package init(
      inUse: Int, idle: Int, maximum: Int, waits: Int, waitSeconds: Double, timeouts: Int, dialErrors: Int
    ) {
      self.inUse = inUse
      self.idle = idle
      self.maximum = maximum
      self.waits = waits
      self.waitSeconds = waitSeconds
      self.timeouts = timeouts
      self.dialErrors = dialErrors
    }

    /// The families of one sample each.
    var families: [(name: StaticString, type: StaticString, help: StaticString, value: Double)] {
      [
        (
          "db_pool_dial_errors_total", "counter", "Connections to the database that could not be opened.",
          Double(dialErrors)
        ),
        ("db_pool_max_connections", "gauge", "Most connections that the pool opens.", Double(maximum)),
        (
          "db_pool_wait_duration_seconds_total", "counter", "Time spent waiting for a connection of the pool.",
          waitSeconds
        ),
        (
          "db_pool_wait_timeouts_total", "counter", "Waits for a connection of the pool that were given up.",
          Double(timeouts)
        ),
        ("db_pool_waits_total", "counter", "Requests that had to wait for a connection of the pool.", Double(waits)),
      ]
    }
  }

  package var processorSeconds: Double
  package var residentBytes: Int64
  /// Seconds since 1970.
  package var startSeconds: Double
  package var pool: Pool?

  package init(processorSeconds: Double, residentBytes: Int64, startSeconds: Double, pool: Pool? = nil) {
    self.processorSeconds = processorSeconds
    self.residentBytes = residentBytes
    self.startSeconds = startSeconds
    self.pool = pool
  }
}
