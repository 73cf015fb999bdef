#include "sw/compiler/compiler.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numbers>
#include <span>
#include <utility>

#include "sw/compiler/fit.h"
#include "sw/compiler/isa.h"
#include "sw/compiler/layout.h"
#include "sw/compiler/tape.h"
#include "sw/compiler/weights.h"
#include "sw/model/architecture.h"

namespace weft {
namespace {

constexpr float kQs = static_cast<float>(1.0 / 127);

using Fill = std::function<void(std::span<uint8_t>)>;

uint32_t Groups(uint64_t elements) { return static_cast<uint32_t>(CeilDiv(elements, 32)); }

// One instruction with what its payload will hold. Payloads are written once all offsets are known.
struct Item {
  Instr instr;
  std::string label;
  Fill fill;
};

// A table behind the stream, read by address.
struct TableItem {
  std::string label;
  uint64_t bytes = 0;
  Fill fill;
  uint64_t offset = 0;
};

// Gains or table rows, little endian, from the start of `out`.
void StoreFloats(const std::vector<float>& values, std::span<uint8_t> out) {
  std::memcpy(out.data(), values.data(), values.size() * sizeof(float));
}

// Rows of all tensors in turn, one from each: gate and up interleave.
void FillWeights(const PanelLayout& layout, const WeightTypes& types, const std::vector<const Tensor*>& tensors,
                 std::span<uint8_t> out) {
  std::vector<Tensor> blocks;
  for (const Tensor* t : tensors) blocks.push_back(types.AsBlocks(*t, layout.type()));
  const uint64_t row_bytes = RowBytes(blocks[0].type, blocks[0].cols);
  const uint32_t count = static_cast<uint32_t>(blocks.size());
  PackWeights(
      layout, [&](uint32_t n) { return blocks[n % count].data.data() + n / count * row_bytes; }, out);
}

// One matrix as the instruction sees it.
struct MatrixUse {
  Epilogue epilogue;
  std::vector<const Tensor*> tensors;  // rows interleave
  uint32_t src = 0, src_copies_log2 = 0;
  uint32_t dst = 0, dst_groups = 0, dst_copies_log2 = 0;
  uint8_t flags = 0;
  float qs = kQs;
  uint64_t address = 0;
};

class TapeBuilder {
 public:
  TapeBuilder(const Checkpoint& c, const HwConfig& hw, const ModelFit& fit, const WeightTypes& types)
      : c_(c), m_(c.config), family_(*FindArchitecture(m_.architecture)), hw_(hw), fit_(fit), types_(types) {}

  Tape Build() {
    Boot();
    for (uint32_t layer = 0; layer < m_.layers; ++layer) Layer(layer);
    Head();
    return Emit();
  }

 private:
  void Add(Instr instr, std::string label, Fill fill = nullptr) {
    segments_.back().push_back({instr, std::move(label), std::move(fill)});
  }

  // Opens a segment; `more` leaves room for the LOADI that brings the next one.
  void Open(bool more) {
    segments_.emplace_back();
    if (more) Add(LoadiInstr{}.Encode(), "");
  }

  void Vec(const Tensor& vector, const std::string& label) {
    Add(VecInstr{vector.cols}.Encode(), label, [&vector](std::span<uint8_t> out) {
      std::vector<float> values(vector.cols);
      vector.Row(0, values.data());
      StoreFloats(values, out);
    });
  }

  void Matmul(const MatrixUse& use, const std::string& label) {
    uint32_t outputs = 0;
    for (const Tensor* t : use.tensors) outputs += t->rows;
    const WeightType type = types_.Of(use.tensors);
    const PanelLayout layout(hw_.port, hw_.panel_rows, outputs, use.tensors[0]->cols, type);
    MatmulInstr i;
    i.epilogue = use.epilogue;
    i.wtype = type;
    i.src_copies_log2 = use.src_copies_log2;
    i.dst_copies_log2 = use.dst_copies_log2;
    i.n = outputs;
    i.tail = layout.tail();
    i.groups = layout.groups();
    i.panels = layout.panels();
    i.src_base = use.src;
    i.dst_base = use.dst;
    i.dst_groups = use.dst_groups;
    i.qs = use.qs;
    i.address = use.address;
    i.flags = use.flags;
    Add(i.Encode(), label,
        [this, layout, tensors = use.tensors](std::span<uint8_t> out) { FillWeights(layout, types_, tensors, out); });
  }

  void Boot() {
    Open(/*more=*/true);
    ModelInstr model;
    model.dim = m_.dim;
    model.hidden = m_.hidden;
    model.head_dim = m_.head_dim;
    model.q_per_kv = m_.heads / m_.kv_heads;
    model.hs = fit_.kv.hs;
    model.sets = fit_.kv.sets;
    model.blocks = fit_.kv.blocks;
    model.k_groups = fit_.kv.k_groups;
    model.q_base = fit_.act.q;
    model.p_base = fit_.act.p;
    model.inv_dim = static_cast<float>(1.0 / m_.dim);
    model.eps = m_.norm_eps;
    model.k_tail = fit_.kv.k_tail;
    model.q_passes = fit_.q_passes;
    if (family_.qkv_bias) model.flags |= kFlagBias;
    if (family_.qk_norm) {
      model.flags |= kFlagQkNorm;
      model.head_eps = static_cast<float>(double{m_.norm_eps} * m_.head_dim);
    }
    Add(model.Encode(), "");
    Add(Instr{}, "");  // ROPE and EMBED wait for their addresses
    Vec(c_.layers[0].attn_norm, "layer 0 attn_norm");
    Add(Instr{}, "");
  }

  void Layer(uint32_t layer) {
    const LayerWeights& w = c_.layers[layer];
    const ActMap& act = fit_.act;
    const std::string name = "layer " + std::to_string(layer) + " ";
    const uint64_t k_region = layer * (fit_.k_region + fit_.v_region);
    const uint64_t v_region = k_region + fit_.k_region;
    const uint32_t o_groups = Groups(uint64_t{m_.heads} * m_.head_dim);
    // The norm of heads leaves the square root of its mean to the scales.
    const double root = std::sqrt(double{1} * m_.head_dim);
    const float k_qs = family_.qk_norm ? static_cast<float>(root / 127) : kQs;
    const float q_qs = static_cast<float>(std::numbers::log2e / (family_.qk_norm ? 127 : 127 * root));

    Open(/*more=*/true);
    const uint32_t qkv = ReaderCopies(layer);
    const uint32_t ffn = Copies({{&w.w_gate, &w.w_up}});
    const uint32_t o = Copies({{&w.wo}}), h = Copies({{&w.w_down}});
    if (family_.qkv_bias) Vec(w.bk, name + "bk");
    if (family_.qk_norm) Vec(w.k_norm, name + "k_norm");
    Matmul({Epilogue::kK, {&w.wk}, act.xn, qkv, 0, 0, 0, kFlagWait | kFlagNorm, k_qs, k_region}, name + "wk");
    if (family_.qkv_bias) Vec(w.bv, name + "bv");
    Matmul({Epilogue::kV, {&w.wv}, act.xn, qkv, 0, 0, 0, kFlagNorm, kQs, v_region}, name + "wv");
    if (family_.qkv_bias) Vec(w.bq, name + "bq");
    if (family_.qk_norm) Vec(w.q_norm, name + "q_norm");
    Matmul({Epilogue::kQ, {&w.wq}, act.xn, qkv, 0, 0, 0, kFlagNorm, q_qs, 0}, name + "wq");
    AttnInstr attn;
    attn.k_address = k_region;
    attn.v_offset = static_cast<uint32_t>(fit_.k_region);
    attn.dst_base = act.o;
    attn.dst_groups = o_groups;
    attn.dst_copies_log2 = o;
    attn.qs = kQs;
    attn.flags = kFlagWait;
    Add(attn.Encode(), name + "attention");
    Vec(w.ffn_norm, name + "ffn_norm");
    Matmul({Epilogue::kRes, {&w.wo}, act.o, o, act.xn, Groups(m_.dim), ffn, kFlagWait}, name + "wo");
    Matmul({Epilogue::kGlu, {&w.w_gate, &w.w_up}, act.xn, ffn, act.h, Groups(m_.hidden), h, kFlagWait | kFlagNorm},
           name + "w_gate, w_up");
    if (layer + 1 < m_.layers) {
      Vec(c_.layers[layer + 1].attn_norm, "layer " + std::to_string(layer + 1) + " attn_norm");
    } else {
      Vec(c_.output_norm, "output_norm");
    }
    Matmul({Epilogue::kRes, {&w.w_down}, act.h, h, act.xn, Groups(m_.dim), ReaderCopies(layer + 1), kFlagWait},
           name + "w_down");
  }

  void Head() {
    Open(/*more=*/false);
    Matmul({Epilogue::kLogits, {&LmHead()}, fit_.act.xn, ReaderCopies(m_.layers), 0, 0, 0,
            kFlagWait | kFlagNorm | kFlagWant},
           "LM head");
    Add(Instr::Of(Op::kEnd), "");
  }

  const Tensor& LmHead() const { return c_.tied() ? c_.token_embd : c_.output; }

  // Log2 of the columns that must hold each row of what these matmuls read.
  uint32_t Copies(const std::vector<std::vector<const Tensor*>>& matmuls) const {
    uint32_t most = 0;
    for (const auto& tensors : matmuls) most = std::max(most, PartsLog2(types_.Of(tensors)));
    return most;
  }
  // Of the activation that opens a layer, or of the LM head's behind the last one.
  uint32_t ReaderCopies(uint32_t layer) const {
    if (layer == m_.layers) return Copies({{&LmHead()}});
    const LayerWeights& w = c_.layers[layer];
    return Copies({{&w.wk}, {&w.wv}, {&w.wq}});
  }
  // EMBED gathers int8 rows: out of the LM head where that is tied and int8, else out of a table of their own.
  bool EmbedsFromHead() const { return c_.tied() && types_.Of({&LmHead()}) == WeightType::kInt8; }

  // [position][stride]: cos and sin of position * theta^(-2i / head_dim) / factor
  TableItem RopeTable() const {
    const uint64_t stride = RopeStride();
    return {"RoPE table", stride * fit_.context, [this, stride](std::span<uint8_t> out) {
              std::vector<float> row(m_.head_dim);
              for (uint32_t position = 0; position < fit_.context; ++position) {
                for (uint32_t i = 0; i < m_.head_dim / 2; ++i) {
                  const double factor = m_.rope_factors.empty() ? 1.0 : double{m_.rope_factors[i]};
                  const double angle = position * std::pow(double{m_.rope_theta}, -2.0 * i / m_.head_dim) / factor;
                  row[2 * i] = static_cast<float>(std::cos(angle));
                  row[2 * i + 1] = static_cast<float>(std::sin(angle));
                }
                StoreFloats(row, out.subspan(position * stride, stride));
              }
            }};
  }
  uint64_t RopeStride() const { return AlignUp(uint64_t{m_.head_dim} * 4, hw_.port); }

  PanelLayout EmbedLayout() const { return {hw_.port, hw_.panel_rows, m_.vocab, m_.dim, WeightType::kInt8}; }

  TableItem EmbedTable() const {
    const PanelLayout layout = EmbedLayout();
    return {"token embedding", layout.bytes(),
            [this, layout](std::span<uint8_t> out) { FillWeights(layout, types_, {&c_.token_embd}, out); }};
  }

  // Gives every payload and table its offset, then writes instructions and payloads.
  Tape Emit() {
    for (size_t i = 0; i + 1 < segments_.size(); ++i) {
      segments_[i][0].instr = LoadiInstr{static_cast<uint32_t>(segments_[i + 1].size())}.Encode();
    }
    Tape tape;
    uint64_t at = AlignUp(segments_[0].size() * kInstrBytes, hw_.port);
    std::vector<TableItem> tables;
    uint64_t head_offset = 0;
    for (const auto& segment : segments_) {
      for (const Item& item : segment) {
        if (item.instr.op() == Op::kMatmul) head_offset = at;  // the last one is the LM head
        at += PayloadBytes(item.instr, hw_);
      }
    }
    tables.push_back(RopeTable());
    if (!EmbedsFromHead()) tables.push_back(EmbedTable());
    for (TableItem& table : tables) {
      table.offset = at;
      at += table.bytes;
    }
    PatchGathers(tables[0].offset, EmbedsFromHead() ? head_offset : tables[1].offset);
    tape.bytes.resize(at);
    WriteStream(tape);
    for (const TableItem& table : tables) {
      table.fill(std::span(tape.bytes).subspan(table.offset, table.bytes));
      tape.sections.push_back({table.label, table.offset, table.bytes});
    }
    tape.boot_count = static_cast<uint32_t>(segments_[0].size());
    return tape;
  }

  void PatchGathers(uint64_t rope_offset, uint64_t embed_offset) {
    auto& boot = segments_[0];
    boot[2].instr = RopeInstr{rope_offset, static_cast<uint32_t>(RopeStride())}.Encode();
    const PanelLayout layout = EmbedLayout();
    EmbedInstr embed;
    embed.n = m_.dim;
    embed.tail = layout.tail();
    embed.groups = layout.groups();
    embed.dst_base = fit_.act.xn;
    embed.dst_groups = Groups(m_.dim);
    embed.dst_copies_log2 = ReaderCopies(0);
    embed.qs = kQs;
    embed.address = embed_offset;
    boot[4].instr = embed.Encode();
  }

  void WriteStream(Tape& tape) {
    const auto store = [&](const std::vector<Item>& segment, uint64_t offset) {
      for (const Item& item : segment) {
        item.instr.Store(&tape.bytes[offset]);
        offset += kInstrBytes;
      }
    };
    store(segments_[0], 0);
    uint64_t at = AlignUp(segments_[0].size() * kInstrBytes, hw_.port);
    for (size_t s = 0; s < segments_.size(); ++s) {
      for (const Item& item : segments_[s]) {
        const uint64_t bytes = PayloadBytes(item.instr, hw_);
        if (item.instr.op() == Op::kLoadi) store(segments_[s + 1], at);
        if (item.fill) {
          item.fill(std::span(tape.bytes).subspan(at, bytes));
          tape.sections.push_back({item.label, at, bytes});
        }
        at += bytes;
      }
    }
  }

  const Checkpoint& c_;
  const ModelConfig& m_;
  const Architecture& family_;
  const HwConfig& hw_;
  const ModelFit& fit_;
  const WeightTypes& types_;
  std::vector<std::vector<Item>> segments_;
};

StepNeeds CountNeeds(const Checkpoint& c, const WeightTypes& types) {
  const ModelConfig& m = c.config;
  StepNeeds needs;
  const auto matrix = [&](const Tensor& t) {
    needs.weight_bytes += t.rows * types.NeededRowBytes(t);
    needs.macs_per_row += uint64_t{t.rows} * t.cols;
  };
  for (const LayerWeights& w : c.layers) {
    for (const Tensor* t : {&w.wq, &w.wk, &w.wv, &w.wo, &w.w_gate, &w.w_up, &w.w_down}) matrix(*t);
    for (const Tensor* t : {&w.bq, &w.bk, &w.bv, &w.q_norm, &w.k_norm}) needs.gain_bytes += uint64_t{t->cols} * 4;
  }
  const Tensor& head = c.tied() ? c.token_embd : c.output;
  matrix(head);
  needs.lm_head_bytes = m.vocab * types.NeededRowBytes(head);
  needs.lm_head_macs = uint64_t{m.vocab} * m.dim;
  needs.gain_bytes += (2 * uint64_t{m.layers} + 1) * m.dim * 4;
  needs.embed_bytes_per_row = types.NeededRowBytes(c.token_embd);
  needs.rope_bytes_per_row = uint64_t{m.head_dim} * 4;
  const uint64_t kv_head = m.head_dim + 2 * CeilDiv(m.head_dim, 32) + m.head_dim + 2;  // K, and V with its one scale
  needs.kv_bytes_per_position = uint64_t{m.layers} * m.kv_heads * kv_head;
  needs.kv_bytes_per_row = needs.kv_bytes_per_position;
  needs.macs_per_position = uint64_t{m.layers} * m.heads * m.head_dim * 2;
  return needs;
}

// Log2 of the columns that hold a row, for the matrix that asks for most.
uint32_t MostCopies(const Checkpoint& c, const WeightTypes& types) {
  std::vector<std::vector<const Tensor*>> matmuls = {{c.tied() ? &c.token_embd : &c.output}};
  for (const LayerWeights& w : c.layers) {
    for (const Tensor* t : {&w.wq, &w.wk, &w.wv, &w.wo, &w.w_down}) matmuls.push_back({t});
    matmuls.push_back({&w.w_gate, &w.w_up});
  }
  uint32_t most = 0;
  for (const auto& tensors : matmuls) most = std::max(most, PartsLog2(types.Of(tensors)));
  return most;
}

}  // namespace

Result<Tape> Compile(const Checkpoint& checkpoint, const HwConfig& hw, const CompileOptions& options) {
  if (auto bad = ValidateHwConfig(hw)) return *bad;
  if (auto bad = Validate(checkpoint)) return *bad;
  const Architecture& architecture = *FindArchitecture(checkpoint.config.architecture);
  if (architecture.qkv_bias && architecture.qk_norm) {
    return Error{"the model's architecture is " + checkpoint.config.architecture +
                 " with biases and norms of q and k, wanted one of them: the chip has one vector for a matmul"};
  }
  const WeightTypes types(hw, options.quant);
  const auto fit = FitModel(checkpoint.config, hw, options, MostCopies(checkpoint, types));
  if (!fit) return fit.error();
  if (checkpoint.config.window != 0 && fit->context > checkpoint.config.window) {
    return Error{"the context length is " + std::to_string(fit->context) +
                 ", wanted at most the model's attention window of " + std::to_string(checkpoint.config.window)};
  }
  Tape tape = TapeBuilder(checkpoint, hw, *fit, types).Build();
  if (auto bad = CheckTapeBytes(hw, tape.bytes.size())) return *bad;
  tape.kv_bytes = checkpoint.config.layers * (fit->k_region + fit->v_region);
  tape.logit_stride = static_cast<uint32_t>(AlignUp(uint64_t{checkpoint.config.vocab} * 4, hw.port));
  tape.max_rows = fit->max_rows;
  tape.context = fit->context;
  tape.slots = fit->slots;
  tape.vocab = checkpoint.config.vocab;
  tape.needs = CountNeeds(checkpoint, types);
  return tape;
}

}  // namespace weft
