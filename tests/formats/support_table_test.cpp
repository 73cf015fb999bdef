// The tables of docs/models.md say what the code does: they are made from it, and this fails when they are
// stale. WEFT_UPDATE=1 writes them anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/compiler/conversion_notes.h"
#include "sw/formats/huggingface.h"
#include "sw/model/architecture.h"
#include "sw/model/convert.h"
#include "tests/base/marked_tables.h"
#include "tests/model/tiny_checkpoint.h"

namespace weft {
namespace {

std::string OnTheTape(DType type) {
  if (BlockSize(type) == 1) return "quantized as `--quant` says";
  return TravelsAsIs(type) ? "bit for bit" : "requantized to Q8_0, with a note";
}

std::string TypeTable() {
  std::string table =
      "| type | block | bytes | on the tape | `weft convert` writes it |\n|---|---|---|---|---|\n";
  std::string refused;
  for (const DTypeInfo& type : DTypes()) {
    if (type.decode == nullptr) {
      refused += (refused.empty() ? "" : ", ") + std::string(type.name);
      continue;
    }
    const DType id = static_cast<DType>(type.id);
    const bool writes =
        std::find(std::begin(kConvertTypes), std::end(kConvertTypes), id) != std::end(kConvertTypes);
    table += "| " + std::string(type.name) + " | " + std::to_string(type.block) + " | " +
             std::to_string(type.block_bytes) + " | " + OnTheTape(id) + " | " + (writes ? "yes" : "") +
             " |\n";
  }
  return table + "\nRefused by name: " + refused + ".\n";
}

// Whether a model of the architecture compiles, found by compiling one.
std::string OnTheChip(const char* architecture) {
  const Checkpoint checkpoint = testing::TinyCheckpoint({.architecture = architecture});
  return Compile(checkpoint, *FindConfig("base")).ok() ? "yes" : "not yet: refused by name";
}

std::string ArchitectureTable() {
  std::string table =
      "| architecture | Hugging Face `model_type` | beside Llama's | chip and golden model "
      "|\n|---|---|---|---|\n";
  for (const Architecture& architecture : Architectures()) {
    std::string types, beside;
    for (const HuggingFaceFamily& family : HuggingFaceFamilies()) {
      if (std::string(architecture.name) == family.architecture) {
        types += (types.empty() ? "" : ", ") + std::string(family.model_type);
      }
    }
    if (architecture.qkv_bias) beside = "biases on q, k and v";
    if (architecture.qk_norm)
      beside += std::string(beside.empty() ? "" : ", ") + "an RMSNorm of each head of q and k";
    table += "| " + std::string(architecture.name) + " | " + types + " | " + beside + " | " +
             OnTheChip(architecture.name) + " |\n";
  }
  return table;
}

TEST(SupportTableTest, TheDocumentIsWhatTheCodeDoes) {
  testing::ExpectMarkedTables("docs/models.md", "tests/formats/support_table_test.cpp",
                              {ArchitectureTable(), TypeTable()});
}

}  // namespace
}  // namespace weft
