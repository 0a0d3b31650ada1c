import Documents
import SimulationKernel

extension KindPrinter {
  static let daemonSets = KindPrinter(
    ["NAME", "DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE", "NODE SELECTOR", "AGE"],
    wide: ["CONTAINERS", "IMAGES", "SELECTOR"]
  ) { set, now in
    let (names, images) = containers(set)
    return [set.name]
      + [
        "desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable",
      ].map { countCell(set.status[$0]) }
      + [
        labelText(set.spec.at("template", "spec", "nodeSelector")), set.age(now), names, images,
        selectorText(set.spec["selector"]),
      ]
  }

  static let statefulSets = KindPrinter(["NAME", "READY", "AGE"], wide: ["CONTAINERS", "IMAGES"]) { set, now in
    let (names, images) = containers(set)
    return [
      set.name, "\(countCell(set.status["readyReplicas"]))/\(countCell(set.spec["replicas"]))", set.age(now), names,
      images,
    ]
  }

  static let jobs = KindPrinter(
    ["NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE"], wide: ["CONTAINERS", "IMAGES", "SELECTOR"]
  ) { job, now in
    let (names, images) = containers(job)
    let succeeded = countCell(job.status["succeeded"])
    let parallelism = job.spec["parallelism"]?.integer ?? 0
    let wanted = job.spec["completions"]?.integer.map(String.init) ?? (parallelism > 1 ? "1 of \(parallelism)" : "1")
    return [
      job.name, jobStatus(job), "\(succeeded)/\(wanted)", jobDuration(job, now), job.age(now), names, images,
      selectorText(job.spec["selector"]),
    ]
  }

  private static func jobStatus(_ job: KubeObject) -> String {
    for (condition, status) in [("Complete", "Complete"), ("Failed", "Failed")]
    where job.condition(condition)?["status"]?.string == "True" { return status }
    if job.isTerminating { return "Terminating" }
    for (condition, status) in [
      ("Suspended", "Suspended"), ("FailureTarget", "FailureTarget"), ("SuccessCriteriaMet", "SuccessCriteriaMet"),
    ] where job.condition(condition)?["status"]?.string == "True" { return status }
    return "Running"
  }

  private static func jobDuration(_ job: KubeObject, _ now: Instant) -> String {
    guard let start = job.status["startTime"]?.string.flatMap(ClusterClock.instant) else { return "" }
    return humanDuration((job.status["completionTime"]?.string.flatMap(ClusterClock.instant) ?? now) - start)
  }

  static let cronJobs = KindPrinter(
    ["NAME", "SCHEDULE", "TIMEZONE", "SUSPEND", "ACTIVE", "LAST SCHEDULE", "AGE"],
    wide: ["CONTAINERS", "IMAGES", "SELECTOR"]
  ) { job, now in
    let template = KubeObject(.job, job.spec["jobTemplate"] ?? [:])
    let (names, images) = containers(template)
    let last = job.status["lastScheduleTime"]?.string
    return [
      job.name, job.spec["schedule"]?.string ?? "", orNone(job.spec["timeZone"]?.string),
      job.spec["suspend"]?.bool == true ? "True" : "False", String(job.status["active"]?.array?.count ?? 0),
      last.map { KubernetesModel.age(since: $0, now: now) } ?? "<none>", job.age(now), names, images,
      selectorText(template.spec["selector"]),
    ]
  }
}

// Kinds that are stored and shown, and that nothing in the cluster acts on.
extension KindPrinter {
  static let leases = KindPrinter(["NAME", "HOLDER", "AGE"]) { lease, now in
    [lease.name, lease.spec["holderIdentity"]?.string ?? "", lease.age(now)]
  }

  static let endpoints = KindPrinter(["NAME", "ENDPOINTS", "AGE"]) { endpoints, now in
    let all = (endpoints.json["subsets"]?.array ?? []).flatMap { subset in
      (subset["addresses"]?.array ?? []).flatMap { address in
        (subset["ports"]?.array ?? []).map { "\(address["ip"]?.string ?? ""):\(countCell($0["port"]))" }
      }
    }
    return [endpoints.name, orNone(limited(all)), endpoints.age(now)]
  }

  static let limitRanges = KindPrinter(["NAME", "CREATED AT"]) { range, _ in [range.name, range.creationTimestamp] }

  static let resourceQuotas = KindPrinter(["NAME", "REQUEST", "LIMIT", "AGE"]) { quota, now in
    func cell(_ isLimit: Bool) -> String {
      (quota.status["hard"]?.object?.sortedMembers ?? [])
        .filter { $0.key.hasPrefix("limits") == isLimit }
        .map { member in
          "\(member.key): \(quota.status.at("used", member.key)?.string ?? "0")/\(member.value.string ?? "0")"
        }
        .joined(separator: ", ")
    }
    return [quota.name, cell(false), cell(true), quota.age(now)]
  }

  private static let accessModes = [
    "ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP",
  ]

  private static func modes(_ object: KubeObject) -> String {
    (object.spec["accessModes"]?.array ?? []).compactMap { $0.string.flatMap { accessModes[$0] } }
      .joined(separator: ",")
  }

  static let volumes = KindPrinter(
    [
      "NAME", "CAPACITY", "ACCESS MODES", "RECLAIM POLICY", "STATUS", "CLAIM", "STORAGECLASS",
      "VOLUMEATTRIBUTESCLASS", "REASON", "AGE",
    ], wide: ["VOLUMEMODE"]
  ) { volume, now in
    let claim = volume.spec["claimRef"]
    return [
      volume.name, volume.spec.at("capacity", "storage")?.string ?? "", modes(volume),
      volume.spec["persistentVolumeReclaimPolicy"]?.string ?? "", volume.status["phase"]?.string ?? "",
      claim.map { "\($0["namespace"]?.string ?? "")/\($0["name"]?.string ?? "")" } ?? "",
      volume.spec["storageClassName"]?.string ?? "", "<unset>", volume.status["reason"]?.string ?? "", volume.age(now),
      volume.spec["volumeMode"]?.string ?? "<unset>",
    ]
  }

  static let claims = KindPrinter(
    ["NAME", "STATUS", "VOLUME", "CAPACITY", "ACCESS MODES", "STORAGECLASS", "VOLUMEATTRIBUTESCLASS", "AGE"],
    wide: ["VOLUMEMODE"]
  ) { claim, now in
    let isBound = !(claim.spec["volumeName"]?.string ?? "").isEmpty
    return [
      claim.name, claim.isTerminating ? "Terminating" : claim.status["phase"]?.string ?? "",
      claim.spec["volumeName"]?.string ?? "",
      isBound ? claim.status.at("capacity", "storage")?.string ?? "" : "", isBound ? modes(claim) : "",
      claim.spec["storageClassName"]?.string ?? "", "<unset>", claim.age(now),
      claim.spec["volumeMode"]?.string ?? "<unset>",
    ]
  }

  static let ingressClasses = KindPrinter(["NAME", "CONTROLLER", "PARAMETERS", "AGE"]) { item, now in
    [item.name, item.spec["controller"]?.string ?? "", "<none>", item.age(now)]
  }

  static let priorityClasses = KindPrinter(
    ["NAME", "VALUE", "GLOBAL-DEFAULT", "AGE", "PREEMPTIONPOLICY"]
  ) { item, now in
    [
      item.name, countCell(item.json["value"]), String(item.json["globalDefault"]?.bool ?? false), item.age(now),
      item.json["preemptionPolicy"]?.string ?? "PreemptLowerPriority",
    ]
  }

  static let storageClasses = KindPrinter(
    ["NAME", "PROVISIONER", "RECLAIMPOLICY", "VOLUMEBINDINGMODE", "ALLOWVOLUMEEXPANSION", "AGE"]
  ) { item, now in
    let isDefault = item.annotation("storageclass.kubernetes.io/is-default-class") == "true"
    return [
      item.name + (isDefault ? " (default)" : ""), item.json["provisioner"]?.string ?? "",
      item.json["reclaimPolicy"]?.string ?? "Delete", item.json["volumeBindingMode"]?.string ?? "Immediate",
      String(item.json["allowVolumeExpansion"]?.bool ?? false), item.age(now),
    ]
  }

  static let roles = KindPrinter(["NAME", "CREATED AT"]) { role, _ in [role.name, role.creationTimestamp] }

  static let bindings = KindPrinter(
    ["NAME", "ROLE", "AGE"], wide: ["USERS", "GROUPS", "SERVICEACCOUNTS"]
  ) { binding, now in
    let role = binding.json["roleRef"]
    func subjects(_ kind: String) -> String {
      (binding.json["subjects"]?.array ?? []).filter { $0["kind"]?.string == kind }.map { subject in
        let name = subject["name"]?.string ?? ""
        return kind == "ServiceAccount" ? "\(subject["namespace"]?.string ?? "")/\(name)" : name
      }.joined(separator: ", ")
    }
    return [
      binding.name, "\(role?["kind"]?.string ?? "")/\(role?["name"]?.string ?? "")", binding.age(now),
      subjects("User"), subjects("Group"), subjects("ServiceAccount"),
    ]
  }

  static let definitions = KindPrinter(["NAME", "CREATED AT"]) { item, _ in [item.name, item.creationTimestamp] }
}
