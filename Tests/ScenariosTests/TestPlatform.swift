import Faults
import Scenarios

/// A small catalogue: one verb with each kind of parameter that the malformed files use.
let testCatalogue = FaultCatalogue([
  FaultVerb(
    "network.delay", "Delays packets of a link.", targetKinds: ["link"],
    parameters: [
      .required("latency", .duration, "Added one way."), .optional("jitter", .duration, "Spread of it."),
    ]),
  FaultVerb(
    "network.loss", "Loses packets of a link.", targetKinds: ["link"],
    parameters: [
      .required("share", .percentage, "Of the packets."),
      .optional("direction", .word(["in", "out", "both"]), "Which way.", default: .text("both")),
    ]),
  FaultVerb(
    "config.set", "Sets a key of a ConfigMap.", targetKinds: ["configmap"],
    parameters: [.required("key", .text, "The key."), .optional("value", .text, "The value.")]),
  FaultVerb("rds.failover", "Fails over to the standby.", targetKinds: ["dbinstance"], isMomentary: true),
])

/// What the malformed files' platform has.
let testFacts = PlatformFacts(
  regions: ["spain", "mexico"],
  targets: [
    "spain/link/app->database", "spain/dbinstance/payments", "spain/deployment/payments/app",
    "mexico/link/app->database", "spain/configmap/payments/payment-latency-api",
  ],
  objectives: ["payments-availability", "payments-latency"], alerts: ["PaymentsErrorBudgetBurn", "RDSInstanceDown"],
  hosts: ["pay.spain.example", "pay.mexico.example"],
  commands: ["kubectl", "aws"])
