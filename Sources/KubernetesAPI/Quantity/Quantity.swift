/// An amount of a resource, such as `100m` or `64Mi`, kept as it was written; `json` is its canonical text.
///
/// Text that is no quantity stays in the tree, reads as zero, and is reported by `parsed()` (validation calls it).
package struct Quantity: JSONRepresentable, Hashable {
  package var text: String

  package init(_ text: String) { self.text = text }
  package init(_ amount: QuantityAmount) { text = amount.canonicalText }

  package init?(json: JSON) {
    switch json {
    case .string(let text): self.text = text
    case .int(let value): text = String(value)
    case .double: text = json.text
    default: return nil
    }
  }

  /// The canonical text, which is what upstream writes.
  package var json: JSON { .string(canonical.text) }
  package static var zero: Quantity { Quantity("0") }
  package static var schemaType: SchemaType { .quantity }
}

extension Quantity {
  /// The exact value. Throws in upstream's words when the text is no quantity.
  package func parsed() throws(QuantityError) -> QuantityAmount { try QuantityParser.parse(text) }

  /// What to say of the text when it is no quantity; nil when it is one.
  package static func problem(in text: String) -> String? {
    do throws(QuantityError) {
      _ = try QuantityParser.parse(text)
      return nil
    } catch {
      return error.description
    }
  }

  package var amount: QuantityAmount { (try? parsed()) ?? QuantityAmount(nanos: 0, format: .decimal) }

  /// The value in thousandths, rounded away from zero; 0 for text that is no quantity.
  package var milliValue: Int { Int(clamping: amount.rounded(toNanos: 1_000_000)) }
  /// The value in whole units, rounded away from zero; 0 for text that is no quantity.
  package var value: Int { Int(clamping: amount.rounded(toNanos: QuantityAmount.nanosPerUnit)) }

  /// The one text of this value in its family of suffixes (`1.5` is `1500m`); the text itself when it is no quantity.
  package var canonical: Quantity { (try? parsed()).map(Quantity.init) ?? self }

  /// Rounded up to thousandths, as the API server keeps amounts of resources.
  package var roundedToMilli: Quantity {
    guard var amount = try? parsed() else { return self }
    amount.nanos = amount.rounded(toNanos: 1_000_000) * 1_000_000
    return Quantity(amount)
  }
}

extension Quantity: Comparable {
  /// Orders by value: `1` and `1000m` come out equal in order though their texts differ.
  package static func < (left: Quantity, right: Quantity) -> Bool { left.amount.nanos < right.amount.nanos }

  /// Same value, whatever the text.
  package func isEqualInValue(_ other: Quantity) -> Bool { amount.nanos == other.amount.nanos }

  /// Sums take the left side's format, unless that is zero.
  package static func + (left: Quantity, right: Quantity) -> Quantity { left.combined(right, +) }
  package static func - (left: Quantity, right: Quantity) -> Quantity { left.combined(right, -) }
  package static func += (left: inout Quantity, right: Quantity) { left = left + right }

  private func combined(_ other: Quantity, _ operation: (Int128, Int128) -> Int128) -> Quantity {
    let (mine, theirs) = (amount, other.amount)
    let format = mine.nanos == 0 ? theirs.format : mine.format
    return Quantity(QuantityAmount(nanos: operation(mine.nanos, theirs.nanos), format: format))
  }
}
