// safetensors files.
#include "sw/formats/safetensors.h"

#include "tests/fuzz/target.h"

WEFT_FUZZ_TARGET(bytes) {
  const auto tensors = weft::ReadSafetensors(bytes);
  weft::CheckSentence(tensors);
  if (!tensors.ok()) return;
  uint64_t sum = 0;  // touches every byte that a tensor refers to
  for (const weft::SafeTensor& tensor : *tensors) {
    for (const uint8_t byte : tensor.data) sum += byte;
  }
  if (sum == UINT64_MAX) __builtin_trap();
}
