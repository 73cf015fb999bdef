// weft_port_cause: every combination of its inputs against the tables of docs/reference/counters.md.
#include <gtest/gtest.h>

#include "Vweft_port_cause.h"
#include "sw/runtime/counters.h"

namespace weft::bench {
namespace {

// weft_pkg::array_state_e, refuse_e
enum State : uint32_t { kBusy, kNone, kData, kLanes, kResults, kPanel, kSoftmax, kOut, kSpacing, kStates };
enum Refuse : uint32_t { kQueue, kGain, kScales, kOther, kRefusals };

struct Inputs {
  bool valid, ready, write, asked, fence, done, drain_idle, epilogue_idle, norm;
  uint32_t refuse, state;
};

ArrayCause WantArray(const Inputs& in) {
  switch (in.state) {
    case kBusy:
      return ArrayCause::kBusy;
    case kNone:
      return ArrayCause::kNone;
    case kData:
      return ArrayCause::kData;
    case kLanes:
      return in.norm ? ArrayCause::kNorm : ArrayCause::kDrain;
    case kResults:
      if (!in.drain_idle) return ArrayCause::kDrain;
      return in.epilogue_idle ? ArrayCause::kQuantizer : ArrayCause::kEpilogue;
    case kPanel:
      return in.norm ? ArrayCause::kNorm : ArrayCause::kPanel;
    case kSoftmax:
      return ArrayCause::kSoftmax;
    case kOut:
      return ArrayCause::kOut;
    default:
      return ArrayCause::kSpacing;
  }
}

PortCause WantPort(const Inputs& in) {
  if (in.valid && in.ready) return PortCause::kRead;
  if (in.write) return PortCause::kWrite;
  if (!in.valid) {
    if (in.asked) return PortCause::kMemory;
    return in.done ? PortCause::kTail : in.fence ? PortCause::kFence : PortCause::kWalk;
  }
  if (in.refuse == kGain) return PortCause::kGain;
  if (in.refuse == kScales) return PortCause::kSoftmax;
  if (in.refuse == kOther) return PortCause::kOther;
  switch (WantArray(in)) {
    case ArrayCause::kBusy:
    case ArrayCause::kSpacing:
      return PortCause::kArray;
    case ArrayCause::kDrain:
      return PortCause::kDrain;
    case ArrayCause::kEpilogue:
      return PortCause::kEpilogue;
    case ArrayCause::kQuantizer:
      return PortCause::kQuantizer;
    case ArrayCause::kNorm:
      return PortCause::kNorm;
    case ArrayCause::kPanel:
      return PortCause::kPanel;
    case ArrayCause::kSoftmax:
      return PortCause::kSoftmax;
    case ArrayCause::kOut:
      return PortCause::kOut;
    default:
      return PortCause::kOther;
  }
}

TEST(PortCauseTest, EveryCombinationHasItsCause) {
  Vweft_port_cause dut;
  for (uint32_t bits = 0; bits < 1u << 9; ++bits) {
    for (uint32_t refuse = 0; refuse < kRefusals; ++refuse) {
      for (uint32_t state = 0; state < kStates; ++state) {
        const auto bit = [&](int i) { return (bits >> i & 1) != 0; };
        const Inputs in = {bit(0), bit(1), bit(2), bit(3), bit(4), bit(5),
                           bit(6), bit(7), bit(8), refuse, state};
        dut.read_valid_i = in.valid, dut.read_ready_i = in.ready, dut.write_i = in.write;
        dut.asked_i = in.asked, dut.fence_i = in.fence, dut.walk_done_i = in.done;
        dut.drain_idle_i = in.drain_idle, dut.epilogue_idle_i = in.epilogue_idle, dut.norm_wait_i = in.norm;
        dut.refuse_i = refuse, dut.array_i = state;
        dut.eval();
        ASSERT_STREQ(Name(static_cast<PortCause>(dut.port_o)), Name(WantPort(in)))
            << bits << " " << refuse << " " << state;
        ASSERT_STREQ(Name(static_cast<ArrayCause>(dut.array_o)), Name(WantArray(in))) << bits << " " << state;
      }
    }
  }
}

}  // namespace
}  // namespace weft::bench
