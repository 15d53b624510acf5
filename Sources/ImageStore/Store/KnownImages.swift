/// Images as they were at one generation of the store.
struct KnownImages {
  private static let limit = 1024
  private var generation: UInt64?
  private var images: [String: Image] = [:]

  func image(_ reference: String, _ wanted: UInt64) -> Image? { generation == wanted ? images[reference] : nil }

  mutating func note(_ image: Image, as reference: String, _ current: UInt64) {
    if generation != current || images.count >= Self.limit { images = [:] }
    generation = current
    images[reference] = image
  }
}
