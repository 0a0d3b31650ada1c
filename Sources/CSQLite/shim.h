#include <sqlite3.h>

/// sqlite3_bind_text and sqlite3_bind_blob take a destructor "constant" that Swift cannot import: SQLite copies the bytes.
static inline int twin_sqlite3_bind_text(sqlite3_stmt *statement, int index, const char *bytes, int count) {
  return sqlite3_bind_text(statement, index, bytes, count, SQLITE_TRANSIENT);
}

static inline int twin_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int count) {
  return sqlite3_bind_blob(statement, index, count == 0 ? "" : bytes, count, SQLITE_TRANSIENT);
}

/// sqlite3_config is variadic, which Swift does not import. Connections without a mutex of their own; several threads may
/// each have theirs.
static inline int twin_sqlite3_config_multithread(void) { return sqlite3_config(SQLITE_CONFIG_MULTITHREAD); }

/// Switches the statistics of allocations off: they take a lock that all threads share, at each one.
static inline int twin_sqlite3_config_memstatus_off(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
