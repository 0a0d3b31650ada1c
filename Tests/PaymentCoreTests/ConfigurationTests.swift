import Testing

@testable import PaymentCore

@Suite struct ConfigurationTests {
  @Test func aCompleteEnvironment() throws {
    var variables = Fixture.variables
    variables["DATABASE_URL"] =
      "postgres://pay%40ments:a%3Ab%2F@proxy.eu-south-2.rds.amazonaws.com/pay?sslmode=verify-full"
    variables["REGION"] = "mexico"
    let configuration = try PaymentAPIConfiguration(environment: variables)
    let database = configuration.database
    #expect(database.user == "pay@ments" && database.password == "a:b/" && database.port == 5432)
    #expect(database.host == "proxy.eu-south-2.rds.amazonaws.com" && database.database == "pay" && database.requiresTLS)
    #expect(configuration.residency == .mx && configuration.currency == .mxn)
  }

  @Test(arguments: [
    ("DATABASE_URL", nil, "is not set"), ("DATABASE_URL", "", "is not set"),
    ("DATABASE_URL", "mysql://u:p@h/d", "must begin with postgresql://"),
    ("DATABASE_URL", "postgresql://db:5432/payments", "has no user and password"),
    ("DATABASE_URL", "postgresql://u@db/payments", "has no user and password"),
    ("DATABASE_URL", "postgresql://u:@db/payments", "has no user and password"),
    ("DATABASE_URL", "postgresql://u:p@/payments", "has no host"),
    ("DATABASE_URL", "postgresql://u:p@db:x/payments", "has an invalid port \"x\""),
    ("DATABASE_URL", "postgresql://u:p@db:70000/payments", "has an invalid port \"70000\""),
    ("DATABASE_URL", "postgresql://u:p@db:5432", "has no database name"),
    ("DATABASE_URL", "postgresql://u:%p@db/payments", "has invalid percent-encoding in user or password"),
    ("API_SECRET_KEY", nil, "is not set"), ("API_SECRET_KEY", "short", "must be 64 characters, got 5"),
    ("REGION", "spian", "must be one of spain, mexico, got \"spian\""), ("ENVIRONMENT", nil, "is not set"),
  ])
  func refusals(variable: String, value: String?, problem: String) {
    var variables = Fixture.variables
    variables[variable] = value
    let error = #expect(throws: ConfigurationError.self) { try PaymentAPIConfiguration(environment: variables) }
    #expect(error == ConfigurationError(variable, problem))
  }

  @Test func theLogLineIsJSON() {
    #expect(
      ConfigurationError("REGION", "must be \"x\"").logLine
        == #"{"level":"fatal","msg":"configuration error","variable":"REGION","error":"REGION must be \"x\""}"#)
  }

  @Test func noErrorTellsThePassword() {
    for url in [
      "postgresql://u:hunter2@db:x/d", "hunter2", "postgresql://u:hunter2@db", "postgresql://u:hunter2%@db/d",
    ] {
      var variables = Fixture.variables
      variables["DATABASE_URL"] = url
      let error = #expect(throws: ConfigurationError.self) { try PaymentAPIConfiguration(environment: variables) }
      #expect(error?.logLine.contains("hunter2") == false)
    }
  }
}
