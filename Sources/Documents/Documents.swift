/// Text documents as trees that know where they come from: YAML and JSON with file, line and column on every node,
/// diagnostics that collect all mistakes of a file, strict decoding of mappings, the textual forms of Kubernetes
/// (quantities, durations, percentages), and the four ways of changing a JSON tree (JSON Patch, merge patch,
/// strategic merge patch, three-way apply).
///
/// Imports libyaml (`CYAML`) and the C library, nothing else of this package.
package enum Documents {}
