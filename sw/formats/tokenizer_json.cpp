#include "sw/formats/tokenizer_json.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sw/formats/cursor.h"
#include "sw/formats/file_io.h"
#include "sw/formats/merges.h"
#include "sw/formats/piece_text.h"
#include "sw/formats/tokenizer_json_rules.h"
#include "sw/tokenizer/utf8.h"

namespace weft {
namespace {

using nlohmann::json;

constexpr size_t kMaxHoles = 1024;  // ids without a token, beyond as many as there are tokens

class Reader {
 public:
  Reader(const json& file, const json& config)
      : file_(file), config_(config), model_(JsonMember(file, "model")) {}

  Result<Vocabulary> Run() {
    if (Status bad = CheckModel()) return *bad;
    const auto rules = ReadTextRules(file_);
    if (!rules) return rules.error();
    rules_ = *rules;
    vocab_.pre = rules_.pre;
    vocab_.add_space_prefix = rules_.add_space_prefix;
    vocab_.prefix_after_control = rules_.prefix_after_control;
    vocab_.ignore_merges = JsonFlag(model_, "ignore_merges", false);
    if (Status bad = CheckOptions()) return *bad;
    if (Status bad = PlaceTokens()) return *bad;
    if (Status bad = PlaceAddedTokens()) return *bad;
    if (Status bad = ReadMerges()) return *bad;
    if (Status bad = ReadEnds()) return *bad;
    ReadChatTemplate();
    if (Status bad = ValidateVocabulary(vocab_)) return *bad;
    return std::move(vocab_);
  }

 private:
  // What is not byte-pair encoding as known here.
  Status CheckModel() const {
    const std::string type = JsonText(model_, "type", "BPE");
    if (type != "BPE") return Error{"the tokenizer's model is " + Quoted(type) + ", wanted 'BPE'"};
    if (!JsonMember(model_, "vocab").is_object())
      return Error{"the tokenizer's model has no vocab, wanted an object"};
    if (!JsonMember(model_, "merges").is_array())
      return Error{"the tokenizer's model has no merges, wanted a list"};
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (JsonText(model_, key).empty()) continue;
      return Error{std::string("the tokenizer's ") + key + " is " + Quoted(JsonText(model_, key)) +
                   ", wanted none"};
    }
    return {};
  }

  Status CheckOptions() const {
    if (vocab_.byte_level()) return {};
    if (vocab_.ignore_merges)
      return Error{"the tokenizer ignores merges without being byte-level, wanted one of both"};
    if (!JsonFlag(model_, "byte_fallback", false) && !JsonFlag(model_, "fuse_unk", false)) {
      return Error{"the tokenizer has neither byte_fallback nor fuse_unk, wanted one of them"};
    }
    return {};
  }

  // Puts a token where its id says.
  Status Place(const json& id, const std::string& piece, TokenKind kind) {
    const size_t limit =
        2 * JsonMember(model_, "vocab").size() + JsonMember(file_, "added_tokens").size() + kMaxHoles;
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= limit) {
      return Error{"the id of token " + Quoted(piece) + " is " + (id.is_number() ? id.dump() : "no number") +
                   ", wanted a number below " + std::to_string(limit)};
    }
    const size_t at = id.get<uint64_t>();
    if (at >= vocab_.pieces.size()) {
      if (Status bad = PadVocabulary(&vocab_, static_cast<uint32_t>(at + 1))) return bad;
    }
    vocab_.pieces[at] = piece;
    vocab_.kinds[at] = kind;
    return {};
  }

  Status PlaceTokens() {
    const bool fallback = JsonFlag(model_, "byte_fallback", false);
    std::map<uint64_t, std::string> seen;
    for (const auto& [text, id] : JsonMember(model_, "vocab").items()) {
      std::string piece = vocab_.byte_level() ? text : PieceFromText(text);
      TokenKind kind = TokenKind::kNormal;
      if (vocab_.byte_level()) {
        auto bytes = BytesFromAlphabet(text);
        if (!bytes) kind = TokenKind::kUnused;  // no bytes can become it; perhaps an added token
        if (bytes) piece = std::move(*bytes);
      } else if (const auto byte = ByteFromText(text); byte && fallback) {
        piece = std::string(1, static_cast<char>(*byte));
        kind = TokenKind::kByte;
      }
      if (Status bad = Place(id, piece, kind)) return bad;
      const auto [other, fresh] = seen.emplace(id.get<uint64_t>(), text);
      if (!fresh) {
        return Error{"the id of token " + Quoted(text) + " is " + id.dump() +
                     ", wanted one that is not that of " + Quoted(other->second)};
      }
      ids_.emplace(text, static_cast<int32_t>(id.get<uint64_t>()));
    }
    vocab_.unk = Id(JsonText(model_, "unk_token"));
    if (vocab_.unk >= 0 && !vocab_.byte_level())
      vocab_.kinds[static_cast<size_t>(vocab_.unk)] = TokenKind::kUnknown;
    return {};
  }

  Status PlaceAddedTokens() {
    const json& added = JsonMember(file_, "added_tokens");
    if (!added.is_array()) return {};
    for (const json& token : added) {
      const std::string text = JsonText(token, "content");
      for (const char* key : {"single_word", "lstrip", "rstrip"}) {
        if (!JsonFlag(token, key, false)) continue;
        return Error{"added token " + Quoted(text) + " has " + key + ", which is not supported"};
      }
      const json& id = JsonMember(token, "id");
      const TokenKind kind = JsonFlag(token, "special", false) ? TokenKind::kControl : TokenKind::kUser;
      const bool unknown = id.is_number_unsigned() && vocab_.unk >= 0 && !vocab_.byte_level() &&
                           id.get<uint64_t>() == static_cast<uint64_t>(vocab_.unk);
      if (Status bad = Place(id, text, unknown ? TokenKind::kUnknown : kind)) return bad;
      ids_[text] = static_cast<int32_t>(id.get<uint64_t>());
    }
    return {};
  }

  // Both spellings: "left right", and a list of two.
  Status ReadMerges() {
    MergeReader reader(&vocab_);
    size_t rank = 0;
    for (const json& merge : JsonMember(model_, "merges")) {
      const bool pair = merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string();
      if (!pair && !merge.is_string()) {
        return Error{"merge " + std::to_string(rank) + " is neither a text nor two, wanted \"left right\""};
      }
      std::string left, right;
      if (pair) {
        left = merge[0].get<std::string>();
        right = merge[1].get<std::string>();
      } else {
        const std::string text = merge.get<std::string>();
        const size_t space = std::min(text.find(' '), text.size());
        left = text.substr(0, space);
        right = text.substr(std::min(space + 1, text.size()));
      }
      const Status bad = vocab_.byte_level() ? reader.Add(left, right) : ScoreMerge(left, right, rank);
      if (bad) return bad;
      ++rank;
    }
    if (!vocab_.byte_level()) RetireUnreachable();
    return {};
  }

  // SentencePiece merges by score: that of the first merge that gives the piece.
  Status ScoreMerge(const std::string& left, const std::string& right, size_t rank) {
    for (const std::string& piece : {left, right, left + right}) {
      if (Id(piece) >= 0) continue;
      return Error{"merge " + std::to_string(rank) + " is of " + Quoted(left) + " and " + Quoted(right) +
                   ", and " + Quoted(piece) + " is no token"};
    }
    const int32_t id = Id(left + right);
    if (scored_.insert(id).second) vocab_.scores[static_cast<size_t>(id)] = -static_cast<float>(rank);
    return {};
  }

  // Pieces of several characters that no merge gives, or only one across a space where words stay apart.
  void RetireUnreachable() {
    for (size_t id = 0; id < vocab_.pieces.size(); ++id) {
      const std::string& piece = vocab_.pieces[id];
      if (vocab_.kinds[id] != TokenKind::kNormal || piece.empty()) continue;
      bool incomplete = false;
      const bool reachable =
          Utf8Length(piece, &incomplete) == piece.size() || scored_.contains(static_cast<int32_t>(id));
      const bool crosses = rules_.words_apart && piece.find(' ', 1) != piece.npos;
      if (!reachable || crosses) vocab_.kinds[id] = TokenKind::kUnused;
    }
  }

  // BOS and EOS, and whether they are put around a text.
  Status ReadEnds() {
    vocab_.bos = Id(ConfigToken("bos_token"));
    vocab_.eos = Id(ConfigToken("eos_token"));
    vocab_.add_bos = false;
    if (Status bad = ReadPostProcessor()) return bad;
    vocab_.add_bos = JsonFlag(config_, "add_bos_token", vocab_.add_bos) && vocab_.bos >= 0;
    vocab_.add_eos = JsonFlag(config_, "add_eos_token", vocab_.add_eos) && vocab_.eos >= 0;
    return {};
  }

  Status ReadPostProcessor() {
    const json& whole = JsonMember(file_, "post_processor");
    const json& list = JsonMember(whole, "processors");
    for (const json& step : list.is_array() ? list.get<std::vector<json>>() : std::vector<json>{whole}) {
      const std::string type = JsonText(step, "type");
      if (type.empty() || type == "ByteLevel") continue;
      if (type != "TemplateProcessing") {
        return Error{"the post-processor is " + Quoted(type) +
                     ", wanted 'TemplateProcessing' or 'ByteLevel'"};
      }
      bool behind = false;
      for (const json& part : JsonMember(step, "single")) {
        if (!part.is_object()) continue;
        behind = behind || part.contains("Sequence");
        const int32_t id = Id(JsonText(JsonMember(part, "SpecialToken"), "id"));
        if (id < 0) continue;
        bool& added = behind ? vocab_.add_eos : vocab_.add_bos;
        if (added)
          return Error{"the post-processor adds several tokens at one end of a text, wanted at most one"};
        added = true;
        (behind ? vocab_.eos : vocab_.bos) = id;
      }
    }
    return {};
  }

  // The default template, of one or of a list of named ones.
  void ReadChatTemplate() {
    const json& found = JsonMember(config_, "chat_template");
    vocab_.chat_template = JsonText(config_, "chat_template");
    if (!found.is_array()) return;
    for (const json& named : found) {
      if (vocab_.chat_template.empty() || JsonText(named, "name") == "default") {
        vocab_.chat_template = JsonText(named, "template");
      }
    }
  }

  // A text, or an object with its content.
  std::string ConfigToken(const char* key) const {
    return JsonText(config_, key, JsonText(JsonMember(config_, key), "content"));
  }

  int32_t Id(const std::string& text) const {
    const auto found = ids_.find(text);
    return text.empty() || found == ids_.end() ? -1 : found->second;
  }

  const json& file_;
  const json& config_;
  const json& model_;
  TextRules rules_;
  Vocabulary vocab_;
  std::unordered_map<std::string, int32_t> ids_;  // by the file's spelling
  std::unordered_set<int32_t> scored_;            // results of merges
};

// Whether brackets nest deeper than any tokenizer's do; copying such a value would take a deep stack.
bool NestsTooDeep(std::string_view text) {
  constexpr int kLimit = 64;
  int depth = 0;
  bool quoted = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '\\') ++at;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    depth += (c == '[' || c == '{') - (c == ']' || c == '}');
    if (depth > kLimit) return true;
  }
  return false;
}

// A JSON object, or null for any other text.
json ParseObject(std::string_view text) {
  if (NestsTooDeep(text)) return nullptr;
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_object() ? value : json(nullptr);
}

Result<std::string> ReadText(const std::filesystem::path& path) {
  const auto bytes = ReadFile(path.string());
  if (!bytes) return bytes.error();
  return std::string(bytes->begin(), bytes->end());
}

}  // namespace

Result<Vocabulary> ReadTokenizerJson(std::string_view tokenizer, std::string_view config) {
  const json file = ParseObject(tokenizer);
  if (file.is_null()) return Error{"is no JSON object, wanted a tokenizer.json"};
  const json neighbour = config.empty() ? json::object() : ParseObject(config);
  if (neighbour.is_null())
    return Error{"stands beside a tokenizer_config.json that is no JSON object, wanted one"};
  return Reader(file, neighbour).Run();
}

Result<Vocabulary> LoadTokenizerJson(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const auto tokenizer = ReadText(path);
  if (!tokenizer) return tokenizer.error();
  std::string config;
  if (std::filesystem::exists(folder / "tokenizer_config.json")) {
    auto text = ReadText(folder / "tokenizer_config.json");
    if (!text) return text.error();
    config = std::move(*text);
  }
  auto vocab = ReadTokenizerJson(*tokenizer, config);
  if (!vocab) return Error{path + ": " + vocab.error().message};
  if (std::filesystem::exists(folder / "chat_template.jinja")) {
    auto text = ReadText(folder / "chat_template.jinja");
    if (!text) return text.error();
    vocab->chat_template = std::move(*text);
  }
  return vocab;
}

}  // namespace weft
