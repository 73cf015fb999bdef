#include "sw/runtime/counters.h"

#include <cstring>

namespace weft {

namespace {

using CounterArray = uint64_t[kChipCounters];

template <typename F>
ChipCounters Each(const ChipCounters& a, const ChipCounters& b, F f) {
  CounterArray x, y;
  std::memcpy(x, &a, sizeof x);
  std::memcpy(y, &b, sizeof y);
  for (uint32_t i = 0; i < kChipCounters; ++i) x[i] = f(x[i], y[i]);
  ChipCounters result;
  std::memcpy(&result, x, sizeof x);
  return result;
}

}  // namespace

const char* Name(PortCause cause) {
  switch (cause) {
    case PortCause::kRead:
      return "read";
    case PortCause::kWrite:
      return "write";
    case PortCause::kMemory:
      return "memory";
    case PortCause::kFence:
      return "kv_fence";
    case PortCause::kWalk:
      return "walk";
    case PortCause::kTail:
      return "tail";
    case PortCause::kGain:
      return "gain";
    case PortCause::kArray:
      return "array";
    case PortCause::kDrain:
      return "drain";
    case PortCause::kEpilogue:
      return "epilogue";
    case PortCause::kQuantizer:
      return "quantizer";
    case PortCause::kNorm:
      return "norm";
    case PortCause::kPanel:
      return "panel";
    case PortCause::kSoftmax:
      return "softmax";
    case PortCause::kOut:
      return "attention_out";
    case PortCause::kOther:
      return "other";
  }
  return "";
}

const char* Name(ArrayCause cause) {
  switch (cause) {
    case ArrayCause::kBusy:
      return "busy";
    case ArrayCause::kNone:
      return "no_transfer";
    case ArrayCause::kData:
      return "data";
    case ArrayCause::kDrain:
      return "drain";
    case ArrayCause::kEpilogue:
      return "epilogue";
    case ArrayCause::kQuantizer:
      return "quantizer";
    case ArrayCause::kNorm:
      return "norm";
    case ArrayCause::kPanel:
      return "panel";
    case ArrayCause::kSoftmax:
      return "softmax";
    case ArrayCause::kOut:
      return "attention_out";
    case ArrayCause::kSpacing:
      return "spacing";
  }
  return "";
}

ChipCounters operator-(const ChipCounters& a, const ChipCounters& b) {
  return Each(a, b, [](uint64_t x, uint64_t y) { return x - y; });
}

ChipCounters operator+(const ChipCounters& a, const ChipCounters& b) {
  return Each(a, b, [](uint64_t x, uint64_t y) { return x + y; });
}

}  // namespace weft
