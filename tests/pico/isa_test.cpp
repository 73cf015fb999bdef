// The RTL's numbers are those of sw/pico/isa.h: both are written by hand.
#include "sw/pico/isa.h"

#include <gtest/gtest.h>

#include <bit>
#include <cctype>
#include <fstream>
#include <map>
#include <regex>
#include <string>

namespace weft::pico {
namespace {

// PICO_<name> of rtl/weft_pkg.sv, the names in lower case: operations (6 bits wide) and other constants.
struct Constants {
  std::map<std::string, uint32_t> ops, others;
};

Constants FromRtl() {
  std::ifstream file(WEFT_SOURCE_DIR "/rtl/weft_pkg.sv");
  EXPECT_TRUE(file.is_open());
  const std::regex op(R"(localparam logic \[5:0\] PICO_(\w+)\s*=\s*6'd(\d+);)");
  const std::regex other(R"(localparam int unsigned PICO_(\w+)\s*=\s*(\d+);)");
  Constants constants;
  std::string line;
  std::smatch match;
  while (std::getline(file, line)) {
    const bool is_op = std::regex_search(line, match, op);
    if (!is_op && !std::regex_search(line, match, other)) {
      EXPECT_EQ(line.find("PICO_") != std::string::npos && line.find("localparam") != std::string::npos,
                false)
          << line;
      continue;
    }
    std::string name = match[1];
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    auto& table = is_op ? constants.ops : constants.others;
    EXPECT_TRUE(table.emplace(name, std::stoul(match[2])).second) << name << " twice";
  }
  return constants;
}

TEST(PicoIsaTest, OperationsAreThoseOfTheRtl) {
  std::map<std::string, uint32_t> want;
  for (uint32_t k = 0; k < kOps; ++k) want[kOpTable[k].name] = k;
  ASSERT_EQ(want.size(), size_t{kOps});
  EXPECT_EQ(FromRtl().ops, want);
}

TEST(PicoIsaTest, StagesAreThoseOfTheRtl) {
  // The evaluator keeps the multiplier for the cycle it starts in and these more.
  const int busy = std::popcount(Info(Op::kSpec).multiplier) - 1;
  const std::map<std::string, uint32_t> want = {{"fadd_stages", kFaddStages},
                                                {"fmul_stages", kFmulStages},
                                                {"spec_stages", kSpecStages},
                                                {"spec_busy", static_cast<uint32_t>(busy)},
                                                {"program", kProgramWords}};
  EXPECT_EQ(FromRtl().others, want);
}

}  // namespace
}  // namespace weft::pico
