#include "sw/bench/row.h"

#include <algorithm>
#include <numeric>

namespace weft {

namespace {

// `busy` cycles, of which `useful` are a share of all, and the rest by cause.
template <typename Cause, size_t N>
std::vector<Part> Parts(const std::array<double, N>& causes, double cycles, double useful, double busy,
                        const char* beside, uint32_t first_lost) {
  if (std::accumulate(causes.begin(), causes.end(), 0.0) == 0) return {};
  std::vector<Part> parts = {{"useful", useful}, {beside, busy / cycles - useful}};
  for (uint32_t i = first_lost; i < N; ++i)
    parts.push_back({Name(static_cast<Cause>(i)), causes[i] / cycles});
  return parts;
}

}  // namespace

void BenchRow::Add(const ChipCounters& counters) {
  cycles += static_cast<double>(counters.cycles);
  for (uint32_t i = 0; i < kPortCauses; ++i) port[i] += static_cast<double>(counters.port[i]);
  for (uint32_t i = 0; i < kArrayCauses; ++i) array[i] += static_cast<double>(counters.array[i]);
}

void BenchRow::Continue(const BenchRow& two, uint32_t layers) {
  const auto extend = [&](double& one, double other) { one += (layers - 1) * (other - one); };
  extend(cycles, two.cycles);
  extend(bytes, two.bytes);
  extend(macs, two.macs);
  for (uint32_t i = 0; i < kPortCauses; ++i) extend(port[i], two.port[i]);
  for (uint32_t i = 0; i < kArrayCauses; ++i) extend(array[i], two.array[i]);
  continued = true;
}

double BenchRow::RooflineShare() const {
  return std::max(bytes / (hw.port * stream_rate), macs / static_cast<double>(MacsPerCycle(hw))) / cycles;
}

double BenchRow::Share(Metric metric) const {
  switch (metric) {
    case Metric::kPort:
      return PortShare();
    case Metric::kMac:
      return MacShare();
    case Metric::kRoofline:
      return RooflineShare();
  }
  return 0;
}

bool BenchRow::MemoryBound() const {
  return bytes / (hw.port * stream_rate) >= macs / static_cast<double>(MacsPerCycle(hw));
}

std::vector<Part> BenchRow::PortParts() const {
  const double moved =
      port[static_cast<size_t>(PortCause::kRead)] + port[static_cast<size_t>(PortCause::kWrite)];
  return Parts<PortCause>(port, cycles, PortShare(), moved, "padding", 2);
}

std::vector<Part> BenchRow::ArrayParts() const {
  return Parts<ArrayCause>(array, cycles, MacShare(), array[static_cast<size_t>(ArrayCause::kBusy)],
                           "idle_columns", 1);
}

}  // namespace weft
