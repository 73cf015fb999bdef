#include "sw/tokenizer/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace weft {
namespace {

const std::string kMark = "\xef\xbf\xbd";

std::string OneByOne(std::string_view bytes) {
  Utf8Stream stream;
  std::string out;
  for (char c : bytes) out += stream.Push(std::string_view(&c, 1));
  return out + stream.Flush();
}

std::string AtOnce(std::string_view bytes) {
  Utf8Stream stream;
  const std::string out = stream.Push(bytes);
  return out + stream.Flush();
}

bool Valid(std::string_view text) {
  while (!text.empty()) {
    bool incomplete = false;
    const size_t length = Utf8Length(text, &incomplete);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

TEST(Utf8StreamTest, HoldsACharacterBackUntilItIsWhole) {
  Utf8Stream stream;
  EXPECT_EQ(stream.Push("a\xf0\x9f"), "a");
  EXPECT_EQ(stream.Push("\x98"), "");
  EXPECT_EQ(stream.Push("\x80z"), "\xf0\x9f\x98\x80z");
  EXPECT_EQ(stream.Flush(), "");
}

TEST(Utf8StreamTest, ReplacesAStartedCharacterOnlyAtTheEnd) {
  Utf8Stream stream;
  EXPECT_EQ(stream.Push("x\xe2\x82"), "x");
  EXPECT_EQ(stream.Flush(), kMark);
  EXPECT_EQ(stream.Flush(), "");
}

TEST(Utf8StreamTest, EveryCodePointPassesUnchanged) {
  for (uint32_t code = 1; code <= 0x10ffff; code += code < 0x3000 ? 1 : 97) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    std::string text;
    if (code < 0x80) {
      text = {static_cast<char>(code)};
    } else if (code < 0x800) {
      text = {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 63))};
    } else if (code < 0x10000) {
      text = {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 63)),
              static_cast<char>(0x80 | (code & 63))};
    } else {
      text = {static_cast<char>(0xf0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 63)),
              static_cast<char>(0x80 | (code >> 6 & 63)), static_cast<char>(0x80 | (code & 63))};
    }
    ASSERT_EQ(OneByOne(text), text) << code;
    ASSERT_EQ(AtOnce(text), text) << code;
  }
}

TEST(Utf8StreamTest, BytesThatCannotBecomeACharacterAreMarked) {
  const struct {
    const char* bytes;
    std::string want;
  } cases[] = {
      {"\x80", kMark},                                      // a continuation alone
      {"\xc0\xaf", kMark + kMark},                          // overlong
      {"\xe0\x80\x80", kMark + kMark + kMark},              // overlong
      {"\xed\xa0\x80", kMark + kMark + kMark},              // a surrogate
      {"\xf4\x90\x80\x80", kMark + kMark + kMark + kMark},  // above U+10FFFF
      {"\xff", kMark},
      {"\xe2\x82"
       "a",
       kMark + "a"},  // cut short by the next character
      {"\xf0\x9f\x98\xe2\x82\xac", kMark + "\xe2\x82\xac"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(OneByOne(c.bytes), c.want);
    EXPECT_EQ(AtOnce(c.bytes), c.want);
  }
}

TEST(Utf8StreamTest, AnyBytesGiveValidTextHoweverTheyAreCut) {
  std::mt19937 rng(1);
  const std::string alphabet = "az\x80\xbf\x9f\xc3\xe2\xed\xf0\xf4\xff";
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (int i = 0; i < 12; ++i) bytes += alphabet[rng() % alphabet.size()];
    const std::string text = AtOnce(bytes);
    ASSERT_TRUE(Valid(text));
    ASSERT_EQ(OneByOne(bytes), text);
  }
}

}  // namespace
}  // namespace weft
