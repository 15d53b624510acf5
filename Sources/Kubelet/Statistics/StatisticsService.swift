import KubernetesAPI
import LinuxSystem
import Synchronization

/// Answers for the node's figures: reads when asked, beside the cooperative pool.
final class StatisticsService: Sendable {
  private let reader: StatisticsReader
  private let network: any PodNetworking
  private let images: any ImageService
  private let pool: BlockingPool
  private let rates = Mutex(ProcessorRates())

  init(_ reader: StatisticsReader, network: any PodNetworking, images: any ImageService) throws(SystemCallError) {
    self.reader = reader
    self.network = network
    self.images = images
    pool = try BlockingPool(name: "statistics", threads: 1)
  }

  func summary(_ states: [PodState]) async throws -> JSON {
    let reading = try await read(states, withDisk: true)
    let rates = rates.withLock { $0.take(reading) }
    return SummaryBuilder(reading, rates: rates).summary()
  }

  /// - Parameter withDisk: also what directories hold, which may take a walk.
  func read(_ states: [PodState], withDisk: Bool) async throws -> NodeReading {
    let counters = try await network.counters()
    var reading = try await pool.run { [reader] in reader.read(states, network: counters, withDisk: withDisk) }
    if withDisk { reading.imageBytes = try await images.images().reduce(0) { $0 + $1.sizeBytes } }
    return reading
  }

  func signals() async throws -> [EvictionSignal: SignalReading] { try await pool.run { [reader] in reader.signals() } }

  func process() async throws -> ProcessReading { try await pool.run { ProcessReading.read() } }
}
