#include "sw/cli/mixed.h"

#include <algorithm>

#include "sw/cli/common.h"
#include "sw/formats/gguf.h"
#include "sw/model/convert.h"
#include "sw/runtime/golden_device.h"
#include "sw/runtime/scoring.h"

namespace weft::cli {

namespace {

// One matrix in both types.
struct Choice {
  std::string name;
  Tensor* tensor;
  Tensor four;      // in Q4_0
  double cost = 0;  // nats that it adds to the texts

  // Bytes of the file that Q4_0 saves, while the tensor is Q8_0; tensors are padded to 32.
  uint64_t saved() const { return (tensor->data.size() + 31) / 32 * 32 - (four.data.size() + 31) / 32 * 32; }
};

Result<Program> Compiled(const Checkpoint& checkpoint) {
  Program program;
  program.name = checkpoint.config.name;
  program.hw = *FindConfig("base");
  program.model = checkpoint.config;
  program.vocab = checkpoint.vocab;
  auto tape = Compile(checkpoint, program.hw, {.context = 0, .slots = 1});
  if (!tape) return tape.error();
  program.tape = std::make_shared<const Tape>(std::move(*tape));
  return program;
}

// -ln of the likelihood of the sequences.
Result<double> Nats(const Checkpoint& checkpoint, const Texts& texts) {
  const auto program = Compiled(checkpoint);
  if (!program) return program.error();
  auto device = GoldenDevice::Make(program->tape, program->hw);
  if (!device) return device.error();
  const auto score = ScoreSequences(**device, *program->tape, texts.sequences);
  if (!score) return score.error();
  return score->nats;
}

// The matrices of the checkpoint, which become Q8_0.
Result<std::vector<Choice>> Choices(Checkpoint* checkpoint) {
  std::vector<Choice> choices;
  for (const auto& slot : TensorSlots(*checkpoint)) {
    if (slot.vector || slot.tensor->empty()) continue;
    if (slot.cols % BlockSize(DType::kQ4_0) != 0) {
      return Error{"tensor '" + slot.name + "' has rows of " + std::to_string(slot.cols) +
                   " elements, want a multiple of " + std::to_string(BlockSize(DType::kQ4_0)) + " for mixed"};
    }
    choices.push_back({slot.name, slot.tensor, ConvertTensor(*slot.tensor, DType::kQ4_0)});
    *slot.tensor = ConvertTensor(*slot.tensor, DType::kQ8_0);
  }
  return choices;
}

Status Measure(const Checkpoint& checkpoint, const Texts& texts, std::vector<Choice>* choices) {
  const auto before = Nats(checkpoint, texts);
  if (!before) return before.error();
  for (size_t i = 0; i < choices->size(); ++i) {
    Choice& choice = (*choices)[i];
    ProgressLine("measuring " + choice.name + ", " + std::to_string(i + 1) + " of " +
                 std::to_string(choices->size()));
    std::swap(*choice.tensor, choice.four);
    const auto after = Nats(checkpoint, texts);
    std::swap(*choice.tensor, choice.four);
    if (!after) return after.error();
    choice.cost = *after - *before;
  }
  ProgressLine("");
  return {};
}

}  // namespace

Status ConvertMixed(uint64_t budget, const TextOptions& text_options, Checkpoint* checkpoint) {
  auto choices = Choices(checkpoint);
  if (!choices) return choices.error();
  const auto bytes = GgufBytes(*checkpoint);
  if (!bytes) return bytes.error();
  uint64_t size = bytes->size(), least = size;
  for (const Choice& choice : *choices) least -= choice.saved();
  if (budget < least) {
    return Error{"--size is " + std::to_string(budget) + ", want at least the " + std::to_string(least) +
                 " of this model with every matrix in Q4_0"};
  }
  const auto program = Compiled(*checkpoint);
  if (!program) return program.error();
  const auto texts = ReadTexts(text_options, *program);
  if (!texts) return texts.error();
  if (size > budget) {
    if (Status bad = Measure(*checkpoint, *texts, &*choices)) return bad;
  }
  std::stable_sort(choices->begin(), choices->end(), [](const Choice& a, const Choice& b) {
    return a.cost * static_cast<double>(b.saved()) < b.cost * static_cast<double>(a.saved());
  });
  for (Choice& choice : *choices) {
    if (size <= budget) break;
    size -= choice.saved();
    *choice.tensor = std::move(choice.four);
  }
  return {};
}

}  // namespace weft::cli
