#include "sw/formats/gguf.h"

#include <unordered_map>

#include "sw/formats/cursor.h"
#include "sw/formats/gguf_llama.h"
#include "sw/formats/gguf_parser.h"
#include "sw/formats/rope_order.h"
#include "sw/model/architecture.h"

namespace weft {
namespace {

// Takes `from` over with its bytes. Its shape is checked later, with the others.
Status CopyTensor(const GgufTensor& from, Tensor* to) {
  const std::string name = "tensor " + Quoted(from.name);
  if (!IsReadable(static_cast<DType>(from.type))) {
    return Error{name + " is " + DTypeName(static_cast<DType>(from.type)) + ", wanted " + ReadableDTypes()};
  }
  if (from.dims[2] != 1 || from.dims[3] != 1) {
    return Error{name + " has more than two dimensions, wanted a matrix or a vector"};
  }
  if (from.dims[0] > UINT32_MAX || from.dims[1] > UINT32_MAX) {
    return Error{name + " is " + std::to_string(from.dims[0]) + " by " + std::to_string(from.dims[1]) +
                 ", wanted less than 2^32 each"};
  }
  to->type = static_cast<DType>(from.type);
  to->cols = static_cast<uint32_t>(from.dims[0]);
  to->rows = static_cast<uint32_t>(from.dims[1]);
  to->data.assign(from.data.begin(), from.data.end());
  return {};
}

// Takes over the divisors of the RoPE frequencies, which Llama 3 files have.
Status CopyRopeFactors(const GgufTensor& from, ModelConfig* config) {
  Tensor tensor;
  if (auto bad = CopyTensor(from, &tensor)) return bad;
  if (tensor.type != DType::kF32 || tensor.rows != 1 || tensor.cols != config->head_dim / 2) {
    return Error{"tensor 'rope_freqs.weight' is " + std::string(DTypeName(tensor.type)) + " of shape [" +
                 std::to_string(tensor.rows) + "][" + std::to_string(tensor.cols) + "], wanted F32 of [1][" +
                 std::to_string(config->head_dim / 2) + "]"};
  }
  std::vector<float> factors(tensor.cols);
  tensor.Row(0, factors.data());
  if (config->rope_factors.empty()) config->rope_factors.assign(factors.size(), 1.0f);
  for (size_t i = 0; i < factors.size(); ++i) config->rope_factors[i] *= factors[i];
  return {};
}

// Fills every tensor of the checkpoint, and refuses tensors that it has no place for: they would be missed.
Status CopyTensors(const GgufFile& file, Checkpoint* checkpoint) {
  std::unordered_map<std::string_view, const GgufTensor*> unused;
  for (const GgufTensor& tensor : file.tensors) unused.emplace(tensor.name, &tensor);
  const auto rope = unused.find("rope_freqs.weight");
  if (rope != unused.end()) {
    if (auto bad = CopyRopeFactors(*rope->second, &checkpoint->config)) return bad;
    unused.erase(rope);
  }
  for (const auto& slot : TensorSlots(*checkpoint)) {
    const auto found = unused.find(slot.name);
    if (found == unused.end()) {
      if (slot.optional) continue;
      return Error{"tensor '" + slot.name + "' is missing, wanted one of shape [" +
                   std::to_string(slot.rows) + "][" + std::to_string(slot.cols) + "]"};
    }
    if (auto bad = CopyTensor(*found->second, slot.tensor)) return bad;
    unused.erase(found);
  }
  for (const GgufTensor& tensor : file.tensors) {  // in file order, so that the message is always the same
    if (unused.count(tensor.name) == 0) continue;
    return Error{"tensor " + Quoted(tensor.name) + " has no place in a " +
                 checkpoint->config.architecture + " model of " +
                 std::to_string(checkpoint->config.layers) + " layers, wanted only tensors that it uses"};
  }
  return {};
}

// The vocabulary's size: stated, else the number of tokens, else the rows of the embedding.
uint32_t VocabularySize(const GgufFile& file, const Checkpoint& checkpoint) {
  if (checkpoint.config.vocab != 0) return checkpoint.config.vocab;
  if (!checkpoint.vocab.empty()) return static_cast<uint32_t>(checkpoint.vocab.pieces.size());
  for (const GgufTensor& tensor : file.tensors) {
    if (tensor.name == "token_embd.weight" && tensor.dims[1] <= UINT32_MAX)
      return static_cast<uint32_t>(tensor.dims[1]);
  }
  return 0;
}

}  // namespace

Result<Checkpoint> ReadGguf(std::span<const uint8_t> bytes) {
  Result<GgufFile> file = ParseGguf(bytes);
  if (!file) return file.error();
  GgufKeys keys(*file);
  Checkpoint checkpoint;
  checkpoint.config = LlamaConfig(&keys, &checkpoint.notes);
  if (keys.status()) return *keys.status();
  checkpoint.vocab = LlamaVocabulary(&keys);
  if (keys.status()) return *keys.status();
  checkpoint.config.vocab = VocabularySize(*file, checkpoint);
  if (auto bad = ValidateConfig(checkpoint.config)) return *bad;
  checkpoint.layers.resize(checkpoint.config.layers);
  if (auto bad = CopyTensors(*file, &checkpoint)) return *bad;
  if (auto bad = Validate(checkpoint)) return *bad;
  if (FindArchitecture(checkpoint.config.architecture)->half_split_file) {
    ReorderHeads(&checkpoint, RopeOrder::kHalfSplit, RopeOrder::kInterleaved);
  }
  if (auto bad = CheckFinite(checkpoint)) return *bad;
  return checkpoint;
}

}  // namespace weft
