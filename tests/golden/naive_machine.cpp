#include "tests/golden/naive_machine.h"

#include <algorithm>
#include <cstring>

#include "sw/compiler/tape.h"
#include "sw/golden/dequant.h"
#include "sw/golden/fp_env.h"
#include "sw/golden/kv_cache.h"
#include "sw/golden/matrix.h"
#include "sw/golden/prim.h"
#include "sw/golden/quantizer.h"
#include "sw/golden/rmsnorm.h"
#include "sw/golden/rope.h"
#include "sw/golden/softmax.h"
#include "sw/golden/special.h"
#include "sw/golden/swiglu.h"

namespace weft::testing {

using namespace golden;

NaiveMachine::NaiveMachine(const HwConfig& hw, const Tape& tape)
    : hw_(hw), tape_(tape), kv_(tape.kv_bytes, 0xa5) {}  // old bytes must not matter

std::vector<std::vector<float>> NaiveMachine::Step(std::span<const Row> rows) {
  const FpEnv env;
  x_.assign(rows.size(), {});
  rinv_.assign(rows.size(), 0);
  queries_.assign(rows.size(), {});
  acts_.assign(rows.size(), {});
  logits_.assign(rows.size(), {});
  const auto steps = WalkTape(tape_.bytes, tape_.boot_count, hw_);
  for (const TapeStep& step : *steps) {
    const auto payload = std::span(tape_.bytes).subspan(step.payload_offset, step.payload_bytes);
    switch (step.instr.op()) {
      case Op::kModel:
        model_ = ModelInstr::Decode(step.instr);
        geometry_ =
            MakeKvGeometry(hw_.port, hw_.panel_rows, model_.head_dim, model_.sets * model_.hs, model_.blocks);
        break;
      case Op::kRope:
        rope_ = RopeInstr::Decode(step.instr);
        break;
      case Op::kVec:
        vector_.resize(VecInstr::Decode(step.instr).count);
        std::memcpy(vector_.data(), payload.data(), vector_.size() * sizeof(float));
        break;
      case Op::kEmbed: {
        const auto e = EmbedInstr::Decode(step.instr);
        const PanelLayout layout = EmbedLayout(e, tape_.vocab, hw_);
        std::vector<int8_t> q(e.groups * 32);
        std::vector<uint16_t> scales(e.groups);
        for (size_t r = 0; r < rows.size(); ++r) {
          UnpackRow(layout, std::span(tape_.bytes).subspan(e.address), rows[r].token, q.data(),
                    scales.data());
          std::vector<float> v(e.n);
          for (uint32_t n = 0; n < e.n; ++n) v[n] = Mul(H2f(scales[n / 32]), I2f(q[n]));
          x_[r].assign(e.n, 0.0f);
          Residual(r, v, e.dst_base, e.qs);
        }
        break;
      }
      case Op::kMatmul: {
        const auto m = MatmulInstr::Decode(step.instr);
        for (size_t r = 0; r < rows.size(); ++r) {
          if ((m.flags & kFlagWant) && !rows[r].want && !rows[r].dump) continue;
          Matmul(m, payload, r, rows[r]);
        }
        break;
      }
      case Op::kAttn: {
        const auto a = AttnInstr::Decode(step.instr);
        for (size_t r = 0; r < rows.size(); ++r) {
          std::vector<float> o;
          for (uint32_t head = 0; head < queries_[r].size(); ++head) {
            const auto y = AttendHead(a, r, rows[r], head);
            o.insert(o.end(), y.begin(), y.end());
          }
          acts_[r][a.dst_base] = QuantizeVector(o, a.qs);
        }
        break;
      }
      default:
        break;
    }
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    if (!rows[r].dump) logits_[r].clear();
  }
  return logits_;
}

NaiveMachine::Vector NaiveMachine::QuantizeVector(const std::vector<float>& v, float qs) {
  Vector out;
  for (size_t i = 0; i < v.size(); i += 32) {
    Group group;
    group.scale = Quantize(&v[i], static_cast<int>(std::min<size_t>(32, v.size() - i)), qs, group.q);
    out.push_back(group);
  }
  return out;
}

std::vector<float> NaiveMachine::Multiply(const MatmulInstr& m, std::span<const uint8_t> payload,
                                          const Vector& in) const {
  const PanelLayout layout = MatmulLayout(m, hw_);
  std::vector<int8_t> q(m.groups * 32);
  std::vector<uint16_t> scales(m.groups);
  std::vector<float> out;
  for (uint32_t n = 0; n < m.n; ++n) {
    UnpackRow(layout, payload, n, q.data(), scales.data());
    float acc = 0;
    for (uint32_t g = 0; g < m.groups; ++g) {
      acc = DequantAdd(acc, g == 0, scales[g], in[g].scale, Dot(&q[g * 32], in[g].q, 32));
    }
    out.push_back(acc);
  }
  return out;
}

void NaiveMachine::Matmul(const MatmulInstr& m, std::span<const uint8_t> payload, size_t row, const Row& r) {
  std::vector<float> y = Multiply(m, payload, acts_[row].at(m.src_base));
  if (m.flags & kFlagNorm) {
    for (float& v : y) v = Norm(v, rinv_[row]);
  }
  if ((model_.flags & kFlagBias) && m.epilogue <= Epilogue::kV) {
    for (uint32_t n = 0; n < m.n; ++n) y[n] = Bias(y[n], vector_.at(n));
  }
  const uint32_t head_dim = model_.head_dim;
  std::vector<float> hinv(m.n / head_dim, 1.0f);
  if ((model_.flags & kFlagQkNorm) && m.epilogue <= Epilogue::kK) {
    for (uint32_t h = 0; h < hinv.size(); ++h) {
      HeadSquares squares;
      for (uint32_t n = h * head_dim; n < (h + 1) * head_dim; n += 2)
        squares.Add(n - h * head_dim, y[n], y[n + 1]);
      hinv[h] = HeadInv(squares.Total(), model_.head_eps);
    }
    for (uint32_t n = 0; n < m.n; ++n) y[n] = Gain(y[n], vector_.at(n % head_dim));
  }
  const auto region = std::span(kv_).subspan(m.address);
  switch (m.epilogue) {
    case Epilogue::kQ:
      Rope(y, r.position);
      queries_[row].clear();
      for (uint32_t n = 0; n < m.n; n += head_dim) {
        queries_[row].push_back(QuantizeVector({y.begin() + n, y.begin() + n + head_dim}, m.qs));
        for (Group& group : queries_[row].back()) group.scale = Mul(group.scale, hinv[n / head_dim]);
      }
      break;
    case Epilogue::kK:
      Rope(y, r.position);
      for (uint32_t h = 0; h < m.n / head_dim; ++h) {
        AppendK(geometry_, region, r.slot, r.position, h, &y[h * head_dim], m.qs, hinv[h]);
      }
      break;
    case Epilogue::kV:
      for (uint32_t h = 0; h < m.n / head_dim; ++h) {
        AppendV(geometry_, region, r.slot, r.position, h, &y[h * head_dim], m.qs);
      }
      break;
    case Epilogue::kRes:
      Residual(row, y, m.dst_base, m.qs);
      break;
    case Epilogue::kGlu: {
      std::vector<float> h;
      for (uint32_t n = 0; n < m.n; n += 2) h.push_back(SwiGlu(y[n], y[n + 1]));
      acts_[row][m.dst_base] = QuantizeVector(h, m.qs);
      break;
    }
    default:
      logits_[row] = y;
  }
}

void NaiveMachine::Residual(size_t row, const std::vector<float>& acc, uint32_t dst, float qs) {
  SumSquares squares;
  std::vector<float> scaled(acc.size());
  for (uint32_t n = 0; n < acc.size(); ++n) {
    x_[row][n] = ResidualAdd(x_[row][n], acc[n]);
    squares.Add(n, x_[row][n]);
    scaled[n] = Gain(x_[row][n], vector_[n]);
  }
  rinv_[row] = Rinv(squares.Total(), model_.inv_dim, model_.eps);
  acts_[row][dst] = QuantizeVector(scaled, qs);
}

void NaiveMachine::Rope(std::vector<float>& v, uint32_t position) const {
  const uint8_t* table = &tape_.bytes[rope_.address + uint64_t{position} * rope_.stride];
  for (size_t n = 0; n < v.size(); n += 2) {
    float c_s[2];
    std::memcpy(c_s, table + n % model_.head_dim * 4, sizeof c_s);
    const Pair y = golden::Rope({v[n], v[n + 1]}, c_s[0], c_s[1]);
    v[n] = y.v0;
    v[n + 1] = y.v1;
  }
}

std::vector<float> NaiveMachine::AttendHead(const AttnInstr& a, size_t row, const Row& r,
                                            uint32_t head) const {
  const uint32_t kv_head = head / model_.q_per_kv;
  const Vector& q = queries_[row][head];
  const uint8_t* k = &kv_[a.k_address];
  const uint8_t* v = k + a.v_offset;
  const auto half = [](const uint8_t* p) { return static_cast<uint16_t>(p[0] | p[1] << 8); };
  VrowState state{};
  std::vector<float> o(model_.head_dim);
  for (uint32_t block = 0; block <= r.position / 32; ++block) {
    const int valid = static_cast<int>(std::min(32u, r.position - block * 32 + 1));
    float scores[32] = {};
    uint16_t sv[32] = {};
    for (int i = 0; i < valid; ++i) {
      const uint32_t position = block * 32 + static_cast<uint32_t>(i);
      for (uint32_t d = 0; d < model_.head_dim; d += 32) {
        const auto* keys =
            reinterpret_cast<const int8_t*>(k + geometry_.ElementK(r.slot, position, kv_head, d));
        const int n = static_cast<int>(std::min(32u, model_.head_dim - d));
        scores[i] = DequantAdd(scores[i], d == 0, half(k + geometry_.ScaleK(r.slot, position, kv_head, d)),
                               q[d / 32].scale, Dot(keys, q[d / 32].q, n));
      }
      sv[i] = half(v + geometry_.ScaleV(r.slot, position, kv_head));
    }
    const auto p = SoftmaxBlock(state, block == 0, scores, valid, sv);
    for (uint32_t d = 0; d < model_.head_dim; ++d) {
      const uint64_t at = geometry_.ElementV(r.slot, block * 32, kv_head, d);
      o[d] =
          AttentionAdd(o[d], p.first, p.alpha, p.sp, Dot(reinterpret_cast<const int8_t*>(v + at), p.q, 32));
    }
  }
  for (float& y : o) y = Mul(y, Recip(state.l));
  return o;
}

}  // namespace weft::testing
