// SentencePiece .model files.
#include "sw/formats/sentencepiece_model.h"

#include "tests/fuzz/target.h"

WEFT_FUZZ_TARGET(bytes) { weft::CheckSentence(weft::ReadSentencePieceModel(bytes)); }
