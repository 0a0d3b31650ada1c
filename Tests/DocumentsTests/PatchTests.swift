import Documents
import Testing

private func json(_ text: String) throws -> JSONValue { try parseJSON(text) }

@Suite struct Base64 {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func roundTrip(text: String, encoded: String) {
    #expect(base64Encoded(text.utf8) == encoded)
    #expect(base64Decoded(encoded) == Array(text.utf8))
  }

  @Test func allBytes() {
    let bytes = (0...255).map(UInt8.init)
    #expect(base64Decoded(base64Encoded(bytes)) == bytes)
    #expect(base64Decoded("Zm9v\nYmFy\n") == Array("foobar".utf8))
  }

  @Test(arguments: ["Z", "Zg=", "Zg===", "Z===", "====", "Zm9v=", "Zm=v", "Zm9*", "Zg==Zg=="])
  func refuses(text: String) {
    #expect(base64Decoded(text) == nil)
  }
}

@Suite struct JSONPatching {
  /// Mostly the examples of RFC 6902, appendix A.
  @Test(arguments: [
    (
      "{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\"}]", "{\"foo\":\"bar\",\"baz\":\"qux\"}"
    ),
    ("{\"foo\":[1,3]}", "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":2}]", "{\"foo\":[1,2,3]}"),
    ("{\"foo\":[1]}", "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":[2]}]", "{\"foo\":[1,[2]]}"),
    ("{\"a\":1,\"b\":2}", "[{\"op\":\"remove\",\"path\":\"/b\"}]", "{\"a\":1}"),
    ("{\"a\":[1,2,3]}", "[{\"op\":\"remove\",\"path\":\"/a/1\"}]", "{\"a\":[1,3]}"),
    ("{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":null}]", "{\"a\":null}"),
    (
      "{\"a\":{\"b\":1},\"c\":{}}", "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"/c/d\"}]",
      "{\"a\":{},\"c\":{\"d\":1}}"
    ),
    ("{\"a\":[1,2,3]}", "[{\"op\":\"move\",\"from\":\"/a/0\",\"path\":\"/a/2\"}]", "{\"a\":[2,3,1]}"),
    ("{\"a\":[1]}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"}]", "{\"a\":[1],\"b\":[1]}"),
    (
      "{\"a/b\":1,\"m~n\":2}",
      "[{\"op\":\"test\",\"path\":\"/a~1b\",\"value\":1},{\"op\":\"remove\",\"path\":\"/m~0n\"}]", "{\"a/b\":1}"
    ),
    ("{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":[]}]", "[]"), ("{\"a\":1}", "[]", "{\"a\":1}"),
  ])
  func applies(document: String, patch: String, result: String) throws {
    #expect(try json(document).applyingJSONPatch(json(patch)) == json(result))
  }

  @Test(arguments: [
    ("{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"/b\"}]"),
    ("{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"/b\",\"value\":1}]"),
    ("{\"a\":[1]}", "[{\"op\":\"add\",\"path\":\"/a/5\",\"value\":1}]"),
    ("{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":2}]"),
    ("{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/b/c\",\"value\":2}]"),
    ("{\"a\":1}", "[{\"op\":\"frob\",\"path\":\"/a\"}]"),
    ("{\"a\":1}", "{\"op\":\"add\"}"), ("{\"a\":1}", "[{\"op\":\"add\",\"path\":\"a\",\"value\":1}]"),
    ("{\"a\":1}", "[{\"op\":\"copy\",\"from\":\"/x\",\"path\":\"/b\"}]"),
    ("{\"a\":[1]}", "[{\"op\":\"remove\",\"path\":\"/a/-\"}]"),
  ])
  func refuses(document: String, patch: String) throws {
    let (document, patch) = (try json(document), try json(patch))
    #expect(throws: PatchError.self) { try document.applyingJSONPatch(patch) }
  }
}

@Suite struct MergePatching {
  /// The examples of RFC 7386, appendix A.
  @Test(arguments: [
    ("{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"),
    ("{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"),
    ("{\"a\":\"b\"}", "{\"a\":null}", "{}"), ("{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"),
    ("{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"), ("{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"),
    ("{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"),
    ("{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"), ("[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"),
    ("{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"), ("{\"a\":\"foo\"}", "null", "null"),
    ("{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"),
    ("[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"),
    ("{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"),
  ])
  func applies(document: String, patch: String, result: String) throws {
    #expect(try json(document).applyingMergePatch(json(patch)) == json(result))
  }
}
