#include "sw/image/info.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

// The JSON's fields by name; encoding and decoding run down the same lists.
template <typename Object, typename Number>
struct Field {
  const char* name;
  Number Object::*member;
};

constexpr Field<ModelConfig, uint32_t> kModelFields[] = {
    {"dim", &ModelConfig::dim},           {"hidden", &ModelConfig::hidden},
    {"layers", &ModelConfig::layers},     {"heads", &ModelConfig::heads},
    {"kv_heads", &ModelConfig::kv_heads}, {"head_dim", &ModelConfig::head_dim},
    {"vocab", &ModelConfig::vocab},       {"context", &ModelConfig::context},
};
constexpr Field<ModelConfig, float> kModelFloats[] = {
    {"rope_theta", &ModelConfig::rope_theta},
    {"norm_eps", &ModelConfig::norm_eps},
};
constexpr Field<Tape, uint32_t> kTapeFields[] = {
    {"boot_count", &Tape::boot_count}, {"logit_stride", &Tape::logit_stride},
    {"max_rows", &Tape::max_rows},     {"context", &Tape::context},
    {"slots", &Tape::slots},           {"vocab", &Tape::vocab},
};
constexpr Field<Tape, uint64_t> kTapeSizes[] = {{"kv_bytes", &Tape::kv_bytes}};
constexpr Field<StepNeeds, uint64_t> kNeedsFields[] = {
    {"weight_bytes", &StepNeeds::weight_bytes},
    {"lm_head_bytes", &StepNeeds::lm_head_bytes},
    {"gain_bytes", &StepNeeds::gain_bytes},
    {"embed_bytes_per_row", &StepNeeds::embed_bytes_per_row},
    {"rope_bytes_per_row", &StepNeeds::rope_bytes_per_row},
    {"kv_bytes_per_position", &StepNeeds::kv_bytes_per_position},
    {"kv_bytes_per_row", &StepNeeds::kv_bytes_per_row},
    {"macs_per_row", &StepNeeds::macs_per_row},
    {"lm_head_macs", &StepNeeds::lm_head_macs},
    {"macs_per_position", &StepNeeds::macs_per_position},
};

template <typename Object, typename Number, size_t N>
void Put(Json& json, const Object& object, const Field<Object, Number> (&fields)[N]) {
  for (const auto& field : fields) json[field.name] = object.*field.member;
}

// Keeps the first error of many reads.
class Reader {
 public:
  const Status& status() const { return status_; }

  const Json& Child(const Json& json, const char* name) {
    static const Json kNone;
    const auto at = json.is_object() ? json.find(name) : json.end();
    if (json.is_object() && at != json.end()) return *at;
    Fail(std::string("the model information has no '") + name + "', wanted one");
    return kNone;
  }

  template <typename Object, typename Number, size_t N>
  void Get(const Json& json, Object& object, const Field<Object, Number> (&fields)[N]) {
    for (const auto& field : fields) object.*field.member = GetNumber<Number>(json, field.name);
  }

  template <typename Number>
  Number GetNumber(const Json& json, const char* name) {
    const Json& value = Child(json, name);
    if (status_) return {};
    if constexpr (std::is_floating_point_v<Number>) {
      if (value.is_number()) return value.get<Number>();
    } else if (value.is_number_unsigned() && value.get<uint64_t>() <= std::numeric_limits<Number>::max()) {
      return value.get<Number>();
    }
    Fail(std::string("the model information's '") + name + "' is " + value.dump().substr(0, 40) +
         ", wanted a number in range");
    return {};
  }

  std::string GetText(const Json& json, const char* name) {
    const Json& value = Child(json, name);
    if (value.is_string()) return value.get<std::string>();
    Fail(std::string("the model information's '") + name + "' is no text");
    return {};
  }

  void Fail(std::string message) {
    if (!status_) status_ = Error{std::move(message)};
  }

 private:
  Status status_;
};

}  // namespace

std::string EncodeInfo(const ModelConfig& model, const Tape& tape) {
  Json root;
  Json& m = root["model"];
  m["architecture"] = model.architecture;
  m["name"] = model.name;
  Put(m, model, kModelFields);
  Put(m, model, kModelFloats);
  Json& t = root["tape"];
  Put(t, tape, kTapeFields);
  Put(t, tape, kTapeSizes);
  Put(root["needs"], tape.needs, kNeedsFields);
  Json& sections = root["sections"] = Json::array();
  for (const TapeSection& s : tape.sections) {
    sections.push_back({{"label", s.label}, {"offset", s.offset}, {"bytes", s.bytes}});
  }
  return root.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ImageInfo> DecodeInfo(std::string_view text) {
  const Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return Error{"the model information is no JSON object, wanted one"};
  Reader reader;
  ImageInfo info;
  const Json& m = reader.Child(root, "model");
  info.model.architecture = reader.GetText(m, "architecture");
  info.model.name = reader.GetText(m, "name");
  reader.Get(m, info.model, kModelFields);
  reader.Get(m, info.model, kModelFloats);
  const Json& t = reader.Child(root, "tape");
  reader.Get(t, info.tape, kTapeFields);
  reader.Get(t, info.tape, kTapeSizes);
  reader.Get(reader.Child(root, "needs"), info.tape.needs, kNeedsFields);
  const Json& sections = reader.Child(root, "sections");
  if (!sections.is_array()) reader.Fail("the model information's 'sections' is no list, wanted one");
  for (const Json& s : sections) {
    if (reader.status()) break;
    info.tape.sections.push_back({reader.GetText(s, "label"), reader.GetNumber<uint64_t>(s, "offset"),
                                  reader.GetNumber<uint64_t>(s, "bytes")});
  }
  if (reader.status()) return *reader.status();
  if (auto bad = ValidateConfig(info.model)) return *bad;
  return info;
}

}  // namespace weft
