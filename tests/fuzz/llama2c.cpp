// llama2.c checkpoints of every version.
#include "sw/formats/llama2c.h"

#include "tests/fuzz/target.h"

WEFT_FUZZ_TARGET(bytes) { weft::CheckSentence(weft::ReadLlama2c(bytes)); }
