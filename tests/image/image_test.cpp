#include "sw/image/image.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "sw/formats/file_io.h"
#include "sw/golden/machine.h"
#include "sw/image/container.h"
#include "tests/golden/random_model.h"

namespace weft {
namespace {

using Bytes = std::vector<uint8_t>;

Image SmallImage() {
  const auto c = testing::TinyCheckpoint({.dim = 32, .hidden = 40, .layers = 1, .heads = 4, .kv_heads = 2});
  const HwConfig hw = *FindConfig("mini");
  CompileOptions options;
  options.slots = 1;
  return {hw, c.config, *Compile(c, hw, options), c.vocab};
}

std::string Message(const Bytes& bytes) {
  const auto image = DecodeImage(bytes);
  return image.ok() ? "" : image.error().message;
}

TEST(ImageTest, GivesBackWhatWentIn) {
  const Image image = SmallImage();
  const auto again = DecodeImage(EncodeImage(image));
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->hw, image.hw);
  EXPECT_EQ(again->model.name, image.model.name);
  EXPECT_EQ(again->model.rope_theta, image.model.rope_theta);
  EXPECT_EQ(again->model.norm_eps, image.model.norm_eps);
  EXPECT_EQ(again->tape.bytes, image.tape.bytes);
  EXPECT_EQ(again->tape.kv_bytes, image.tape.kv_bytes);
  EXPECT_EQ(again->tape.needs, image.tape.needs);
  EXPECT_EQ(again->tape.sections.size(), image.tape.sections.size());
  EXPECT_EQ(again->vocab.pieces, image.vocab.pieces);
  EXPECT_EQ(again->vocab.scores, image.vocab.scores);
  EXPECT_EQ(again->vocab.kinds, image.vocab.kinds);
  EXPECT_TRUE(golden::Machine::Create(again->hw, again->tape).ok());
}

TEST(ImageTest, FilesAreReplacedWhole) {
  const auto dir = std::filesystem::temp_directory_path() / "weft_image_test";
  std::filesystem::create_directories(dir);
  const std::string path = (dir / "model.weft").string();
  const Image image = SmallImage();
  ASSERT_FALSE(WriteImage(path, image).has_value());
  ASSERT_FALSE(WriteImage(path, image).has_value());
  EXPECT_TRUE(ReadImage(path).ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir), {}), 1);
  std::ofstream(path, std::ios::binary) << "WEFT\r\n";
  const auto bad = ReadImage(path);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().message.substr(0, path.size() + 2), path + ": ");
  EXPECT_TRUE(WriteImage((dir / "no" / "such.weft").string(), image).has_value());
  std::filesystem::remove_all(dir);
}

// Where the sections' table entries begin, and an entry's fields.
constexpr size_t kTable = 16, kEntry = 24, kPacked = 8, kRaw = 16;
constexpr size_t kHeader = kTable + 4 * kEntry;  // then the header's checksum

// The image with one edit, and the header's checksum made right again.
Bytes Edited(const std::function<void(Bytes&)>& edit) {
  Bytes bytes = EncodeImage(SmallImage());
  edit(bytes);
  if (bytes.size() >= kHeader + 4) {
    const uint32_t crc = static_cast<uint32_t>(crc32(0, bytes.data(), kHeader));
    std::memcpy(&bytes[kHeader], &crc, 4);
  }
  return bytes;
}

template <typename T>
void Put(Bytes& bytes, size_t at, T value) {
  std::memcpy(&bytes[at], &value, sizeof value);
}

TEST(ImageTest, DamagedFilesAreRefusedInASentence) {
  const struct {
    const char* what;
    std::function<void(Bytes&)> edit;
    const char* message;  // what it contains
  } kBad[] = {
      {"empty", [](Bytes& b) { b.clear(); }, "magic number"},
      {"short", [](Bytes& b) { b.resize(40); }, "section table"},
      {"magic", [](Bytes& b) { b[0] = 'w'; }, "the file starts with 'wEFT"},
      {"text mode", [](Bytes& b) { b.erase(b.begin() + 4); }, "wanted the magic number"},
      {"version", [](Bytes& b) { Put(b, 8, 1u); }, "the file has version 1, wanted 2"},
      {"no sections", [](Bytes& b) { Put(b, 12, 0u); }, "the file has 0 sections, wanted 1 to 16"},
      {"many sections", [](Bytes& b) { Put(b, 12, 17u); }, "the file has 17 sections, wanted 1 to 16"},
      {"size beyond the file", [](Bytes& b) { Put(b, kTable + 3 * kEntry + kPacked, uint64_t{1} << 40); },
       "section 'TAPE' takes 1099511627776 bytes, wanted at most"},
      {"sizes that overflow together", [](Bytes& b) { Put(b, kTable + kPacked, ~uint64_t{0}); },
       "section 'CONF' takes 18446744073709551615 bytes"},
      {"raw size beyond reason", [](Bytes& b) { Put(b, kTable + kRaw, uint64_t{1} << 33); },
       "section 'CONF' states 8589934592 bytes out of"},
      {"raw size too large by one", [](Bytes& b) { ++b[kTable + kRaw]; }, "wanted the stated"},
      {"raw size too small by one", [](Bytes& b) { --b[kTable + kRaw]; },
       "section 'CONF' decompresses to more than the stated"},
      {"truncated", [](Bytes& b) { b.resize(b.size() - 1); }, "it is truncated"},
      {"more at the end", [](Bytes& b) { b.push_back(0); }, "1 bytes after its last section, wanted none"},
      {"checksum", [](Bytes& b) { ++b[kTable + 2 * kEntry + 4]; },
       "section 'VOCB' has the wrong checksum: the file is damaged"},
      {"stream", [](Bytes& b) { b[kHeader + 4] ^= 0xff; }, "section 'CONF' has the wrong checksum"},
      {"stream with its checksum",
       [](Bytes& b) {
         b[kHeader + 4] ^= 0xff;
         uint64_t packed;
         std::memcpy(&packed, &b[kTable + kPacked], sizeof packed);
         Put(b, kTable + 4, static_cast<uint32_t>(crc32_z(0, &b[kHeader + 4], packed)));
       },
       "section 'CONF' is no whole zlib stream"},
      {"twice", [](Bytes& b) { std::memcpy(&b[kTable + kEntry], "CONF", 4); },
       "'CONF' comes twice, wanted once"},
      {"unknown", [](Bytes& b) { std::memcpy(&b[kTable + 3 * kEntry], "TAPF", 4); },
       "section 3 is 'TAPF', wanted 'TAPE'"},
  };
  for (const auto& bad : kBad) {
    const std::string message = Message(Edited(bad.edit));
    EXPECT_NE(message.find(bad.message), std::string::npos) << bad.what << ": " << message;
  }
  Bytes header = EncodeImage(SmallImage());
  header[kTable + kRaw] ^= 1;
  EXPECT_EQ(Message(header), "the header's checksum is wrong: the file is damaged");
}

TEST(ImageTest, AnyFlippedBitIsNoticedAndNoneIsFatal) {
  const Bytes good = EncodeImage(SmallImage());
  for (size_t at = 0; at < good.size(); at += at < 200 ? 1 : 101) {
    Bytes bad = good;
    bad[at] ^= static_cast<uint8_t>(1u << (at % 8));
    EXPECT_NE(Message(bad), "") << "byte " << at;
  }
}

// Sections that are whole but do not fit together.
TEST(ImageTest, ContradictionsAreRefused) {
  const Image good = SmallImage();
  const struct {
    std::function<void(Image&)> edit;
    const char* message;
  } kBad[] = {
      {[](Image& i) { i.hw.max_dim = 16; }, "the model's embedding length is 32, wanted at most 16"},
      {[](Image& i) { i.hw.port = 3; }, "port is 3, wanted a power of two"},
      {[](Image& i) { i.model.head_dim = 7; }, "the model's head size is 7, wanted an even number"},
      {[](Image& i) { i.model.architecture = "x"; },
       "the model's architecture is 'x', wanted llama, qwen2 or qwen3"},
      {[](Image& i) { i.tape.vocab = 275; }, "the tape's vocabulary size is 275, wanted 276"},
      {[](Image& i) { i.tape.max_rows = 9; }, "the tape's row count is 9, wanted 8"},
      {[](Image& i) { i.tape.kv_bytes += 1; }, "the tape's KV size is"},
      {[](Image& i) { i.tape.slots = 0; }, "no context or no slots"},
      {[](Image& i) { i.tape.bytes.resize(500); }, "the tape holds 500 bytes, wanted"},
      {[](Image& i) { i.tape.boot_count = 4; }, "instruction 14 has opcode"},
      {[](Image& i) { i.vocab.kinds[3] = TokenKind{9}; }, "token 3 has kind 9, wanted 1 to 6"},
      {[](Image& i) { i.vocab.bos = 276; }, "the vocabulary's begin-of-text token is 276, wanted -1 or"},
      {[](Image& i) { i.vocab.pieces.pop_back(); }, "the vocabulary has 275 tokens, wanted 276"},
  };
  for (const auto& bad : kBad) {
    Image image = good;
    bad.edit(image);
    const std::string message = Message(EncodeImage(image));
    EXPECT_NE(message.find(bad.message), std::string::npos) << bad.message << ": " << message;
  }
}

TEST(ContainerTest, EmptyAndLargeSectionsSurvive) {
  Bytes large(3'000'000);
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<uint8_t>(i * i >> 7);
  const auto sections = UnpackSections(PackSections({{"ABCD", {}}, {"EFGH", large}}));
  ASSERT_TRUE(sections.ok()) << sections.error().message;
  EXPECT_TRUE((*sections)[0].bytes.empty());
  EXPECT_EQ((*sections)[1].bytes, large);
}

}  // namespace
}  // namespace weft
