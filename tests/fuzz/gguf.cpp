// GGUF files: what is read can be written, and is read again.
#include "sw/formats/gguf.h"

#include "tests/fuzz/target.h"

WEFT_FUZZ_TARGET(bytes) {
  using namespace weft;
  const auto checkpoint = ReadGguf(bytes);
  CheckSentence(checkpoint);
  if (!checkpoint.ok()) return;
  const auto written = GgufBytes(*checkpoint);
  CheckSentence(written);
  WEFT_CHECK(written.ok() && ReadGguf(*written).ok(), "what is written can be read");
}
