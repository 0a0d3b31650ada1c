/// Which pods a ReplicaSet deletes first (pkg/controller/controller_utils.go, `ActivePodsWithRanks`): unassigned before
/// assigned, pending before running, not ready before ready, lower deletion cost, nodes with more of the replicas, newer
/// readiness, more restarts, newer creation.
package struct ReplicaRank: Hashable, Sendable {
  package var name: String
  package var isAssigned: Bool
  package var isRunning: Bool
  package var isReady: Bool
  package var deletionCost: Int64
  /// Pods of the same set on its node.
  package var siblingsOnNode: Int
  /// RFC 3339; later is newer.
  package var readySince: String
  package var restarts: Int64
  package var created: String

  package init(
    name: String, isAssigned: Bool, isRunning: Bool, isReady: Bool, deletionCost: Int64 = 0, siblingsOnNode: Int = 1,
    readySince: String = "", restarts: Int64 = 0, created: String = ""
  ) {
    self.name = name
    self.isAssigned = isAssigned
    self.isRunning = isRunning
    self.isReady = isReady
    self.deletionCost = deletionCost
    self.siblingsOnNode = siblingsOnNode
    self.readySince = readySince
    self.restarts = restarts
    self.created = created
  }

  /// Whether it goes before the other.
  package func precedes(_ other: ReplicaRank) -> Bool {
    if isAssigned != other.isAssigned { return !isAssigned }
    if isRunning != other.isRunning { return !isRunning }
    if isReady != other.isReady { return !isReady }
    if deletionCost != other.deletionCost { return deletionCost < other.deletionCost }
    if siblingsOnNode != other.siblingsOnNode { return siblingsOnNode > other.siblingsOnNode }
    if readySince != other.readySince { return readySince > other.readySince }
    if restarts != other.restarts { return restarts > other.restarts }
    if created != other.created { return created > other.created }
    return name < other.name
  }
}
