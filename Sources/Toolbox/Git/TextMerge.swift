/// Brings two versions of a text together that come from one.
///
/// Changes of both sides that overlap or touch are a conflict unless they are the same, as for xdiff's `xdl_merge`.
struct TextMerge {
  private(set) var lines: [String] = []
  private(set) var hasConflict = false

  private struct Region {
    var range: Range<Int>
    var replacement: [String]
  }

  /// - Parameters:
  ///   - labels: what stands behind the marks of a conflict, ours first.
  init(base: [String], ours: [String], theirs: [String], labels: (ours: String, theirs: String)) {
    let sides = [Self.regions(from: base, to: ours), Self.regions(from: base, to: theirs)]
    var next = [0, 0]
    var place = 0
    while let start = zip(sides, next).compactMap({ $0.indices.contains($1) ? $0[$1].range.lowerBound : nil }).min() {
      var (end, first) = (start, next)
      var grows = true
      while grows {
        grows = false
        for side in 0..<2 where sides[side].indices.contains(next[side]) {
          guard sides[side][next[side]].range.lowerBound <= end else { continue }
          end = max(end, sides[side][next[side]].range.upperBound)
          next[side] += 1
          grows = true
        }
      }
      lines += base[place..<start]
      let taken = (0..<2).map { side in Array(sides[side][first[side]..<next[side]]) }
      let texts = taken.map { Self.applied($0, to: base, start..<end) }
      if taken[0].isEmpty || texts[0] == texts[1] {
        lines += texts[1]
      } else if taken[1].isEmpty {
        lines += texts[0]
      } else {
        hasConflict = true
        lines += ["<<<<<<< \(labels.ours)\n"] + texts[0] + ["=======\n"] + texts[1] + [">>>>>>> \(labels.theirs)\n"]
      }
      place = end
      first = next
    }
    lines += base[place...]
  }

  private static func regions(from base: [String], to side: [String]) -> [Region] {
    var (regions, place) = ([Region](), 0)
    var open: Region?
    for edit in lineEdits(from: base, to: side) {
      if edit.mark == " " {
        if let region = open { regions.append(region) }
        open = nil
      } else {
        var region = open ?? Region(range: place..<place, replacement: [])
        if edit.mark == "-" {
          region.range = region.range.lowerBound..<(place + 1)
        } else {
          region.replacement.append(edit.line)
        }
        open = region
      }
      if edit.mark != "+" { place += 1 }
    }
    return regions + (open.map { [$0] } ?? [])
  }

  private static func applied(_ regions: [Region], to base: [String], _ range: Range<Int>) -> [String] {
    var (text, place) = ([String](), range.lowerBound)
    for region in regions {
      text += base[place..<region.range.lowerBound] + region.replacement
      place = region.range.upperBound
    }
    return text + base[place..<range.upperBound]
  }
}
