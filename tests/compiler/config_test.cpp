#include "sw/compiler/config.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(ConfigTest, BuiltInConfigurationsAreSoundAndFound) {
  const auto all = AllConfigs();
  ASSERT_TRUE(all.ok()) << all.error().message;
  ASSERT_GE(all->size(), 4u);
  for (const HwConfig& config : *all) {
    const auto found = FindConfig(config.name);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(*found, config);
    EXPECT_FALSE(config.about.empty());
    const auto again = ConfigFromJson(ConfigToJson(config));
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(*again, config);
  }
}

TEST(ConfigTest, UnknownNameListsTheNames) {
  const auto found = FindConfig("bse");
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().message.find("'bse', wanted one of base, "), std::string::npos);
}

TEST(ConfigTest, BadValuesAreRefusedInASentence) {
  const HwConfig base = *FindConfig("base");
  const auto with = [&](uint32_t HwConfig::*field, uint32_t value) {
    HwConfig c = base;
    c.*field = value;
    return c;
  };
  const struct {
    HwConfig config;
    const char* message;
  } kBad[] = {
      {with(&HwConfig::port, 12), "port is 12, wanted a power of two from 1 to 128"},
      {with(&HwConfig::port, 256), "port is 256, wanted a power of two from 1 to 128"},
      {with(&HwConfig::columns, 0), "columns is 0, wanted a power of two from 1 to 128"},
      {with(&HwConfig::panel_rows, 4), "panel_rows is 4, wanted a multiple of 8 (chunks of a scale beat)"},
      {with(&HwConfig::cols_per_lane, 32), "columns is 16, wanted a multiple of 32 (cols_per_lane)"},
      {with(&HwConfig::max_rows, 40), "max_rows is 40, wanted a multiple of 16 (columns)"},
      {with(&HwConfig::max_vrows, 250), "max_vrows is 250, wanted a multiple of 16 (columns)"},
      {with(&HwConfig::max_vrows, 16), "max_vrows is 16, wanted at least max_rows, 32"},
      {with(&HwConfig::max_vrows, 2048),
       "max_vrows / columns is 128, wanted at most 64, the bits of a pass mask"},
      {with(&HwConfig::act_words, 2047), "act_words is 2047, wanted a multiple of 2 (words of a chunk)"},
      {with(&HwConfig::max_dim, 33), "max_dim is 33, wanted a multiple of 2 (results come in pairs)"},
      {with(&HwConfig::max_topk, 65), "max_topk is 65, wanted a number from 1 to 64"},
  };
  for (const auto& bad : kBad) {
    const auto status = ValidateHwConfig(bad.config);
    ASSERT_TRUE(status.has_value()) << bad.message;
    EXPECT_EQ(status->message, "configuration 'base': " + std::string(bad.message));
  }
}

TEST(ConfigTest, BadTextIsRefused) {
  for (const char* text :
       {"", "[", "[]", "{\"a\": 1}", "{\"a\": {\"port\": 16}}", "{\"a\": {\"port\": -1}}",
        "{\"a\": {\"port\": 1.5}}", "{\"a\": {\"speed\": 16}}", "{\"a\": {\"about\": 3}}"}) {
    EXPECT_FALSE(ParseConfigs(text).ok()) << text;
  }
  EXPECT_FALSE(ConfigFromJson("{\"port\": 16}").ok());
}

}  // namespace
}  // namespace weft
