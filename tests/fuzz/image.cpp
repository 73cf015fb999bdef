// .weft images.
#include "sw/image/image.h"

#include "tests/fuzz/target.h"

WEFT_FUZZ_TARGET(bytes) { weft::CheckSentence(weft::DecodeImage(bytes)); }
