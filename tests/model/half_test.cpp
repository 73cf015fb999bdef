#include "sw/model/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace weft {
namespace {

// The value that the format's definition gives, by arithmetic instead of bit fields.
double HalfValue(uint16_t half) {
  const double sign = half & 0x8000 ? -1 : 1;
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 1023;
  if (exponent == 31) return fraction != 0 ? std::nan("") : sign * INFINITY;
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

TEST(HalfTest, EveryHalfHasItsDefinedValueAndComesBack) {
  for (uint32_t h = 0; h < 0x10000; ++h) {
    const uint16_t half = static_cast<uint16_t>(h);
    const float value = HalfToFloat(half);
    if (std::isnan(HalfValue(half))) {
      ASSERT_TRUE(std::isnan(value)) << h;
      ASSERT_EQ(FloatToHalf(value), 0x7e00) << h;
      continue;
    }
    ASSERT_EQ(value, HalfValue(half)) << h;
    ASSERT_EQ(std::signbit(value), (half >> 15) != 0) << h;
    ASSERT_EQ(FloatToHalf(value), half) << h;
  }
}

TEST(HalfTest, RoundsToNearestAndTiesToEven) {
  for (uint16_t half = 0; half < 0x7bff; ++half) {  // between each half and the next
    const float low = HalfToFloat(half);
    const float high = HalfToFloat(half + 1);
    const float middle = (low + high) / 2;  // exact in float
    ASSERT_EQ(FloatToHalf(middle), half + (half & 1)) << half;
    ASSERT_EQ(FloatToHalf(std::nextafter(middle, 0.0f)), half) << half;
    ASSERT_EQ(FloatToHalf(std::nextafter(middle, 1e9f)), half + 1) << half;
    ASSERT_EQ(FloatToHalf(-middle), 0x8000 | (half + (half & 1))) << half;
  }
}

TEST(HalfTest, OverflowsAndUnderflowsAtTheStatedPoints) {
  EXPECT_EQ(FloatToHalf(65504.0f), 0x7bff);
  EXPECT_EQ(FloatToHalf(std::nextafter(65520.0f, 0.0f)), 0x7bff);
  EXPECT_EQ(FloatToHalf(65520.0f), 0x7c00);  // a tie between 65504 and 2^16 goes to the even one
  EXPECT_EQ(FloatToHalf(std::numeric_limits<float>::max()), 0x7c00);
  EXPECT_EQ(FloatToHalf(-INFINITY), 0xfc00);
  EXPECT_EQ(FloatToHalf(std::ldexp(1.0f, -25)), 0);  // a tie between 0 and 2^-24
  EXPECT_EQ(FloatToHalf(std::nextafter(std::ldexp(1.0f, -25), 1.0f)), 1);
  EXPECT_EQ(FloatToHalf(std::numeric_limits<float>::denorm_min()), 0);
  EXPECT_EQ(FloatToHalf(-0.0f), 0x8000);
}

}  // namespace
}  // namespace weft
