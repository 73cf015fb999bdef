// What the bench of weft_epilogue sends in and expects out: pairs by instruction, and the numbers that make
// them.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "sw/golden/fp_env.h"
#include "tb/drain/records.h"
#include "tb/lib/bench.h"

namespace weft::bench {

using golden::Bits;
using golden::FromBits;

inline constexpr uint32_t kPort = WEFT_CFG_PORT_BYTES;
inline constexpr uint32_t kMaxRows = WEFT_CFG_MAX_ROWS;
inline constexpr uint32_t kPanelRows = WEFT_CFG_PANEL_ROWS;
inline constexpr uint32_t kGainValues = kPort / 4;  // a beat of gains

enum class Path { kPass, kHeads, kResidual, kGlu };  // kHeads: Q, K and V, longer in models with vectors for them
inline Path PathOf(uint64_t epi) {
  if (epi == kEpiQ || epi == kEpiK || epi == kEpiV) return Path::kHeads;
  return epi == kEpiGlu ? Path::kGlu : epi == kEpiRes || epi == kEpiEmbed ? Path::kResidual : Path::kPass;
}

// A pair on its way in, what comes of it, and what the trace shows.
struct Job {
  PairCtx in;
  uint32_t a0 = 0, a1 = 0, mul = 0;
  PairCtx out;
  uint32_t v0 = 0, v1 = 0;
  uint32_t trace0 = 0, trace1 = 0;
  uint64_t serial = 0;  // among all pairs
};

struct Instruction {
  QuantCfg cfg;
  uint64_t instr = 0;
  bool takes_vector = false;  // gains of a residual instruction, the bias or gains of a Q, K or V matmul
  uint32_t vector = 0;        // its number
  std::vector<float> rinv;    // residual: per row
  std::vector<Job> jobs;
};

template <typename Port>
void SetBytes(Port& port, const uint8_t* bytes) {
  static_assert(sizeof(Port) >= kPort);
  std::memset(&port, 0, sizeof(Port));
  std::memcpy(&port, bytes, kPort);
}

enum class Family { kPlain, kBias, kQkNorm };

// Numbers as a model has them, or now and then from the corners of the format.
class Numbers {
 public:
  explicit Numbers(uint32_t seed, bool with_corners = false) : corners(with_corners), rng_(seed) {}
  uint32_t Pick(uint32_t low, uint32_t high) {
    return low + static_cast<uint32_t>(rng_() % (high - low + 1));
  }
  bool Chance(uint32_t percent) { return rng_() % 100 < percent; }
  uint32_t Word() { return static_cast<uint32_t>(rng_()); }
  float Plain() { return FromBits((Word() & 0x80000000u) | Pick(112, 134) << 23 | (Word() & 0x7fffff)); }
  float Any() {
    static constexpr uint32_t kCorners[] = {0x00000000, 0x80000000, 0x00000001, 0x807fffff, 0x00800000,
                                            0x80800000, 0x3f800000, 0xbf800000, 0x7f7fffff, 0xff7fffff,
                                            0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001,
                                            0x42fe0000, 0xc2fe0000, 0x34000000};
    const uint32_t kind = corners ? Pick(0, 19) : 19;
    if (kind == 0) return FromBits(kCorners[Pick(0, std::size(kCorners) - 1)]);
    if (kind == 1) return FromBits(Word());
    return Plain();
  }
  const bool corners;

 private:
  std::mt19937 rng_;
};

}  // namespace weft::bench
