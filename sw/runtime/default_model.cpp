#include "sw/runtime/default_model.h"

// WEFT_MODEL_FILE is the path at build time. The assembler copies the file; as a C++ array it would cost minutes.
#ifdef WEFT_MODEL_FILE
__asm__(
    ".section .rodata\n"
    ".balign 64\n"
    ".globl weft_default_model_begin\n"
    "weft_default_model_begin:\n"
    ".incbin \"" WEFT_MODEL_FILE
    "\"\n"
    ".globl weft_default_model_end\n"
    "weft_default_model_end:\n"
    ".byte 0\n"
    ".previous\n");
extern "C" const uint8_t weft_default_model_begin[];
extern "C" const uint8_t weft_default_model_end[];
#endif

namespace weft {

#ifdef WEFT_MODEL_FILE
std::span<const uint8_t> DefaultModel() { return {weft_default_model_begin, weft_default_model_end}; }
std::string DefaultModelName() { return WEFT_MODEL_NAME; }
#else
std::span<const uint8_t> DefaultModel() { return {}; }
std::string DefaultModelName() { return "no model"; }
#endif

}  // namespace weft
