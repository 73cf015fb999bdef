// Frames of the host link, both directions: whatever the line brings, in whatever pieces, gives the same frames, and
// each of them is one that the line really held.
#include "sw/link/frame.h"

#include <algorithm>

#include "tests/fuzz/target.h"

namespace {

template <typename Frame>
void Check(std::span<const uint8_t> bytes) {
  using weft::link::Parser;
  Parser<Frame> whole, pieces;
  std::vector<Frame> frames, again;
  whole.Push(bytes, &frames);
  for (size_t at = 0, size = 1; at < bytes.size(); at += size, size = size % 7 + 1) {
    pieces.Push(bytes.subspan(at, std::min(size, bytes.size() - at)), &again);
  }
  WEFT_CHECK(frames == again, "pieces do not matter");
  auto from = bytes.begin();
  for (const Frame& frame : frames) {
    const auto encoded = weft::link::Encode(frame);
    const auto found = std::search(from, bytes.end(), encoded.begin(), encoded.end());
    WEFT_CHECK(found != bytes.end(), "a frame is what was on the line");
    from = found + static_cast<std::ptrdiff_t>(encoded.size());
  }
}

}  // namespace

WEFT_FUZZ_TARGET(bytes) {
  Check<weft::link::Request>(bytes);
  Check<weft::link::Answer>(bytes);
}
