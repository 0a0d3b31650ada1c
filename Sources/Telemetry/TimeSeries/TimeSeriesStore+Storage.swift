/// One series as it is stored: its labels and the bytes of its chunks, in order of time.
package struct StoredSeries: Sendable {
  package var labels: Labels
  /// Each as `Chunk` documents.
  package var chunks: [[UInt8]]

  package init(labels: Labels, chunks: [[UInt8]]) {
    self.labels = labels
    self.chunks = chunks
  }
}

extension TimeSeriesStore {
  /// All series that have samples, in the order of their labels.
  package func stored() -> [StoredSeries] {
    (0..<seriesCount).map { record(SeriesID(index: $0)) }.filter { !$0.pointee.isEmpty }
      .sorted { $0.pointee.labels < $1.pointee.labels }
      .map { StoredSeries(labels: $0.pointee.labels, chunks: $0.pointee.allChunks().map(\.bytes)) }
  }

  /// A store of stored series, to be queried and appended to.
  package convenience init(
    stored: [StoredSeries], retention: Int64 = TimeSeriesStore.defaultRetention
  ) throws(ChunkError) {
    self.init(retention: retention)
    for series in stored { try adopt(series) }
  }

  /// Adds one stored series; refuses damaged chunks, and chunks that are not newer than what the series has.
  package func adopt(_ stored: StoredSeries) throws(ChunkError) {
    let id = register(stored.labels)
    var last = record(id).pointee.lastTime
    var chunks: [Chunk] = []
    guard record(id).pointee.recentCount == 0 else { throw .corrupt("the series has newer samples") }
    for bytes in stored.chunks {
      let chunk = try Chunk(bytes: bytes)
      guard chunk.firstTime > last else { throw .corrupt("chunks overlap") }
      last = chunk.lastTime
      chunks.append(chunk)
    }
    record(id).pointee.adopt(chunks)
  }
}

extension Labels {
  /// Names and values for storage: for each label, both with their lengths in UTF-8 bytes in front, as LEB128.
  package var encoded: [UInt8] {
    var writer = BitWriter()
    for pair in pairs {
      for text in [pair.name, pair.value] {
        writer.writeVariable(UInt64(text.utf8.count))
        writer.append(contentsOf: Array(text.utf8))
      }
    }
    return writer.bytes
  }

  /// Labels from their encoded form.
  package init(encoded: [UInt8]) throws(ChunkError) {
    let texts: [String]? = encoded.withUnsafeBytes { bytes in
      var reader = BitReader(bytes, from: 0, to: bytes.count)
      var texts: [String] = []
      while reader.byteOffset < bytes.count {
        let length = reader.readVariable()
        let start = reader.byteOffset
        guard !reader.overran, length <= UInt64(bytes.count - start) else { return nil }
        guard let text = String(validating: bytes[start..<(start + Int(length))], as: UTF8.self) else { return nil }
        texts.append(text)
        reader = BitReader(bytes, from: start + Int(length), to: bytes.count)
      }
      return texts.count % 2 == 0 ? texts : nil
    }
    guard let texts else { throw .corrupt("labels") }
    self.init(stride(from: 0, to: texts.count, by: 2).map { Label(texts[$0], texts[$0 + 1]) })
  }
}
