// Frames: the bytes of docs/reference/link.md, and a parser that finds its way back after noise.
#include "sw/link/frame.h"

#include <gtest/gtest.h>

#include <random>

namespace weft::link {
namespace {

using Bytes = std::vector<uint8_t>;

template <typename Frame>
std::vector<Frame> Parse(const Bytes& bytes, Parser<Frame>* parser = nullptr) {
  Parser<Frame> own;
  std::vector<Frame> frames;
  (parser ? parser : &own)->Push(bytes, &frames);
  return frames;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// The example of the document. The CRC is zlib's: python3 -c "import zlib; print(hex(zlib.crc32(bytes.fromhex(...))))".
TEST(FrameTest, TheDocumentsExampleHasTheseBytes) {
  const Bytes read = {0xA5, 0x07, 0x01, 0x01, 0x18, 0x04, 0x00, 0x00, 0x49, 0xCC, 0x53, 0x3C};
  EXPECT_EQ(Encode(Request{7, Op::kRead, 1, 0x418, {}}), read);
  const Bytes answer = {0x5A, 0x07, 0x00, 0x01, 0x2A, 0x00, 0x00, 0x00, 0x1A, 0x87, 0x24, 0xAA};
  EXPECT_EQ(Encode(Answer{7, Code::kOk, {42}}), answer);
}

TEST(FrameTest, WhatIsEncodedIsParsed) {
  for (const Request& request :
       {Request{0, Op::kHello, 0, 0, {}}, Request{255, Op::kRead, 64, kMemory | 0x1BFFC, {}},
        Request{1, Op::kWrite, 3, 0x400, {1, 0xA5A5A5A5, 0xFFFFFFFF}}, Request{2, Op::kStep, 0, 0, {}},
        Request{3, Op::kCrc, 1, 0x100000, {1234567}}, Request{4, static_cast<Op>(9), 7, 5, {}},
        Request{5, Op::kWrite, 64, 0, std::vector<uint32_t>(64, 0xA5000001)}}) {
    EXPECT_EQ(Parse<Request>(Encode(request)), std::vector{request});
  }
  for (const Answer& answer : {Answer{0, Code::kOk, {}}, Answer{9, Code::kBadAddress, {}},
                               Answer{200, Code::kOk, std::vector<uint32_t>(64, 0x5A5A5A5A)}}) {
    EXPECT_EQ(Parse<Answer>(Encode(answer)), std::vector{answer});
  }
}

TEST(FrameTest, PiecesOfAnySizeWillDo) {
  const Request a{1, Op::kWrite, 2, 0x400, {10, 11}}, b{2, Op::kStep, 0, 0, {}};
  const Bytes stream = Encode(a) + Encode(b);
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    RequestParser parser;
    auto frames = Parse(Bytes(stream.begin(), stream.begin() + static_cast<ptrdiff_t>(cut)), &parser);
    for (const Request& request : Parse(Bytes(stream.begin() + static_cast<ptrdiff_t>(cut), stream.end()), &parser)) {
      frames.push_back(request);
    }
    EXPECT_EQ(frames, (std::vector{a, b})) << "cut at " << cut;
  }
}

TEST(FrameTest, EveryInvertedBitIsNoticed) {
  const Answer answer{7, Code::kOk, {0x12345678, 0x5A000000}};
  const Bytes good = Encode(answer);
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    EXPECT_TRUE(Parse<Answer>(bad).empty()) << "bit " << bit;
  }
}

TEST(FrameTest, EveryLostByteIsNoticedAndTheNextFrameFound) {
  const Answer first{7, Code::kOk, {0x12345678, 0x5A000000}}, next{8, Code::kOk, {1}};
  const Bytes good = Encode(first);
  for (size_t lost = 0; lost < good.size(); ++lost) {
    Bytes bad = good;
    bad.erase(bad.begin() + static_cast<ptrdiff_t>(lost));
    // As many bytes behind it as a wrong length may ask for.
    const auto frames = Parse<Answer>(bad + Encode(next) + Bytes(4 * kMaxWords + 8, 0));
    EXPECT_EQ(frames, std::vector{next}) << "byte " << lost;
  }
}

TEST(FrameTest, NoiseBetweenFramesIsSkipped) {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 rng(seed);
    std::vector<Request> sent, got;
    Bytes stream;
    for (uint32_t i = 0; i < 40; ++i) {
      for (uint32_t n = rng() % 6; n > 0; --n) stream.push_back(static_cast<uint8_t>(rng()));
      Request request{static_cast<uint8_t>(i), Op::kWrite, static_cast<uint8_t>(rng() % 5), static_cast<uint32_t>(rng()), {}};
      for (uint32_t w = 0; w < request.len; ++w) request.words.push_back(static_cast<uint32_t>(rng()));
      stream = stream + Encode(request);
      sent.push_back(request);
    }
    stream = stream + Bytes(4 * kMaxWords + 12, 0);  // lets a false start end
    EXPECT_EQ(Parse<Request>(stream), sent) << "seed " << seed;
  }
}

TEST(FrameTest, ACorruptFrameIsCountedWithItsNumber) {
  Bytes bad = Encode(Request{77, Op::kStep, 0, 0, {}});
  bad.back() ^= 1;
  RequestParser parser;
  EXPECT_TRUE(Parse(bad, &parser).empty());
  EXPECT_EQ(parser.bad_frames(), 1u);
  EXPECT_EQ(parser.bad_seq(), 77);
  EXPECT_FALSE(parser.holds_part());
}

TEST(FrameTest, ALengthAboveTheLargestIsNoise) {
  AnswerParser parser;
  EXPECT_TRUE(Parse(Bytes{0x5A, 1, 0, 65}, &parser).empty());
  EXPECT_EQ(parser.strays(), 4u);
  EXPECT_EQ(parser.bad_frames(), 0u);
  EXPECT_FALSE(parser.holds_part());
}

TEST(FrameTest, ResetForgetsAFrameThatHasBegun) {
  const Bytes whole = Encode(Answer{1, Code::kOk, {5}});
  AnswerParser parser;
  Parse(Bytes(whole.begin(), whole.begin() + 5), &parser);
  EXPECT_TRUE(parser.holds_part());
  parser.Reset();
  EXPECT_EQ(Parse(whole, &parser).size(), 1u);
}

}  // namespace
}  // namespace weft::link
