// Where things lie in the chip's memory: the tape at 0, then KV cache and logits, each from a 4 KB boundary.
#pragma once

#include <cstdint>

#include "sw/compiler/compiler.h"

namespace weft {

struct MemoryMap {
  explicit MemoryMap(const Tape& tape)
      : kv_base(PageUp(tape.bytes.size())),
        logit_base(kv_base + PageUp(tape.kv_bytes)),
        bytes(logit_base + PageUp(uint64_t{tape.max_rows} * tape.logit_stride)) {}

  uint64_t kv_base;
  uint64_t logit_base;
  uint64_t bytes;

 private:
  static uint64_t PageUp(uint64_t address) { return (address + 4095) / 4096 * 4096; }
};

}  // namespace weft
