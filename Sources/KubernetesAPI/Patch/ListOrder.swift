/// The order of a merged list: what the patch names stands in the patch's order, the rest stays where it was.
struct ListOrder {
  /// The field by which elements are told apart; nil for lists of scalars.
  let key: String?

  func isSame(_ left: JSON, _ right: JSON) -> Bool {
    guard let key else { return left == right }
    return left[key] == right[key] && left[key] != nil
  }

  /// `order` may hold whole elements or only their keys; `former` is the list as it was before the patch.
  func arranged(_ list: [JSON], by order: [JSON], former: [JSON]) -> [JSON] {
    let named = list.filter { element in order.contains { isSame($0, element) } }
    let others = list.filter { element in !order.contains { isSame($0, element) } }
    return interleaved(sorted(others, by: former), sorted(named, by: order), former)
  }

  private func position(of element: JSON, in order: [JSON]) -> Int? { order.firstIndex { isSame($0, element) } }

  private func sorted(_ list: [JSON], by order: [JSON]) -> [JSON] {
    list.enumerated().map { (position(of: $1, in: order) ?? order.count, $0, $1) }
      .sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
  }

  /// Merges two sorted lists: an element that the patch does not name comes first only where it stood first.
  private func interleaved(_ others: [JSON], _ named: [JSON], _ former: [JSON]) -> [JSON] {
    var (others, named, result) = (others[...], named[...], [JSON]())
    while let other = others.first, let next = named.first {
      if let first = position(of: other, in: former), let second = position(of: next, in: former), first < second {
        result.append(others.removeFirst())
      } else {
        result.append(named.removeFirst())
      }
    }
    return result + others + named
  }
}
