import SimulationKernel
import Testing
import TwinWorld

@testable import Toolbox

/// The shipped platform after its start, with a terminal on it.
@Simulated
final class PlatformFixture {
  let world: World
  let terminal: Terminal

  init() {
    let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
    do { world = try World(try Platform.load(root + "/scenarios/platforms/payments"), seed: 3) } catch {
      fatalError("\(error)")
    }
    terminal = Terminal(world, folder: "")
    run(.seconds(60))
  }

  func run(_ span: TimeSpan) {
    do { try world.simulation.run(until: world.simulation.now + span) } catch { fatalError("\(error)") }
  }

  func type(_ line: String) -> Toolbox.CommandResult {
    var result: Toolbox.CommandResult?
    world.simulation.spawn("test.command") { [self] in result = await terminal.run(line) }
    let limit = world.simulation.now + .minutes(10)
    while result == nil, world.simulation.now < limit { run(.milliseconds(50)) }
    return result ?? Toolbox.CommandResult(errors: "did not end", exitCode: -1)
  }
}

@Suite struct NetworkTools {
  @Simulated private static func prepared() -> PlatformFixture {
    let fixture = PlatformFixture()
    let region = fixture.world.regions[0]
    let instance = region.aws.instances[0]
    _ = fixture.type(
      "export PGHOST=\(region.aws.proxies[0].configuration.endpoint) PGUSER=payments PGPASSWORD='\(instance.password)' PGDATABASE=payments "
        + "DB=\(instance.configuration.endpoint)")
    return fixture
  }

  @Test func psqlPrintsTablesAsTheRealOne() {
    Simulated.perform {
      let fixture = Self.prepared()
      let rows: [(String, String)] = [
        ("-c 'select 1'", " ?column? \n----------\n        1\n(1 row)\n\n"),
        ("-t -c 'select 1'", "        1\n\n"),
        ("-At -c 'select id, kind from accounts limit 2'", "0|0\n1|1\n"),
        (
          "-c 'select count(*), max(kind) as top from accounts'",
          " count | top \n-------+-----\n  2001 |   1\n(1 row)\n\n"
        ),
        (
          "-x -c 'select id, kind, balance from accounts where id < 2'",
          """
          -[ RECORD 1 ]-----------
          id      | 0
          kind    | 0
          balance | -2000000000000
          -[ RECORD 2 ]-----------
          id      | 1
          kind    | 1
          balance | 1000000000


          """
        ),
        (
          "-x -c 'select id as a_long_column_name from accounts limit 1'",
          "-[ RECORD 1 ]------+--\na_long_column_name | 0\n\n"
        ),
        ("-tx -c 'select id, kind from accounts limit 2'", "id   | 0\nkind | 0\n-----+--\nid   | 1\nkind | 1\n\n"),
        ("-c \"select id from accounts where id = -1\"", " id \n----\n(0 rows)\n\n"),
        ("-c 'show max_connections'", " max_connections \n-----------------\n 1622\n(1 row)\n\n"),
        ("-At -c 'select current_database()'", "payments\n"),
        ("-At -c \"select count(*) > 0 from pg_stat_activity where state = 'idle'\"", "1\n"),
        ("-c 'update outbox set payment = 0 where id = -1'", "UPDATE 0\n"),
      ]
      for (arguments, expected) in rows {
        let result = fixture.type("psql \(arguments)")
        #expect(result.output == expected, "psql \(arguments): \(result)")
        #expect(result.exitCode == 0)
      }
      #expect(
        fixture.type("psql -c '\\d refusals'").output.hasSuffix(
          "Indexes:\n    \"refusals_pkey\" PRIMARY KEY, btree (id)\n\n"))
      #expect(fixture.type("psql <<EOF\nselect 1;\n\\q\nEOF").output.contains("(1 row)"))
    }
  }

  @Test func psqlFailsAsTheRealOne() {
    Simulated.perform {
      let fixture = Self.prepared()
      let rows: [(String, String, Int32)] = [
        (
          "psql -c 'select * from nothng'",
          "ERROR:  relation \"nothng\" does not exist\nLINE 1: select * from nothng\n                      ^\n", 1
        ),
        ("psql -c 'selec 1'", "ERROR:  syntax error at or near \"selec\"\nLINE 1: selec 1\n        ^\n", 1),
        (
          "psql -c 'select colum from accounts'",
          "ERROR:  column \"colum\" does not exist\nLINE 1: select colum from accounts\n               ^\n", 1
        ),
        ("psql -c 'select pg_terminate_backend(1)'", "WARNING:  PID 1 is not a PostgreSQL backend process\n", 0),
        (
          "PGPASSWORD=wrong psql -c 'select 1'",
          "port 5432 failed: FATAL:  password authentication failed for user \"payments\"\n", 2
        ),
        ("psql -d other -c 'select 1'", "port 5432 failed: FATAL:  database \"other\" does not exist\n", 2),
        (
          "psql -h nowhere.example -c 'select 1'",
          "psql: error: could not translate host name \"nowhere.example\" to address: Name or service not known\n", 2
        ),
        // The database lets in nobody but the proxy.
        ("psql \"host=$DB connect_timeout=3\" -c 'select 1'", "port 5432 failed: timeout expired\n", 2),
        (
          "psql -h $DB -c 'select 1'",
          "port 5432 failed: Connection timed out\n\tIs the server running on that host and accepting TCP/IP connections?\n",
          2
        ),
        ("psql --frob", "psql: error: unrecognized option '--frob'\n", 1),
        (
          "PGHOST= psql -c 'select 1'",
          "psql: error: connection to server on socket \"/var/run/postgresql/.s.PGSQL.5432\" failed: No such file or directory\n",
          2
        ),
      ]
      for (line, text, code) in rows {
        let result = fixture.type(line)
        #expect(result.errors.contains(text), "\(line): \(result)")
        #expect(result.exitCode == code, "\(line)")
      }
    }
  }

  @Test func aSessionThatHoldsTheLockIsSeenAndEnded() {
    Simulated.perform {
      let fixture = Self.prepared()
      let instance = fixture.world.regions[0].aws.instances[0]
      instance.lockTables()
      instance.otherSessions = 3
      let pid = fixture.type("psql -Atc \"select pid from pg_locks where mode = 'AccessExclusiveLock' and granted\"")
        .output.trimmed
      let state = fixture.type("psql -Atc 'select state from pg_stat_activity where pid = \(pid)'").output
      #expect(state == "idle in transaction\n")
      #expect(fixture.type("psql -Atc 'select pg_terminate_backend(\(pid))'").output == "t\n")
      #expect(!instance.areTablesLocked)
      let ended = fixture.type(
        "psql -Atc \"select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'batch'\"")
      #expect(ended.output == "t\nt\nt\n")
      #expect(instance.otherSessions == 0)
      #expect(fixture.world.journal.platformEvents.count { $0.reason == "EngineerStatement" } == 4)
    }
  }

  @Test func sessionsAreSeenAndEndedOneByOne() throws {
    Simulated.perform {
      let fixture = Self.prepared()
      let instance = fixture.world.regions[0].aws.instances[0]
      instance.otherSessions = 4
      @Simulated func psql(_ sql: String) -> String { fixture.type("psql -Atc \"\(sql)\"").output.trimmed }
      #expect(
        psql("select state, wait_event is null, query from pg_stat_activity where pid = pg_backend_pid()")
          == "active|1|select state, wait_event is null, query from pg_stat_activity where pid = pg_backend_pid()")
      #expect(psql("select count(*) from pg_stat_activity where backend_type <> 'client backend'") == "5")
      #expect(psql("select count(*) from pg_stat_activity where client_addr is null and state is not null") == "0")
      fixture.run(.seconds(70))
      let idle = psql(
        "select now() - state_change from pg_stat_activity where application_name = 'batch' order by pid limit 1")
      #expect(idle.hasPrefix("00:01:1") && idle.count == 15, "\(idle)")
      let pids = psql(
        "select pid from pg_stat_activity where application_name = 'batch' and now() - state_change > interval '1 minute' order by pid"
      ).split(separator: "\n").map(String.init)
      #expect(pids.count == 4)
      #expect(
        psql("select pid, pg_terminate_backend(pid) from pg_stat_activity where pid = \(pids[1])") == "\(pids[1])|t")
      #expect(
        psql("select pid from pg_stat_activity where application_name = 'batch' order by pid").split(separator: "\n")
          .map(String.init) == [pids[0], pids[2], pids[3]])
      let again = fixture.type("psql -c 'select pg_terminate_backend(\(pids[1]))'")
      #expect(again.errors == "WARNING:  PID \(pids[1]) is not a PostgreSQL backend process\n")
      #expect(again.output == " pg_terminate_backend \n----------------------\n f\n(1 row)\n\n")
      // Its own.
      let own = fixture.type("psql -c 'select pg_terminate_backend(pg_backend_pid())'")
      #expect(own.exitCode == 2)
      #expect(own.errors.hasPrefix("FATAL:  terminating connection due to administrator command\nserver closed"))
      #expect(psql("select 1") == "1")
    }
  }

  @Test func queriesOnViewsAreUnderstood() {
    Simulated.perform {
      let fixture = Self.prepared()
      let rows = [
        (
          "select extract(epoch from (now() - query_start)) < 1 from pg_stat_activity where pid = pg_backend_pid()", "1"
        ),
        ("select setting::int * 8 / 10 from pg_settings where name = 'max_connections'", "1297"),
        ("select current_setting('max_connections')", "1622"),
        ("select left(query, 6) from pg_stat_activity where pid = pg_backend_pid()", "select"),
        ("select count(*) from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0", "0"),
        ("select count(*) from pg_stat_activity where query_start < now() - interval '1 hour'", "0"),
        ("select count(*) from pg_stat_activity where query ILIKE 'SELECT COUNT%'", "1"),
      ]
      for (sql, expected) in rows {
        let result = fixture.type("psql -Atc \"\(sql)\"")
        #expect(result.output.trimmed == expected, "\(sql): \(result)")
      }
    }
  }

  @Test func curlAnswersAndFailsAsTheRealOne() {
    Simulated.perform {
      let fixture = Self.prepared()
      let rows: [(String, String, String, Int32)] = [
        ("curl -s -o /dev/null -w '%{http_code}\\n' https://pay.spain.example/api/payment/simulate", "200\n", "", 0),
        ("curl -s https://pay.spain.example/info | jq -r .region", "spain\n", "", 0),
        ("curl -sI -X GET https://pay.spain.example/health | head -1", "HTTP/2 200 \r\n", "", 0),
        ("curl https://nowhere.example/", "", "curl: (6) Could not resolve host: nowhere.example\n", 6),
        ("curl -s https://nowhere.example/", "", "", 6),
        ("curl -f https://pay.spain.example/nothing", "", "curl: (22) The requested URL returned error: 404\n", 22),
        (
          "curl --connect-timeout 2 http://10.10.200.4:81/", "",
          "curl: (28) Connection timed out after 2000 milliseconds\n", 28
        ),
        (
          "curl --resolve other.example:443:10.10.0.4 https://other.example/", "",
          "curl: (60) SSL: no alternative certificate subject name matches target host name 'other.example'\n", 60
        ),
        (
          "curl -ks --resolve other.example:443:10.10.0.4 -o /dev/null -w '%{http_code}' https://other.example/info",
          "404", "", 0
        ),
        ("curl ftp://x/", "", "curl: (1) Protocol \"ftp\" not supported or disabled in libcurl\n", 1),
        ("curl --frob x", "", "curl: option --frob: is unknown\n", 2),
      ]
      for (line, output, errors, code) in rows {
        let result = fixture.type(line)
        #expect(result.output == output, "\(line): \(result)")
        #expect(result.errors.hasPrefix(errors) && result.errors.isEmpty == errors.isEmpty, "\(line): \(result)")
        #expect(result.exitCode == code, "\(line)")
      }
      let times = fixture.type(
        "curl -s -o /dev/null -w '%{time_connect} %{time_total}' https://pay.spain.example/health"
      ).output
        .split(separator: " ").compactMap { Double($0) }
      #expect(times.count == 2 && times[0] > 0 && times[0] < times[1], "\(times)")
    }
  }

  @Test func anExpiredCertificateIsSeen() {
    Simulated.perform {
      let fixture = Self.prepared()
      let aws = fixture.world.regions[0].aws
      aws.certificates = aws.certificates.map { certificate in
        var certificate = certificate
        certificate.expires = fixture.world.simulation.now - .hours(1)
        return certificate
      }
      let refused = fixture.type("curl https://pay.spain.example/health")
      #expect(
        refused.errors.hasPrefix("curl: (60) SSL certificate problem: certificate has expired\nMore details here:"))
      #expect(refused.exitCode == 60)
      #expect(fixture.type("curl -sk https://pay.spain.example/health").exitCode == 0)
      let session = fixture.type("echo | openssl s_client -connect pay.spain.example:443")
      #expect(session.output.contains("Verify return code: 10 (certificate has expired)"))
      let dates = fixture.type(
        "echo | openssl s_client -connect pay.spain.example:443 2>/dev/null | openssl x509 -noout -enddate")
      #expect(dates.output == "notAfter=Mar  2 07:01:00 2026 GMT\n")
    }
  }

  @Test func namesAreLookedUp() {
    Simulated.perform {
      let fixture = Self.prepared()
      #expect(fixture.type("dig +short pay.spain.example").output == "10.10.0.4\n10.10.1.4\n10.10.2.4\n")
      #expect(fixture.type("dig nowhere.example | grep -o 'status: [A-Z]*'").output == "status: NXDOMAIN\n")
      #expect(
        fixture.type("nslookup nowhere.example").output.hasSuffix("** server can't find nowhere.example: NXDOMAIN\n\n"))
      #expect(fixture.type("host nowhere.example").output == "Host nowhere.example not found: 3(NXDOMAIN)\n")
      let names = fixture.world.network.names(of: "eu-south-2")
      names.fail("pay.spain.example", with: .serverFailure)
      #expect(fixture.type("dig pay.spain.example").output.contains("status: SERVFAIL"))
      #expect(fixture.type("host pay.spain.example").exitCode == 1)
      names.isDown = true
      let before = fixture.world.simulation.now
      let silent = fixture.type("dig pay.spain.example")
      #expect(silent.exitCode == 9)
      #expect(silent.output.hasPrefix(";; communications error to 10.10.0.2#53: timed out\n"))
      #expect(silent.output.hasSuffix(";; no servers could be reached\n"))
      #expect((15...16).contains((fixture.world.simulation.now - before).seconds))
    }
  }

  @Test func portsAreTried() {
    Simulated.perform {
      let fixture = Self.prepared()
      let open = fixture.type("nc -zv $PGHOST 5432")
      #expect(
        open.errors.hasPrefix("Connection to payments.proxy-")
          && open.errors.hasSuffix(" 5432 port [tcp/postgresql] succeeded!\n"))
      let dropped = fixture.type("nc -zv -w 2 $DB 5432")
      #expect(dropped.errors.hasSuffix("port 5432 (tcp) timed out: Operation now in progress\n"))
      #expect(dropped.exitCode == 1)
      #expect(
        fixture.type("nc -zv nowhere.example 1").errors
          == "nc: getaddrinfo for host \"nowhere.example\" port 1: Name or service not known\n")
    }
  }
}
