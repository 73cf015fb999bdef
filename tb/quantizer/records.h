// Packs the records of rtl/weft_pkg.sv into Verilator's ports, and the model constants that benches drive.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "sw/compiler/layout.h"

namespace weft::bench {

struct Field {
  uint64_t value;
  int width;
};

// The first field is the most significant, as in a packed struct.
template <typename Port>
void Pack(Port& port, std::initializer_list<Field> fields) {
  int bit = 0;
  for (const Field& field : fields) bit += field.width;
  for (int word = 0; word * 32 < bit; ++word) port[word] = 0;
  for (const Field& field : fields) {
    bit -= field.width;
    for (int i = 0; i < field.width; ++i) {
      if (field.value >> i & 1) port[(bit + i) / 32] |= 1u << (bit + i) % 32;
    }
  }
}

enum Epilogue { kQ, kK, kV, kRes, kGlu, kLogits, kO, kEmbed };

// model_t, as far as the quantizer and the KV cache read it.
struct Model {
  uint32_t q_per_kv = 1;
  uint32_t q_base = 0;
  uint32_t q_passes = 1;
  bool qk_norm = false;
  KvGeometry kv;

  uint32_t gq() const { return q_per_kv * kv.hs; }
};

template <typename Port>
void PackModel(Port& port, const Model& m) {
  Pack(port, {{0, 16}, {0, 16}, {m.kv.head_dim, 8}, {m.q_per_kv, 8}, {m.kv.hs, 8}, {m.kv.sets, 8}, {m.kv.blocks, 16},
              {m.kv.k_groups, 16}, {m.q_base, 16}, {0, 16}, {0, 32}, {0, 32}, {m.kv.k_tail, 8}, {m.q_passes, 8}, {0, 1},
              {m.qk_norm, 1}, {0, 32}});
}

}  // namespace weft::bench
