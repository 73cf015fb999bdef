// weft_sequencer against the walk model: random programs and rows, every emission compared, under stalls
// everywhere.
#include <gtest/gtest.h>

#include <bit>
#include <optional>

#include "Vweft_sequencer.h"
#include "tb/lib/bench.h"
#include "tb/sequencer/program_maker.h"
#include "tb/sequencer/walk_model.h"

namespace weft::bench {
namespace {

using Dut = Vweft_sequencer;

HwConfig Hw() {
  const auto found = FindConfig(WEFT_CFG_NAME);
  EXPECT_TRUE(found.ok());
  return *found;
}

template <typename Port>
void SetBytes(Port& port, const void* from, size_t bytes) {
  std::memcpy(&port, from, bytes);
}

class SequencerBench {
 public:
  SequencerBench(int give, int take, uint32_t seed) : hw_(Hw()), stall_(seed), give_(give), take_(take) {
    dut_->start_i = 0;
    dut_->iq_valid_i = dut_->req_ready_i = dut_->desc_ready_i = dut_->drain_ready_i = 0;
    dut_->drain_kv_done_i = 0;
    dut_->kv_idle_i = 1;
    dut_.Settle();
  }

  void Start(const Program& program, const std::vector<RowState>& rows) {
    rows_ = rows;
    program_ = program;
    expected_ = WalkModel(hw_, rows).Walk(program);
    kv_emitted_ = kv_done_ = 0;
    uint64_t wantdump = 0;
    for (size_t r = 0; r < rows.size(); ++r) wantdump |= uint64_t{rows[r].want || rows[r].dump} << r;
    dut_->wantdump_i = static_cast<std::decay_t<decltype(dut_->wantdump_i)>>(wantdump);
    dut_->boot_i = static_cast<uint16_t>(program.segments[0].size());
    dut_->tape_base_i = program.tape_base;
    dut_->kv_base_i = program.kv_base;
    dut_->rows_i = static_cast<uint8_t>(rows.size());
    EXPECT_TRUE(dut_->walk_done_o);
    dut_->start_i = 1;
    Cycle();
    dut_->start_i = 0;
  }

  // Until the walk is over and everything has been compared.
  void Finish() {
    uint64_t quiet = 0;
    while (!dut_->walk_done_o || !pending_.empty() || !writes_.empty()) {
      quiet = Cycle() ? 0 : quiet + 1;
      ASSERT_LT(quiet, 3000u) << "no progress: " << expected_.requests.size() << " requests, "
                              << expected_.descs.size() << " transfers, " << expected_.drains.size()
                              << " results to go";
      if (::testing::Test::HasFailure()) return;
    }
    EXPECT_TRUE(expected_.requests.empty());
    EXPECT_TRUE(expected_.descs.empty());
    EXPECT_TRUE(expected_.drains.empty());
    EXPECT_FALSE(dut_->error_o);
  }

  // One clock; true if anything moved.
  bool Cycle() {
    DriveInstructions();
    dut_->req_ready_i = stall_.Go(take_);
    dut_->desc_ready_i = stall_.Go(take_);
    dut_->drain_ready_i = stall_.Go(take_);
    DriveKv();
    dut_.Settle();
    DriveRow();
    const bool moved = Check();
    dut_.Tick();
    return moved;
  }

  void HoldKv(bool hold) { hold_kv_ = hold; }
  Emitted& expected() { return expected_; }
  Clocked<Dut>& dut() { return dut_; }
  const std::vector<uint64_t>& request_cycles() const { return request_cycles_; }

 private:
  void DriveRow() {
    // The row port is combinational; an index beyond the rows reads anything.
    const size_t r = dut_->row_idx_o;
    const RowState row = r < rows_.size() ? rows_[r] : RowState{0xdeadbeef, 0xffff, 0xff, true, true};
    dut_->row_i = uint64_t{row.token} | uint64_t{row.position} << 32 | uint64_t{row.slot} << 48 |
                  uint64_t{row.dump} << 56 | uint64_t{row.want} << 57 | uint64_t{r < rows_.size()} << 58;
    dut_.Settle();
  }

  // Instructions arrive some time after their request, as many a beat as the port is wide.
  void DriveInstructions() {
    if (!offered_ && !pending_.empty() && pending_.front().due <= dut_.cycles() && stall_.Go(give_))
      offered_ = true;
    dut_->iq_valid_i = offered_;
    if (!offered_) return;
    const uint32_t wide = std::max(1u, hw_.port / 32);
    const auto& left = pending_.front().instrs;
    const uint32_t count = std::min<uint32_t>(wide, static_cast<uint32_t>(left.size()));
    dut_->iq_count_i = count;
    std::vector<uint8_t> bytes(wide * 32);
    for (uint32_t i = 0; i < count; ++i) left[i].Store(&bytes[i * 32]);
    SetBytes(dut_->iq_data_i, bytes.data(), bytes.size());
  }

  // K and V matmuls finish some time after the drain has heard of them.
  void DriveKv() {
    dut_->drain_kv_done_i = 0;
    if (!writes_.empty() && !hold_kv_ && writes_.front() <= dut_.cycles()) {
      writes_.pop_front();
      dut_->drain_kv_done_i = 1;
      ++kv_done_;
    }
    dut_->kv_idle_i = writes_.empty() ? stall_.Go(give_) : 0;
  }

  bool Check() {
    bool moved = false;
    if (dut_->iq_valid_i && dut_->iq_ready_o) {
      auto& left = pending_.front().instrs;
      left.erase(left.begin(), left.begin() + dut_->iq_count_i);
      if (left.empty()) pending_.pop_front();
      offered_ = false;
      moved = true;
    }
    if (dut_->vrow_we_o) vrows_[dut_->vrow_idx_o] = dut_->vrow_sub_o;
    if (dut_->req_valid_o && dut_->req_ready_i) moved = true, CheckRequest();
    if (dut_->desc_valid_o && dut_->desc_ready_i) {
      moved = true;
      if (expected_.descs.empty()) {
        ADD_FAILURE() << "an unexpected transfer";
        return moved;
      }
      const auto found = FromPort<ArrayDesc>(dut_->desc_o);
      EXPECT_EQ(Show(expected_.descs.front()), Show(found));
      expected_.descs.pop_front();
    }
    if (dut_->drain_valid_o && dut_->drain_ready_i) {
      moved = true;
      if (expected_.drains.empty()) {
        ADD_FAILURE() << "an unexpected drain descriptor";
        return moved;
      }
      CheckModel();
      const auto found = FromPort<DrainDesc>(dut_->drain_o);
      EXPECT_EQ(Show(expected_.drains.front()), Show(found));
      expected_.drains.pop_front();
      if (!found.is_k && (found.epi == kEpiK || found.epi == kEpiV)) {
        ++kv_emitted_;
        writes_.push_back(dut_.cycles() + 5 + stall_.engine()() % 200);
      }
    }
    return moved;
  }

  void CheckRequest() {
    Request r;
    r.kind = static_cast<Kind>(dut_->req_kind_o);
    r.addr = dut_->req_addr_o, r.beats = dut_->req_beats_o;
    if (r.kind == Kind::kInstr || r.kind == Kind::kPanel || r.kind == Kind::kV || r.kind == Kind::kChunk ||
        r.kind == Kind::kShared) {
      r.count = dut_->req_count_o;
    }
    const bool panels = r.kind == Kind::kPanel || r.kind == Kind::kShared;
    if (panels || r.kind == Kind::kChunk) r.tail = dut_->req_tail_o;
    if (panels) r.ns_log2 = dut_->req_ns_log2_o;
    if (r.kind == Kind::kV) r.buf = dut_->req_buf_o;
    if (r.kind == Kind::kRope) r.row = dut_->req_row_o;
    request_cycles_.push_back(dut_.cycles());
    ASSERT_FALSE(expected_.requests.empty()) << "an unexpected request " << r;
    const Request want = expected_.requests.front();
    EXPECT_EQ(want, r);
    EXPECT_LE(want.kv_before, kv_done_) << "reads a block that is not yet in memory: " << r;
    expected_.requests.pop_front();
    if (r.kind == Kind::kInstr) {
      const auto found = expected_.at.find(r.addr);
      ASSERT_NE(found, expected_.at.end());
      pending_.push_back({found->second, dut_.cycles() + 3 + (give_ < 100 ? stall_.engine()() % 150 : 10)});
    }
    if (r.kind == Kind::kV) CheckVrows();
  }

  // The program's one MODEL stands before all that has results.
  void CheckModel() {
    const auto m = ModelInstr::Decode(program_.segments[0][1]);
    ModelRecord want;
    want.dim = m.dim, want.hidden = m.hidden, want.head_dim = m.head_dim, want.q_per_kv = m.q_per_kv;
    want.hs = m.hs, want.sets = m.sets, want.blocks = m.blocks, want.k_groups = m.k_groups;
    want.q_base = m.q_base, want.p_base = m.p_base, want.k_tail = m.k_tail, want.q_passes = m.q_passes;
    want.inv_dim = std::bit_cast<uint32_t>(m.inv_dim), want.eps = std::bit_cast<uint32_t>(m.eps);
    want.head_eps = std::bit_cast<uint32_t>(m.head_eps);
    want.bias = (m.flags & kFlagBias) != 0, want.qk_norm = (m.flags & kFlagQkNorm) != 0;
    ASSERT_EQ(FromPort<ModelRecord>(dut_->model_o).Fields(), want.Fields());
  }

  // Attention has begun, so the table of virtual rows is complete.
  void CheckVrows() {
    const auto m = ModelInstr::Decode(program_.segments[0][1]);
    for (uint32_t v = 0; v < rows_.size() * m.q_per_kv * m.hs; ++v) {
      ASSERT_EQ(vrows_.count(v), 1u) << "virtual row " << v;
      ASSERT_EQ(vrows_[v], v % (m.q_per_kv * m.hs) / m.q_per_kv) << "virtual row " << v;
    }
  }

  struct Coming {
    std::vector<Instr> instrs;
    uint64_t due;
  };

  HwConfig hw_;
  Clocked<Dut> dut_;
  Stall stall_;
  int give_, take_;
  Program program_;
  std::vector<RowState> rows_;
  Emitted expected_;
  std::deque<Coming> pending_;
  std::deque<uint64_t> writes_;
  std::map<uint32_t, uint32_t> vrows_;
  std::vector<uint64_t> request_cycles_;
  int kv_emitted_ = 0, kv_done_ = 0;
  bool offered_ = false, hold_kv_ = false;
};

class SequencerTest : public ::testing::TestWithParam<Stalls> {};

TEST_P(SequencerTest, EmitsWhatTheTapeSays) {
  const int give = InputStalls(GetParam()) ? 30 : 100, take = OutputStalls(GetParam()) ? 30 : 100;
  for (uint32_t round = 0; round < (Long() ? 300 : 40); ++round) {
    const uint32_t seed = Seed() * 1000 + round;
    SCOPED_TRACE("seed " + std::to_string(seed));
    SequencerBench bench(give, take, seed);
    ProgramMaker maker(Hw(), seed);
    for (int step = 0; step < 2; ++step) {
      const Program program = maker.Make(1 + maker.Upto(2));
      bench.Start(program, maker.Rows());
      bench.Finish();
      if (HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, SequencerTest,
                         ::testing::Values(Stalls::kNone, Stalls::kInput, Stalls::kOutput, Stalls::kBoth),
                         [](const auto& info) { return StallName(info.param); });

// While this step's K and V are on their way, every older block and everything before it is requested, no
// more.
TEST(SequencerHazardTest, OlderBlocksDoNotWait) {
  for (uint32_t seed = Seed(); seed < Seed() + 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SequencerBench bench(100, 100, seed);
    ProgramMaker maker(Hw(), seed);
    const Program program = maker.Make(1);
    bench.HoldKv(true);
    bench.Start(program, maker.Rows());
    size_t older = 0;
    while (bench.expected().requests[older].kv_before == 0) ++older;
    const size_t all = bench.expected().requests.size();
    for (int quiet = 0; quiet < 500; ++quiet) {
      if (bench.Cycle()) quiet = 0;
    }
    EXPECT_EQ(all - bench.expected().requests.size(), older);
    bench.HoldKv(false);
    bench.Finish();
    if (HasFailure()) return;
  }
}

TEST(SequencerStepTest, AStepWithoutRowsReadsNothing) {
  SequencerBench bench(100, 100, Seed());
  ProgramMaker maker(Hw(), Seed());
  const Program program = maker.Make(1);
  bench.Start(program, {});
  bench.expected() = Emitted{};
  bench.Finish();
  EXPECT_TRUE(bench.request_cycles().empty());
}

TEST(SequencerErrorTest, AReservedOpcodeStops) {
  for (int op = 8; op < 256; op += 7) {
    SequencerBench bench(100, 100, Seed());
    ProgramMaker maker(Hw(), Seed());
    Program program = maker.Make(1);
    const auto rows = maker.Rows();
    program.segments[1].insert(program.segments[1].begin(), Instr::Of(static_cast<Op>(op)));
    program.segments[0][0] = LoadiInstr{static_cast<uint32_t>(program.segments[1].size())}.Encode();
    bench.Start(program, rows);
    for (int i = 0; i < 20000 && !bench.dut()->error_o; ++i) bench.Cycle();
    EXPECT_TRUE(bench.dut()->error_o) << "opcode " << op;
    for (int i = 0; i < 100; ++i) bench.Cycle();
    EXPECT_FALSE(bench.dut()->walk_done_o);
    EXPECT_FALSE(bench.dut()->req_valid_o);
  }
}

// Weights of a reserved type are refused, too.
TEST(SequencerErrorTest, AReservedWeightTypeStops) {
  SequencerBench bench(100, 100, Seed());
  ProgramMaker maker(Hw(), Seed());
  Program program = maker.Make(1);
  const auto rows = maker.Rows();
  program.segments[1][1].w[0] |= 0x40000;  // 1, 2 or 3 becomes 5, 6 or 7
  bench.Start(program, rows);
  for (int i = 0; i < 20000 && !bench.dut()->error_o; ++i) bench.Cycle();
  EXPECT_TRUE(bench.dut()->error_o);
}

// The walker must keep the port busy: few cycles an instruction, fewer a KV block.
TEST(SequencerRateTest, AnInstructionTakesFourCyclesAndABlockOne) {
  const HwConfig hw = Hw();
  uint64_t attn_cycles = 0, attn_requests = 0;
  for (uint32_t seed = Seed(); seed < Seed() + 30; ++seed) {
    SequencerBench bench(100, 100, seed);
    ProgramMaker maker(hw, seed);
    const Program program = maker.Make(1);
    const auto rows = maker.Rows();
    bench.Start(program, rows);
    const auto requests = bench.expected().requests;
    bench.Finish();
    const auto& cycles = bench.request_cycles();
    ASSERT_EQ(cycles.size(), requests.size());
    for (size_t i = 1; i < requests.size(); ++i) {
      const bool waited = requests[i].kv_before > requests[i - 1].kv_before;
      if (requests[i].is_kv && requests[i - 1].is_kv && !waited) {
        attn_cycles += cycles[i] - cycles[i - 1];
        ++attn_requests;
        EXPECT_LE(cycles[i] - cycles[i - 1], 2u);
      }
      if (requests[i].kind == Kind::kPanel && requests[i - 1].kind == Kind::kPanel && !requests[i].is_kv &&
          !requests[i - 1].is_kv) {
        EXPECT_LE(cycles[i] - cycles[i - 1], 8u);  // a skipped matmul may lie between
      }
    }
  }
  std::printf("%s: %.2f cycles a KV block\n", WEFT_CFG_NAME,
              static_cast<double>(attn_cycles) / static_cast<double>(attn_requests));
}

}  // namespace
}  // namespace weft::bench
