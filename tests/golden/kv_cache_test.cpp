#include "sw/golden/kv_cache.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "sw/golden/fp_env.h"
#include "sw/golden/prim.h"

namespace weft::golden {
namespace {

TEST(KvCacheTest, HeadsShareAChunkOfK) {
  const FpEnv env;
  const KvGeometry kv = MakeKvGeometry(16, 8, 8, 4, 2);
  ASSERT_EQ(kv.hs, 4u);
  ASSERT_EQ(kv.kblk, 1280u);  // 16 units of 2 chunks behind a beat of scales
  ASSERT_EQ(kv.vblk, 256u + 1024u);
  std::vector<uint8_t> k(kv.SlotBytesK() * 2), v(kv.SlotBytesV() * 2);
  const float values[8] = {1, -1, 0.5f, 0, 0.25f, 1, 1, -0.5f};
  AppendK(kv, k, /*slot=*/1, /*position=*/37, /*head=*/2, values, 1.0f / 127);
  AppendV(kv, v, 1, 37, 2, values, 1.0f / 127);
  // Slot 1, block 1, token 5: the second chunk of the third unit; head 2 begins at byte 16.
  const size_t unit = (2 + 1) * 1280 + 2 * (16 + 64);
  EXPECT_EQ(static_cast<int8_t>(k[unit + 16 + 32 + 16]), 127);
  EXPECT_EQ(static_cast<int8_t>(k[unit + 16 + 32 + 17]), -127);
  const uint16_t scale = F2h(1.0f / 127);
  EXPECT_EQ(k[unit + 8 + 4] | k[unit + 8 + 5] << 8, scale);
  const size_t block = (2 + 1) * 1280;
  EXPECT_EQ(v[block + 2 * 64 + 10] | v[block + 2 * 64 + 11] << 8, scale);
  EXPECT_EQ(static_cast<int8_t>(v[block + 256 + (2 * 8 + 1) * 32 + 5]), -127);
}

// Every element and scale has its own bytes, inside its block, for every port and head size.
TEST(KvCacheTest, PlacesDoNotOverlap) {
  for (uint32_t port : {1u, 2u, 4u, 8u, 16u, 32u, 64u, 128u}) {
    const uint32_t panel_rows = port < 32 ? std::max(4u, port / 2) : 32;
    for (uint32_t head_dim : {4u, 8u, 12u, 16u, 24u, 32u, 48u, 64u}) {
      for (uint32_t kv_heads : {1u, 2u, 3u, 4u}) {
        const KvGeometry kv = MakeKvGeometry(port, panel_rows, head_dim, kv_heads, 2);
        ASSERT_EQ(kv.kblk % port, 0u);
        ASSERT_EQ(kv.vblk % port, 0u);
        std::set<uint64_t> k, v;
        size_t want = 0;
        for (uint32_t position = 0; position < 64; ++position) {
          for (uint32_t head = 0; head < kv_heads; ++head) {
            for (uint32_t d = 0; d < head_dim; ++d) {
              k.insert(kv.ElementK(0, position, head, d));
              v.insert(kv.ElementV(0, position, head, d));
            }
            for (uint32_t d = 0; d < head_dim; d += 32) {
              k.insert(kv.ScaleK(0, position, head, d));
              k.insert(kv.ScaleK(0, position, head, d) + 1);
              want += 2;
            }
            v.insert(kv.ScaleV(0, position, head));
            v.insert(kv.ScaleV(0, position, head) + 1);
            want += head_dim;
          }
        }
        ASSERT_EQ(k.size(), want) << port << " " << head_dim << " " << kv_heads;
        ASSERT_EQ(v.size(), 64 * kv_heads * (head_dim + 2)) << port << " " << head_dim << " " << kv_heads;
        ASSERT_LT(*k.rbegin(), kv.SlotBytesK());
        ASSERT_LT(*v.rbegin(), kv.SlotBytesV());
      }
    }
  }
}

}  // namespace
}  // namespace weft::golden
