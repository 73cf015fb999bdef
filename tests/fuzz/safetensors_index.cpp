// model.safetensors.index.json files.
#include "sw/formats/safetensors.h"
#include "tests/fuzz/target.h"

WEFT_FUZZ_TARGET(bytes) { weft::CheckSentence(weft::ReadSafetensorsIndex(bytes)); }
