// Which matrices of a model can do with four bits, by measurement.
#pragma once

#include <cstdint>
#include <string>

#include "sw/base/result.h"
#include "sw/cli/texts.h"
#include "sw/model/checkpoint.h"

namespace weft::cli {

// Makes every matrix Q8_0 or Q4_0, so that the GGUF file has at most `budget` bytes. Each matrix alone in
// Q4_0 costs some likelihood of the texts on the golden device, with the others in Q8_0; the cheapest for
// each byte saved change first. Fails for a budget that Q4_0 everywhere does not meet. Rows must divide into
// blocks of 32.
Status ConvertMixed(uint64_t budget, const TextOptions& texts, Checkpoint* checkpoint);

}  // namespace weft::cli
