// The named measurements of `weft bench`: a chip, a model of random weights, a phase, and the share that is
// wanted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/result.h"
#include "sw/runtime/random_model.h"

namespace weft {

enum class Phase : uint8_t {
  kDecode,     // whole steps, a token for each user
  kPrefill,    // whole steps, blocks of one user's prompt
  kAttention,  // within a step of decode, from the first K block to the first word of the output projection
  kGemm,       // within a step, the largest matrix from its first to its last word
};
const char* Name(Phase phase);

// Which share a goal is about: needed bytes of the port; useful multiplies of the array; of max(bytes / port,
// multiplies / peak), the latter two of what the memory can stream.
enum class Metric : uint8_t { kPort, kMac, kRoofline };
const char* Name(Metric metric);

struct Goal {
  Metric metric = Metric::kPort;
  double share = 0;  // 0 to 1; 0: none
};

struct BenchCase {
  std::string name;
  std::string config = "base";
  std::string model;                        // shown; the name of the shape
  std::optional<RandomModelOptions> shape;  // none: the model at hand
  Phase phase = Phase::kDecode;
  uint32_t batch = 1;    // users, each with its own slot, at the same position
  uint32_t context = 0;  // positions before the first step; the cache holds zeros there
  uint32_t steps = 1;    // decode: back to back
  uint32_t prefill = 0;  // tokens
  uint32_t block = 0;    // rows of a prefill step; 0: as many as fit
  bool head = true;      // the last rows want a token; false: the LM head is skipped
  // Above shape.layers: steps of one and of two layers are measured and continued to this many.
  uint32_t layers = 0;
  std::string memory = "ideal";
  Goal goal;
};

// All of them, in the order of the table; one by its name. A wrong name lists the right ones.
const std::vector<BenchCase>& NamedCases();
Result<BenchCase> FindCase(std::string_view name);

// dim=..,hidden=..,layers=..,heads=..,kv_heads=..,head_dim=..,vocab=..,seed=..: random weights; what is left
// out is that of a small model.
Result<RandomModelOptions> ParseShape(std::string_view text);

}  // namespace weft
