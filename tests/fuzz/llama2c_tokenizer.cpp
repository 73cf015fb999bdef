// llama2.c tokenizers; the first byte is the number of tokens.
#include "sw/formats/llama2c.h"
#include "tests/fuzz/target.h"

WEFT_FUZZ_TARGET(bytes) {
  if (bytes.empty()) return;
  weft::CheckSentence(weft::ReadLlama2cTokenizer(bytes.subspan(1), bytes[0]));
}
