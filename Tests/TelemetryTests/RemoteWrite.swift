import Foundation
import Telemetry

/// The requests of remote write 1.0 (`prompb/remote.proto`): a `WriteRequest` in Snappy's block format, without compression.
enum RemoteWrite {
  static func request(_ series: [(labels: Labels, samples: [Sample])]) -> Data {
    var message = Data()
    for one in series {
      var body = Data()
      for pair in one.labels.pairs {
        var label = Data()
        label.appendField(1, Data(pair.name.utf8))
        label.appendField(2, Data(pair.value.utf8))
        body.appendField(1, label)
      }
      for sample in one.samples {
        var point = Data([0x09])
        withUnsafeBytes(of: sample.value.bitPattern.littleEndian) { point.append(contentsOf: $0) }
        point.append(0x10)
        point.appendVariable(UInt64(bitPattern: sample.time))
        body.appendField(2, point)
      }
      message.appendField(1, body)
    }
    return message.asSnappyLiterals
  }
}

extension Data {
  fileprivate mutating func appendVariable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  fileprivate mutating func appendField(_ number: UInt8, _ body: Data) {
    append(number << 3 | 2)
    appendVariable(UInt64(body.count))
    append(body)
  }

  fileprivate var asSnappyLiterals: Data {
    var block = Data()
    block.appendVariable(UInt64(count))
    var start = startIndex
    while start < endIndex {
      let length = Swift.min(65_536, endIndex - start)
      block.append(contentsOf: [61 << 2, UInt8((length - 1) & 0xFF), UInt8((length - 1) >> 8)])
      block.append(self[start..<(start + length)])
      start += length
    }
    return block
  }
}
