// Attention as the softmax sees it: blocks of scores in drain order, V scales, and what must come out.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "sw/golden/softmax.h"
#include "sw/golden/special.h"
#include "tb/prim/operands.h"

namespace weft::bench {

struct ScoreBeat {
  bool skip = false;
  uint32_t vrow = 0, position = 0, sub = 0, pair = 0;
  float s0 = 0, s1 = 0;
  bool last = false;
};

struct ExpectedRow {  // of one block
  uint32_t vrow = 0;
  golden::SoftmaxBlockResult result;
};

struct ScoreBlock {
  uint32_t block = 0;   // within the set
  uint32_t kv_buf = 0;
  uint32_t heads = 1;   // of the set
  std::vector<ScoreBeat> beats;
  std::array<std::array<uint16_t, 32>, 4> scales{};  // by head of the set
  std::vector<uint32_t> skipped;
  std::vector<ExpectedRow> rows;
  bool set_last = false;
  std::map<uint32_t, uint32_t> recip_l;  // set_last: by virtual row
};

struct Segment {  // adjacent rows of one slot
  uint32_t first_row = 0, rows = 1, first_position = 0;
};

struct Shape {
  uint32_t q_per_kv = 1, heads = 1, sets = 1;
  std::vector<Segment> segments;
  uint32_t group() const { return q_per_kv * heads; }
};

class Scenario {
 public:
  Scenario(uint32_t seed, uint32_t panel_rows) : operands_(seed), panel_rows_(panel_rows) {}

  uint32_t Pick(uint32_t n) { return operands_.Word() % n; }

  // Segments of random lengths that fill at most max_rows rows and max_vrows virtual rows.
  Shape RandomShape(uint32_t max_rows, uint32_t max_vrows, uint32_t max_blocks) {
    Shape shape;
    shape.heads = 1u << Pick(3);
    shape.q_per_kv = 1 + Pick(3);
    shape.sets = 1 + Pick(3);
    uint32_t row = Pick(2);
    const uint32_t limit = std::min(max_rows, max_vrows / shape.group());
    while (row < limit && shape.segments.size() < 4) {
      // Now and then a prompt: rows of every length in one block.
      const uint32_t rows = 1 + Pick(std::min(limit - row, Pick(3) == 0 ? 32u : 6u));
      shape.segments.push_back({row, rows, Pick(32 * max_blocks)});
      row += rows + Pick(2);
    }
    if (shape.segments.empty()) shape.segments.push_back({0, 1, Pick(32 * max_blocks)});
    return shape;
  }

  std::vector<ScoreBlock> Make(const Shape& shape) {
    std::vector<ScoreBlock> blocks;
    for (const Segment& segment : shape.segments) {
      const uint32_t last_position = segment.first_position + segment.rows - 1;
      for (uint32_t set = 0; set < shape.sets; ++set) {
        std::map<uint32_t, golden::VrowState> states;
        for (uint32_t b = 0; b <= last_position / 32; ++b) {
          blocks.push_back(MakeBlock(shape, segment, b, static_cast<uint32_t>(blocks.size() % 4), states));
        }
        blocks.back().set_last = true;
        for (const auto& [vrow, state] : states) blocks.back().recip_l[vrow] = golden::Bits(golden::Recip(state.l));
      }
    }
    return blocks;
  }

 private:
  ScoreBlock MakeBlock(const Shape& shape, const Segment& segment, uint32_t b, uint32_t kv_buf,
                       std::map<uint32_t, golden::VrowState>& states) {
    ScoreBlock block;
    block.block = b;
    block.kv_buf = kv_buf;
    block.heads = shape.heads;
    const uint32_t scale_kind = Pick(6);
    for (auto& head : block.scales) {
      for (uint16_t& scale : head) scale = Scale(scale_kind);
    }
    std::map<uint32_t, std::array<float, 32>> scores;
    for (uint32_t at = 0; at < 32; at += panel_rows_) {
      for (uint32_t r = 0; r < segment.rows; ++r) {
        const uint32_t position = segment.first_position + r, last_row = r + 1 == segment.rows;
        // Of a row come the pairs that its position reaches.
        const uint32_t last_pair = position / 32 == b ? position % 32 / 2 : 15;
        for (uint32_t q = 0; q < shape.group(); ++q) {
          ScoreBeat beat;
          beat.vrow = (segment.first_row + r) * shape.group() + q;
          beat.position = position;
          beat.sub = q / shape.q_per_kv;
          if (position < 32 * b) {  // passes once
            if (at > 0) continue;
            beat.skip = true;
            block.skipped.push_back(beat.vrow);
            block.beats.push_back(beat);
            continue;
          }
          if (!scores.count(beat.vrow)) scores[beat.vrow] = Scores();
          for (uint32_t i = at; i < at + panel_rows_; i += 2) {
            beat.pair = i / 2;
            if (beat.pair > last_pair) break;
            beat.last = last_row && q + 1 == shape.group() && beat.pair == last_pair;
            beat.s0 = scores[beat.vrow][i];
            beat.s1 = scores[beat.vrow][i + 1];
            block.beats.push_back(beat);
          }
        }
      }
    }
    for (const auto& [vrow, row_scores] : scores) {
      const uint32_t position = segment.first_position + vrow / shape.group() - segment.first_row;
      const int valid = static_cast<int>(std::min(32u, position - 32 * b + 1));
      const uint32_t sub = vrow % shape.group() / shape.q_per_kv;
      block.rows.push_back({vrow, golden::SoftmaxBlock(states[vrow], b == 0, row_scores.data(), valid,
                                                       block.scales[sub].data())});
    }
    return block;
  }

  std::array<float, 32> Scores() {
    std::array<float, 32> scores;
    const uint32_t kind = Pick(10);
    const uint32_t same = operands_.Moderate(3);
    for (float& s : scores) {
      uint32_t bits = operands_.Moderate(3);
      switch (kind) {
        case 0:  // all alike
          bits = same;
          break;
        case 1:  // nothing comparable, or almost
          bits = Pick(40) ? (Pick(4) ? 0xff800000u : 0x7fc00000u) : bits;
          break;
        case 2:  // a NaN or an infinity somewhere
          if (Pick(20) == 0) bits = Pick(2) ? 0x7fc00000u : 0x7f800000u | Pick(2) << 31;
          break;
        case 3:  // far apart: most probabilities vanish
          bits = operands_.Moderate(8);
          break;
        case 4:  // any number
          bits = operands_.Float();
          break;
        case 5:  // zeros of both signs
          bits = Pick(2) << 31;
          break;
        default:
          break;
      }
      s = golden::FromBits(bits);
    }
    return scores;
  }

  uint16_t Scale(uint32_t kind) {
    switch (kind) {
      case 0:  // zero and subnormal
        return static_cast<uint16_t>(Pick(2) ? Pick(1024) : 0);
      case 1:  // any half
        return static_cast<uint16_t>(Pick(65536));
      default:
        return static_cast<uint16_t>(0x2000 + Pick(0x1800));
    }
  }

  Operands operands_;
  uint32_t panel_rows_;
};

}  // namespace weft::bench
