import Documents
import Faults

/// The JSON Schema (draft 7) of scenario files. It is written by the same forms that read the files, and by the fault
/// catalogue's own table, so that it accepts no key that `twin lint` refuses for its name.
package func scenarioSchema(catalogue: FaultCatalogue) -> JSONValue {
  var schema: JSONValue = [
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Scenario of twin",
  ]
  for member in Form.scenario(from: catalogue).schema.object?.members ?? [] { schema[member.key] = member.value }
  return schema
}
