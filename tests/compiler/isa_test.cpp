#include "sw/compiler/isa.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "sw/compiler/disasm.h"

namespace weft {
namespace {

// Decoding gives back what was encoded, also through bytes.
template <typename T>
void ExpectRoundTrip(const T& instr) {
  uint8_t bytes[kInstrBytes];
  instr.Encode().Store(bytes);
  EXPECT_EQ(T::Decode(Instr::Load(bytes)), instr);
}

TEST(IsaTest, EveryFieldSurvives) {
  ExpectRoundTrip(LoadiInstr{0xfffe, 1});
  ExpectRoundTrip(ModelInstr{0xffff, 0xfff1, 0xf2, 0xf3, 0x04, 0xf5, 0xfff6, 0xfff7, 0xfff8, 0xfff9, 0.5f,
                             1e-5f, 0x20, 0x40, 1.28e-4f, 2});
  ExpectRoundTrip(RopeInstr{0xabcdef012345, 0xfff0, 4});
  ExpectRoundTrip(EmbedInstr{0xfffffe, 0x20, 0xfff1, 0xfff2, 0xfff3, 2, 0.25f, 0xfedcba987654, 3});
  ExpectRoundTrip(VecInstr{0xffffff, 5});
  ExpectRoundTrip(MatmulInstr{Epilogue::kGlu, WeightType::kTernary, 0xffffff, 0x1f, 0xfff1, 0xfff2, 0xfff3,
                              0xfff4, 0xfff5, 2, 1, 0.125f, 0x123456789abc, 7});
  ExpectRoundTrip(AttnInstr{0x123456789abc, 0xfffffff0, 0xfff1, 0xfff2, 1, 2.0f, 4});
}

TEST(IsaTest, FieldsSitWhereTheDocumentSays) {
  MatmulInstr m;
  m.epilogue = Epilogue::kRes;
  m.n = 0x123456;
  m.tail = 0x20;
  m.groups = 0x1111;
  m.panels = 0x2222;
  m.src_base = 0x3333;
  m.dst_base = 0x4444;
  m.dst_groups = 0x5555;
  m.src_copies_log2 = 1;
  m.dst_copies_log2 = 2;
  m.qs = 1.0f;
  m.address = 0x6666'77778888;
  m.flags = kFlagWait;
  const Instr want{
      {0x04010306, 0x20123456, 0x22221111, 0x44443333, 0x00095555, 0x3f800000, 0x77778888, 0x6666}};
  EXPECT_EQ(m.Encode(), want);
}

// rtl/weft_pkg.sv mirrors the numbers: each OP_ and EPI_ name there has ours.
TEST(IsaTest, ThePackageOfTheRtlAgrees) {
  std::ifstream file(WEFT_SOURCE_DIR "/rtl/weft_pkg.sv");
  ASSERT_TRUE(file.good());
  std::stringstream text;
  text << file.rdbuf();
  const std::string rtl = text.str();
  const std::regex entry("(OP|EPI)_([A-Z_]+) *= *[0-9]+'d([0-9]+)");
  int ops = 0, epilogues = 0;
  for (std::sregex_iterator it(rtl.begin(), rtl.end(), entry), end; it != end; ++it) {
    const int number = std::stoi((*it)[3]);
    if ((*it)[1] == "OP") {
      EXPECT_EQ((*it)[2].str(), OpName(static_cast<Op>(number)));
      ++ops;
    } else {
      EXPECT_EQ((*it)[2].str(), EpilogueName(static_cast<Epilogue>(number)));
      ++epilogues;
    }
  }
  EXPECT_EQ(ops, 12);
  EXPECT_EQ(epilogues, 8);
}

}  // namespace
}  // namespace weft
