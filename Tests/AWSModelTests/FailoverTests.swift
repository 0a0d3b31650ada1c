import AWSModel
import NetworkModel
import SimulationKernel
import Testing

@Suite struct Failover {
  @Simulated private static func messages(_ instance: DBInstance) -> [String] {
    instance.events.map { "\($0.category): \($0.message)" }
  }

  /// When the status first was `status`, looked at every 100 ms.
  @Simulated private static func wait(_ fixture: RegionFixture, for status: DBInstance.Status, atMost: TimeSpan)
    -> TimeSpan?
  {
    let begin = fixture.simulation.now
    while fixture.simulation.now - begin < atMost {
      if fixture.instance.status == status { return fixture.simulation.now - begin }
      fixture.run(.milliseconds(100))
    }
    return nil
  }

  @Test(arguments: [UInt64(1), 2, 3, 4, 5]) func aLostZoneIsReplacedWithinAMinute(_ seed: UInt64) {
    Simulated.perform {
      let fixture = RegionFixture(seed: seed)
      let before = fixture.instance.primary
      fixture.instance.losePrimaryZone()
      let detected = Self.wait(fixture, for: .failingOver, atMost: .seconds(20))
      #expect(detected.map { (TimeSpan.seconds(10)...(.seconds(15.2))).contains($0) } == true)
      let promoted = Self.wait(fixture, for: .available, atMost: .seconds(60))
      #expect(promoted.map { (TimeSpan.seconds(19.8)...(.seconds(40.2))).contains($0) } == true)
      #expect(fixture.instance.primary !== before)
      #expect(fixture.instance.primary.zone.name == "eu-south-2b")
      #expect(
        Self.messages(fixture.instance) == [
          "failover: Multi-AZ instance failover started.",
          "failover: The primary host of the RDS Multi-AZ instance is unreachable due to loss of network connectivity.",
          "availability: DB instance restarted", "failover: Multi-AZ instance failover completed",
        ])
      #expect(fixture.connect(direct: true).0 != nil)
    }
  }

  @Test func connectionsHangWhileTheZoneIsLostAndAreRefusedInAForcedFailover() {
    Simulated.perform {
      let fixture = RegionFixture()
      fixture.instance.losePrimaryZone()
      let (_, hanging, span) = fixture.connect(direct: true)
      #expect(hanging?.message.contains("Connection timed out") == true)
      #expect(span > .seconds(4))

      let other = RegionFixture()
      try? other.instance.reboot(forceFailover: true)
      let (_, refused, _) = other.connect(direct: true)
      #expect(refused?.sqlState == "08001")
      #expect(refused?.message.contains("Connection refused\n\tIs the server running on that host") == true)
    }
  }

  @Test func recoveryAnswersThatItStartsUp() {
    Simulated.perform {
      let fixture = RegionFixture()
      try? fixture.instance.reboot(forceFailover: false)
      #expect(fixture.instance.status == .rebooting)
      var seen: Set<String> = []
      for _ in 0..<80 {
        if let error = fixture.connect(direct: true).1 { seen.insert(error.sqlState) }
        fixture.run(.milliseconds(500))
      }
      #expect(seen == ["08001", "57P03"])
      #expect(Self.messages(fixture.instance) == ["availability: DB instance restarted"])
    }
  }

  @Test func theOldPrimaryComesBackAsStandby() {
    Simulated.perform {
      let fixture = RegionFixture()
      let first = fixture.instance.primary
      let kept = fixture.connect(direct: true).0!
      fixture.instance.losePrimaryZone()
      fixture.run(.seconds(70))
      fixture.instance.restorePower(of: first.zone)
      #expect(fixture.instance.standby === first && first.isUp)
      #expect(!kept.isUsable, "the booted host knows nothing of old sessions")
      try? fixture.instance.reboot(forceFailover: true)
      fixture.run(.seconds(60))
      #expect(fixture.instance.primary === first)
    }
  }

  @Test func withoutAStandbyTheInstanceWaitsForItsZone() {
    Simulated.perform {
      let fixture = RegionFixture { $0.replacing("multiAz: true", with: "multiAz: false") }
      #expect(fixture.instance.standby == nil)
      fixture.instance.losePrimaryZone()
      fixture.run(.minutes(5))
      #expect(!fixture.instance.primary.isUp)
      fixture.instance.restorePower(of: fixture.instance.primary.zone)
      fixture.run(.seconds(60))
      #expect(fixture.instance.status == .available)
      #expect(throws: RDSFault.self) { try fixture.instance.reboot(forceFailover: true) }
    }
  }

  @Test func powerThatReturnsBeforeTheLossIsNoticedPreventsAFailover() {
    Simulated.perform {
      let fixture = RegionFixture()
      let first = fixture.instance.primary
      fixture.instance.losePrimaryZone()
      fixture.run(.seconds(3))
      fixture.instance.restorePower(of: first.zone)
      fixture.run(.seconds(90))
      #expect(fixture.instance.primary === first)
      #expect(fixture.instance.status == .available)
    }
  }

  @Test func stopAndStart() {
    Simulated.perform {
      let fixture = RegionFixture()
      try? fixture.instance.stop()
      #expect(fixture.instance.status == .stopping)
      #expect(throws: RDSFault.self) { try fixture.instance.start() }
      fixture.run(.seconds(60))
      #expect(fixture.instance.status == .stopped)
      #expect(throws: RDSFault.self) { try fixture.instance.reboot(forceFailover: false) }
      try? fixture.instance.start()
      fixture.run(.seconds(60))
      #expect(fixture.instance.status == .available)
      #expect(
        Self.messages(fixture.instance) == ["notification: DB instance stopped", "availability: DB instance started"])
    }
  }
}
