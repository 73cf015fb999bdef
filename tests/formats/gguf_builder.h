// A GGUF file as parts that a test may spoil one by one, and its bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sw/base/result.h"

namespace weft::testing {

// Little-endian bytes, appended.
class ByteWriter {
 public:
  template <typename T>
  ByteWriter& Put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  ByteWriter& Text(const std::string& text) {  // u64 length and bytes
    Put<uint64_t>(text.size());
    bytes_ += text;
    return *this;
  }
  ByteWriter& Raw(const std::string& bytes) {
    bytes_ += bytes;
    return *this;
  }
  void PadTo(size_t multiple) { bytes_.resize((bytes_.size() + multiple - 1) / multiple * multiple); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

struct GgufBuilder {
  struct Key {
    std::string name;
    uint32_t type;
    std::string value;  // its bytes
  };
  struct Tensor {
    std::string name;
    std::vector<uint64_t> dims;
    uint32_t type;
    std::string data;
    std::optional<uint64_t> offset;  // instead of the next free one
    std::optional<uint32_t> rank;    // instead of dims.size()
  };

  std::string magic = "GGUF";
  uint32_t version = 3;
  std::optional<uint64_t> tensor_count;  // instead of the true ones
  std::optional<uint64_t> key_count;
  std::vector<Key> keys;
  std::vector<Tensor> tensors;
  std::optional<size_t> size;  // cuts the file

  void SetRaw(const std::string& name, uint32_t type, std::string value) {
    for (Key& key : keys) {
      if (key.name == name) return void(key = {name, type, std::move(value)});
    }
    keys.push_back({name, type, std::move(value)});
  }
  void Set(const std::string& name, uint32_t value) { SetRaw(name, 4, ByteWriter().Put(value).bytes()); }
  void SetFloat(const std::string& name, float value) { SetRaw(name, 6, ByteWriter().Put(value).bytes()); }
  void SetFlag(const std::string& name, uint8_t value) { SetRaw(name, 7, ByteWriter().Put(value).bytes()); }
  void SetText(const std::string& name, const std::string& value) {
    SetRaw(name, 8, ByteWriter().Text(value).bytes());
  }
  void SetTexts(const std::string& name, const std::vector<std::string>& values) {
    ByteWriter out;
    out.Put<uint32_t>(8).Put<uint64_t>(values.size());
    for (const std::string& value : values) out.Text(value);
    SetRaw(name, 9, out.bytes());
  }
  template <typename T>
  void SetArray(const std::string& name, uint32_t element, const std::vector<T>& values) {
    ByteWriter out;
    out.Put(element).Put<uint64_t>(values.size());
    for (T value : values) out.Put(value);
    SetRaw(name, 9, out.bytes());
  }
  void Erase(const std::string& name) {
    std::erase_if(keys, [&](const Key& key) { return key.name == name; });
    std::erase_if(tensors, [&](const Tensor& tensor) { return tensor.name == name; });
  }
  Tensor& At(const std::string& name) {
    for (Tensor& tensor : tensors) {
      if (tensor.name == name) return tensor;
    }
    WEFT_CHECK(false, "the tensor to spoil exists");
  }

  std::vector<uint8_t> Bytes() const {
    ByteWriter out;
    out.Raw(magic).Put(version);
    out.Put(tensor_count.value_or(tensors.size())).Put(key_count.value_or(keys.size()));
    for (const Key& key : keys) out.Text(key.name).Put(key.type).Raw(key.value);
    uint64_t next = 0;
    for (const Tensor& tensor : tensors) {
      out.Text(tensor.name).Put(tensor.rank.value_or(static_cast<uint32_t>(tensor.dims.size())));
      for (uint64_t dim : tensor.dims) out.Put(dim);
      out.Put(tensor.type).Put(tensor.offset.value_or(next));
      next += (tensor.data.size() + 31) / 32 * 32;
    }
    for (const Tensor& tensor : tensors) {
      out.PadTo(32);
      out.Raw(tensor.data);
    }
    std::string bytes = out.bytes();
    if (size) bytes.resize(*size);
    return {bytes.begin(), bytes.end()};
  }
};

// One layer, dim 8, hidden 16, two heads of 4, one KV head, 8 tokens, F32: a valid file of a few kilobytes.
inline GgufBuilder TinyGguf() {
  GgufBuilder file;
  file.SetText("general.architecture", "llama");
  file.SetText("general.name", "tiny");
  file.Set("llama.context_length", 16);
  file.Set("llama.embedding_length", 8);
  file.Set("llama.feed_forward_length", 16);
  file.Set("llama.block_count", 1);
  file.Set("llama.attention.head_count", 2);
  file.Set("llama.attention.head_count_kv", 1);
  file.Set("llama.rope.dimension_count", 4);
  file.SetFloat("llama.attention.layer_norm_rms_epsilon", 1e-5f);
  file.SetText("tokenizer.ggml.model", "llama");
  file.SetTexts("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "<0x0A>", "\xe2\x96\x81", "a", "b", "ab"});
  file.SetArray<float>("tokenizer.ggml.scores", 6, {0, 0, 0, 0, -1, -2, -3, -4});
  file.SetArray<int32_t>("tokenizer.ggml.token_type", 5, {2, 3, 3, 6, 1, 1, 1, 1});
  const auto add = [&](const std::string& name, std::vector<uint64_t> dims) {
    ByteWriter data;
    uint64_t count = 1;
    for (uint64_t dim : dims) count *= dim;
    for (uint64_t i = 0; i < count; ++i) data.Put(0.01f * static_cast<float>(i % 37) - 0.1f);
    file.tensors.push_back({name, std::move(dims), 0, data.bytes(), {}, {}});
  };
  add("token_embd.weight", {8, 8});
  add("blk.0.attn_norm.weight", {8});
  add("blk.0.attn_q.weight", {8, 8});
  add("blk.0.attn_k.weight", {8, 4});
  add("blk.0.attn_v.weight", {8, 4});
  add("blk.0.attn_output.weight", {8, 8});
  add("blk.0.ffn_norm.weight", {8});
  add("blk.0.ffn_gate.weight", {8, 16});
  add("blk.0.ffn_up.weight", {8, 16});
  add("blk.0.ffn_down.weight", {16, 8});
  add("output_norm.weight", {8});
  return file;
}

}  // namespace weft::testing
