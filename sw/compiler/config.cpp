#include "sw/compiler/config.h"

#include <bit>
#include <optional>
#include <nlohmann/json.hpp>

namespace weft {

extern const char kConfigsJson[];  // configs/configs.json, embedded by the build

namespace {

using Json = nlohmann::ordered_json;

struct Field {
  const char* name;
  uint32_t HwConfig::*member;
  uint32_t low, high;  // allowed values
  bool power_of_two;
  std::optional<uint32_t> preset = {};  // where the field may be left out
};

// The limits are widths of the fields in docs/isa.md, the records of rtl/weft_pkg.sv and the registers.
constexpr Field kFields[] = {
    {"port", &HwConfig::port, 1, 128, true},
    {"columns", &HwConfig::columns, 1, 128, true},
    {"cols_per_lane", &HwConfig::cols_per_lane, 1, 128, true},
    {"panel_rows", &HwConfig::panel_rows, 1, 32, true},
    {"max_rows", &HwConfig::max_rows, 1, 255, false},
    {"max_vrows", &HwConfig::max_vrows, 1, 8192, false},
    {"act_words", &HwConfig::act_words, 1, 65536, false},
    {"max_dim", &HwConfig::max_dim, 2, 65534, false},
    {"max_head_dim", &HwConfig::max_head_dim, 2, 254, false},
    {"max_hidden", &HwConfig::max_hidden, 1, 65535, false},
    {"max_vocab", &HwConfig::max_vocab, 1, (1u << 24) - 1, false},
    {"max_context", &HwConfig::max_context, 1, 65536, false},
    {"max_slots", &HwConfig::max_slots, 1, 256, false},
    {"max_topk", &HwConfig::max_topk, 1, 64, false},
    {"chunk_fifo", &HwConfig::chunk_fifo, 8, 65536, true},
    {"scale_fifo", &HwConfig::scale_fifo, 8, 65536, true},
    {"memory_bytes", &HwConfig::memory_bytes, 0, UINT32_MAX, false, 0},
    {"tape_bytes", &HwConfig::tape_bytes, 0, UINT32_MAX, false, 0},
    {"qkv_bias", &HwConfig::qkv_bias, 0, 1, false, 1},
    {"qk_norm", &HwConfig::qk_norm, 0, 1, false, 1},
};

// By the number of the enumerator.
constexpr const char* kEngines[] = {"array", "micro"};

std::string Say(const HwConfig& c, const std::string& what, uint32_t found, const std::string& wanted) {
  return "configuration '" + c.name + "': " + what + " is " + std::to_string(found) + ", wanted " + wanted;
}

Status CheckField(const HwConfig& c, const Field& field) {
  const uint32_t value = c.*field.member;
  if (value >= field.low && value <= field.high && (!field.power_of_two || std::has_single_bit(value))) {
    return {};
  }
  return Error{Say(c, field.name, value,
                   std::string(field.power_of_two ? "a power of two from " : "a number from ") +
                       std::to_string(field.low) + " to " + std::to_string(field.high))};
}

// `value` must be a multiple of `of`.
Status CheckMultiple(const HwConfig& c, const char* what, uint32_t value, uint32_t of, const char* of_what) {
  if (value % of == 0) return {};
  return Error{Say(c, what, value, "a multiple of " + std::to_string(of) + " (" + of_what + ")")};
}

Status SetEngine(HwConfig& c, const Json& value) {
  for (size_t k = 0; k < std::size(kEngines); ++k) {
    if (value != kEngines[k]) continue;
    c.engine = static_cast<Engine>(k);
    return {};
  }
  return Error{"configuration '" + c.name + "': engine is " + value.dump() + ", wanted \"array\" or \"micro\""};
}

Result<HwConfig> FromObject(const std::string& name, const Json& object) {
  HwConfig c;
  c.name = name;
  if (!object.is_object()) return Error{"configuration '" + name + "' is no JSON object, wanted its fields"};
  for (const auto& [key, value] : object.items()) {
    if (key == "name") continue;
    if (key == "about") {
      if (!value.is_string())
        return Error{"configuration '" + name + "': about is no text, wanted a sentence"};
      c.about = value.get<std::string>();
      continue;
    }
    if (key == "engine") {
      if (auto bad = SetEngine(c, value)) return *bad;
      continue;
    }
    const Field* field = nullptr;
    for (const Field& f : kFields) {
      if (key == f.name) field = &f;
    }
    if (field == nullptr) {
      return Error{"configuration '" + name + "' has the unknown field '" + key +
                   "', wanted the fields of configs/configs.json"};
    }
    if (!value.is_number_unsigned() || value.get<uint64_t>() > UINT32_MAX) {
      return Error{"configuration '" + name + "': " + key + " is " + value.dump() +
                   ", wanted a whole number"};
    }
    c.*field->member = value.get<uint32_t>();
  }
  for (const Field& f : kFields) {
    if (!object.contains(f.name) && !f.preset) {
      return Error{"configuration '" + name + "' has no field '" + f.name + "', wanted a number"};
    }
  }
  if (auto bad = ValidateHwConfig(c)) return *bad;
  return c;
}

}  // namespace

Status ValidateHwConfig(const HwConfig& c) {
  for (const Field& field : kFields) {
    if (auto bad = CheckField(c, field)) return bad;
  }
  const uint32_t unit = c.port < 32 && c.port > 1 ? c.port / 2 : 1;  // chunks that share a scale beat
  if (auto bad = CheckMultiple(c, "panel_rows", c.panel_rows, unit, "chunks of a scale beat")) return bad;
  if (auto bad = CheckMultiple(c, "panel_rows", c.panel_rows, c.subrows(), "port / 32")) return bad;
  if (auto bad = CheckMultiple(c, "columns", c.columns, c.cols_per_lane, "cols_per_lane")) return bad;
  // The array spreads rows over its columns; the micro engine has lanes for query heads and packed weights instead.
  if (!c.micro()) {
    if (auto bad = CheckMultiple(c, "max_rows", c.max_rows, c.columns, "columns")) return bad;
  }
  if (auto bad = CheckMultiple(c, "max_vrows", c.max_vrows, c.columns, "columns")) return bad;
  if (auto bad = CheckMultiple(c, "act_words", c.act_words, c.words_per_chunk(), "words of a chunk"))
    return bad;
  if (auto bad = CheckMultiple(c, "max_dim", c.max_dim, 2, "results come in pairs")) return bad;
  if (auto bad = CheckMultiple(c, "max_head_dim", c.max_head_dim, 2, "results come in pairs")) return bad;
  if (c.max_vrows < c.max_rows) {
    return Error{Say(c, "max_vrows", c.max_vrows, "at least max_rows, " + std::to_string(c.max_rows))};
  }
  if (c.passes() > 64) {
    return Error{Say(c, "max_vrows / columns", c.passes(), "at most 64, the bits of a pass mask")};
  }
  return {};
}

Result<std::vector<HwConfig>> ParseConfigs(std::string_view text) {
  const Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return Error{"the configurations are no JSON object, wanted {name: {field: value}}"};
  std::vector<HwConfig> configs;
  for (const auto& [name, object] : root.items()) {
    if (name == "memories") continue;  // of simulation: sw/runtime/dram_timing.h
    auto config = FromObject(name, object);
    if (!config) return config.error();
    configs.push_back(std::move(*config));
  }
  return configs;
}

std::string ConfigToJson(const HwConfig& config) {
  Json object;
  object["name"] = config.name;
  object["about"] = config.about;
  if (config.engine != Engine::kArray) object["engine"] = kEngines[static_cast<size_t>(config.engine)];
  for (const Field& f : kFields) {
    if (config.*f.member != f.preset) object[f.name] = config.*f.member;
  }
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<HwConfig> ConfigFromJson(std::string_view text) {
  const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("name") || !object["name"].is_string()) {
    return Error{"the configuration is no JSON object with a name, wanted {\"name\": ..., fields}"};
  }
  return FromObject(object["name"].get<std::string>(), object);
}

Result<std::vector<HwConfig>> AllConfigs() { return ParseConfigs(kConfigsJson); }

Result<HwConfig> FindConfig(std::string_view name) {
  auto configs = AllConfigs();
  if (!configs) return configs.error();
  std::string names;
  for (const HwConfig& config : *configs) {
    if (config.name == name) return config;
    names += (names.empty() ? "" : ", ") + config.name;
  }
  return Error{"there is no configuration '" + std::string(name) + "', wanted one of " + names};
}

}  // namespace weft
