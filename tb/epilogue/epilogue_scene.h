// weft_epilogue between random instructions and consumers that hesitate; everything that leaves it is
// checked.
//
// The bench is weft_drain (pairs in its order, configurations, starts), the tape (gains, cosines and sines in
// beats of the port), and every consumer: quantizer, sampler, logit memory, trace. Instructions on different
// paths wait for idle_o between them, as the WAIT flag has it; those on one path follow without a gap.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "Vweft_epilogue.h"
#include "tb/drain/records.h"
#include "tb/epilogue/epilogue_golden.h"
#include "tb/epilogue/epilogue_jobs.h"
#include "tb/lib/bench.h"

namespace weft::bench {

class Scene {
 public:
  Scene(Stalls stalls, uint32_t seed, bool corners, Family family = Family::kPlain)
      : stalls_(stalls), numbers_(seed, corners), golden_(numbers_, family), stall_(seed + 1) {
    ToPort(golden_.model(), dut_->model_i);
    dump_ = numbers_.Word();
    dut_->dump_i = static_cast<uint32_t>(dump_ & ((uint64_t{1} << kMaxRows) - 1));
    base_ = (uint64_t{numbers_.Word()} << 12) / kPort * kPort;
    stride_ = (4 * 80 + kPort - 1) / kPort * kPort * numbers_.Pick(1, 3);
    dut_->logit_base_i = base_;
    dut_->logit_stride_i = stride_;
  }

  // Runs the epilogues in this order; an embedding comes first of all so that the residual is known.
  void Run(const std::vector<Epilogue>& epilogues) {
    WriteRope();
    Path last = Path::kResidual;
    for (Epilogue epi : epilogues) {
      // A residual instruction, Q and K wait for the previous one's rinv, a change of path for everything before it.
      const bool residual = PathOf(epi) == Path::kResidual;
      if (PathOf(epi) != last) Until([&] { return dut_->idle_o && !Inside(); });
      const bool rotates = epi == kEpiQ || epi == kEpiK;
      if ((residual || rotates) && residuals_started_ > 0) Until([&] { return dut_->rinv_ready_o; });
      if (testing::Test::HasFatalFailure()) return;
      if (numbers_.Chance(20)) {
        Until([&] { return dut_->idle_o && !Inside(); });
        WriteRope();
      }
      last = PathOf(epi);
      Start(golden_.Make(epi));
      Until([&] { return jobs_.empty(); });
      if (testing::Test::HasFatalFailure()) return;
    }
    int quiet = 0;
    Until([&] { return (quiet = Inside() ? 0 : quiet + 1) > 300; });
    if (testing::Test::HasFatalFailure()) return;
    EXPECT_TRUE(traces_.empty());
    EXPECT_TRUE(dut_->idle_o);
    EXPECT_EQ(vectors_freed_, golden_.vectors_taken());
    EXPECT_TRUE(golden_.hinvs().empty());
    if (residuals_started_ > 0) {
      EXPECT_TRUE(dut_->rinv_ready_o);
    }
  }

  // Of the last instruction: cycles from its first to its last pair, and its pairs.
  uint64_t accept_cycles() const { return last_accept_ - first_accept_ + 1; }
  uint64_t pairs() const { return accepted_ - accepted_before_; }
  uint64_t rinv_checks() const { return rinv_checks_; }
  // Cycles from the last pair in to the last pair out.
  uint64_t latency() const { return last_out_ - last_accept_; }

 private:
  bool Go(bool stalls) {
    if (!stalls) return true;
    if (stall_.Go(2)) pace_ = 5 + static_cast<int>(stall_.engine()() % 95);
    return stall_.Go(pace_);
  }

  template <typename Condition>
  void Until(Condition condition) {
    stuck_ = 0;
    while (!testing::Test::HasFatalFailure() && !condition()) Cycle();
  }

  void WriteRope() {
    for (uint32_t row = 0; row < golden_.rows(); ++row) {
      const uint32_t bytes = (golden_.head_dim() * 4 + kPort - 1) / kPort * kPort;
      std::vector<uint8_t> table(bytes, 0xee);
      for (uint32_t pair = 0; pair < golden_.head_dim() / 2; ++pair) {
        const golden::Pair angle = golden_.NewAngle(row, pair);
        std::memcpy(&table[pair * 8], &angle.v0, 4);
        std::memcpy(&table[pair * 8 + 4], &angle.v1, 4);
      }
      for (uint32_t offset = 0; offset < bytes; offset += kPort) {
        Until([&] { return Go(InputStalls(stalls_)); });
        dut_->rope_we_i = 1;
        dut_->rope_row_i = row;
        dut_->rope_addr_i = offset;
        SetBytes(dut_->rope_wdata_i, &table[offset]);
        Cycle();
        dut_->rope_we_i = 0;
        dut_->rope_addr_i = numbers_.Word() & 0xffff;
      }
    }
  }

  // The cycle in which weft_drain sets the instruction up.
  void Start(const Instruction& instruction) {
    const bool residual = !instruction.rinv.empty();
    if (instruction.takes_vector) Until([&] { return vectors_written_ > instruction.vector; });
    // Eight configurations are kept.
    Until([&] { return quantizer_.empty() || quantizer_.front().in.instr + 8 > instruction.instr; });
    if (testing::Test::HasFatalFailure()) return;
    dut_->cfg_we_i = 1;
    dut_->cfg_tag_i = instruction.instr & 7;
    ToPort(instruction.cfg, dut_->cfg_i);
    dut_->res_start_i = residual;
    dut_->res_rows_i = residual ? golden_.rows() : numbers_.Word() & 0xff;
    Cycle();
    dut_->cfg_we_i = 0;
    dut_->cfg_tag_i = numbers_.Word() & 7;
    dut_->res_start_i = 0;
    dut_->res_rows_i = numbers_.Word() & 0xff;
    cfgs_[instruction.instr] = instruction.cfg;
    if (residual) {
      ++residuals_started_;
      rinv_ = instruction.rinv;
      residual_left_ = true;
    }
    accepted_before_ = accepted_;
    jobs_.assign(instruction.jobs.begin(), instruction.jobs.end());
    Cycle();
  }

  void Cycle() {
    const bool in = InputStalls(stalls_), out = OutputStalls(stalls_);
    ASSERT_LT(++stuck_, 3000) << "no progress: " << jobs_.size() << " pairs to come, " << quantizer_.size()
                              << ", " << sampler_.size() << " and " << writes_.size() << " inside" << where();

    if (!offering_ && !jobs_.empty() && Go(in)) offering_ = true;
    const Job* job = offering_ ? &jobs_.front() : nullptr;
    PairCtx garbage;
    garbage.epi = numbers_.Word() & 7;
    garbage.row = numbers_.Word() & 0xff;
    dut_->pair_valid_i = offering_;
    ToPort(job ? job->in : garbage, dut_->pair_ctx_i);
    dut_->pair_a0_i = job ? job->a0 : numbers_.Word();
    dut_->pair_a1_i = job ? job->a1 : numbers_.Word();
    dut_->pair_mul_i = job ? job->mul : numbers_.Word();
    DriveVectors(in);
    dut_->rinv_row_i = numbers_.Pick(0, golden_.rows() - 1);
    // The quantizer holds so many complete heads, and takes a norm when its head has come.
    dut_->q_ready_i = Go(out) && heads_out_ - hinvs_taken_ < 2 * kMaxRows;
    dut_->hinv_ready_i = Go(out) && heads_out_ > hinvs_taken_;
    dut_->l_ready_i = Go(out);
    dut_->wr_ready_i = Go(out);
    dut_.Settle();

    CheckIdle();
    CheckRinv();
    CheckTrace();
    CheckHinv();
    CheckQuantizer();
    CheckSampler();
    CheckWrites();
    if (testing::Test::HasFatalFailure()) return;

    if (dut_->gain_free_o) {
      ASSERT_GT(vectors_held_, 0u) << "a gain bank too many was given back";
      --vectors_held_;
      ++vectors_freed_;
    }
    if (offering_ && dut_->pair_ready_o) {
      if (accepted_++ == accepted_before_) first_accept_ = dut_.cycles();
      last_accept_ = dut_.cycles();
      traces_.push_back(*job);
      Expect(*job);
      if (PathOf(job->in.epi) == Path::kResidual && job->in.last_all) residual_left_ = false;
      jobs_.pop_front();
      offering_ = false;
      stuck_ = 0;
    }
    rinv_row_ = dut_->rinv_row_i;
    rinv_valid_ = dut_->rinv_ready_o && !dut_->res_start_i;
    dut_.Tick();
  }

  // Vectors are written into the two banks in turn, the next one as soon as a bank is free.
  void DriveVectors(bool stalls) {
    dut_->gain_we_i = 0;
    const bool start = vector_offset_ == 0;
    if ((start && vectors_held_ == 2) || !Go(stalls)) return;
    if (start) ++vectors_held_;
    const std::vector<float>& vector = golden_.Vector(vectors_written_);
    float beat[kGainValues] = {};
    for (uint32_t i = 0; i < kGainValues && vector_offset_ + i < vector.size(); ++i) {
      beat[i] = vector[vector_offset_ + i];
    }
    dut_->gain_we_i = 1;
    dut_->gain_bank_i = vectors_written_ & 1;
    dut_->gain_addr_i = vector_offset_;
    SetBytes(dut_->gain_wdata_i, reinterpret_cast<const uint8_t*>(beat));
    vector_offset_ += kGainValues;
    if (vector_offset_ < vector.size()) return;
    vector_offset_ = 0;
    ++vectors_written_;
  }

  // An accepted pair's results, each in the order of its consumer.
  void Expect(Job job) {
    job.serial = accepted_;
    if (job.in.epi != kEpiLogits) {
      quantizer_.push_back(job);
      return;
    }
    sampler_.push_back(job);
    if ((dump_ >> job.in.row & 1) == 0) return;
    const uint64_t addr = base_ + job.in.row * stride_ + 4 * job.in.n;
    writes_.push_back({addr, job.v0});
    if (!job.in.odd_pad) writes_.push_back({addr + 4, job.v1});
  }

  bool Inside() const { return heads_out_ != hinvs_taken_ || Pairs(); }
  bool Pairs() const { return !quantizer_.empty() || !sampler_.empty() || !writes_.empty(); }

  void CheckIdle() {
    if (Pairs()) {
      ASSERT_FALSE(dut_->idle_o) << "idle with " << quantizer_.size() << ", " << sampler_.size() << " and "
                                 << writes_.size() << " results inside" << where();
    }
    idle_wait_ = Pairs() || dut_->pair_valid_i || dut_->wr_valid_o ? 0 : idle_wait_ + 1;
    ASSERT_TRUE(dut_->idle_o || idle_wait_ < 3) << "not idle with nothing inside" << where();
  }

  void CheckRinv() {
    if (residual_left_) {
      ASSERT_FALSE(dut_->rinv_ready_o) << "rinv is ready before the last pair" << where();
    }
    if (!rinv_valid_ || !dut_->rinv_ready_o) return;
    ++rinv_checks_;
    ASSERT_EQ(dut_->rinv_o, Bits(rinv_[rinv_row_])) << "row " << rinv_row_ << where();
  }

  void CheckTrace() {
    if (!dut_->trace_valid_o) return;
    ASSERT_FALSE(traces_.empty()) << "a trace too many" << where();
    const Job job = traces_.front();
    traces_.pop_front();
    ASSERT_EQ(dut_->trace_instr_o, job.in.instr) << job.in << where();
    ASSERT_EQ(dut_->trace_row_o, job.in.row) << job.in << where();
    ASSERT_EQ(dut_->trace_n_o, job.in.n) << job.in << where();
    ASSERT_EQ(dut_->trace_v0_o, job.trace0) << job.in << where();
    ASSERT_EQ(dut_->trace_v1_o, job.trace1) << job.in << where();
  }

  void CheckQuantizer() {
    ASSERT_TRUE(dut_->q_valid_o || !quantizer_stalled_) << "a stalled pair disappeared" << where();
    quantizer_stalled_ = dut_->q_valid_o && !dut_->q_ready_i;
    if (!dut_->q_valid_o) return;
    ASSERT_FALSE(quantizer_.empty()) << "a pair too many" << where();
    const Job& job = quantizer_.front();
    ASSERT_TRUE(sampler_.empty() || job.serial < sampler_.front().serial) << "out of order" << where();
    ASSERT_EQ(FromPort<PairCtx>(dut_->q_ctx_o), job.out) << where();
    ASSERT_TRUE(FromPort<QuantCfg>(dut_->q_cfg_o) == cfgs_[job.in.instr]) << job.in << where();
    CheckValues(job, dut_->q_v0_o, dut_->q_v1_o);
    if (!dut_->q_ready_i) return;
    heads_out_ += golden_.EndsNormedHead(job.in);
    Leave(quantizer_);
  }

  void CheckHinv() {
    if (!dut_->hinv_valid_o || !dut_->hinv_ready_i) return;
    ASSERT_FALSE(golden_.hinvs().empty()) << "a norm too many" << where();
    ASSERT_EQ(dut_->hinv_o, golden_.hinvs().front()) << "norm of head " << hinvs_taken_ << where();
    golden_.hinvs().pop_front();
    ++hinvs_taken_;
    stuck_ = 0;
  }

  void CheckSampler() {
    ASSERT_TRUE(dut_->l_valid_o || !sampler_stalled_) << "a stalled pair disappeared" << where();
    sampler_stalled_ = dut_->l_valid_o && !dut_->l_ready_i;
    if (!dut_->l_valid_o) return;
    ASSERT_FALSE(sampler_.empty()) << "a pair of logits too many" << where();
    const Job& job = sampler_.front();
    ASSERT_TRUE(quantizer_.empty() || job.serial < quantizer_.front().serial) << "out of order" << where();
    ASSERT_EQ(dut_->l_row_o, job.in.row) << where();
    ASSERT_EQ(dut_->l_n_o, job.in.n) << where();
    ASSERT_EQ(dut_->l_odd_pad_o, job.in.odd_pad) << where();
    ASSERT_EQ(dut_->l_last_all_o, job.in.last_all) << where();
    CheckValues(job, dut_->l_l0_o, dut_->l_l1_o);
    if (dut_->l_ready_i) Leave(sampler_);
  }

  void CheckValues(const Job& job, uint32_t v0, uint32_t v1) {
    ASSERT_EQ(v0, job.v0) << std::hex << job.a0 << " * " << job.mul << std::dec << " " << job.in << where();
    if (job.in.odd_pad) return;
    ASSERT_EQ(v1, job.v1) << std::hex << job.a1 << " * " << job.mul << std::dec << " " << job.in << where();
  }

  void Leave(std::deque<Job>& queue) {
    queue.pop_front();
    last_out_ = dut_.cycles();
    stuck_ = 0;
  }

  // Every enabled word of a beat is the next logit of a row with dump, at its address.
  void CheckWrites() {
    if (!dut_->wr_valid_o) {
      ASSERT_FALSE(write_stalled_) << "a stalled write disappeared" << where();
      return;
    }
    uint8_t data[kPort], strb[(kPort + 7) / 8];
    std::memcpy(data, &dut_->wr_data_o, sizeof data);
    std::memcpy(strb, &dut_->wr_strb_o, sizeof strb);
    ASSERT_EQ(dut_->wr_addr_o % kPort, 0u);
    write_stalled_ = !dut_->wr_ready_i;
    size_t taken = 0;
    for (uint32_t b = 0; b < kPort; b += 4) {
      const uint32_t enabled = strb[b / 8] >> b % 8 & 15;
      if (enabled == 0) continue;
      ASSERT_EQ(enabled, 15u) << "a part of a logit" << where();
      ASSERT_LT(taken, writes_.size()) << "a logit too many" << where();
      uint32_t word;
      std::memcpy(&word, &data[b], 4);
      ASSERT_EQ(dut_->wr_addr_o + b, writes_[taken].addr) << where();
      ASSERT_EQ(word, writes_[taken].word) << where();
      ++taken;
    }
    if (!dut_->wr_ready_i || taken == 0) return;
    writes_.erase(writes_.begin(), writes_.begin() + static_cast<std::ptrdiff_t>(taken));
    stuck_ = 0;
  }

  testing::Message where() const {
    return testing::Message() << ", cycle " << dut_.cycles() << ", WEFT_SEED=" << Seed();
  }

  struct Write {
    uint64_t addr;
    uint32_t word;
  };

  const Stalls stalls_;
  Numbers numbers_;
  EpilogueGolden golden_;
  Stall stall_;
  Clocked<Vweft_epilogue> dut_;
  int pace_ = 50;

  uint64_t dump_, base_, stride_;

  size_t vectors_written_ = 0;  // completely
  uint32_t vector_offset_ = 0, vectors_held_ = 0, vectors_freed_ = 0;

  uint64_t heads_out_ = 0, hinvs_taken_ = 0;  // heads that have left for the quantizer, and norms

  std::map<uint64_t, QuantCfg> cfgs_;  // by instruction
  std::deque<Job> jobs_;               // of the current instruction, to be sent
  bool offering_ = false;
  std::deque<Job> quantizer_, sampler_, traces_;
  std::deque<Write> writes_;
  bool quantizer_stalled_ = false, sampler_stalled_ = false, write_stalled_ = false;

  std::vector<float> rinv_;
  uint32_t residuals_started_ = 0;
  bool residual_left_ = false, rinv_valid_ = false;
  size_t rinv_row_ = 0;

  uint64_t accepted_ = 0, accepted_before_ = 0, first_accept_ = 0, last_accept_ = 0, last_out_ = 0,
           rinv_checks_ = 0;
  int stuck_ = 0, idle_wait_ = 0;
};

}  // namespace weft::bench
