#include "sw/bench/cases.h"

#include <charconv>
#include <string>

namespace weft {

namespace {

RandomModelOptions Shape(uint32_t dim, uint32_t hidden, uint32_t layers, uint32_t heads, uint32_t kv_heads,
                         uint32_t head_dim, uint32_t vocab, uint32_t context) {
  RandomModelOptions shape;
  shape.dim = dim;
  shape.hidden = hidden;
  shape.layers = layers;
  shape.heads = heads;
  shape.kv_heads = kv_heads;
  shape.head_dim = head_dim;
  shape.vocab = vocab;
  shape.context = context;
  return shape;
}

const RandomModelOptions kStories15m = Shape(288, 768, 6, 6, 6, 48, 32000, 1024);
const RandomModelOptions kQwen06b = Shape(1024, 3072, 28, 16, 8, 128, 151936, 2048);
// Nothing but attention is large.
const RandomModelOptions kAttention = Shape(64, 32, 1, 16, 8, 128, 64, 8192);
// A matrix of 8192 outputs and 256 inputs.
const RandomModelOptions kGemm = Shape(256, 4096, 1, 8, 8, 32, 64, 64);

// The hidden length of stories260K is no multiple of 32, which Q8_0 files cannot hold.
RandomModelOptions Stories260k() {
  RandomModelOptions shape = Shape(64, 172, 5, 8, 4, 8, 512, 512);
  shape.type = DType::kF16;
  return shape;
}

BenchCase Decode(const std::string& name, const std::string& config, const std::string& model,
                 const std::optional<RandomModelOptions>& shape, uint32_t context, uint32_t steps,
                 Goal goal) {
  BenchCase c;
  c.name = name;
  c.config = config;
  c.model = model;
  c.shape = shape;
  c.context = context;
  c.steps = steps;
  c.goal = goal;
  return c;
}

BenchCase WithoutHead(BenchCase c, double share) {
  c.name += "-nohead";
  c.head = false;
  c.goal.share = share;
  return c;
}

BenchCase On(BenchCase c, const std::string& memory) {
  c.name += "-" + memory;
  c.memory = memory;
  c.goal = {Metric::kRoofline, 0.98};
  return c;
}

BenchCase Qwen(uint32_t batch, uint32_t context) {
  BenchCase c = Decode("qwen-decode-b" + std::to_string(batch) + "-" + std::to_string(context), "tile",
                       "Qwen3-0.6B shape", kQwen06b, context, 1,
                       batch == 1 ? Goal{Metric::kPort, 0.99} : Goal{Metric::kRoofline, 0.96});
  c.batch = batch;
  c.layers = kQwen06b.layers;
  return c;
}

BenchCase Attention(uint32_t context) {
  BenchCase c = Decode("attention-" + std::to_string(context), "tile", "8 KV heads of 128, 16 query heads",
                       kAttention, context, 1, {Metric::kPort, 0.95});
  c.phase = Phase::kAttention;
  c.head = false;
  return c;
}

BenchCase Prefill(const std::string& name, const std::string& config, const std::string& model,
                  const RandomModelOptions& shape, uint32_t tokens, double share) {
  BenchCase c;
  c.name = name;
  c.config = config;
  c.model = model;
  c.shape = shape;
  c.phase = Phase::kPrefill;
  c.prefill = tokens;
  c.block = 32;
  c.head = false;
  c.goal = {Metric::kMac, share};
  return c;
}

std::vector<BenchCase> MakeCases() {
  std::vector<BenchCase> cases;
  const BenchCase stories =
      Decode("stories15m-decode", "base", "stories15M shape", kStories15m, 256, 2, {Metric::kPort, 0.97});
  const BenchCase own =
      Decode("default-decode", "base", "default model", std::nullopt, 248, 4, {Metric::kPort, 0.93});
  cases.push_back(stories);
  cases.push_back(WithoutHead(stories, 0.95));
  cases.push_back(own);
  cases.push_back(Decode("stories260k-decode", "base", "stories260K shape", Stories260k(), 256, 4,
                         {Metric::kPort, 0.80}));
  for (const uint32_t context : {1024u, 4096u}) cases.push_back(Attention(context));
  for (const uint32_t context : {128u, 512u, 1024u}) cases.push_back(Qwen(1, context));
  for (const uint32_t batch : {2u, 4u, 8u}) {
    for (const uint32_t context : {128u, 1024u}) cases.push_back(Qwen(batch, context));
  }
  cases.push_back(Prefill("stories15m-prefill", "base", "stories15M shape", kStories15m, 256, 0.92));
  BenchCase qwen = Prefill("qwen-prefill", "tile2", "Qwen3-0.6B shape", kQwen06b, 512, 0.97);
  qwen.layers = kQwen06b.layers;
  cases.push_back(qwen);
  BenchCase gemm = Prefill("gemm", "base", "32 x 256 x 8192", kGemm, 32, 0.99);
  gemm.phase = Phase::kGemm;
  cases.push_back(gemm);
  for (const char* memory : {"ddr3", "lpddr4"}) {
    cases.push_back(On(stories, memory));
    cases.push_back(On(own, memory));
    cases.push_back(On(Qwen(1, 512), memory));
  }
  return cases;
}

}  // namespace

const char* Name(Phase phase) {
  switch (phase) {
    case Phase::kDecode:
      return "decode";
    case Phase::kPrefill:
      return "prefill";
    case Phase::kAttention:
      return "attention";
    case Phase::kGemm:
      return "gemm";
  }
  return "";
}

const char* Name(Metric metric) {
  switch (metric) {
    case Metric::kPort:
      return "port";
    case Metric::kMac:
      return "mac";
    case Metric::kRoofline:
      return "roofline";
  }
  return "";
}

const std::vector<BenchCase>& NamedCases() {
  static const std::vector<BenchCase> cases = MakeCases();
  return cases;
}

Result<BenchCase> FindCase(std::string_view name) {
  std::string names;
  for (const BenchCase& c : NamedCases()) {
    if (c.name == name) return c;
    names += ", " + c.name;
  }
  return Error{"there is no case '" + std::string(name) + "', wanted all" + names};
}

Result<RandomModelOptions> ParseShape(std::string_view text) {
  RandomModelOptions shape;
  struct Field {
    std::string_view name;
    uint32_t* value;
  };
  const Field fields[] = {{"dim", &shape.dim},           {"hidden", &shape.hidden},
                          {"layers", &shape.layers},     {"heads", &shape.heads},
                          {"kv_heads", &shape.kv_heads}, {"head_dim", &shape.head_dim},
                          {"vocab", &shape.vocab},       {"seed", &shape.seed}};
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string_view item = text.substr(at, end - at);
    const size_t equal = item.find('=');
    const std::string_view number = equal == item.npos ? std::string_view() : item.substr(equal + 1);
    bool good = false;
    for (const Field& field : fields) {
      if (equal == item.npos || item.substr(0, equal) != field.name) continue;
      const auto parsed = std::from_chars(number.data(), number.data() + number.size(), *field.value);
      good = !number.empty() && parsed.ec == std::errc() && parsed.ptr == number.data() + number.size();
    }
    if (!good) {
      return Error{
          "--shape has '" + std::string(item) +
          "', want NAME=NUMBER with a NAME of dim, hidden, layers, heads, kv_heads, head_dim, vocab, seed"};
    }
    at = end + 1;
  }
  if (shape.hidden % 32 != 0 || shape.dim % 32 != 0) shape.type = DType::kF16;
  return shape;
}

}  // namespace weft
