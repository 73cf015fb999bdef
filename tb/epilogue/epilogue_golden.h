// The instructions of the bench of weft_epilogue with what the golden model makes of them: shapes, angles, gains and
// biases are random, residual and head norms are carried from pair to pair as the unit has to.
#pragma once

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "sw/golden/fp_env.h"
#include "sw/golden/rmsnorm.h"
#include "sw/golden/rope.h"
#include "sw/golden/swiglu.h"
#include "tb/drain/records.h"
#include "tb/epilogue/epilogue_jobs.h"

namespace weft::bench {

class EpilogueGolden {
 public:
  EpilogueGolden(Numbers& numbers, Family family) : numbers_(numbers) {
    rows_ = numbers_.Chance(25) ? 1 : numbers_.Pick(1, kMaxRows);  // one row meets its own sums again at once
    static constexpr uint32_t kHeadDims[] = {4, 8, 12, 16, 20, 32, 48, 64, 80, 128};
    do head_dim_ = kHeadDims[numbers_.Pick(0, std::size(kHeadDims) - 1)];
    while (head_dim_ > WEFT_CFG_MAX_HEAD_DIM);
    dim_ = numbers_.Chance(25) ? numbers_.Pick(9, 70) : 2 * numbers_.Pick(4, 40);
    residual_.assign(rows_, std::vector<float>(dim_, 0.0f));
    model_.dim = dim_;
    model_.head_dim = head_dim_;
    model_.inv_dim = Bits(1.0f / static_cast<float>(dim_));
    model_.eps = Bits(1e-5f);
    model_.bias = family == Family::kBias;
    model_.qk_norm = family == Family::kQkNorm;
    model_.head_eps = Bits(1e-5f * static_cast<float>(head_dim_));
    squares_.resize(rows_);
    vector_size_ = std::max(dim_, 3 * head_dim_);
  }

  uint32_t rows() const { return rows_; }
  uint32_t head_dim() const { return head_dim_; }
  uint32_t vector_size() const { return vector_size_; }
  const ModelRecord& model() const { return model_; }

  // Whether the pair ends a head that is normed.
  bool EndsNormedHead(const PairCtx& ctx) const {
    return model_.qk_norm != 0 && (ctx.epi == kEpiQ || ctx.epi == kEpiK) && ctx.d + 2 >= head_dim_;
  }
  // The norms of heads, in order; whoever checks one takes it away.
  std::deque<uint32_t>& hinvs() { return hinvs_; }

  // Gains or biases: instructions take them by number, one after the other.
  const std::vector<float>& Vector(size_t number) {
    while (vectors_.size() <= number) {
      vectors_.emplace_back(vector_size_);
      for (float& v : vectors_.back()) v = numbers_.Any();
    }
    return vectors_[number];
  }
  uint32_t vectors_taken() const { return vectors_taken_; }

  // A new cosine and sine for a pair of a row's heads.
  golden::Pair NewAngle(uint32_t row, uint32_t pair) {
    const float turn = 0.01f * static_cast<float>(numbers_.Pick(0, 100000));
    golden::Pair& angle = rope_[{row, pair}];
    angle = {std::cos(turn), std::sin(turn)};
    if (numbers_.corners && numbers_.Chance(5)) angle = {numbers_.Any(), numbers_.Any()};
    return angle;
  }

  // The pairs of one instruction in weft_drain's order, with the golden results.
  Instruction Make(Epilogue epi) {
    const golden::FpEnv env;
    Instruction instruction;
    const uint64_t instr = instruction.instr = instr_++ & 0xffff;
    QuantCfg& cfg = instruction.cfg;
    cfg.epi = epi;
    cfg.dst_base = numbers_.Word() & 0xffff;
    cfg.dst_groups = numbers_.Word() & 0xffff;
    cfg.qs = numbers_.Word();
    cfg.addr = (uint64_t{numbers_.Word()} << 16 ^ numbers_.Word()) & 0xffffffffffff;

    uint32_t n = 2 * numbers_.Pick(1, 40);
    if (epi == kEpiQ || epi == kEpiK || epi == kEpiV) n = head_dim_ * numbers_.Pick(1, 3);
    if (epi == kEpiLogits) n = numbers_.Pick(1, 80);
    const bool residual = PathOf(epi) == Path::kResidual;
    if (residual) n = dim_;
    instruction.takes_vector = residual || (model_.bias != 0 && PathOf(epi) == Path::kHeads) ||
                               (model_.qk_norm != 0 && (epi == kEpiQ || epi == kEpiK));
    if (instruction.takes_vector) {
      instruction.vector = vectors_taken_++;
      gains_ = Vector(instruction.vector);
    }
    std::vector<golden::SumSquares> sums(rows_);
    std::vector<float> factor(rows_);
    for (float& f : factor) f = epi == kEpiRes ? 1.0f : numbers_.Any();
    for (uint32_t panel = 0; panel * kPanelRows < n; ++panel) {
      for (uint32_t row = 0; row < rows_; ++row) {
        for (uint32_t i = panel * kPanelRows; i < std::min(n, (panel + 1) * kPanelRows); i += 2) {
          Job job;
          job.a0 = Bits(numbers_.Any());
          job.a1 = Bits(numbers_.Any());
          job.mul = Bits(factor[row]);
          PairCtx& ctx = job.in;
          ctx.epi = epi;
          ctx.norm = epi != kEpiRes;
          ctx.row = row;
          ctx.n = i;
          ctx.first = i == 0;
          ctx.last = i + 2 >= n;
          ctx.last_all = ctx.last && row + 1 == rows_;
          ctx.odd_pad = i + 1 == n;
          ctx.head = residual ? 0 : i / head_dim_;
          ctx.d = residual ? 0 : i % head_dim_;
          ctx.instr = instr;
          job.out = ctx;
          if (residual) job.out.norm = 0;
          Compute(job, sums[row]);
          instruction.jobs.push_back(job);
        }
      }
    }
    for (golden::SumSquares& sum : sums) {
      instruction.rinv.push_back(golden::Rinv(sum.Total(), FromBits(static_cast<uint32_t>(model_.inv_dim)),
                                              FromBits(static_cast<uint32_t>(model_.eps))));
    }
    if (!residual) instruction.rinv.clear();
    return instruction;
  }

 private:
  void Compute(Job& job, golden::SumSquares& sum) {
    const uint32_t row = static_cast<uint32_t>(job.in.row), n = static_cast<uint32_t>(job.in.n);
    const float y0 = golden::Norm(FromBits(job.a0), FromBits(job.mul));
    const float y1 = golden::Norm(FromBits(job.a1), FromBits(job.mul));
    golden::Pair v{y0, y1}, trace{0.0f, 0.0f};
    switch (PathOf(job.in.epi)) {
      case Path::kGlu:
        trace = v = {golden::SwiGlu(y0, y1), 0.0f};
        break;
      case Path::kResidual: {
        for (uint32_t k = 0; k < 2 && n + k < dim_; ++k) {
          float& x = residual_[row][n + k];
          x = golden::ResidualAdd(job.in.epi == kEpiEmbed ? 0.0f : x, k == 0 ? y0 : y1);
          (k == 0 ? trace.v0 : trace.v1) = x;
          (k == 0 ? v.v0 : v.v1) = golden::Gain(x, gains_[n + k]);
          sum.Add(n + k, x);
        }
        break;
      }
      case Path::kHeads:
        if (model_.bias != 0) {
          v = {golden::Bias(v.v0, gains_[n]), golden::Bias(v.v1, gains_[n + 1])};
        }
        if (model_.qk_norm != 0 && job.in.epi != kEpiV) v = NormHead(job, v);
        if (job.in.epi == kEpiQ || job.in.epi == kEpiK) {
          const golden::Pair angle = rope_[{row, static_cast<uint32_t>(job.in.d / 2)}];
          v = golden::Rope(v, angle.v0, angle.v1);
        }
        trace = v;
        break;
      case Path::kPass:
        trace = v;
        break;
    }
    job.v0 = Bits(v.v0);
    job.v1 = Bits(v.v1);
    job.trace0 = Bits(trace.v0);
    job.trace1 = job.in.odd_pad ? 0 : Bits(trace.v1);
  }

  // Takes part in the head's norm and is multiplied by its gains.
  golden::Pair NormHead(const Job& job, golden::Pair v) {
    const uint32_t d = static_cast<uint32_t>(job.in.d);
    golden::HeadSquares& squares = squares_[job.in.row];
    if (d == 0) squares = {};
    squares.Add(d, v.v0, v.v1);
    if (d + 2 >= head_dim_) {
      hinvs_.push_back(Bits(golden::HeadInv(squares.Total(), FromBits(static_cast<uint32_t>(model_.head_eps)))));
    }
    return {golden::Gain(v.v0, gains_[d]), golden::Gain(v.v1, gains_[d + 1])};
  }

  Numbers& numbers_;
  ModelRecord model_;
  uint32_t rows_, head_dim_, dim_, vector_size_;
  uint64_t instr_ = 0;
  std::map<std::pair<uint32_t, uint32_t>, golden::Pair> rope_;  // (row, pair) -> cos, sin
  std::vector<std::vector<float>> residual_;                    // [row][dim]
  std::vector<std::vector<float>> vectors_;
  uint32_t vectors_taken_ = 0;
  std::vector<float> gains_;                  // gains or biases, of the last instruction that took a vector
  std::vector<golden::HeadSquares> squares_;  // of the head that each row is at
  std::deque<uint32_t> hinvs_;
};

}  // namespace weft::bench
