#include "sw/compiler/fit.h"

#include <algorithm>

#include "sw/model/architecture.h"

namespace weft {
namespace {

// Instruction and record fields that no configuration can widen.
constexpr uint32_t kMaxHeads = 255;
constexpr uint64_t kMaxKRegion = uint64_t{1} << 32;
constexpr uint64_t kMaxAddress = uint64_t{1} << 48;
// Activation words that all columns of the micro engine have; column 0 has more (rtl/pico/weft_pico_dot.sv).
constexpr uint64_t kMicroQueryWords = 512;

struct Limit {
  const char* what;
  uint64_t found;
  uint64_t limit;
};

Error TooLarge(const HwConfig& hw, const Limit& l) {
  return Error{std::string("the model's ") + l.what + " is " + std::to_string(l.found) + ", wanted at most " +
               std::to_string(l.limit) + " on configuration '" + hw.name + "'"};
}

Error Lacks(const HwConfig& hw, const ModelConfig& m, const std::string& what) {
  return Error{"the model's architecture is " + m.architecture + ", wanted one without " + what + " on configuration '" +
               hw.name + "'"};
}

Status CheckLimits(const ModelConfig& m, const HwConfig& hw) {
  const uint64_t gq = uint64_t{m.heads / m.kv_heads} * HeadsPerSet(m.head_dim, m.kv_heads);
  const Limit limits[] = {
      {"embedding length", m.dim, hw.max_dim},
      {"feed-forward length", m.hidden, hw.max_hidden},
      {"head size", m.head_dim, hw.max_head_dim},
      {"vocabulary size", m.vocab, hw.max_vocab},
      {"head count", m.heads, kMaxHeads},
      {"count of query heads that share a chunk of K", gq, hw.max_vrows},
  };
  for (const Limit& l : limits) {
    if (l.found > l.limit) return TooLarge(hw, l);
  }
  const Architecture& family = *FindArchitecture(m.architecture);
  if (family.qkv_bias && !hw.qkv_bias) return Lacks(hw, m, "biases of Q, K and V (qkv_bias)");
  if (family.qk_norm && !hw.qk_norm) return Lacks(hw, m, "norms of the heads of Q and K (qk_norm)");
  // A bias goes where a norm's gains do.
  const Limit bias = {"count of query biases", uint64_t{m.heads} * m.head_dim, hw.max_dim};
  if (family.qkv_bias && bias.found > bias.limit) return TooLarge(hw, bias);
  if (m.dim % 2 != 0) {
    return Error{"the model's embedding length is " + std::to_string(m.dim) + ", wanted an even number"};
  }
  if (m.head_dim % hw.subrows() != 0) {
    return Error{"the model's head size is " + std::to_string(m.head_dim) + ", wanted a multiple of " +
                 std::to_string(hw.subrows()) + " on configuration '" + hw.name + "'"};
  }
  return {};
}

Result<uint32_t> Choose(const std::string& what, uint32_t asked, uint32_t preset, uint32_t limit) {
  if (asked == 0) return preset;
  if (asked <= limit) return asked;
  return Error{what + " is " + std::to_string(asked) + ", wanted 1 to " + std::to_string(limit)};
}

Result<ActMap> PlaceActivations(const ModelConfig& m, const HwConfig& hw, const ModelFit& fit, uint32_t copies) {
  const uint64_t wpc = hw.words_per_chunk();
  const uint64_t passes = CeilDiv(uint64_t{fit.max_rows} * copies, hw.columns);
  const auto rows = [&](uint64_t elements) { return passes * CeilDiv(elements, 32) * wpc; };
  const uint64_t xn = 0;
  const uint64_t shared = xn + rows(m.dim);
  const uint64_t q = shared;
  const uint64_t p = q + uint64_t{fit.kv.sets} * fit.q_passes * fit.kv.k_groups * wpc;
  // The micro engine has one set of probabilities, of one pass, and queries and probabilities are where all its columns
  // have words.
  const uint64_t o = p + (hw.micro() ? 1 : 4 * uint64_t{hw.passes()}) * wpc;
  if (hw.micro() && o > kMicroQueryWords) {
    return Error{"the model's queries need activation memory up to word " + std::to_string(o) + ", wanted at most " +
                 std::to_string(kMicroQueryWords) + " on configuration '" + hw.name + "'"};
  }
  const uint64_t end = std::max(o + rows(uint64_t{m.heads} * m.head_dim), shared + rows(m.hidden));
  if (end > hw.act_words) {
    return Error{"the model needs " + std::to_string(end) + " words of activation memory, wanted at most " +
                 std::to_string(hw.act_words) + " on configuration '" + hw.name + "'"};
  }
  const auto word = [](uint64_t at) { return static_cast<uint32_t>(at); };
  return ActMap{word(xn), word(q), word(p), word(o), word(shared), word(end)};
}

// The placement at a context and slot count within the configuration's limits.
Result<ModelFit> Place(const ModelConfig& m, const HwConfig& hw, uint32_t context, uint32_t slots,
                       uint32_t copies_log2) {
  ModelFit fit;
  fit.context = context;
  fit.slots = slots;
  fit.kv = MakeKvGeometry(hw.port, hw.panel_rows, m.head_dim, m.kv_heads,
                          static_cast<uint32_t>(CeilDiv(fit.context, 32)));
  const uint32_t gq = m.heads / m.kv_heads * fit.kv.hs;
  const uint32_t copies = 1u << copies_log2;
  fit.max_rows = std::min({hw.max_rows, hw.max_vrows / gq, hw.max_vrows / copies});
  fit.k_region = fit.slots * fit.kv.SlotBytesK();
  fit.v_region = fit.slots * fit.kv.SlotBytesV();
  if (fit.k_region >= kMaxKRegion || m.layers * (fit.k_region + fit.v_region) >= kMaxAddress) {
    return Error{"the K cache of one layer is " + std::to_string(fit.k_region) +
                 " bytes, wanted less than 4 GiB: ask for fewer slots or a shorter context"};
  }
  // As many rows as the activation memory holds.
  for (;; fit.max_rows = (fit.max_rows + 1) / 2) {
    fit.q_passes = static_cast<uint32_t>(CeilDiv(uint64_t{fit.max_rows} * gq, hw.columns));
    const auto act = PlaceActivations(m, hw, fit, copies);
    if (!act && fit.max_rows > 1) continue;
    if (!act) return act.error();
    fit.act = *act;
    return fit;
  }
}

// The longest context of whole blocks whose KV cache leaves room for the logits; 0: none. `fit` is too long.
uint32_t LongestContext(const ModelConfig& m, const HwConfig& hw, const ModelFit& fit) {
  const uint64_t kv = m.layers * (fit.k_region + fit.v_region);
  const uint64_t logits = MemoryNeeds(m, fit, hw.port) - kv;
  const uint64_t room = hw.memory_bytes > logits ? hw.memory_bytes - logits : 0;
  return static_cast<uint32_t>(room / (kv / fit.kv.blocks) * 32);
}

}  // namespace

Status CheckTapeBytes(const HwConfig& hw, uint64_t bytes) {
  if (hw.tape_bytes == 0 || bytes <= hw.tape_bytes) return {};
  return Error{"the model's tape is " + std::to_string(bytes) + " bytes, wanted at most " + std::to_string(hw.tape_bytes) +
               " on configuration '" + hw.name + "'"};
}

Result<ModelFit> FitModel(const ModelConfig& m, const HwConfig& hw, const CompileOptions& options,
                          uint32_t copies_log2) {
  if (auto bad = CheckLimits(m, hw)) return *bad;
  const uint32_t most = std::min(m.context, hw.max_context);
  const auto context = Choose("the context length", options.context, most, hw.max_context);
  if (!context) return context.error();
  const auto slots = Choose("the slot count", options.slots, hw.max_slots, hw.max_slots);
  if (!slots) return slots.error();
  const auto fit = Place(m, hw, *context, *slots, copies_log2);
  if (!fit || hw.memory_bytes == 0) return fit;
  const uint64_t needs = MemoryNeeds(m, *fit, hw.port);
  if (needs <= hw.memory_bytes) return fit;
  const uint32_t shorter = LongestContext(m, hw, *fit);
  if (options.context == 0 && shorter > 0) return Place(m, hw, shorter, *slots, copies_log2);
  return Error{"KV cache and logits take " + std::to_string(needs) + " bytes at a context of " + std::to_string(*context) +
               ", wanted at most " + std::to_string(hw.memory_bytes) + " on configuration '" + hw.name + "'" +
               (shorter > 0 ? ": ask for a context of at most " + std::to_string(shorter) : "")};
}

}  // namespace weft
