#include "sw/compiler/layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace weft {
namespace {

struct Case {
  uint32_t port, panel_rows;
};

class LayoutTest : public ::testing::TestWithParam<Case> {};

// Rows of Q8_0 blocks with random bytes, no element zero, and zeros beyond k.
std::vector<uint8_t> RandomRows(uint32_t outputs, uint32_t k, std::mt19937& rng) {
  const uint32_t groups = static_cast<uint32_t>(CeilDiv(k, 32));
  std::vector<uint8_t> rows(size_t{outputs} * groups * 34);
  for (uint32_t n = 0; n < outputs; ++n) {
    for (uint32_t i = 0; i < groups; ++i) {
      uint8_t* block = &rows[(size_t{n} * groups + i) * 34];
      for (uint32_t b = 0; b < 34; ++b) {
        if (b < 2 || i * 32 + b - 2 < k) block[b] = static_cast<uint8_t>(1 + rng() % 255);
      }
    }
  }
  return rows;
}

TEST_P(LayoutTest, UnpackingIsTheInverseOfPacking) {
  const auto [port, panel_rows] = GetParam();
  std::mt19937 rng(port * 100 + panel_rows);
  for (uint32_t outputs : {1u, 5u, 32u, 77u}) {
    for (uint32_t k : {2u, 32u, 34u, 72u, 172u, 256u}) {
      const PanelLayout layout(port, panel_rows, outputs, k, WeightType::kInt8);
      ASSERT_EQ(layout.bytes() % port, 0u);
      const auto rows = RandomRows(outputs, k, rng);
      const size_t row_bytes = size_t{layout.groups()} * 34;
      std::vector<uint8_t> payload(layout.bytes());
      PackWeights(
          layout, [&](uint32_t n) { return &rows[n * row_bytes]; }, payload);
      std::vector<int8_t> q(layout.groups() * 32);
      std::vector<uint16_t> scales(layout.groups());
      for (uint32_t n = 0; n < outputs; ++n) {
        UnpackRow(layout, payload, n, q.data(), scales.data());
        for (uint32_t g = 0; g < layout.groups(); ++g) {
          const uint8_t* block = &rows[n * row_bytes + g * 34];
          ASSERT_EQ(scales[g], block[0] | block[1] << 8);
          ASSERT_TRUE(std::equal(block + 2, block + 34, reinterpret_cast<uint8_t*>(&q[g * 32])));
        }
      }
      // Nothing was written twice: the bytes that are not zero are the rows' bytes.
      const auto nonzero = [](const auto& v) {
        return std::ranges::count_if(v, [](uint8_t b) { return b != 0; });
      };
      ASSERT_EQ(nonzero(payload), nonzero(rows)) << outputs << " x " << k;
    }
  }
}

// The stream, read front to back by docs/isa.md, meets the chunks where the offsets say.
TEST_P(LayoutTest, StreamOrderIsPanelGroupOutput) {
  const auto [port, panel_rows] = GetParam();
  for (uint32_t ns : {1u, 2u, 4u}) {
    const PanelLayout layout(port, panel_rows, 2 * panel_rows, ns == 1 ? 76 : 32, ns);
    const uint32_t unit = std::max(1u, port / (2 * ns));
    const uint32_t scale_bytes = std::max(2 * ns, port);
    uint64_t at = 0, chunk = 0, scales = 0;
    for (uint32_t panel = 0; panel < 2; ++panel) {
      for (uint32_t g = 0; g < layout.groups(); ++g) {
        for (uint32_t n = panel * panel_rows; n < (panel + 1) * panel_rows; ++n, ++chunk) {
          if (chunk % unit == 0) {
            scales = at;
            at += scale_bytes;
          }
          ASSERT_EQ(layout.ScaleOffset(n, g, ns - 1), scales + (chunk % unit * ns + ns - 1) * 2);
          ASSERT_EQ(layout.ChunkOffset(n, g), at);
          at += layout.ChunkBytes(g);
        }
      }
    }
    ASSERT_EQ(layout.bytes(), at);
  }
}

// Packed types: the stream is the same with slots for chunks; scales come with every share-th group.
TEST_P(LayoutTest, PackedSlotsFollowTheStream) {
  const auto [port, panel_rows] = GetParam();
  std::mt19937 rng(port * 100 + panel_rows);
  for (const WeightType type : {WeightType::kInt4, WeightType::kTernary}) {
    const uint32_t parts = 1u << PartsLog2(type), share = ScaleShare(type), bits = 8 / parts;
    const uint32_t unit = std::max(1u, port / (2 * parts));
    if (share > 1 && panel_rows % unit != 0) continue;  // the compiler takes another type there
    const uint32_t outputs = 3 * panel_rows * parts - 1, k = 512 + 32, groups = k / 32;
    const uint32_t file_groups = type == WeightType::kTernary ? 24 : groups;
    const size_t row_bytes = type == WeightType::kTernary ? file_groups / 8 * 66 : file_groups * 18;
    std::vector<uint8_t> rows(outputs * row_bytes);
    for (uint8_t& byte : rows) byte = static_cast<uint8_t>(rng());
    const PanelLayout layout(port, panel_rows, outputs, k, type);
    ASSERT_EQ(layout.panels(), 3u);
    std::vector<uint8_t> payload(layout.bytes());
    PackWeights(
        layout, [&](uint32_t n) { return &rows[n * row_bytes]; }, payload);
    // Front to back: where the scales and slots of each step are.
    uint64_t at = 0, slot = 0;
    std::vector<uint64_t> scale_at(panel_rows);
    for (uint32_t panel = 0; panel < 3; ++panel) {
      for (uint32_t g = 0; g < groups; ++g) {
        for (uint32_t i = 0; i < panel_rows; ++i, ++slot) {
          const uint32_t in_unit = static_cast<uint32_t>(share > 1 ? i % unit : slot % unit);
          if (g % share == 0 && in_unit == 0) {
            for (uint32_t j = 0; j < std::min(unit, panel_rows); ++j) {
              scale_at[(i + j) % panel_rows] = at + uint64_t{j} * parts * 2;
            }
            at += std::max(2 * parts, port);
          }
          for (uint32_t p = 0; p < parts; ++p) {
            const uint32_t n = (panel * parts + p) * panel_rows + i;
            ASSERT_EQ(layout.ChunkOffset(n, g), at);
            if (share > 1 || unit <= panel_rows) {
              ASSERT_EQ(layout.ScaleOffset(n, g), scale_at[i] + 2 * p);
            }
            if (n >= outputs) continue;
            const uint8_t* row = &rows[n * row_bytes];
            for (uint32_t m = 0; m < 32; ++m) {
              const uint32_t want = type == WeightType::kInt4
                                        ? row[g * 18 + 2 + m % 16] >> (m < 16 ? 0 : 4) & 15
                                        : row[g / 8 * 66 + g % 8 / 4 * 32 + m] >> (2 * (g % 4)) & 3;
              ASSERT_EQ(payload[at + m] >> (bits * p) & ((1u << bits) - 1), want)
                  << n << " " << g << " " << m;
            }
          }
          at += 32;
        }
      }
    }
    ASSERT_EQ(layout.bytes(), at);
    std::vector<int8_t> q(k);
    std::vector<uint16_t> scales(groups);
    for (uint32_t n = 0; n < outputs; ++n) {
      UnpackRow(layout, payload, n, q.data(), scales.data());
      for (uint32_t g = 0; g < groups; ++g) {
        const uint8_t* scale = &rows[n * row_bytes + (type == WeightType::kInt4 ? g * 18 : g / 8 * 66 + 64)];
        ASSERT_EQ(scales[g], scale[0] | scale[1] << 8);
      }
      const uint32_t shift = bits * layout.Part(n);
      const int8_t offset = type == WeightType::kInt4 ? 8 : 1;
      ASSERT_EQ(q[33], static_cast<int8_t>(
                           (payload[layout.ChunkOffset(n, 1) + 1] >> shift & ((1 << bits) - 1)) - offset));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ports, LayoutTest,
                         ::testing::Values(Case{1, 1}, Case{1, 4}, Case{2, 4}, Case{4, 4}, Case{8, 4},
                                           Case{16, 8}, Case{16, 16}, Case{32, 1}, Case{32, 16}, Case{64, 32},
                                           Case{128, 4}, Case{128, 32}),
                         [](const auto& info) {
                           return std::to_string(info.param.port) + "Bytes" +
                                  std::to_string(info.param.panel_rows) + "Rows";
                         });

TEST(HeadsPerSetTest, LargestPowerOfTwoThatFits) {
  EXPECT_EQ(HeadsPerSet(8, 4), 4u);
  EXPECT_EQ(HeadsPerSet(8, 6), 2u);
  EXPECT_EQ(HeadsPerSet(8, 3), 1u);
  EXPECT_EQ(HeadsPerSet(4, 8), 4u);
  EXPECT_EQ(HeadsPerSet(12, 4), 2u);
  EXPECT_EQ(HeadsPerSet(16, 2), 2u);
  EXPECT_EQ(HeadsPerSet(18, 2), 1u);
  EXPECT_EQ(HeadsPerSet(64, 8), 1u);
}

}  // namespace
}  // namespace weft
