// The stories260K checkpoints and their recorded outputs, which lie beside the project; tests skip without
// them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace weft::testing {

#ifndef WEFT_SHARED_DIR
#define WEFT_SHARED_DIR ""
#endif

inline std::string SharedPath(const std::string& name) {
  return std::string(WEFT_SHARED_DIR) + "/models/" + name;
}
inline std::string StoriesPath(const std::string& name) { return SharedPath("stories260K/" + name); }
inline bool StoriesPresent() { return std::filesystem::exists(StoriesPath("stories260K.bin")); }

#define WEFT_SKIP_WITHOUT_STORIES()       \
  if (!::weft::testing::StoriesPresent()) \
  GTEST_SKIP() << "needs " << ::weft::testing::StoriesPath("stories260K.bin")

inline std::string Slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

template <typename T>
std::vector<T> ReadAll(const std::string& path) {
  const std::string bytes = Slurp(path);
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

inline constexpr const char* kPrompts[] = {"Once upon a time", "Lily and Tom went to the park",
                                           "The little dog"};

// "stories260K.p<prompt>.<suffix>"
inline std::string RecordPath(int prompt, const std::string& suffix) {
  return SharedPath("reference/stories260K.p" + std::to_string(prompt) + "." + suffix);
}

// Greedy token ids of one recorded run, BOS and prompt included.
inline std::vector<int32_t> RecordedIds(int prompt, const std::string& run = "llama2c-run-f32") {
  const std::string json = Slurp(RecordPath(prompt, "tokens.json"));
  const size_t object = json.find("\"" + run + "\": {");
  const size_t list = object == json.npos ? json.npos : json.find("\"ids\": [", object);
  std::vector<int32_t> ids;
  if (list == json.npos) return ids;
  const char* at = json.c_str() + list + 8;
  while (*at != '\0') {
    char* end = nullptr;
    const long id = std::strtol(at, &end, 10);
    if (end == at) break;
    ids.push_back(static_cast<int32_t>(id));
    if (*end != ',') break;
    at = end + 1;
  }
  return ids;
}

// The evaluation stories as token ids, BOS first.
inline std::vector<std::vector<int32_t>> EvaluationStories() {
  const auto words = ReadAll<int32_t>(SharedPath("reference/stories260K.eval.tokens.i32"));
  std::vector<std::vector<int32_t>> stories;
  for (size_t at = 0; at < words.size();) {
    const size_t count = static_cast<size_t>(words[at]);
    stories.emplace_back(words.begin() + at + 1, words.begin() + at + 1 + count);
    at += 1 + count;
  }
  return stories;
}

}  // namespace weft::testing
