// Random programs for weft_sequencer: a model's geometry, rows, and a few layers of instructions.
#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "tb/sequencer/walk_model.h"

namespace weft::bench {

class ProgramMaker {
 public:
  ProgramMaker(const HwConfig& hw, uint32_t seed) : hw_(hw), engine_(seed) {}

  // Rows in segments of one slot with consecutive positions; call after Make, which fixes how many fit.
  std::vector<RowState> Rows() {
    const uint32_t gq = model_.q_per_kv * model_.hs;
    const uint32_t most = std::min(hw_.max_rows, hw_.max_vrows / gq);
    std::vector<RowState> rows(1 + Upto(most - 1));
    std::vector<uint32_t> slots(hw_.max_slots);
    for (uint32_t i = 0; i < slots.size(); ++i) slots[i] = i;
    std::shuffle(slots.begin(), slots.end(), engine_);
    uint32_t at = 0;
    for (uint32_t i = 0; i < rows.size(); ++i) {
      const bool more = at + 1 < slots.size();
      if (i > 0 && more && Upto(3) == 0) ++at;
      const bool opens = i == 0 || rows[i - 1].slot != slots[at];
      rows[i].slot = slots[at];
      rows[i].position =
          opens ? Upto(model_.blocks * 32 - static_cast<uint32_t>(rows.size())) : rows[i - 1].position + 1;
      rows[i].token = Upto(hw_.max_vocab - 1);
      rows[i].want = Upto(3) == 0;
      rows[i].dump = Upto(5) == 0;
    }
    return rows;
  }

  Program Make(uint32_t layers) {
    Program p;
    p.tape_base = uint64_t{hw_.port} * Upto(0x7fffffff);
    p.kv_base = uint64_t{hw_.port} * Upto(0x7fffffff);
    Geometry();
    p.segments.resize(layers + 2);
    for (uint32_t s = 0; s < p.segments.size(); ++s) {
      auto& segment = p.segments[s];
      if (s + 1 < p.segments.size()) segment.push_back(Instr{});  // its LOADI, below
      if (s == 0)
        Boot(segment);
      else if (s + 1 < p.segments.size())
        Layer(segment);
      else
        segment.push_back(Matmul(weft::Epilogue::kLogits, kFlagWant | kFlagNorm));
    }
    p.segments.back().push_back(Instr::Of(Op::kEnd));
    for (uint32_t s = 0; s + 1 < p.segments.size(); ++s) {
      p.segments[s][0] = LoadiInstr{static_cast<uint32_t>(p.segments[s + 1].size())}.Encode();
    }
    return p;
  }

  uint32_t Upto(uint64_t most) { return static_cast<uint32_t>(engine_() % (most + 1)); }

 private:
  void Geometry() {
    const uint32_t subrows = hw_.subrows();
    uint32_t kv_heads;
    do {
      model_.head_dim = 4 * (1 + Upto(hw_.max_head_dim / 4 - 1));
      if (Upto(2) == 0) model_.head_dim = 8;
      kv_heads = 1 + Upto(7);
      model_.q_per_kv = 1 + Upto(3);
      model_.hs = HeadsPerSet(model_.head_dim, kv_heads);
    } while (model_.q_per_kv * model_.hs > hw_.max_vrows || model_.head_dim % subrows != 0);
    model_.sets = kv_heads / model_.hs;
    model_.blocks = std::min<uint32_t>(hw_.max_context / 32, 2 + Upto(6));
    const KvGeometry kv = MakeKvGeometry(hw_.port, hw_.panel_rows, model_.head_dim, kv_heads, model_.blocks);
    model_.k_groups = kv.k_groups;
    model_.k_tail = kv.k_tail;
    model_.q_passes = std::max(1u, static_cast<uint32_t>(CeilDiv(hw_.max_vrows, hw_.columns)));
    model_.dim = 2 * Upto(hw_.max_dim / 2);
    model_.hidden = Upto(hw_.max_hidden);
    model_.q_base = Upto(255);
    model_.p_base = Upto(255);
    const auto fraction = [&] { return 1.0f / static_cast<float>(1 + Upto(9999)); };
    model_.inv_dim = fraction(), model_.eps = fraction(), model_.head_eps = fraction();
    static constexpr uint8_t kFamilies[] = {0, kFlagBias, kFlagQkNorm};
    model_.flags = kFamilies[Upto(2)];
  }

  void Boot(std::vector<Instr>& out) {
    out.push_back(model_.Encode());
    RopeInstr rope;
    rope.stride = static_cast<uint32_t>(AlignUp(model_.head_dim * 4, hw_.port));
    rope.address = uint64_t{hw_.port} * Upto(1 << 26);
    out.push_back(rope.Encode());
    out.push_back(VecInstr{1 + Upto(300)}.Encode());
    EmbedInstr embed;
    embed.n = 2 * (1 + Upto(hw_.max_dim / 2 - 1));
    embed.groups = (embed.n + 31) / 32;
    embed.tail = static_cast<uint32_t>(AlignUp(embed.n - 32 * (embed.groups - 1), hw_.word_bytes()));
    embed.dst_base = Upto(999), embed.dst_groups = embed.groups, embed.dst_copies_log2 = Upto(2), embed.qs = 0.25f;
    embed.address = uint64_t{hw_.port} * Upto(1 << 26);
    embed.flags = Upto(1) ? kFlagWait : 0;
    out.push_back(embed.Encode());
    if (Upto(1)) out.push_back(model_.Encode());  // the same again disturbs nothing
  }

  Instr Matmul(weft::Epilogue epilogue, uint8_t flags) {
    MatmulInstr m;
    m.epilogue = epilogue;
    m.n = 1 + Upto(5 * hw_.panel_rows);
    const uint32_t k = 1 + Upto(300);
    m.wtype = static_cast<WeightType>(1 + Upto(2));
    m.src_copies_log2 = PartsLog2(m.wtype) + Upto(2 - PartsLog2(m.wtype));
    while (hw_.max_rows << m.src_copies_log2 > hw_.max_vrows) m.wtype = WeightType::kInt8, --m.src_copies_log2;
    m.dst_copies_log2 = Upto(2);
    const PanelLayout layout(hw_.port, hw_.panel_rows, m.n, k, m.wtype);
    m.tail = layout.tail(), m.groups = layout.groups(), m.panels = layout.panels();
    m.src_base = Upto(999), m.dst_base = Upto(999), m.dst_groups = Upto(99), m.qs = 0.5f;
    if (epilogue == weft::Epilogue::kK || epilogue == weft::Epilogue::kV)
      m.address = uint64_t{hw_.port} * Upto(1ull << 33);
    m.flags = flags;
    return m.Encode();
  }

  void Layer(std::vector<Instr>& out) {
    const auto flags = [&] {
      return static_cast<uint8_t>((Upto(1) ? kFlagNorm : 0) | (Upto(2) == 0 ? kFlagWait : 0));
    };
    out.push_back(Matmul(weft::Epilogue::kK, flags()));
    out.push_back(Matmul(weft::Epilogue::kV, flags()));
    out.push_back(Matmul(weft::Epilogue::kQ, flags()));
    AttnInstr attn;
    attn.k_address = uint64_t{hw_.port} * Upto(1ull << 33);
    attn.v_offset = hw_.port * Upto(1 << 20);
    attn.dst_base = Upto(999), attn.dst_groups = Upto(99), attn.dst_copies_log2 = Upto(2), attn.qs = 2.0f, attn.flags = flags();
    out.push_back(attn.Encode());
    out.push_back(VecInstr{Upto(300)}.Encode());
    out.push_back(Matmul(weft::Epilogue::kRes, flags()));
    out.push_back(Matmul(weft::Epilogue::kGlu, flags() | (Upto(2) == 0 ? kFlagWant : 0)));
    out.push_back(Matmul(weft::Epilogue::kRes, flags()));
  }

  HwConfig hw_;
  std::mt19937 engine_;
  ModelInstr model_;
};

}  // namespace weft::bench
