#include "sw/image/image.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "sw/compiler/fit.h"
#include "sw/compiler/tape.h"
#include "sw/formats/file_io.h"
#include "sw/image/container.h"
#include "sw/image/info.h"
#include "sw/image/vocabulary.h"

namespace weft {
namespace {

constexpr const char* kTags[] = {"CONF", "INFO", "VOCB", "TAPE"};

std::vector<uint8_t> Bytes(const std::string& text) { return {text.begin(), text.end()}; }

std::string_view Text(const ImageSection& section) {
  return {reinterpret_cast<const char*>(section.bytes.data()), section.bytes.size()};
}

// The four sections in the order of kTags, or what is missing or unknown.
Status CheckTags(const std::vector<ImageSection>& sections) {
  for (size_t i = 0; i < std::size(kTags); ++i) {
    if (i < sections.size() && sections[i].tag == kTags[i]) continue;
    return Error{"section " + std::to_string(i) + " is '" +
                 (i < sections.size() ? sections[i].tag : std::string("missing")) + "', wanted '" + kTags[i] +
                 "'"};
  }
  if (sections.size() == std::size(kTags)) return {};
  return Error{"the file has " + std::to_string(sections.size()) + " sections, wanted " +
               std::to_string(std::size(kTags))};
}

Status CheckEqual(const char* what, uint64_t found, uint64_t want) {
  if (found == want) return {};
  return Error{std::string("the tape's ") + what + " is " + std::to_string(found) + ", wanted " +
               std::to_string(want) + " for this model and configuration"};
}

// The stated geometry is the one that the compiler would choose.
Status CheckGeometry(const Image& image) {
  const Tape& tape = image.tape;
  if (tape.context == 0 || tape.slots == 0) {
    return Error{"the tape states no context or no slots, wanted at least one of each"};
  }
  const auto steps = WalkTape(tape.bytes, tape.boot_count, image.hw);
  if (!steps) return steps.error();
  uint32_t copies_log2 = 0;
  for (const TapeStep& step : *steps) {
    if (step.instr.op() != Op::kMatmul) continue;
    copies_log2 = std::max(copies_log2, MatmulInstr::Decode(step.instr).src_copies_log2);
  }
  const auto fit = FitModel(image.model, image.hw, {tape.context, tape.slots}, copies_log2);
  if (!fit) return fit.error();
  if (auto bad = CheckTapeBytes(image.hw, tape.bytes.size())) return *bad;
  const uint64_t stride = AlignUp(uint64_t{image.model.vocab} * 4, image.hw.port);
  if (auto bad = CheckEqual("vocabulary size", tape.vocab, image.model.vocab)) return bad;
  if (auto bad = CheckEqual("row count", tape.max_rows, fit->max_rows)) return bad;
  if (auto bad = CheckEqual("logit stride", tape.logit_stride, stride)) return bad;
  if (auto bad = CheckEqual("KV size", tape.kv_bytes, image.model.layers * (fit->k_region + fit->v_region))) {
    return bad;
  }
  if (!image.vocab.empty() && image.vocab.pieces.size() != tape.vocab) {
    return Error{"the vocabulary has " + std::to_string(image.vocab.pieces.size()) + " tokens, wanted " +
                 std::to_string(tape.vocab)};
  }
  return {};
}

}  // namespace

std::vector<uint8_t> EncodeImage(const Image& image) {
  return PackSections({{kTags[0], Bytes(ConfigToJson(image.hw))},
                       {kTags[1], Bytes(EncodeInfo(image.model, image.tape))},
                       {kTags[2], EncodeVocabulary(image.vocab)},
                       {kTags[3], image.tape.bytes}});
}

Result<Image> DecodeImage(std::span<const uint8_t> bytes) {
  auto sections = UnpackSections(bytes);
  if (!sections) return sections.error();
  if (auto bad = CheckTags(*sections)) return *bad;
  auto hw = ConfigFromJson(Text((*sections)[0]));
  if (!hw) return hw.error();
  auto info = DecodeInfo(Text((*sections)[1]));
  if (!info) return info.error();
  auto vocab = DecodeVocabulary((*sections)[2].bytes);
  if (!vocab) return vocab.error();
  Image image{std::move(*hw), std::move(info->model), std::move(info->tape), std::move(*vocab)};
  image.tape.bytes = std::move((*sections)[3].bytes);
  if (auto bad = CheckGeometry(image)) return *bad;
  return image;
}

bool LooksLikeImage(std::span<const uint8_t> bytes) {
  return bytes.size() >= 6 && std::string_view(reinterpret_cast<const char*>(bytes.data()), 6) == "WEFT\r\n";
}

Status WriteImage(const std::string& path, const Image& image) {
  return WriteFileAtomically(path, EncodeImage(image));
}

Result<Image> ReadImage(const std::string& path) {
  const auto bytes = ReadFile(path);
  if (!bytes) return bytes.error();
  auto image = DecodeImage(*bytes);
  if (!image) return Error{path + ": " + image.error().message};
  return image;
}

}  // namespace weft
