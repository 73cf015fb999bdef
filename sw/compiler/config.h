// Named hardware configurations: configs/configs.json, embedded at build time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/result.h"

namespace weft {

// What executes the tape.
enum class Engine {
  kArray,  // the systolic array and its units, rtl/top/weft_top
  kMicro,  // a microcoded engine, rtl/pico/weft_pico
};

// One configuration of the chip, validated. Sizes in bytes, elements or entries as the names say.
struct HwConfig {
  std::string name;
  std::string about;
  uint32_t port = 0;           // D, bytes a cycle
  uint32_t columns = 0;        // C
  uint32_t cols_per_lane = 0;  // columns that share a dequant lane
  uint32_t panel_rows = 0;     // PR, outputs of a panel
  uint32_t max_rows = 0;
  uint32_t max_vrows = 0;  // query heads of a set times rows
  uint32_t act_words = 0;  // activation memory, words of min(port, 32) bytes per column
  uint32_t max_dim = 0;
  uint32_t max_head_dim = 0;
  uint32_t max_hidden = 0;
  uint32_t max_vocab = 0;
  uint32_t max_context = 0;
  uint32_t max_slots = 0;
  uint32_t max_topk = 0;
  uint32_t chunk_fifo = 0;
  uint32_t scale_fifo = 0;

  // Left out of a configuration's JSON where they have these values.
  Engine engine = Engine::kArray;
  uint32_t memory_bytes = 0;  // that KV cache and logits share; 0: memory outside the chip, as much as they need
  uint32_t tape_bytes = 0;    // of the longest tape; 0: any
  uint32_t qkv_bias = 1;      // 1: the engine adds biases of Q, K and V
  uint32_t qk_norm = 1;       // 1: it norms the heads of Q and K

  uint32_t word_bytes() const { return port < 32 ? port : 32; }
  uint32_t words_per_chunk() const { return 32 / word_bytes(); }
  uint32_t subrows() const { return port > 32 ? port / 32 : 1; }  // outputs side by side in a beat
  uint32_t passes() const { return max_vrows / columns; }         // virtual rows per column
  bool micro() const { return engine == Engine::kMicro; }

  bool operator==(const HwConfig&) const = default;
};

// Checks ranges, powers of two and the relations that the RTL relies on.
Status ValidateHwConfig(const HwConfig& config);

// Every configuration of a JSON text {"name": {"about": ..., "port": ..., ...}, ...}, in the order of the
// text.
Result<std::vector<HwConfig>> ParseConfigs(std::string_view json);

// One configuration as a JSON object with its name, and back. The .weft file carries it.
std::string ConfigToJson(const HwConfig& config);
Result<HwConfig> ConfigFromJson(std::string_view json);

// The built-in configurations (configs/configs.json).
Result<std::vector<HwConfig>> AllConfigs();
// One of them; the message of a wrong name lists the right ones.
Result<HwConfig> FindConfig(std::string_view name);

}  // namespace weft
