import Documents
import Testing

@testable import Toolbox

/// Expected values were worked out with jmespath.py 1.0 and the table formatter of AWS CLI 1.45.
@Suite struct AWSOutput {
  private static let document =
    #"{"DBInstances": [{"Id": "payments", "Status": "available", "Port": 5432, "Tags": [{"K": "a", "V": "1"}, {"K": "b", "V": "2"}], "Endpoint": {"Address": "p.example"}}, {"Id": "ledger", "Status": "stopped", "Port": 5433, "Tags": [], "Endpoint": {"Address": "l.example"}}, {"Id": "audit", "Status": "available", "Port": 6000, "Tags": [{"K": "a", "V": "3"}]}], "Marker": null, "Counts": [3, 1, 2]}"#

  @Test(arguments: [
    (#"DBInstances[0].Id"#, #""payments""#),
    (#"DBInstances[-1].Id"#, #""audit""#),
    (#"DBInstances[*].Id"#, #"["payments","ledger","audit"]"#),
    (#"DBInstances[].Tags[].V"#, #"["1","2","3"]"#),
    (#"DBInstances[*].Tags[*].V"#, #"[["1","2"],[],["3"]]"#),
    (#"DBInstances[?Status=='available'].Id"#, #"["payments","audit"]"#),
    (#"DBInstances[?Port>`5432`].[Id,Port]"#, #"[["ledger",5433],["audit",6000]]"#),
    (#"DBInstances[?Status=='available' && Port<`6000`].Endpoint.Address | [0]"#, #""p.example""#),
    (
      #"DBInstances[*].{id:Id,address:Endpoint.Address}"#,
      #"[{"id":"payments","address":"p.example"},{"id":"ledger","address":"l.example"},{"id":"audit","address":null}]"#
    ),
    (#"DBInstances[1:].Id"#, #"["ledger","audit"]"#),
    (#"DBInstances[::-1].Id"#, #"["audit","ledger","payments"]"#),
    (#"DBInstances[:2].Status"#, #"["available","stopped"]"#),
    (#"length(DBInstances)"#, #"3"#),
    (#"sort_by(DBInstances,&Port)[-1].Id"#, #""audit""#),
    (#"sort_by(DBInstances,&Id)[].Id"#, #"["audit","ledger","payments"]"#),
    (#"max_by(DBInstances,&Port).Id"#, #""audit""#),
    (#"Marker || 'none'"#, #""none""#),
    (#"!Marker"#, #"true"#),
    (#"Counts[?@ > `1`]"#, #"[3,2]"#),
    (#"sort(Counts)"#, #"[1,2,3]"#),
    (#"sum(Counts)"#, #"6"#),
    (#"avg(Counts)"#, #"2.0"#),
    (#"join(', ', DBInstances[].Id)"#, #""payments, ledger, audit""#),
    (#"DBInstances[?contains(Id,'pay')].Id"#, #"["payments"]"#),
    (#"DBInstances[?!(Status=='available')].Id"#, #"["ledger"]"#),
    (#"DBInstances[?starts_with(Id,'l')].Id"#, #"["ledger"]"#),
    (#"keys(DBInstances[0].Endpoint)"#, #"["Address"]"#),
    (#"DBInstances[0].Endpoint.*"#, #"["p.example"]"#),
    (#"*[0].Id"#, #"["payments"]"#),
    (#"DBInstances[].Tags[?K=='a'].V[]"#, #"["1","3"]"#),
    (#"DBInstances[].Tags[?K=='a'].V"#, #"[["1"],[],["3"]]"#),
    (#"@.Counts[0]"#, #"3"#),
    (#"DBInstances[0].[Id,Endpoint.Address]"#, #"["payments","p.example"]"#),
    (#""DBInstances"[0]."Id""#, #""payments""#),
    (#"map(&Id, DBInstances)"#, #"["payments","ledger","audit"]"#),
    (#"not_null(Marker, Counts[0])"#, #"3"#),
    (#"to_string(Counts)"#, #""[3,1,2]""#),
    (#"type(Marker)"#, #""null""#),
    (#"missing.deep[0]"#, #"null"#),
    (#"DBInstances[?Tags[?K=='b']].Id"#, #"["payments"]"#),
    (#"reverse(Counts)"#, #"[2,1,3]"#),
    (#"Counts[9]"#, #"null"#),
    (#"`{"a": 1}`.a"#, #"1"#),
    (#"DBInstances[?Port==`5432`] | [0].Id"#, #""payments""#),
    (#"[Marker, Counts[0]]"#, #"[null,3]"#),
    (#"ends_with('abc','bc')"#, #"true"#),
    (#"merge(`{"a":1}`,`{"b":2}`)"#, #"{"a":1,"b":2}"#),
    (#"to_number('12')"#, #"12"#),
    (#"DBInstances[*].Tags[] | length(@)"#, #"3"#),
    (#"DBInstances[*].not_null(Endpoint.Address,'-')"#, #"["p.example","l.example","-"]"#),
  ]) func queries(_ expression: String, _ expected: String) throws {
    let value = try JMESPath(expression).value(try parseJSON(Self.document))
    #expect(value == (try parseJSON(expected)), "\(value.jsonText())")
  }

  @Test(arguments: [
    ("a[", "Invalid jmespath expression: Incomplete expression:\n\"a[\"\n   ^"),
    ("a[?b=5]", "Bad jmespath expression: Unknown token =:\na[?b=5]\n    ^"),
    (
      "a b",
      "Unexpected token: b: Parse error at column 2, token \"b\" (UNQUOTED_IDENTIFIER), for expression:\n\"a b\"\n   ^"
    ),
    (
      "{a}",
      "Expecting: colon, got: rbrace: Parse error at column 2, token \"}\" (RBRACE), for expression:\n\"{a}\"\n   ^"
    ),
    ("foo(@)", "Unknown function: foo()"), ("length(`1`,`2`)", "Expected 1 argument for function length(), received 2"),
    ("'open", "Bad jmespath expression: Unclosed ' delimiter:\n'open\n^"), ("a[0:1:0]", "slice step cannot be zero"),
  ]) func badQueries(_ expression: String, _ message: String) {
    #expect {
      _ = try JMESPath(expression).value(.null)
    } throws: {
      ($0 as? JMESPath.Failure)?.message == message
    }
  }

  @Test(arguments: [
    (
      "DescribeDBInstances",
      #"{"DBInstances":[{"DBInstanceIdentifier":"payments","Status":"available","MultiAZ":true,"Endpoint":{"Address":"p.example","Port":5432},"Groups":[{"Id":"sg-1","Status":"active"}]},{"DBInstanceIdentifier":"ledger","Status":"stopped","MultiAZ":false}]}"#,
      """
      ----------------------------------------------------
      |                DescribeDBInstances               |
      +--------------------------------------------------+
      ||                   DBInstances                  ||
      |+-----------------------+----------+-------------+|
      || DBInstanceIdentifier  | MultiAZ  |   Status    ||
      |+-----------------------+----------+-------------+|
      ||  payments             |  True    |  available  ||
      |+-----------------------+----------+-------------+|
      |||                   Endpoint                   |||
      ||+----------------------------+-----------------+||
      |||           Address          |      Port       |||
      ||+----------------------------+-----------------+||
      |||  p.example                 |  5432           |||
      ||+----------------------------+-----------------+||
      |||                    Groups                    |||
      ||+-------------------+--------------------------+||
      |||        Id         |         Status           |||
      ||+-------------------+--------------------------+||
      |||  sg-1             |  active                  |||
      ||+-------------------+--------------------------+||
      ||                   DBInstances                  ||
      |+------------------------+-----------+-----------+|
      ||  DBInstanceIdentifier  |  MultiAZ  |  Status   ||
      |+------------------------+-----------+-----------+|
      ||  ledger                |  False    |  stopped  ||
      |+------------------------+-----------+-----------+|
      """
    ),
    (
      "DescribeDBInstances", #"[["payments","available"],["ledger","stopped"]]"#,
      """
      ---------------------------
      |   DescribeDBInstances   |
      +-----------+-------------+
      |  payments |  available  |
      |  ledger   |  stopped    |
      +-----------+-------------+
      """
    ),
    (
      "GetSecretValue",
      #"{"ARN":"arn:aws:secretsmanager:eu-south-2:111122223333:secret:payments/database-abc123","Name":"payments/database","VersionStages":["AWSCURRENT","AWSPENDING"],"SecretString":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#,
      """
      ----------------------------------------------------------------------------------------------------
      |                                          GetSecretValue                                          |
      +--------------+-----------------------------------------------------------------------------------+
      |  ARN         |  arn:aws:secretsmanager:eu-south-2:111122223333:secret:payments/database-abc123   |
      |  Name        |  payments/database                                                                |
      |  SecretString|  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx                                         |
      +--------------+-----------------------------------------------------------------------------------+
      ||                                          VersionStages                                         ||
      |+------------------------------------------------------------------------------------------------+|
      ||  AWSCURRENT                                                                                    ||
      ||  AWSPENDING                                                                                    ||
      |+------------------------------------------------------------------------------------------------+|
      """
    ),
    (
      "X", #"["a","b"]"#,
      """
      -------
      |  X  |
      +-----+
      |  a  |
      |  b  |
      +-----+
      """
    ),
    (
      "DescribeTargetHealth",
      #"{"TargetHealthDescriptions":[{"Target":{"Id":"10.10.32.4","Port":8080},"HealthCheckPort":"8080","TargetHealth":{"State":"healthy"}},{"Target":{"Id":"10.10.32.5","Port":8080},"HealthCheckPort":"8080","TargetHealth":{"State":"unhealthy","Reason":"Target.Timeout","Description":"Request timed out"}}]}"#,
      """
      ----------------------------------------------------------
      |                  DescribeTargetHealth                  |
      +--------------------------------------------------------+
      ||               TargetHealthDescriptions               ||
      |+------------------------------------------------------+|
      ||                    HealthCheckPort                   ||
      |+------------------------------------------------------+|
      ||  8080                                                ||
      |+------------------------------------------------------+|
      |||                       Target                       |||
      ||+--------------------------------+-------------------+||
      |||               Id               |       Port        |||
      ||+--------------------------------+-------------------+||
      |||  10.10.32.4                    |  8080             |||
      ||+--------------------------------+-------------------+||
      |||                    TargetHealth                    |||
      ||+----------------------+-----------------------------+||
      |||  State               |  healthy                    |||
      ||+----------------------+-----------------------------+||
      ||               TargetHealthDescriptions               ||
      |+------------------------------------------------------+|
      ||                    HealthCheckPort                   ||
      |+------------------------------------------------------+|
      ||  8080                                                ||
      |+------------------------------------------------------+|
      |||                       Target                       |||
      ||+--------------------------------+-------------------+||
      |||               Id               |       Port        |||
      ||+--------------------------------+-------------------+||
      |||  10.10.32.5                    |  8080             |||
      ||+--------------------------------+-------------------+||
      |||                    TargetHealth                    |||
      ||+-------------------+------------------+-------------+||
      |||    Description    |     Reason       |    State    |||
      ||+-------------------+------------------+-------------+||
      |||  Request timed out|  Target.Timeout  |  unhealthy  |||
      ||+-------------------+------------------+-------------+||
      """
    ),
  ]) func tables(_ title: String, _ json: String, _ expected: String) throws {
    #expect(AWSTable.text(try parseJSON(json), title: title) == expected + "\n")
  }
}
