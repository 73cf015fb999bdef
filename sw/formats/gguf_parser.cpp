#include "sw/formats/gguf_parser.h"

#include <algorithm>
#include <bit>
#include <string>
#include <unordered_set>

#include "sw/formats/cursor.h"
#include "sw/model/dtype.h"

namespace weft {
namespace {

constexpr uint64_t kMaxKeyBytes = 65535;  // the format's own limit
constexpr uint64_t kMaxTensorNameBytes = 64;
constexpr int kMaxArrayDepth = 4;
constexpr uint64_t kMaxAlignment = 1 << 20;
// Smallest records, which bound the counts by the bytes that are there.
constexpr uint64_t kMinKeyBytes = 8 + 1 + 4 + 1;
constexpr uint64_t kMinTensorInfoBytes = 8 + 1 + 4 + 8 + 4 + 8;

// Bytes of a scalar; 0 for strings, arrays and ids that GGUF does not define.
uint64_t ScalarBytes(GgufType type) {
  switch (type) {
    case GgufType::kU8:
    case GgufType::kI8:
    case GgufType::kBool:
      return 1;
    case GgufType::kU16:
    case GgufType::kI16:
      return 2;
    case GgufType::kU32:
    case GgufType::kI32:
    case GgufType::kF32:
      return 4;
    case GgufType::kU64:
    case GgufType::kI64:
    case GgufType::kF64:
      return 8;
    case GgufType::kString:
    case GgufType::kArray:
      return 0;
  }
  return 0;
}

// a * b, or false when that does not fit 64 bits.
bool Multiply(uint64_t a, uint64_t b, uint64_t* product) { return !__builtin_mul_overflow(a, b, product); }

// Reads one file front to back into file_. Failures stick in the cursor.
class Parser {
 public:
  explicit Parser(std::span<const uint8_t> bytes) : bytes_(bytes), in_(bytes) {}

  Result<GgufFile> Run() {
    ReadHeader();
    for (uint64_t i = 0; i < key_count_ && in_.ok(); ++i) ReadKey();
    ReadAlignment();
    for (uint64_t i = 0; i < tensor_count_ && in_.ok(); ++i) ReadTensorInfo();
    PlaceTensors();
    if (in_.status()) return *in_.status();
    return std::move(file_);
  }

 private:
  // A tensor's place before the start of the data section is known.
  struct Place {
    uint64_t offset;  // from the start of the data section
    uint64_t size;
  };

  void ReadHeader() {
    const std::string_view magic = in_.Text(4, "the magic number");
    if (in_.ok() && magic != "GGUF") in_.Fail("starts with " + Quoted(magic) + ", wanted 'GGUF'");
    file_.version = in_.Read<uint32_t>("the version");
    if (in_.ok() && file_.version != 0 && (file_.version & 0xffff) == 0) {
      in_.Fail("is a big-endian GGUF file, wanted little endian");
    }
    if (in_.ok() && file_.version != 2 && file_.version != 3) {
      in_.Fail("is GGUF version " + std::to_string(file_.version) + ", wanted 2 or 3");
    }
    tensor_count_ = in_.Read<uint64_t>("the tensor count");
    key_count_ = in_.Read<uint64_t>("the key count");
    CheckCount("tensors", tensor_count_, kMinTensorInfoBytes);
    CheckCount("keys", key_count_, kMinKeyBytes);
  }

  // Refuses a count whose records cannot fit into the bytes that are left, before anything is allocated.
  void CheckCount(const std::string& what, uint64_t count, uint64_t least_bytes) {
    const uint64_t most = in_.left() / least_bytes;
    if (in_.ok() && count > most) {
      in_.Fail("claims " + std::to_string(count) + " " + what + ", wanted at most the " +
               std::to_string(most) + " that fit into the rest of the file");
    }
  }

  std::string_view ReadString(const std::string& what) {
    const uint64_t length = in_.Read<uint64_t>("the length of " + what);
    return in_.Text(length, what);
  }

  std::string_view ReadName(const std::string& what, uint64_t limit) {
    const uint64_t length = in_.Read<uint64_t>("the length of " + what);
    if (in_.ok() && (length == 0 || length > limit)) {
      in_.Fail(what + " has " + std::to_string(length) + " bytes, wanted 1 to " + std::to_string(limit));
    }
    return in_.Text(length, what);
  }

  GgufType ReadType(const std::string& what) {
    const uint32_t type = in_.Read<uint32_t>("the type of " + what);
    if (in_.ok() && type > static_cast<uint32_t>(GgufType::kF64)) {
      in_.Fail(what + " has value type " + std::to_string(type) + ", wanted 0 to 12");
      return GgufType::kU8;
    }
    return static_cast<GgufType>(type);
  }

  void ReadKey() {
    const std::string_view key = ReadName("a key's name", kMaxKeyBytes);
    const std::string what = "key " + Quoted(key);
    GgufValue value;
    value.type = ReadType(what);
    ReadValue(what, &value);
    if (in_.ok() && !file_.keys.emplace(key, std::move(value)).second)
      in_.Fail(what + " is there twice, wanted once");
  }

  void ReadValue(const std::string& what, GgufValue* value) {
    switch (value->type) {
      case GgufType::kU8:
        value->integer = in_.Read<uint8_t>(what);
        return;
      case GgufType::kI8:
        value->integer = static_cast<uint64_t>(int64_t{in_.Read<int8_t>(what)});
        return;
      case GgufType::kU16:
        value->integer = in_.Read<uint16_t>(what);
        return;
      case GgufType::kI16:
        value->integer = static_cast<uint64_t>(int64_t{in_.Read<int16_t>(what)});
        return;
      case GgufType::kU32:
        value->integer = in_.Read<uint32_t>(what);
        return;
      case GgufType::kI32:
        value->integer = static_cast<uint64_t>(int64_t{in_.Read<int32_t>(what)});
        return;
      case GgufType::kU64:
        value->integer = in_.Read<uint64_t>(what);
        return;
      case GgufType::kI64:
        value->integer = static_cast<uint64_t>(in_.Read<int64_t>(what));
        return;
      case GgufType::kF32:
        value->number = in_.Read<float>(what);
        return;
      case GgufType::kF64:
        value->number = in_.Read<double>(what);
        return;
      case GgufType::kString:
        value->text = ReadString(what);
        return;
      case GgufType::kArray:
        ReadArray(what, 1, value);
        return;
      case GgufType::kBool:
        value->integer = in_.Read<uint8_t>(what);
        if (value->integer > 1) {
          in_.Fail(what + " is a bool of value " + std::to_string(value->integer) + ", wanted 0 or 1");
        }
        return;
    }
  }

  // Arrays of arrays are walked for their length; nothing that is read here uses them.
  void ReadArray(const std::string& what, int depth, GgufValue* value) {
    if (depth > kMaxArrayDepth) {
      return in_.Fail(what + " nests arrays deeper than wanted, at most " + std::to_string(kMaxArrayDepth));
    }
    value->element = ReadType(what);
    value->count = in_.Read<uint64_t>("the element count of " + what);
    if (!in_.ok()) return;
    if (const uint64_t size = ScalarBytes(value->element)) {
      CheckCount("elements in " + what, value->count, size);
      if (in_.ok()) value->raw = in_.Take(value->count * size, what);
      return;
    }
    const bool strings = value->element == GgufType::kString;
    CheckCount("elements in " + what, value->count, strings ? 8 : 12);
    if (in_.ok() && strings) value->strings.reserve(value->count);
    for (uint64_t i = 0; i < value->count && in_.ok(); ++i) {
      if (strings) {
        value->strings.push_back(ReadString(what));
      } else {
        GgufValue inner;
        ReadArray(what, depth + 1, &inner);
      }
    }
  }

  void ReadAlignment() {
    const auto found = file_.keys.find("general.alignment");
    if (!in_.ok() || found == file_.keys.end()) return;
    const GgufValue& value = found->second;
    if (value.type != GgufType::kU32) {
      return in_.Fail(std::string("key 'general.alignment' has type ") + GgufTypeName(value.type) +
                      ", wanted u32");
    }
    if (value.integer < 8 || value.integer > kMaxAlignment || !std::has_single_bit(value.integer)) {
      return in_.Fail("key 'general.alignment' is " + std::to_string(value.integer) +
                      ", wanted a power of two from 8 to " + std::to_string(kMaxAlignment));
    }
    alignment_ = value.integer;
  }

  void ReadTensorInfo() {
    GgufTensor tensor;
    tensor.name = ReadName("a tensor's name", kMaxTensorNameBytes);
    const std::string what = "tensor " + Quoted(tensor.name);
    const uint32_t rank = in_.Read<uint32_t>("the rank of " + what);
    if (in_.ok() && (rank < 1 || rank > tensor.dims.size())) {
      in_.Fail(what + " has " + std::to_string(rank) + " dimensions, wanted 1 to 4");
    }
    for (uint32_t i = 0; i < rank && in_.ok(); ++i) {
      tensor.dims[i] = in_.Read<uint64_t>("a dimension of " + what);
      if (in_.ok() && tensor.dims[i] == 0) in_.Fail(what + " has a dimension of 0, wanted at least 1");
    }
    tensor.type = in_.Read<uint32_t>("the type of " + what);
    Place place{in_.Read<uint64_t>("the offset of " + what), 0};
    if (!in_.ok()) return;

    const DTypeInfo* type = FindDType(tensor.type);
    if (type == nullptr) {
      return in_.Fail(what + " has type id " + std::to_string(tensor.type) +
                      ", wanted one that GGUF defines");
    }
    if (tensor.dims[0] % type->block != 0) {
      return in_.Fail(what + " is " + type->name + " with rows of " + std::to_string(tensor.dims[0]) +
                      " elements, wanted a multiple of " + std::to_string(type->block));
    }
    place.size = tensor.dims[0] / type->block;
    bool fits = Multiply(place.size, type->block_bytes, &place.size);
    for (size_t i = 1; i < tensor.dims.size(); ++i)
      fits = fits && Multiply(place.size, tensor.dims[i], &place.size);
    if (!fits) return in_.Fail(what + " has dimensions whose product overflows, wanted less than 2^64 bytes");
    if (place.offset % alignment_ != 0) {
      return in_.Fail(what + " starts at offset " + std::to_string(place.offset) + ", wanted a multiple of " +
                      std::to_string(alignment_));
    }
    if (!names_.insert(tensor.name).second) return in_.Fail(what + " is there twice, wanted once");
    file_.tensors.push_back(tensor);
    places_.push_back(place);
  }

  // The data section starts behind the directory, aligned. Every tensor must lie in it, and alone.
  void PlaceTensors() {
    if (!in_.ok()) return;
    const uint64_t start =
        std::min<uint64_t>((in_.at() + alignment_ - 1) / alignment_ * alignment_, bytes_.size());
    const uint64_t room = bytes_.size() - start;
    std::vector<size_t> order(places_.size());
    for (size_t i = 0; i < order.size(); ++i) {
      const Place& place = places_[i];
      if (place.offset > room || place.size > room - place.offset) {
        return in_.Fail("tensor " + Quoted(file_.tensors[i].name) + " takes " + std::to_string(place.size) +
                        " bytes from offset " + std::to_string(place.offset) +
                        " of the data, wanted inside its " + std::to_string(room) + " bytes");
      }
      file_.tensors[i].data = bytes_.subspan(start + place.offset, place.size);
      order[i] = i;
    }
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return places_[a].offset < places_[b].offset; });
    for (size_t i = 1; i < order.size(); ++i) {
      const size_t before = order[i - 1];
      const uint64_t end = places_[before].offset + places_[before].size;
      if (places_[order[i]].offset < end) {
        return in_.Fail("tensor " + Quoted(file_.tensors[order[i]].name) + " starts at offset " +
                        std::to_string(places_[order[i]].offset) + " and overlaps tensor " +
                        Quoted(file_.tensors[before].name) + ", wanted at least offset " +
                        std::to_string(end));
      }
    }
  }

  std::span<const uint8_t> bytes_;
  Cursor in_;
  GgufFile file_;
  uint64_t tensor_count_ = 0;
  uint64_t key_count_ = 0;
  uint64_t alignment_ = 32;
  std::unordered_set<std::string_view> names_;
  std::vector<Place> places_;  // one for each tensor
};

}  // namespace

const char* GgufTypeName(GgufType type) {
  constexpr const char* kNames[] = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                    "bool", "string", "array", "u64", "i64", "f64"};
  const size_t id = static_cast<size_t>(type);
  return id < std::size(kNames) ? kNames[id] : "unknown";
}

bool IsSigned(GgufType type) {
  return type == GgufType::kI8 || type == GgufType::kI16 || type == GgufType::kI32 || type == GgufType::kI64;
}

bool IsInteger(GgufType type) {
  return IsSigned(type) || type == GgufType::kU8 || type == GgufType::kU16 || type == GgufType::kU32 ||
         type == GgufType::kU64;
}

Result<GgufFile> ParseGguf(std::span<const uint8_t> bytes) { return Parser(bytes).Run(); }

}  // namespace weft
