// weft_link between a host that sends frames, sound and broken, and a chip of registers and memory, under stalls
// everywhere: answers equal a model's, and what was refused has changed nothing.
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <map>
#include <optional>

#include "Vweft_link.h"
#include "sw/board/pty_bridge.h"
#include "sw/link/client.h"
#include "sw/link/frame.h"
#include "sw/link/serial_port.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

using link::Answer;
using link::Code;
using link::Op;
using link::Request;

constexpr uint32_t kMemoryBytes = 4096;
constexpr uint64_t kTimeout = 500;  // TimeoutClocks
constexpr uint32_t kControl = 0x00C, kStatus = 0x010;

// Stalls in percent: how often each side is willing.
struct Pace {
  int host = 100, line = 100, chip = 100, memory = 100;
};

// The chip's ports: readable and writable registers 0x400 .. 0x4FC, CONTROL, STATUS; memory words.
class Chip {
 public:
  Chip(Pace pace, uint32_t seed) : pace_(pace), stall_(seed), memory(kMemoryBytes / 4) {
    for (uint32_t& word : memory) word = static_cast<uint32_t>(stall_.engine()());
  }

  void Drive(Vweft_link& dut) {
    dut.config_crc_i = 0x12345678;
    dut.r_awready_i = !aw_ && stall_.Go(pace_.chip);
    dut.r_wready_i = !w_ && stall_.Go(pace_.chip);
    dut.r_arready_i = !ar_ && !r_ && stall_.Go(pace_.chip);
    // One request at a time; an offered answer stays.
    if (aw_ && w_ && !b_ && stall_.Go(pace_.chip)) {
      b_ = Write(*aw_, *w_) ? 0 : 2;
    }
    if (ar_ && !r_ && stall_.Go(pace_.chip)) {
      uint32_t value = 0;
      const bool ok = Read(*ar_, &value);
      r_ = {value, ok ? 0u : 2u};
    }
    dut.r_bvalid_i = b_.has_value();
    dut.r_bresp_i = b_.value_or(0);
    dut.r_rvalid_i = r_.has_value();
    dut.r_rdata_i = r_ ? r_->first : 0xDEAD;
    dut.r_rresp_i = r_ ? r_->second : 0;
    // Busy from the cycle of CONTROL's answer on.
    if (starting_ && b_) {
      starting_ = false;
      running_ = step_cycles;
      done_ = false;
    }
    dut.irq_i = done_ && running_ == 0;
    dut.mem_ready_i = !mem_pending_ && stall_.Go(pace_.memory);
    dut.mem_done_i = mem_pending_ && mem_age_ > 0 && stall_.Go(pace_.memory);
    dut.mem_rdata_i = dut.mem_done_i ? mem_rdata_ : 0xBAD;
  }

  void Observe(Vweft_link& dut) {
    if (dut.r_awvalid_o && dut.r_awready_i) aw_ = dut.r_awaddr_o;
    if (dut.r_wvalid_o && dut.r_wready_i) {
      w_ = dut.r_wdata_o;
      EXPECT_EQ(dut.r_wstrb_o, 15);
    }
    if (dut.r_bvalid_i && dut.r_bready_o) aw_.reset(), w_.reset(), b_.reset();
    if (dut.r_arvalid_o && dut.r_arready_i) ar_ = dut.r_araddr_o;
    if (dut.r_rvalid_i && dut.r_rready_o) ar_.reset(), r_.reset();
    if (running_ > 0 && --running_ == 0) done_ = true;
    if (dut.mem_done_i) mem_pending_ = false;
    if (mem_pending_) ++mem_age_;
    if (dut.mem_valid_o && dut.mem_ready_i) {
      mem_pending_ = true;
      mem_age_ = 1;
      ASSERT_LT(dut.mem_addr_o, kMemoryBytes);
      ASSERT_EQ(dut.mem_addr_o % 4, 0u);
      mem_rdata_ = memory[dut.mem_addr_o / 4];
      if (dut.mem_write_o) memory[dut.mem_addr_o / 4] = dut.mem_wdata_o;
    }
  }

  bool Read(uint32_t address, uint32_t* value) {
    if (address == kStatus) {
      *value = status;
      return true;
    }
    if (address < 0x400 || address >= 0x500) return false;
    *value = registers[address];
    return true;
  }
  bool Write(uint32_t address, uint32_t value) {
    if (address == kControl) {
      EXPECT_EQ(value, 1u);
      ++starts;
      starting_ = true;
      return true;
    }
    if (address < 0x400 || address >= 0x500) return false;
    registers[address] = value;
    return true;
  }

 private:
  Pace pace_;
  Stall stall_;
  std::optional<uint32_t> aw_, w_, ar_, b_;
  std::optional<std::pair<uint32_t, uint32_t>> r_;
  bool starting_ = false, done_ = false;
  uint64_t running_ = 0;
  bool mem_pending_ = false;
  int mem_age_ = 0;
  uint32_t mem_rdata_ = 0;

 public:
  std::map<uint32_t, uint32_t> registers;
  std::vector<uint32_t> memory;
  uint32_t status = 2, starts = 0;
  uint64_t step_cycles = 2;
};

class Link {
 public:
  explicit Link(Pace pace = {}, uint32_t seed = Seed()) : pace_(pace), stall_(seed), chip(pace, seed + 1) {
    dut_->rx_valid_i = 0;
    dut_->tx_ready_i = 0;
  }

  // Bytes for the link, then `gap` cycles in which none comes.
  void Send(std::vector<uint8_t> bytes, uint64_t gap = 0) {
    in_.insert(in_.end(), bytes.begin(), bytes.end());
    while (!in_.empty()) Cycle();
    for (uint64_t i = 0; i < gap; ++i) Cycle();
  }
  // The next answer, or nothing after `cycles` cycles without a byte.
  std::optional<Answer> Receive(uint64_t cycles = 20000) {
    for (quiet_ = 0; answers_.empty() && quiet_ < cycles;) Cycle();
    if (answers_.empty()) return {};
    const Answer answer = answers_.front();
    answers_.erase(answers_.begin());
    EXPECT_EQ(parser_.bad_frames(), 0u);
    EXPECT_EQ(parser_.strays(), 0u) << "bytes outside of frames";
    return answer;
  }
  // Bytes one by one, for a board behind a terminal.
  void Push(uint8_t byte) { in_.push_back(byte); }
  std::deque<uint8_t> sent;

  std::optional<Answer> Ask(const Request& request, uint64_t cycles = 20000) {
    Send(Encode(request));
    return Receive(cycles);
  }

  void Cycle() {
    if (!held_) held_ = !in_.empty() && stall_.Go(pace_.host);
    dut_->rx_valid_i = held_;
    dut_->rx_data_i = held_ ? in_.front() : 0x99;
    dut_->tx_ready_i = stall_.Go(pace_.line);
    chip.Drive(*dut_);
    dut_.Settle();
    if (offered_) {
      EXPECT_TRUE(dut_->tx_valid_o && dut_->tx_data_o == *offered_) << "a stalled byte changed";
    }
    offered_.reset();
    ++quiet_;
    if (dut_->tx_valid_o && dut_->tx_ready_i) {
      const uint8_t byte = dut_->tx_data_o;
      parser_.Push(std::span(&byte, 1), &answers_);
      sent.push_back(byte);
      quiet_ = 0;
    } else if (dut_->tx_valid_o) {
      offered_ = dut_->tx_data_o;
    }
    if (held_ && dut_->rx_ready_o) {
      in_.pop_front();
      held_ = false;
    }
    chip.Observe(*dut_);
    dut_.Tick();
  }

 private:
  Pace pace_;
  Stall stall_;
  Clocked<Vweft_link> dut_;
  std::deque<uint8_t> in_;
  bool held_ = false;
  std::optional<uint8_t> offered_;
  link::AnswerParser parser_;
  std::vector<Answer> answers_;
  uint64_t quiet_ = 0;

 public:
  Chip chip;
};

Answer Ok(uint8_t seq, std::vector<uint32_t> words = {}) { return {seq, Code::kOk, std::move(words)}; }
Answer Refusal(uint8_t seq, Code code = Code::kBadAddress) { return {seq, code, {}}; }

TEST(LinkTest, IntroducesTheBoard) {
  Link link;
  const uint32_t config = WEFT_CFG_PORT_BYTES | WEFT_CFG_COLUMNS << 8 | WEFT_CFG_PANEL_ROWS << 16 | WEFT_CFG_MAX_ROWS << 24;
  EXPECT_EQ(link.Ask({200, Op::kHello, 0, 0, {}}),
            Ok(200, {0x54464557, 1, config, kMemoryBytes, 50000000, 0x12345678, 1, 256}));
}

// Under each pace, requests of every kind against a model.
class LinkPace : public ::testing::TestWithParam<Pace> {};

TEST_P(LinkPace, RandomRequestsDoWhatTheySay) {
  Link link(GetParam());
  std::mt19937 rng(Seed() + 7);
  std::map<uint32_t, uint32_t> registers;
  std::vector<uint32_t> memory = link.chip.memory;
  const int rounds = Long() ? 4000 : 400;
  for (int round = 0; round < rounds; ++round) {
    const auto seq = static_cast<uint8_t>(round);
    const bool in_memory = rng() % 2;
    const uint32_t limit = in_memory ? kMemoryBytes : 0x500, base = in_memory ? link::kMemory : 0x400;
    const auto len = static_cast<uint8_t>(rng() % 8 == 0 ? 64 : rng() % 6);
    uint32_t address = (in_memory ? rng() % kMemoryBytes : rng() % 0x100) & ~3u;
    if (rng() % 10 == 0) address = (in_memory ? limit : 0x100) - 4 * (rng() % 3);  // at the end
    if (rng() % 20 == 0) address |= 1 + rng() % 3;
    const bool inside = in_memory ? address + 4 * len <= kMemoryBytes : address + 4 * len <= 0x100;
    const bool fine = address % 4 == 0 && (inside || len == 0);
    Request request{seq, Op::kRead, len, base + address, {}};
    Answer want = Ok(seq);
    switch (rng() % 4) {
      case 0:
        for (uint32_t i = 0; fine && i < len; ++i) {
          want.words.push_back(in_memory ? memory[address / 4 + i] : registers[0x400 + address + 4 * i]);
        }
        if (!fine) want = Refusal(seq);
        break;
      case 1:
        request.op = Op::kWrite;
        for (uint32_t i = 0; i < len; ++i) {
          request.words.push_back(static_cast<uint32_t>(rng()));
          // Words before the first that is refused are written.
          if (address % 4 != 0) continue;
          const uint32_t at = address + 4 * i;
          if (in_memory && at < kMemoryBytes) memory[at / 4] = request.words.back();
          if (!in_memory && at < 0x100) registers[0x400 + at] = request.words.back();
        }
        if (!fine) want = Refusal(seq);
        break;
      case 2: {
        link.chip.step_cycles = 2 + rng() % 300;
        link.chip.status = static_cast<uint32_t>(rng());
        request = {seq, Op::kStep, 0, 0, {}};
        want.words = {link.chip.status, static_cast<uint32_t>(link.chip.step_cycles)};
        break;
      }
      case 3: {
        address &= kMemoryBytes - 4;
        const uint32_t count = rng() % 4 == 0 ? kMemoryBytes - address + rng() % 3 : rng() % 200;
        request = {seq, Op::kCrc, 1, address, {count}};
        if (address + count > kMemoryBytes) {
          want = Refusal(seq);
        } else {
          const auto* bytes = reinterpret_cast<const uint8_t*>(memory.data()) + address;
          want.words = {link::Crc32({bytes, count})};
        }
        break;
      }
    }
    const auto got = link.Ask(request, 200000);
    ASSERT_TRUE(got) << "round " << round << ": no answer";
    ASSERT_EQ(*got, want) << "round " << round << ", op " << static_cast<int>(request.op) << " at " << std::hex
                          << request.addr << ", code " << static_cast<int>(got->code);
  }
  EXPECT_EQ(link.chip.memory, memory);
  for (const auto& [address, value] : registers) EXPECT_EQ(link.chip.registers[address], value) << address;
}

INSTANTIATE_TEST_SUITE_P(Paces, LinkPace,
                         ::testing::Values(Pace{}, Pace{5, 100, 100, 100}, Pace{100, 5, 100, 100},
                                           Pace{100, 100, 20, 100}, Pace{100, 100, 100, 20}, Pace{40, 40, 40, 40}));

TEST(LinkTest, WhatItDoesNotKnowIsRefused) {
  Link link;
  EXPECT_EQ(link.Ask({1, static_cast<Op>(5), 0, 0, {}}), Refusal(1, Code::kUnknownOp));
  EXPECT_EQ(link.Ask({2, static_cast<Op>(255), 7, 0, {}}), Refusal(2, Code::kUnknownOp));
  EXPECT_EQ(link.Ask({3, Op::kRead, 65, 0x400, {}}), Refusal(3));
  EXPECT_EQ(link.Ask({4, Op::kRead, 1, 0x10400, {}}), Refusal(4)) << "registers have 16 address bits";
  EXPECT_EQ(link.Ask({5, Op::kCrc, 2, 0, {4, 4}}), Refusal(5));
  EXPECT_EQ(link.Ask({6, Op::kCrc, 0, 0, {}}), Refusal(6));
  EXPECT_EQ(link.Ask({7, Op::kCrc, 1, link::kMemory, {4}}), Refusal(7)) << "storage addresses have no bit 31";
  EXPECT_EQ(link.Ask({8, Op::kCrc, 1, 0, {0xFFFFFFFF}}), Refusal(8));
  EXPECT_EQ(link.Ask({9, Op::kCrc, 1, kMemoryBytes, {0}}), Ok(9, {0}));
  EXPECT_EQ(link.Ask({10, Op::kHello, 3, 77, {}})->words.size(), 8u) << "len and addr mean nothing to HELLO";
}

TEST(LinkTest, EveryInvertedBitIsRefusedOrForgotten) {
  const Request write{7, Op::kWrite, 2, 0x400, {0x11111111, 0x22222222}};
  const auto good = Encode(write);
  Link link;
  link.chip.registers[0x400] = 5;
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    auto bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    link.Send(bad, kTimeout + 50);
    const auto answer = link.Receive(3000);
    if (answer) {
      EXPECT_EQ(answer->code, Code::kBadCrc) << "bit " << bit;
    }
    // Header bits may make the frame longer or no frame at all; data and CRC bits cannot.
    if (bit / 8 >= 4) {
      ASSERT_TRUE(answer) << "bit " << bit;
      EXPECT_EQ(answer->seq, 7);
    }
    ASSERT_FALSE(link.Receive(3000)) << "a second answer, bit " << bit;
    ASSERT_EQ(link.Ask({9, Op::kRead, 1, 0x400, {}}), Ok(9, {5})) << "bit " << bit;
  }
  EXPECT_EQ(link.Ask(write), Ok(7));
  EXPECT_EQ(link.chip.registers[0x404], 0x22222222u);
}

TEST(LinkTest, AFrameThatStopsIsForgotten) {
  const auto frame = Encode(Request{7, Op::kWrite, 2, 0x400, {1, 2}});
  Link link;
  for (size_t bytes = 1; bytes < frame.size(); ++bytes) {
    link.Send({frame.begin(), frame.begin() + static_cast<ptrdiff_t>(bytes)}, kTimeout + 20);
    ASSERT_EQ(link.Ask({8, Op::kRead, 1, 0x400, {}}), Ok(8, {0})) << bytes << " bytes";
  }
}

TEST(LinkTest, APauseBelowTheTimeoutIsNone) {
  const auto frame = Encode(Request{7, Op::kWrite, 1, 0x400, {3}});
  Link link;
  for (const uint8_t byte : frame) link.Send({byte}, kTimeout - 20);
  EXPECT_EQ(link.Receive(), Ok(7));
  EXPECT_EQ(link.chip.registers[0x400], 3u);
}

TEST(LinkTest, NoiseBetweenFramesIsIgnored) {
  Link link;
  std::mt19937 rng(Seed());
  for (int round = 0; round < 200; ++round) {
    std::vector<uint8_t> noise(rng() % 20);
    for (uint8_t& byte : noise) byte = static_cast<uint8_t>(rng() % 0xA5);
    link.Send(noise);
    ASSERT_EQ(link.Ask({static_cast<uint8_t>(round), Op::kRead, 0, 0x400, {}}), Ok(static_cast<uint8_t>(round)));
  }
}

TEST(LinkTest, ALengthAboveTheLargestIsNoFrame) {
  Link link;
  link.Send({0xA5, 1, 2, 65, 0, 4, 0, 0});
  EXPECT_EQ(link.Ask({2, Op::kRead, 0, 0x400, {}}), Ok(2));
}

TEST(LinkTest, WhatComesWhileItWorksIsDropped) {
  Link link;
  link.chip.step_cycles = 5000;
  link.Send(Encode(Request{1, Op::kStep, 0, 0, {}}), 100);
  link.Send(Encode(Request{2, Op::kWrite, 1, 0x400, {9}}));
  EXPECT_EQ(link.Receive(), Ok(1, {2, 5000}));
  EXPECT_FALSE(link.Receive(3000));
  EXPECT_EQ(link.chip.registers.count(0x400), 0u);
  EXPECT_EQ(link.Ask({3, Op::kRead, 1, 0x400, {}}), Ok(3, {0}));
  EXPECT_EQ(link.chip.starts, 1u);
}

// The RTL behind a pseudo-terminal.
class RtlBoard : public BoardModel {
 public:
  bool Push(uint8_t byte) override {
    link.Push(byte);
    return true;
  }
  std::optional<uint8_t> Pop() override {
    if (link.sent.empty()) return {};
    const uint8_t byte = link.sent.front();
    link.sent.pop_front();
    return byte;
  }
  bool Advance() override {
    for (int i = 0; i < 200; ++i) link.Cycle();
    return false;
  }
  Link link{Pace{50, 50, 50, 50}};
};

TEST(LinkTest, TheHostsClientSpeaksToIt) {
  RtlBoard board;
  const auto bridge = PtyBridge::Start(board);
  ASSERT_TRUE(bridge.ok()) << bridge.error().message;
  auto port = link::SerialPort::Open({(*bridge)->path(), 1000000});
  ASSERT_TRUE(port.ok()) << port.error().message;
  link::ClientOptions options;
  options.timeout = std::chrono::milliseconds(20000);
  const auto client = link::Client::Connect(std::move(*port), options);
  ASSERT_TRUE(client.ok()) << client.error().message;
  EXPECT_EQ((*client)->board().memory_bytes, kMemoryBytes);
  EXPECT_EQ((*client)->board().tape_base, 256u);
  EXPECT_EQ((*client)->board().storage, link::TapeStorage::kMemory);
  std::vector<uint32_t> words(150);
  for (uint32_t i = 0; i < words.size(); ++i) words[i] = 0x5AA50000 + i;
  ASSERT_FALSE((*client)->Write(link::kMemory | 256, words));
  EXPECT_EQ((*client)->Read(link::kMemory | 256, 150).value(), words);
  EXPECT_EQ((*client)->Crc(256, 599).value(),
            link::Crc32({reinterpret_cast<const uint8_t*>(words.data()), 599}));
  EXPECT_EQ((*client)->Step(std::chrono::milliseconds(0))->status, 2u);
  EXPECT_NE((*client)->Read(0x900, 1).error().message.find("refuses READ at 0x900"), std::string::npos);
  EXPECT_EQ((*client)->retries(), 0u);
}

}  // namespace
}  // namespace weft::bench
