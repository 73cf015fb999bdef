#include "sw/formats/load.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sw/formats/file_io.h"
#include "sw/formats/gguf.h"
#include "tests/formats/llama2c_bytes.h"
#include "tests/model/tiny_checkpoint.h"

namespace weft {
namespace {

using testing::TinyCheckpoint;

class LoadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              (std::string("weft_load_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  std::string Write(const std::string& name, const std::vector<uint8_t>& bytes) const {
    std::ofstream(Path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return Path(name);
  }
  static std::string Message(const Result<Checkpoint>& result) {
    return result.ok() ? "" : result.error().message;
  }

  std::filesystem::path folder_;
};

TEST_F(LoadTest, TellsTheFormatByContentNotByName) {
  const Checkpoint want = TinyCheckpoint({.vocab = false});
  const auto bin = LoadCheckpoint(Write("a.gguf", testing::Llama2cBytes(want)));
  ASSERT_TRUE(bin.ok()) << Message(bin);
  EXPECT_TRUE(testing::SameTensors(*bin, want));
  const auto gguf = LoadCheckpoint(Write("a.bin", *GgufBytes(want)));
  ASSERT_TRUE(gguf.ok()) << Message(gguf);
  EXPECT_TRUE(testing::SameTensors(*gguf, want));
}

TEST_F(LoadTest, ATokenizerFileCompletesAModelWithoutOne) {
  const Checkpoint model = TinyCheckpoint({.vocab = false});
  const std::string tokenizer = Write("tok.bin", testing::Llama2cTokenizerBytes(testing::TinyVocabulary()));
  for (const auto& bytes : {testing::Llama2cBytes(model), *GgufBytes(model)}) {
    const auto found = LoadCheckpoint(Write("m", bytes), tokenizer);
    ASSERT_TRUE(found.ok()) << Message(found);
    EXPECT_EQ(found->vocab.pieces, testing::TinyVocabulary().pieces);
  }
  const auto twice = LoadCheckpoint(Write("m", *GgufBytes(TinyCheckpoint())), tokenizer);
  EXPECT_EQ(Message(twice),
            tokenizer + ": is a second tokenizer, wanted none: the model file carries its own");
  const auto none = LoadCheckpoint(Write("m", testing::Llama2cBytes(model)), Path("absent"));
  EXPECT_EQ(Message(none), Path("absent") + ": cannot open: No such file or directory");
}

TEST_F(LoadTest, FilesThatCannotBeModelsAreNamed) {
  EXPECT_EQ(Message(LoadCheckpoint(Path("absent"))),
            Path("absent") + ": cannot open: No such file or directory");
  EXPECT_EQ(
      Message(LoadCheckpoint(folder_.string())),
      folder_.string() + ": is a folder without a config.json, wanted a model file or a Hugging Face folder");
  EXPECT_EQ(Message(LoadCheckpoint(Write("e", {}))),
            Path("e") + ": is empty, wanted a model or tokenizer file");
  EXPECT_EQ(Message(LoadCheckpoint("/dev/null")), "/dev/null: is a device or a pipe, wanted a regular file");
  const std::string text = "# A readme, and not a model at all";
  EXPECT_EQ(Message(LoadCheckpoint(Write("t", {text.begin(), text.end()}))),
            Path("t") + ": starts with '# A read', wanted a GGUF file or a llama2.c checkpoint");
  std::ofstream(Path("huge")).put('x');
  std::error_code unsupported;
  std::filesystem::resize_file(Path("huge"), kMaxFileBytes + 1, unsupported);  // sparse: takes no room
  if (!unsupported) {
    EXPECT_EQ(Message(LoadCheckpoint(Path("huge"))),
              Path("huge") + ": has 17179869185 bytes, wanted at most 17179869184");
  }
}

}  // namespace
}  // namespace weft
