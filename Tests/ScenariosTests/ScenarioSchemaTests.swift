import Documents
import Scenarios
import Testing

@Suite struct ScenarioSchema {
  let schema = scenarioSchema(catalogue: testCatalogue)

  @Test func listsTheKeysOfTheFile() {
    #expect(schema["required"] == ["apiVersion", "kind", "name", "title", "duration", "platform", "expect"])
    #expect(schema["additionalProperties"] == false)
    #expect(schema.at("properties", "difficulty", "maximum") == 5)
    #expect(schema.at("properties", "seed", "description") == "The seed of all randomness.")
  }

  @Test func listsTheVerbsOfExpect() {
    let verbs = schema.at("properties", "expect", "items")
    #expect(
      verbs?["properties"]?.object?.keys == [
        "slo", "latency", "state", "event", "log", "alert", "query", "restored", "invariant",
      ])
    #expect(verbs?["oneOf"]?.array?.count == 9)
    #expect(verbs?["oneOf"]?[0] == ["required": ["slo"]])
  }

  @Test func takesFaultsFromTheCatalogue() {
    let fault = schema.at("properties", "faults", "items")
    #expect(
      fault?.at("properties", "do", "oneOf")?.array?.map { $0["const"]?.string } == testCatalogue.verbs.map(\.name))
    let delay = fault?["allOf"]?[0]
    #expect(delay?.at("if", "properties", "do", "const") == "network.delay")
    #expect(delay?.at("then", "required") == ["with"])
    #expect(delay?.at("then", "properties", "with", "required") == ["latency"])
  }
}
