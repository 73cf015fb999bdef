// The firmware as the other end of the host link: docs/reference/link.md.
#include <gtest/gtest.h>
#include <zlib.h>

#include "sw/compiler/config.h"
#include "sw/link/client.h"
#include "tests/pico/pico_harness.h"

namespace weft::pico {
namespace {

using link::Code;
using link::Op;

TEST(PicoLinkTest, Hello) {
  PicoHarness chip;
  const link::Answer answer = chip.Ask(Op::kHello, 0, 0);
  ASSERT_EQ(answer.words.size(), link::kHelloWords);
  const HwConfig hw = *FindConfig("pico");
  EXPECT_EQ(answer.words[link::kHelloId], reg::kIdValue);
  EXPECT_EQ(answer.words[link::kHelloVersion], link::kVersion);
  EXPECT_EQ(answer.words[link::kHelloConfig], link::ConfigWord(hw));
  EXPECT_EQ(answer.words[link::kHelloMemoryBytes], hw.memory_bytes);
  EXPECT_EQ(answer.words[link::kHelloConfigCrc], link::ConfigCrc(hw));
  EXPECT_EQ(answer.words[link::kHelloTapeStorage], 0u);
  EXPECT_EQ(answer.words[link::kHelloTapeBase], PicoHarness::kTapeAddress);
  EXPECT_EQ(chip.Read(reg::kId), reg::kIdValue);
  EXPECT_EQ(chip.Read(reg::kConfig), link::ConfigWord(hw));
}

TEST(PicoLinkTest, RegistersAndMemory) {
  PicoHarness chip;
  chip.Write(reg::kRow, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(chip.Read(reg::kRow + 4 * 5), 6u);
  std::vector<uint32_t> words;
  for (uint32_t i = 0; i < 64; ++i) words.push_back(i * 0x01234567u);
  chip.Write(link::kMemory | 0x1000, words);
  EXPECT_EQ(chip.Ask(Op::kRead, link::kMemory | 0x1000, 64).words, words);
  // The last words of each, and the first behind them.
  EXPECT_EQ(chip.Ask(Op::kRead, 0x41c, 1).code, Code::kOk);
  EXPECT_EQ(chip.Ask(Op::kRead, 0x41c, 2).code, Code::kBadAddress);
  EXPECT_EQ(chip.Ask(Op::kRead, 0x420, 1).code, Code::kBadAddress);
  EXPECT_EQ(chip.Ask(Op::kRead, link::kMemory | 0x1fffc, 1).code, Code::kOk);
  EXPECT_EQ(chip.Ask(Op::kRead, link::kMemory | 0x1fffc, 2).code, Code::kBadAddress);
  EXPECT_EQ(chip.Ask(Op::kRead, link::kMemory | 0x7ffffffc, 1).code, Code::kBadAddress);
  EXPECT_EQ(chip.Ask(Op::kRead, 0x7ffffffc, 1).code, Code::kBadAddress);
  // ID to STATUS are read-only.
  EXPECT_EQ(chip.Ask(Op::kWrite, reg::kStatus, 1, {7}).code, Code::kBadAddress);
  EXPECT_EQ(chip.Read(reg::kId), reg::kIdValue);
  EXPECT_EQ(chip.Ask(static_cast<Op>(9), 0, 0).code, Code::kUnknownOp);
}

TEST(PicoLinkTest, ChecksumOfTheFlash) {
  std::vector<uint8_t> bytes;
  for (uint32_t i = 0; i < 1001; ++i) bytes.push_back(static_cast<uint8_t>(i * i + 3));
  PicoHarness chip;
  chip.sim.SetFlash(0x123456, bytes);
  for (const uint32_t count : {0u, 1u, 2u, 1000u, 1001u}) {
    const link::Answer answer = chip.Ask(Op::kCrc, 0x123456, 1, {count});
    ASSERT_EQ(answer.words.size(), 1u);
    EXPECT_EQ(answer.words[0], crc32(0, bytes.data(), count)) << count;
  }
}

// A frame that breaks off is dropped after 20 ms, a wrong one is answered, noise is passed over; the next
// good one works.
TEST(PicoLinkTest, Recovers) {
  PicoHarness chip;
  const std::vector<uint8_t> good = link::Encode(link::Request{5, Op::kRead, 1, reg::kId, {}});
  std::vector<uint8_t> bad = good;
  bad[4] ^= 1;
  auto answers = chip.Exchange(bad);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].code, Code::kBadCrc);
  EXPECT_EQ(answers[0].seq, 5);
  for (size_t length = 1; length < good.size(); ++length) {
    EXPECT_TRUE(
        chip.Exchange({good.begin(), good.begin() + static_cast<ptrdiff_t>(length)}, 600'000).empty());
    answers = chip.Exchange(good);
    ASSERT_EQ(answers.size(), 1u) << length;
    EXPECT_EQ(answers[0].words, std::vector<uint32_t>{reg::kIdValue}) << length;
  }
  std::vector<uint8_t> noisy = {0x00, 0x5a, 0xff, 0x13};
  noisy.insert(noisy.end(), good.begin(), good.end());
  EXPECT_EQ(chip.Exchange(noisy).size(), 1u);
  // More words than a frame may have: dropped.
  EXPECT_TRUE(chip.Exchange(link::Encode(link::Request{6, Op::kRead, 65, 0, {}}), 600'000).empty());
  EXPECT_EQ(chip.Read(reg::kId), reg::kIdValue);
}

TEST(PicoLinkTest, ReservedInstructionEndsTheStep) {
  PicoHarness chip;
  chip.sim.SetFlash(PicoHarness::kTapeAddress,
                    std::vector<uint8_t>{8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                         0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  chip.Write(reg::kBoot, {1});
  EXPECT_EQ(chip.Step({}).first, reg::kStatusError | reg::kErrorOpcode << 8);
  EXPECT_EQ(chip.Read(reg::kStatus), reg::kStatusError | reg::kErrorOpcode << 8);
}

}  // namespace
}  // namespace weft::pico
