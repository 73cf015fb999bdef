// weft_quantizer against the golden quantizer and the address rules of docs/isa.md: every write, in order.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <vector>

#include "Vweft_quantizer.h"
#include "sw/golden/prim.h"
#include "sw/golden/quantizer.h"
#include "tb/lib/bench.h"
#include "tb/prim/operands.h"
#include "tb/quantizer/records.h"

namespace weft::bench {
namespace {

constexpr uint32_t kPort = WEFT_CFG_PORT_BYTES;
constexpr uint32_t kColumns = WEFT_CFG_COLUMNS;
constexpr uint32_t kPanelRows = WEFT_CFG_PANEL_ROWS;
constexpr uint32_t kMaxRows = WEFT_CFG_MAX_ROWS;
constexpr uint32_t kWordBytes = kPort < 32 ? kPort : 32;
constexpr uint32_t kWpc = 32 / kWordBytes;

struct Config {  // quant_cfg_t
  Epilogue epi = kRes;
  uint32_t dst_base = 0, dst_groups = 0, dst_copies_log2 = 0;
  float qs = 1.0f / 127.0f;
  uint64_t addr = 0;
};

struct Pair {
  Config cfg;
  uint32_t row, n, head, d;
  bool first, last, last_all, odd_pad;
  float v0, v1;
};

struct ActWrite {
  uint32_t col, copies_log2, addr;
  std::array<uint8_t, 32> data;
  bool has_scale;
  uint32_t scale;
  bool group_done;  // all rows have the group now
};

struct KvBeat {
  bool is_v;
  uint32_t row, head, g, len;
  std::array<uint8_t, 32> data;
  uint32_t scale;
  bool last;
  uint64_t addr;
};

// What the block must write, pair by pair, in the words of docs/numerics.md section 2.
class Expected {
 public:
  std::deque<ActWrite> acts;
  std::deque<KvBeat> beats;
  std::deque<float> hinvs;  // of the next heads of Q and K to be complete, where the model norms them
  uint32_t rows = 0;

  void Take(const Pair& p, const Model& m) {
    std::vector<float>& group = open_[p.row];
    group.push_back(p.v0);
    const bool one = p.cfg.epi == kGlu || p.odd_pad;
    if (!one) group.push_back(p.v1);
    const bool by_head = p.cfg.epi == kQ || p.cfg.epi == kK || p.cfg.epi == kV;
    const bool head_end = by_head && p.d + 2 >= m.kv.head_dim;
    const bool normed = m.qk_norm && (p.cfg.epi == kQ || p.cfg.epi == kK);
    const bool full = p.cfg.epi != kV && !normed && group.size() == 32;
    if (!head_end && !full && !p.last) return;
    if (normed) return TakeHead(p, m, group);

    const int n = static_cast<int>(group.size());
    int8_t q[256];
    const float scale = golden::Quantize(group.data(), n, p.cfg.qs, q);
    if (p.cfg.epi == kK || p.cfg.epi == kV) {
      AddBeats(p, m, q, n, scale);
    } else {
      AddActs(p, m, q, n, scale);
    }
    group.clear();
  }

  bool Empty() const { return acts.empty() && beats.empty(); }
  bool Open() const {
    return std::any_of(open_.begin(), open_.end(), [](const auto& entry) { return !entry.second.empty(); });
  }

 private:
  // The groups of a normed head leave together, their scales multiplied by its norm.
  void TakeHead(Pair p, const Model& m, std::vector<float>& head) {
    for (p.d = 0; p.d < head.size(); p.d += 32) {
      const int n = static_cast<int>(std::min<size_t>(32, head.size() - p.d));
      int8_t q[32];
      const float scale = golden::Mul(golden::Quantize(&head[p.d], n, p.cfg.qs, q), hinvs.front());
      p.cfg.epi == kK ? AddBeats(p, m, q, n, scale) : AddActs(p, m, q, n, scale);
    }
    hinvs.pop_front();
    head.clear();
  }

  void AddActs(const Pair& p, const Model& m, const int8_t* q, int n, float scale) {
    std::array<uint8_t, 32> chunk{};
    uint32_t v = p.row << p.cfg.dst_copies_log2, copies_log2 = p.cfg.dst_copies_log2, words = static_cast<uint32_t>(CeilDiv(n, kWordBytes)), chunk_index, base, offset = 0;
    if (p.cfg.epi == kQ) {
      const uint32_t set = p.head / m.gq(), in_set = p.head % m.gq();
      v = p.row * m.gq() + in_set;
      copies_log2 = 0;
      if (m.kv.hs > 1) {
        offset = in_set / m.q_per_kv * m.kv.head_dim;
        words = kWpc;
      }
      chunk_index = (set * m.q_passes + v / kColumns) * m.kv.k_groups + p.d / 32;
      base = m.q_base;
    } else {
      const uint32_t index = p.cfg.epi == kGlu ? p.n / 2 : p.n;
      chunk_index = v / kColumns * p.cfg.dst_groups + index / 32;
      base = p.cfg.dst_base;
    }
    for (int i = 0; i < n; ++i) chunk[offset + i] = static_cast<uint8_t>(q[i]);
    for (uint32_t w = 0; w < words; ++w) {
      ActWrite write{v % kColumns, copies_log2, (base + chunk_index * kWpc + w) & 0xffff, {}, w == 0, golden::Bits(scale),
                     w + 1 == words && p.cfg.epi != kQ && p.row + 1 == rows};
      std::copy_n(&chunk[w * kWordBytes], kWordBytes, write.data.begin());
      acts.push_back(write);
    }
  }

  void AddBeats(const Pair& p, const Model& m, const int8_t* q, int n, float scale) {
    const bool is_v = p.cfg.epi == kV;
    const uint32_t offset = is_v ? 0 : p.head % m.kv.hs * m.kv.head_dim;
    for (int at = 0; at < n; at += 32) {
      const int len = std::min(32, n - at);
      KvBeat beat{is_v, p.row, p.head, static_cast<uint32_t>(is_v ? at / 32 : p.d / 32), static_cast<uint32_t>(len), {},
                  golden::F2h(scale), at + 32 >= n, p.cfg.addr};
      for (int i = 0; i < len; ++i) beat.data[offset + i] = static_cast<uint8_t>(q[at + i]);
      beats.push_back(beat);
    }
  }

  std::map<uint32_t, std::vector<float>> open_;  // by row
};

// Pairs of whole instructions in the order of weft_drain.
class Stream {
 public:
  explicit Stream(uint32_t seed) : operands_(seed) {}

  uint32_t Pick(uint32_t n) { return operands_.Word() % n; }

  Model RandomModel() {
    static constexpr uint32_t kHeadDims[] = {2, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128};
    Model m;
    uint32_t head_dim;
    do head_dim = kHeadDims[Pick(11)];
    while (head_dim > WEFT_CFG_MAX_HEAD_DIM);
    const uint32_t kv_heads = 1 + Pick(6);
    m.kv = MakeKvGeometry(kPort, kPanelRows, head_dim, kv_heads, 4);
    m.q_per_kv = 1 + Pick(3);
    m.q_passes = static_cast<uint32_t>(CeilDiv(kMaxRows * m.gq(), kColumns));
    m.q_base = Pick(64) * kWpc;
    m.qk_norm = WEFT_CFG_QK_NORM != 0 && Pick(2);
    return m;
  }

  // Rows 0 .. rows-1.
  void Add(Epilogue epi, const Model& m, uint32_t rows, std::vector<Pair>& out) {
    Config cfg;
    cfg.epi = epi;
    cfg.dst_base = Pick(100) * kWpc;
    cfg.dst_copies_log2 = Pick(3);
    cfg.qs = std::ldexp(static_cast<float>(1 + Pick(1000)), -12);
    cfg.addr = uint64_t{Pick(1u << 30)} * 128;
    const uint32_t heads = m.kv.kv_heads * (epi == kQ || epi == kO ? m.q_per_kv : 1);
    uint32_t n = heads * m.kv.head_dim;
    if (epi == kRes || epi == kEmbed) n = 2 + 2 * Pick(WEFT_CFG_MAX_DIM / 4);
    if (epi == kRes && Pick(4) == 0) n -= 1;  // an odd number of outputs
    if (epi == kGlu) n = 2 + 2 * Pick(WEFT_CFG_MAX_DIM / 4);
    cfg.dst_groups = static_cast<uint32_t>(CeilDiv(epi == kGlu ? n / 2 : n, 32));
    kind_.clear();

    if (epi == kO) {
      const uint32_t set_size = m.gq() * m.kv.head_dim;
      for (uint32_t set = 0; set < m.kv.sets; ++set) {
        for (uint32_t row = 0; row < rows; ++row) {
          for (uint32_t i = 0; i < set_size; i += 2) Emit(cfg, m, row, rows, set * set_size + i, n, out);
        }
      }
    } else {
      const uint32_t step = epi == kEmbed ? n : kPanelRows;
      for (uint32_t at = 0; at < n; at += step) {
        for (uint32_t row = 0; row < rows; ++row) {
          for (uint32_t i = at; i < std::min(at + step, n); i += 2) Emit(cfg, m, row, rows, i, n, out);
        }
      }
    }
  }

 private:
  void Emit(const Config& cfg, const Model& m, uint32_t row, uint32_t rows, uint32_t i, uint32_t n,
            std::vector<Pair>& out) {
    Pair p{};
    p.cfg = cfg;
    p.row = row;
    p.n = i;
    p.head = i / m.kv.head_dim;
    p.d = i % m.kv.head_dim;
    p.first = i == 0;
    p.last = i + 2 >= n;
    p.last_all = p.last && row + 1 == rows;
    p.odd_pad = i + 1 >= n;
    const uint32_t index = cfg.epi == kGlu ? i / 2 : i;
    int& kind = kind_[{row, index / 32}];  // 0: not chosen yet
    if (kind == 0) kind = 1 + static_cast<int>(Pick(12));
    p.v0 = Value(kind);
    p.v1 = Value(kind);
    out.push_back(p);
  }

  float Value(int kind) {
    switch (kind) {
      case 1:  // zeros and subnormals
        return golden::FromBits(Pick(2) << 31 | (Pick(2) ? Pick(1u << 23) : 0));
      case 2:  // around 2^-100
        return golden::FromBits(0x0d800000u + Pick(5) - 2);
      case 3:  // now and then no number
        return Pick(12) ? Normal(4) : golden::FromBits(Pick(2) ? 0x7f800000u | Pick(2) << 31 : 0x7fc00001u);
      case 4:  // any exponent
        return Normal(126);
      case 5:  // all alike
        return golden::FromBits(0x40490fdbu | Pick(2) << 31);
      default:
        return Normal(6);
    }
  }
  float Normal(int range) { return golden::FromBits(operands_.Moderate(range)); }

  Operands operands_;
  std::map<std::pair<uint32_t, uint32_t>, int> kind_;  // per row and 32 elements
};

class Bench {
 public:
  Bench(int offer, int take, uint32_t seed) : offer_(offer), take_(take), stall_(seed) {}

  void SetModel(const Model& m, uint32_t rows) {
    model_ = m;
    dut_->rows_i = expected_.rows = rows;
    PackModel(dut_->model_i, m);
  }

  // Sends the pairs and waits for the last write. Returns the cycles from the first pair to the last write.
  uint64_t Run(const std::vector<Pair>& pairs) {
    const uint64_t begin = dut_.cycles();
    uint64_t quiet = 0;
    size_t sent = 0;
    bool offering = false;
    while (sent < pairs.size() || !expected_.Empty()) {
      if (++quiet > 3000) {
        ADD_FAILURE() << "no progress: sent " << sent << " of " << pairs.size() << ", act writes missing "
                      << expected_.acts.size() << ", kv beats missing " << expected_.beats.size();
        return 0;
      }
      if (!offering) offering = sent < pairs.size() && stall_.Go(offer_);
      dut_->valid_i = offering;
      if (offering) Drive(pairs[sent]);
      dut_->wr_ready_i = stall_.Go(take_);
      dut_->kv_ready_i = stall_.Go(take_ < 100 ? take_ / 2 : 100);
      OfferHinv();
      dut_.Settle();
      if (!expected_.Empty() || expected_.Open()) {
        EXPECT_FALSE(dut_->idle_o) << "cycle " << dut_.cycles();
      }
      const bool act = CheckActs();
      const bool beat = CheckBeats();
      if (act || beat) quiet = 0;
      if (testing::Test::HasFailure()) return 0;
      if (dut_->valid_i && dut_->ready_o) {
        expected_.Take(pairs[sent++], model_);
        offering = false;
        quiet = 0;
      }
      if (dut_->hinv_valid_i && dut_->hinv_ready_o) {
        hinvs_.pop_front();
        hinv_offered_ = false;
      }
      dut_.Tick();
    }
    dut_->valid_i = dut_->hinv_valid_i = 0;
    EXPECT_EQ(hinvs_.size(), expected_.hinvs.size());
    const uint64_t cycles = dut_.cycles() - begin;
    dut_.Settle();
    EXPECT_EQ(dut_->idle_o != 0, !expected_.Open());
    return cycles;
  }

 private:
  // Norms of heads, in their order: plain numbers, now and then a corner.
  void OfferHinv() {
    while (hinvs_.size() < 4 || expected_.hinvs.size() < 4) {
      static constexpr float kCorners[] = {0.0f, std::numeric_limits<float>::infinity(),
                                           std::numeric_limits<float>::quiet_NaN(), 1.0f};
      hinvs_.push_back(golden::FromBits(values_.Moderate(6)));
      if (values_.Word() % 12 == 0) hinvs_.back() = kCorners[values_.Word() % 4];
      expected_.hinvs.push_back(hinvs_.back());
    }
    if (!hinv_offered_) hinv_offered_ = stall_.Go(offer_);
    dut_->hinv_valid_i = hinv_offered_;
    dut_->hinv_i = golden::Bits(hinvs_.front());
  }

  void Drive(const Pair& p) {
    Pack(dut_->ctx_i, {{p.cfg.epi, 3}, {1, 1}, {p.row, 8}, {p.n, 24}, {p.first, 1}, {p.last, 1}, {p.last_all, 1},
                       {p.odd_pad, 1}, {p.head, 8}, {p.d, 8}, {7, 16}});
    Pack(dut_->cfg_i, {{p.cfg.epi, 3}, {p.cfg.dst_copies_log2, 2}, {p.cfg.dst_base, 16}, {p.cfg.dst_groups, 16}, {golden::Bits(p.cfg.qs), 32},
                       {p.cfg.addr, 48}});
    dut_->v0_i = golden::Bits(p.v0);
    dut_->v1_i = golden::Bits(p.v1);
  }

  static uint8_t Byte(const uint32_t* words, int i) { return static_cast<uint8_t>(words[i / 4] >> i % 4 * 8); }
  // wr_data_o is an integer up to 8 bytes and an array of words above.
  static uint8_t Byte(uint64_t word, int i) { return static_cast<uint8_t>(word >> i * 8); }
  template <size_t N>
  static uint8_t Byte(const VlWide<N>& words, int i) {
    return Byte(words.data(), i);
  }

  // What is offered must stay until it is taken, and be right when it is.
  bool CheckActs() {
    EXPECT_TRUE(dut_->wr_valid_o || !act_waits_) << "an act write vanished, cycle " << dut_.cycles();
    act_waits_ = dut_->wr_valid_o && !dut_->wr_ready_i;
    if (!dut_->wr_valid_o || act_waits_) {
      EXPECT_FALSE(dut_->wr_group_done_o) << "cycle " << dut_.cycles();
    }
    if (!dut_->wr_valid_o) return false;
    if (expected_.acts.empty()) {
      ADD_FAILURE() << "unexpected act write, cycle " << dut_.cycles();
      return false;
    }
    const ActWrite& want = expected_.acts.front();
    EXPECT_EQ(dut_->wr_col_o, want.col);
    EXPECT_EQ(dut_->wr_copies_log2_o, want.copies_log2);
    EXPECT_EQ(dut_->wr_addr_o, want.addr);
    for (uint32_t i = 0; i < kWordBytes; ++i) EXPECT_EQ(Byte(dut_->wr_data_o, i), want.data[i]) << "byte " << i;
    EXPECT_EQ(dut_->wr_scale_valid_o != 0, want.has_scale);
    EXPECT_TRUE(!want.has_scale || SameFloat(dut_->wr_scale_o, want.scale)) << std::hex << dut_->wr_scale_o;
    if (act_waits_) return false;
    EXPECT_EQ(dut_->wr_group_done_o != 0, want.group_done) << "cycle " << dut_.cycles();
    expected_.acts.pop_front();
    return true;
  }

  bool CheckBeats() {
    EXPECT_TRUE(dut_->kv_valid_o || !beat_waits_) << "a kv beat vanished, cycle " << dut_.cycles();
    beat_waits_ = dut_->kv_valid_o && !dut_->kv_ready_i;
    if (!dut_->kv_valid_o) return false;
    if (expected_.beats.empty()) {
      ADD_FAILURE() << "unexpected kv beat, cycle " << dut_.cycles();
      return false;
    }
    const KvBeat& want = expected_.beats.front();
    EXPECT_EQ(dut_->kv_is_v_o != 0, want.is_v);
    EXPECT_EQ(dut_->kv_row_o, want.row);
    EXPECT_EQ(dut_->kv_head_o, want.head);
    EXPECT_EQ(dut_->kv_g_o, want.g);
    EXPECT_EQ(dut_->kv_len_o, want.len);
    for (int i = 0; i < 32; ++i) EXPECT_EQ(Byte(dut_->kv_data_o, i), want.data[i]) << "byte " << i;
    EXPECT_EQ(dut_->kv_scale_o, want.scale);
    EXPECT_EQ(dut_->kv_last_o != 0, want.last);
    EXPECT_EQ(dut_->kv_addr_o, want.addr);
    if (beat_waits_) return false;
    expected_.beats.pop_front();
    return true;
  }

  Clocked<Vweft_quantizer> dut_;
  int offer_, take_;
  Stall stall_;
  Model model_;
  Expected expected_;
  bool act_waits_ = false, beat_waits_ = false;
  Operands values_{Seed() + 7};
  std::deque<float> hinvs_;  // offered next
  bool hinv_offered_ = false;
};

class QuantizerTest : public testing::TestWithParam<std::tuple<int, int>> {};  // percent offered, percent taken

TEST_P(QuantizerTest, WritesWhatTheGoldenModelWrites) {
  golden::FpEnv env;
  const auto [offer, take] = GetParam();
  const uint32_t seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  Bench bench(offer, take, seed);
  Stream stream(seed);
  for (int round = 0; round < (Long() ? 200 : 12) && !HasFailure(); ++round) {
    const Model model = stream.RandomModel();
    const uint32_t live = 1 + stream.Pick(std::min<uint32_t>(kMaxRows, WEFT_CFG_MAX_VROWS / model.gq()));
    bench.SetModel(model, live);
    // Several instructions back to back: their groups overlap inside.
    std::vector<Pair> pairs;
    for (int i = 0; i < 8; ++i) {
      static constexpr Epilogue kKinds[] = {kQ, kK, kV, kRes, kGlu, kO, kEmbed};
      const Epilogue epi = i < 3 ? kKinds[i] : kKinds[stream.Pick(7)];
      stream.Add(epi, model, stream.Pick(4) ? live : 1 + stream.Pick(live), pairs);
    }
    bench.Run(pairs);
    if (HasFailure()) ADD_FAILURE() << "round " << round << ", head_dim " << model.kv.head_dim << ", seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Stalls, QuantizerTest,
                         testing::Combine(testing::Values(100, 60), testing::Values(100, 40)));

// One group from its last pair to its last word; then rows of groups at a pair a cycle.
TEST(QuantizerTest, KeepsItsPace) {
  golden::FpEnv env;
  Stream stream(Seed());
  Bench bench(100, 100, Seed());
  Model model = stream.RandomModel();
  bench.SetModel(model, kMaxRows);
  std::vector<Pair> pairs;
  Config cfg;
  cfg.dst_groups = 4;
  auto add = [&](uint32_t rows, uint32_t n) {
    pairs.clear();
    for (uint32_t at = 0; at < n; at += kPanelRows) {
      for (uint32_t row = 0; row < rows; ++row) {
        for (uint32_t i = at; i < at + kPanelRows; i += 2) {
          pairs.push_back({cfg, row, i, 0, 0, i == 0, i + 2 == n, false, false, 1.0f + i, -2.0f});
        }
      }
    }
  };
  add(1, 32);
  EXPECT_LE(bench.Run(pairs), 16u + 32u);
  add(kMaxRows, 128);
  EXPECT_LE(bench.Run(pairs), pairs.size() + 16u * kMaxRows + 32u);
}

}  // namespace
}  // namespace weft::bench
