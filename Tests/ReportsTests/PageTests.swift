import Reports
import Testing

@Suite struct Pages {
  @Test(arguments: [(0.04, "0"), (-0.04, "0"), (1.25, "1.3"), (-1.26, "-1.3"), (-0.3, "-0.3"), (120, "120")])
  func coordinatesAreShort(_ value: Double, _ text: String) {
    #expect(coordinate(value) == text)
  }

  @Test(arguments: [(0, "0m00"), (59.9, "0m59"), (750, "12m30"), (3600, "60m00")])
  func timesAreMinutesAndSeconds(_ seconds: Double, _ text: String) {
    #expect(timeText(seconds) == text)
  }

  @Test(arguments: [(23.44, "23.4 ms"), (999.9, "999.9 ms"), (1250, "1.3 s")])
  func latenciesHaveAUnit(_ milliseconds: Double, _ text: String) {
    #expect(latencyText(milliseconds) == text)
  }

  @Test(arguments: [
    (0.0, false, 1.0), (3, false, 5), (5, false, 5), (187, false, 200), (0.0432, true, 0.05), (0.7, true, 1),
    (1.4, true, 2),
  ])
  func axesEndAtARoundNumber(_ most: Double, _ isShare: Bool, _ end: Double) {
    #expect(abs(LineChart.round(most, isShare: isShare) - end) < 1e-9)
  }

  @Test(arguments: [(600.0, 60.0), (1380, 120), (2700, 300), (14_400, 1800)])
  func theAxisHasAtMostADozenTicks(_ length: Double, _ step: Double) {
    let ticks = TimeAxis(length: length).ticks
    #expect(ticks.count <= 13)
    #expect(ticks[1] - ticks[0] == step)
    #expect(TimeAxis(length: length).x(-5) == TimeAxis(length: length).x(0))
    #expect(TimeAxis(length: length).x(length) <= 1000)
  }

  @Test(
    arguments: [
      ("spain/pod/payments/api-6f9-x2", nil, "spain/replicas/payments/api"),
      ("spain/pod/payments/api-6f9-x2", "payment-api", "spain/replicas/payments/payment-api"),
      ("spain/deployment/payments/api", nil, "spain/replicas/payments/api"),
      ("spain/service/pay.spain.example", nil, "spain/customer"), ("spain/rds/payments", nil, "spain/rds/payments"),
    ] as [(String, String?, String)])
  func podsOfOneProgramAreOneBox(_ component: String, _ service: String?, _ node: String) {
    #expect(IncidentTopology.node(component, service: service) == node)
  }
}
