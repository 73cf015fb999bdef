#include "sw/golden/executor.h"

#include <algorithm>
#include <cstring>

#include "sw/golden/fp_env.h"
#include "sw/golden/lanes_special.h"
#include "sw/golden/prim.h"
#include "sw/golden/rmsnorm.h"
#include "sw/golden/sampler.h"
#include "sw/golden/swiglu.h"

namespace weft::golden {

using namespace lanes;

namespace {

constexpr size_t kSlack = 64;  // floats past the last row that whole vectors may touch

size_t Stride(uint64_t n) { return AlignUp(n, 32) + 32; }

}  // namespace

Executor::Executor(const HwConfig& hw, const Tape& tape, Program program)
    : program_(std::move(program)), tape_(tape.bytes), panel_rows_(hw.panel_rows), max_topk_(hw.max_topk) {
  const ModelInstr& m = program_.model;
  const uint32_t rows = tape.max_rows;
  kv_heads_ = m.sets * m.hs;
  q_heads_ = kv_heads_ * m.q_per_kv;
  x_stride_ = Stride(m.dim);
  y_stride_ = Stride(program_.max_outputs);
  h_stride_ = Stride(AlignUp(m.hidden, kLanes));
  o_stride_ = Stride(uint64_t{q_heads_} * m.head_dim);
  rope_stride_ = Stride(m.head_dim);
  for (uint32_t i = 0; i < program_.layers; ++i) {
    caches_.emplace_back(tape.slots, kv_heads_, m.blocks, m.head_dim);
  }
  for (const ActShape& shape : program_.activations) {
    Activations a;
    a.base = shape.base;
    a.groups = shape.groups;
    a.Allocate(rows);
    activations_.push_back(std::move(a));
  }
  x_ = Aligned<float>(rows * x_stride_ + kSlack);
  rinv_ = Aligned<float>(rows);
  hinv_ = Aligned<float>(size_t{rows} * q_heads_);
  std::fill_n(&hinv_[0], size_t{rows} * q_heads_, 1.0f);
  y_ = Aligned<float>(rows * y_stride_ + kSlack);
  h_ = Aligned<float>(rows * h_stride_ + kSlack);
  o_ = Aligned<float>(rows * o_stride_ + kSlack + 256);
  rope_cos_ = Aligned<float>(rows * rope_stride_ + kSlack);
  rope_sin_ = Aligned<float>(rows * rope_stride_ + kSlack);
  q_.groups = q_heads_ * static_cast<uint32_t>(CeilDiv(m.head_dim, 32));
  q_.Allocate(rows);
  all_.reserve(rows);
  wanted_.reserve(rows);
  tokens_.reserve(rows);
  embed_q_.resize(AlignUp(m.dim, 32));
  embed_scales_.resize(AlignUp(m.dim, 32) / 32);
}

StepResult Executor::Step(std::span<const Row> rows) {
  all_.clear();
  wanted_.clear();
  tokens_.assign(rows.size(), 0);
  for (uint32_t r = 0; r < rows.size(); ++r) {
    all_.push_back(r);
    if (rows[r].want || rows[r].dump) wanted_.push_back(r);
  }
  LoadRope(rows);
  for (const Node& node : program_.nodes) {
    if (node.op == Op::kEmbed) Embed(node, rows);
    if (node.op == Op::kMatmul) Matmul(node, rows);
    if (node.op == Op::kAttn) Attention(node, rows);
  }
  return {tokens_, y_.data(), y_stride_, program_.vocab};
}

// The table holds [i]{cos, sin}. Signs are folded in: v0*c - v1*s is v0*c + v1*(-s), bit for bit.
void Executor::LoadRope(std::span<const Row> rows) {
  for (size_t r = 0; r < rows.size(); ++r) {
    const uint8_t* entry = &tape_[program_.rope.address + uint64_t{rows[r].position} * program_.rope.stride];
    float* c = &rope_cos_[r * rope_stride_];
    float* s = &rope_sin_[r * rope_stride_];
    for (uint32_t i = 0; i < program_.model.head_dim; i += 2, entry += 8) {
      float pair[2];
      std::memcpy(pair, entry, sizeof pair);
      c[i] = c[i + 1] = pair[0];
      s[i] = -pair[1];
      s[i + 1] = pair[1];
    }
  }
}

// x = 0 + h2f(s) * i2f(q)
void Executor::Embed(const Node& node, std::span<const Row> rows) {
  const auto payload = tape_.subspan(node.embed.address, node.table.bytes());
  for (uint32_t r = 0; r < rows.size(); ++r) {
    UnpackRow(node.table, payload, rows[r].token, embed_q_.data(), embed_scales_.data());
    float* x = &x_[r * x_stride_];
    for (uint32_t n = 0; n < node.embed.n; ++n) {
      x[n] = 0.0f + H2f(embed_scales_[n / 32]) * I2f(embed_q_[n]);
    }
    Residual(node, r, /*embedding=*/true);
  }
  if (trace_)
    TraceVectors(node.number, Epilogue::kEmbed, all_, node.embed.n, node.embed.n, x_.data(), x_stride_);
}

void Executor::Matmul(const Node& node, std::span<const Row> rows) {
  const MatmulInstr& m = node.matmul;
  const Rows which = (m.flags & kFlagWant) ? Rows(wanted_) : Rows(all_);
  if (which.empty()) return;
  const float* rinv = (m.flags & kFlagNorm) ? rinv_.data() : nullptr;
  MultiplyRows(node.weights, activations_[node.src], which, rinv, y_.data(), y_stride_);
  if ((program_.model.flags & kFlagBias) && m.epilogue <= Epilogue::kV) AddBias(node, which);
  if ((program_.model.flags & kFlagQkNorm) && m.epilogue <= Epilogue::kK) NormHeads(node, which);
  switch (m.epilogue) {
    case Epilogue::kQ:
      Rope(which, m.n);
      Queries(node, which);
      break;
    case Epilogue::kK:
      Rope(which, m.n);
      Cache(node, which, rows);
      break;
    case Epilogue::kV:
      Cache(node, which, rows);
      break;
    case Epilogue::kRes:
      for (uint32_t r : which) Residual(node, r, /*embedding=*/false);
      break;
    case Epilogue::kGlu:
      Glu(node, which);
      break;
    default:
      Logits(which, rows);
  }
  if (trace_) TraceMatmul(node, which);
}

void Executor::AddBias(const Node& node, Rows which) {
  const float* bias = program_.vectors[node.vector].data();
  for (uint32_t r : which) {
    float* v = y(r);
    for (uint32_t n = 0; n < node.matmul.n; n += kLanes) Store(v + n, Load(v + n) + Load(bias + n));
  }
}

// y *= gain; the norm itself goes to the scales.
void Executor::NormHeads(const Node& node, Rows which) {
  const uint32_t head_dim = program_.model.head_dim;
  const float* gain = program_.vectors[node.vector].data();
  for (uint32_t r : which) {
    float* v = y(r);
    for (uint32_t n = 0; n < node.matmul.n; n += head_dim) {
      HeadSquares squares;
      for (uint32_t d = 0; d < head_dim; d += 2) {
        squares.Add(d, v[n + d], v[n + d + 1]);
        v[n + d] *= gain[d];
        v[n + d + 1] *= gain[d + 1];
      }
      hinv_[r * q_heads_ + n / head_dim] = HeadInv(squares.Total(), program_.model.head_eps);
    }
  }
}

// y0 = v0*c - v1*s, y1 = v0*s + v1*c for each pair of each head.
void Executor::Rope(Rows which, uint32_t width) {
  const uint32_t head_dim = program_.model.head_dim;
  for (uint32_t r : which) {
    const float* c = &rope_cos_[r * rope_stride_];
    const float* s = &rope_sin_[r * rope_stride_];
    float* v = y(r);
    for (uint32_t n = 0; n < width; n += head_dim) {
      for (uint32_t d = 0; d < head_dim; d += 2) {
        const float v0 = v[n + d], v1 = v[n + d + 1];
        v[n + d] = (v0 * c[d]) + (v1 * s[d]);
        v[n + d + 1] = (v0 * s[d + 1]) + (v1 * c[d + 1]);
      }
    }
  }
}

void Executor::Queries(const Node& node, Rows which) {
  const uint32_t head_dim = program_.model.head_dim;
  for (uint32_t r : which) {
    size_t at = size_t{r} * q_.groups;
    for (uint32_t n = 0; n < node.matmul.n; n += head_dim) {
      for (uint32_t d = 0; d < head_dim; d += 32, ++at) {
        const int size = static_cast<int>(std::min(32u, head_dim - d));
        q_.scale[at] = QuantizeGroup(y(r) + n + d, size, node.matmul.qs, &q_.q[at * 32], &q_.minus_128_sum[at]) *
                       hinv_[r * q_heads_ + n / head_dim];
      }
    }
  }
}

void Executor::Cache(const Node& node, Rows which, std::span<const Row> rows) {
  LayerCache& cache = caches_[node.layer];
  const bool is_k = node.matmul.epilogue == Epilogue::kK;
  for (uint32_t r : which) {
    for (uint32_t head = 0; head < kv_heads_; ++head) {
      const float* v = y(r) + size_t{head} * program_.model.head_dim;
      if (is_k) {
        cache.AppendK(rows[r].slot, rows[r].position, head, v, node.matmul.qs, hinv_[r * q_heads_ + head]);
      } else {
        cache.AppendV(rows[r].slot, rows[r].position, head, v, node.matmul.qs);
      }
    }
  }
}

// x += acc; sum of squares; quantize(x * gain); rinv for the next matmuls.
void Executor::Residual(const Node& node, uint32_t row, bool embedding) {
  using Eighth = float __attribute__((vector_size(32)));
  const uint32_t dim = program_.model.dim;
  const float* gain = program_.vectors[node.vector].data();
  float* x = &x_[row * x_stride_];
  float* scaled = y(row);  // the accumulators' place: element n is read before it is written
  Eighth partial{};
  for (uint32_t n = 0; n < dim; n += kLanes) {
    F v = Load(x + n);
    if (!embedding) v = v + Load(scaled + n);
    v = Keep(v, Below(static_cast<int>(dim - n)));
    Store(x + n, v);
    Store(scaled + n, v * Load(gain + n));
    for (int half = 0; half < 2; ++half) {
      Eighth part;
      std::memcpy(&part, x + n + 8 * half, sizeof part);
      partial += part * part;  // +0 past the end of the row
    }
  }
  const float ss = ((partial[0] + partial[1]) + (partial[2] + partial[3])) +
                   ((partial[4] + partial[5]) + (partial[6] + partial[7]));
  rinv_[row] = Rinv(ss, program_.model.inv_dim, program_.model.eps);
  QuantizeRow(node.dst, row, scaled, dim, embedding ? node.embed.qs : node.matmul.qs);
}

// h = (g * recip(1 + exp2(g * -log2 e))) * u; gates and ups come in alternate blocks of 16.
void Executor::Glu(const Node& node, Rows which) {
  const uint32_t hidden = node.matmul.n / 2;
  for (uint32_t r : which) {
    const float* v = y(r);
    float* h = &h_[r * h_stride_];
    for (uint32_t i = 0; i < hidden; i += kLanes) {
      const F g = Load(v + 2 * i);
      const F u = Load(v + 2 * i + kLanes);
      Store(h + i, (g * lanes::Recip(lanes::Exp2(g * kMinusLog2E) + 1.0f)) * u);
    }
    QuantizeRow(node.dst, r, h, hidden, node.matmul.qs);
  }
}

void Executor::Attention(const Node& node, std::span<const Row> rows) {
  const LayerCache& cache = caches_[node.layer];
  const ModelInstr& m = program_.model;
  for (uint32_t r = 0; r < rows.size(); ++r) {
    float* o = &o_[r * o_stride_];
    for (uint32_t head = 0; head < kv_heads_; ++head) {
      const size_t at = size_t{r} * q_.groups + size_t{head} * m.q_per_kv * cache.groups();
      // Writes whole vectors; the next head overwrites what is past this one's end.
      cache.Attend(rows[r].slot, rows[r].position, head, m.q_per_kv, &q_.q[at * 32], &q_.scale[at],
                   &q_.minus_128_sum[at], o + size_t{head} * m.q_per_kv * m.head_dim);
    }
    QuantizeRow(node.dst, r, o, q_heads_ * m.head_dim, node.attn.qs);
  }
  if (trace_) TraceAttention(node, rows);
}

void Executor::Logits(Rows which, std::span<const Row> rows) {
  for (uint32_t r : which) {
    const Row& row = rows[r];
    if (row.want) {
      tokens_[r] = Sample(y(r), program_.vocab, {row.z, row.top_k, row.seed, row.position}, max_topk_);
    }
    if (!row.dump) continue;
    for (uint32_t n = 0; n < program_.vocab; ++n) y(r)[n] = Canon(y(r)[n]);
  }
}

void Executor::QuantizeRow(uint32_t dst, uint32_t row, const float* v, uint32_t n, float qs) {
  Activations& a = activations_[dst];
  size_t at = size_t{row} * a.groups;
  for (uint32_t i = 0; i < n; i += 32, ++at) {
    const int size = static_cast<int>(std::min(32u, n - i));
    a.scale[at] = QuantizeGroup(v + i, size, qs, &a.q[at * 32], &a.minus_128_sum[at]);
  }
}

}  // namespace weft::golden
