import Documents
import Testing

/// A value in YAML flow style, which is easier to read than JSON in Swift.
private func yaml(_ text: String) throws -> JSONValue { try parseYAML(text)[0].json }

@Suite struct StrategicMerging {
  @Test(arguments: [
    // Containers by name, environment by name.
    (
      "{containers: [{name: a, image: x, env: [{name: K, value: '1'}]}, {name: b, image: y}]}",
      "{containers: [{name: a, image: z, env: [{name: L, value: '2'}]}]}",
      "{containers: [{name: a, image: z, env: [{name: K, value: '1'}, {name: L, value: '2'}]}, {name: b, image: y}]}"
    ),
    ("{containers: [{name: a}]}", "{containers: [{name: b}]}", "{containers: [{name: a}, {name: b}]}"),
    ("{containers: [{name: a}, {name: b}]}", "{containers: [{name: a, $patch: delete}]}", "{containers: [{name: b}]}"),
    ("{containers: [{name: a}]}", "{containers: [{$patch: replace}, {name: c}]}", "{containers: [{name: c}]}"),
    // Ports of containers and of services.
    (
      "{ports: [{containerPort: 80, name: h}]}", "{ports: [{containerPort: 80, name: http}]}",
      "{ports: [{containerPort: 80, name: http}]}"
    ),
    (
      "{ports: [{port: 80, targetPort: 1}]}", "{ports: [{port: 443}]}",
      "{ports: [{port: 80, targetPort: 1}, {port: 443}]}"
    ),
    // Volumes keep only what $retainKeys names.
    (
      "{volumes: [{name: v, emptyDir: {}}]}",
      "{volumes: [{name: v, $retainKeys: [name, configMap], configMap: {name: c}}]}",
      "{volumes: [{name: v, configMap: {name: c}}]}"
    ),
    (
      "{volumeMounts: [{mountPath: /a, name: v}]}", "{volumeMounts: [{mountPath: /a, readOnly: true}]}",
      "{volumeMounts: [{mountPath: /a, name: v, readOnly: true}]}"
    ),
    // Lists without a key are replaced.
    ("{tolerations: [{key: a}]}", "{tolerations: [{key: b}]}", "{tolerations: [{key: b}]}"),
    ("{args: [a, b]}", "{args: [c]}", "{args: [c]}"),
    ("{envFrom: [{a: 1}]}", "{envFrom: [{b: 1}]}", "{envFrom: [{b: 1}]}"),
    (
      "{conditions: [{type: Ready, status: a}]}", "{conditions: [{type: Ready, status: b}]}",
      "{conditions: [{type: Ready, status: b}]}"
    ),
    // Sets of plain values.
    ("{finalizers: [a, b]}", "{finalizers: [b, c]}", "{finalizers: [a, b, c]}"),
    ("{finalizers: [a, b]}", "{$deleteFromPrimitiveList/finalizers: [a]}", "{finalizers: [b]}"),
    ("{finalizers: [a, b]}", "{$deleteFromPrimitiveList/finalizers: [a], finalizers: [c]}", "{finalizers: [b, c]}"),
    // Mappings.
    ("{a: {b: 1, c: 2}}", "{a: {b: null}}", "{a: {c: 2}}"),
    ("{a: {b: 1}}", "{a: {$patch: replace, c: 2}}", "{a: {c: 2}}"),
    ("{a: {b: 1}}", "{a: {$patch: delete}}", "{a: {}}"), ("{a: 1}", "{a: null, b: null}", "{}"),
    (
      "{strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}",
      "{strategy: {$retainKeys: [type], type: Recreate}}",
      "{strategy: {type: Recreate}}"
    ),
    // Order.
    (
      "{env: [{name: a}, {name: b}, {name: c}]}", "{$setElementOrder/env: [{name: c}, {name: a}, {name: b}]}",
      "{env: [{name: c}, {name: a}, {name: b}]}"
    ),
    (
      "{env: [{name: a}, {name: server}, {name: b}]}",
      "{$setElementOrder/env: [{name: a}, {name: n}, {name: b}], env: [{name: n}]}",
      "{env: [{name: a}, {name: server}, {name: n}, {name: b}]}"
    ),
  ])
  func applies(document: String, patch: String, result: String) throws {
    let merged = try yaml(document).applyingStrategicMergePatch(yaml(patch))
    #expect(merged == (try yaml(result)))
  }

  @Test(arguments: [
    ("{spec: {containers: [{image: nginx}]}}", "map: map[image:nginx] does not contain declared merge key: name"),
    (
      "{containers: [{env: [{name: A, value: b}]}]}",
      "map: map[env:[map[name:A value:b]]] does not contain declared merge key: name"
    ),
    ("{spec: {$patch: remove}}", "Unknown patch type: remove"),
  ])
  func problems(patch: String, problem: String) throws {
    #expect(try yaml(patch).strategicMergeProblem?.description == problem)
  }

  @Test(arguments: [
    "{containers: [{name: a}]}", "{containers: [{$patch: replace}]}", "{args: [a]}", "{secrets: [a, b]}",
  ])
  func soundPatches(patch: String) throws {
    #expect(try yaml(patch).strategicMergeProblem == nil)
  }
}

/// One `kubectl apply`: what is live, what was applied last, what is applied now, the patch, and what is live then.
struct ApplyCase: Sendable, CustomTestStringConvertible {
  var name: String
  var live: String
  var last: String
  var now: String
  var patch: String
  var then: String
  var testDescription: String { name }
}

@Suite struct Applying {
  @Test(arguments: [
    ApplyCase(name: "nothing", live: "{a: 1, x: 2}", last: "{a: 1}", now: "{a: 1}", patch: "{}", then: "{a: 1, x: 2}"),
    ApplyCase(
      name: "change", live: "{a: 1, x: 2}", last: "{a: 1}", now: "{a: 3}", patch: "{a: 3}", then: "{a: 3, x: 2}"),
    ApplyCase(
      name: "deletion", live: "{a: 1, b: 2, x: 3}", last: "{a: 1, b: 2}", now: "{a: 1}", patch: "{b: null}",
      then: "{a: 1, x: 3}"),
    ApplyCase(
      name: "what others scaled stays", live: "{spec: {replicas: 5, paused: true}}", last: "{spec: {paused: true}}",
      now: "{spec: {paused: true}}", patch: "{}", then: "{spec: {replicas: 5, paused: true}}"),
    ApplyCase(
      name: "drift is taken back", live: "{spec: {replicas: 0}}", last: "{spec: {replicas: 6}}",
      now: "{spec: {replicas: 6}}", patch: "{spec: {replicas: 6}}", then: "{spec: {replicas: 6}}"),
    ApplyCase(
      name: "image", live: "{containers: [{name: a, image: x, terminationMessagePath: /dev/t}]}",
      last: "{containers: [{name: a, image: x}]}", now: "{containers: [{name: a, image: y}]}",
      patch: "{$setElementOrder/containers: [{name: a}], containers: [{name: a, image: y}]}",
      then: "{containers: [{name: a, image: y, terminationMessagePath: /dev/t}]}"),
    ApplyCase(
      name: "removed variable", live: "{env: [{name: A, value: '1'}, {name: B, value: '2'}]}",
      last: "{env: [{name: A, value: '1'}, {name: B, value: '2'}]}", now: "{env: [{name: B, value: '2'}]}",
      patch: "{$setElementOrder/env: [{name: B}], env: [{$patch: delete, name: A}]}",
      then: "{env: [{name: B, value: '2'}]}"),
    ApplyCase(
      name: "injected sidecar stays", live: "{containers: [{name: a}, {name: proxy}]}",
      last: "{containers: [{name: a}]}",
      now: "{containers: [{name: a, image: n}]}",
      patch: "{$setElementOrder/containers: [{name: a}], containers: [{image: n, name: a}]}",
      then: "{containers: [{name: a, image: n}, {name: proxy}]}"),
    ApplyCase(
      name: "reordered variables", live: "{env: [{name: A}, {name: B}]}", last: "{env: [{name: A}, {name: B}]}",
      now: "{env: [{name: B}, {name: A}]}", patch: "{$setElementOrder/env: [{name: B}, {name: A}]}",
      then: "{env: [{name: B}, {name: A}]}"),
    ApplyCase(
      name: "strategy", live: "{strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%}}}",
      last: "{strategy: {type: RollingUpdate}}", now: "{strategy: {type: Recreate}}",
      patch: "{strategy: {type: Recreate, $retainKeys: [type]}}", then: "{strategy: {type: Recreate}}"),
    ApplyCase(
      name: "volume changes its source", live: "{volumes: [{name: v, emptyDir: {}}]}",
      last: "{volumes: [{name: v, emptyDir: {}}]}", now: "{volumes: [{name: v, secret: {secretName: s}}]}",
      patch:
        "{$setElementOrder/volumes: [{name: v}], volumes: [{secret: {secretName: s}, emptyDir: null, $retainKeys: [name, secret], name: v}]}",
      then: "{volumes: [{name: v, secret: {secretName: s}}]}"),
    ApplyCase(
      name: "finalizers", live: "{finalizers: [a, b, other]}", last: "{finalizers: [a, b]}",
      now: "{finalizers: [b, c]}",
      patch: "{$deleteFromPrimitiveList/finalizers: [a], finalizers: [c]}", then: "{finalizers: [b, other, c]}"),
  ])
  func threeWay(_ row: ApplyCase) throws {
    let live = try yaml(row.live)
    let patch = try live.threeWayPatch(to: yaml(row.now), lastApplied: yaml(row.last))
    #expect(patch == (try yaml(row.patch)))
    #expect(live.applyingStrategicMergePatch(patch) == (try yaml(row.then)))
  }

  @Test func customResourcesReplaceLists() throws {
    let live = try yaml("{spec: {env: [{name: A}, {name: B}], x: 1, y: 2}}")
    let patch = try live.threeWayMergePatch(
      to: yaml("{spec: {env: [{name: B}], x: 1}}"), lastApplied: yaml("{spec: {env: [{name: A}], x: 1, y: 2}}"))
    #expect(patch == (try yaml("{spec: {env: [{name: B}], y: null}}")))
    #expect(live.applyingMergePatch(patch) == (try yaml("{spec: {env: [{name: B}], x: 1}}")))
  }
}
