// config.json files.
#include "sw/formats/huggingface.h"
#include "tests/fuzz/target.h"

WEFT_FUZZ_TARGET(bytes) { weft::CheckSentence(weft::ReadHuggingFaceConfig(bytes)); }
