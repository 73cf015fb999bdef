#include "sw/formats/load.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "sw/formats/cursor.h"
#include "sw/formats/file_io.h"
#include "sw/formats/gguf.h"
#include "sw/formats/huggingface.h"
#include "sw/formats/llama2c.h"
#include "sw/formats/safetensors.h"
#include "sw/formats/tokenizer_file.h"

namespace weft {
namespace {

bool StartsWith(std::span<const uint8_t> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::equal(text.begin(), text.end(), bytes.begin());
}

Result<Checkpoint> ReadAny(std::span<const uint8_t> bytes) {
  if (StartsWith(bytes, "GGUF")) return ReadGguf(bytes);
  if (LooksLikeLlama2c(bytes)) return ReadLlama2c(bytes);
  if (LooksLikeSafetensors(bytes)) {
    return Error{"is a safetensors file, wanted the folder that holds it and its config.json"};
  }
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min<size_t>(bytes.size(), 8));
  return Error{"starts with " + Quoted(start) + ", wanted a GGUF file or a llama2.c checkpoint"};
}

Result<Checkpoint> LoadFile(const std::string& path) {
  Result<std::vector<uint8_t>> bytes = ReadFile(path);
  if (!bytes) return bytes.error();
  return LoadCheckpointBytes(*bytes, path);
}

Result<Checkpoint> LoadFolder(const std::string& path) {
  if (LooksLikeHuggingFace(path)) return LoadHuggingFace(path);
  return Error{path + ": is a folder without a config.json, wanted a model file or a Hugging Face folder"};
}

Status AddTokenizer(const std::string& path, Checkpoint* checkpoint) {
  if (!checkpoint->vocab.empty()) {
    return Error{path + ": is a second tokenizer, wanted none: the model file carries its own"};
  }
  Result<Vocabulary> vocab = LoadTokenizerFile(path, checkpoint->config.vocab);
  if (!vocab) return vocab.error();
  checkpoint->vocab = std::move(*vocab);
  if (auto bad = Validate(*checkpoint)) return Error{path + ": " + bad->message};
  return {};
}

}  // namespace

Result<Checkpoint> LoadCheckpointBytes(std::span<const uint8_t> bytes, const std::string& name) {
  Result<Checkpoint> checkpoint = ReadAny(bytes);
  if (!checkpoint) return Error{name + ": " + checkpoint.error().message};
  return checkpoint;
}

Result<Checkpoint> LoadCheckpoint(const std::string& path, const std::string& tokenizer_path) {
  std::string tokenizer = tokenizer_path;
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(path, ignored);
  if (folder && tokenizer.empty()) tokenizer = HuggingFaceTokenizer(path);
  Result<Checkpoint> checkpoint = folder ? LoadFolder(path) : LoadFile(path);
  if (!checkpoint || tokenizer.empty()) return checkpoint;
  if (auto bad = AddTokenizer(tokenizer, &*checkpoint)) return *bad;
  return checkpoint;
}

}  // namespace weft
