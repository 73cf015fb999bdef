#include "sw/image/container.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "sw/formats/cursor.h"
#include "sw/image/append.h"

namespace weft {
namespace {

// The bytes after the name catch text-mode copies, as PNG's do.
constexpr std::array<uint8_t, 8> kMagic = {'W', 'E', 'F', 'T', '\r', '\n', 0x1a, '\n'};
constexpr uint32_t kMaxSections = 16;
constexpr uint64_t kMaxSectionBytes = uint64_t{16} << 30;
constexpr uint64_t kMaxExpansion = 1032;  // of deflate; more is a lie
constexpr int kLevel = 6;
constexpr uInt kChunk = 1u << 30;  // zlib counts in 32 bits

struct Entry {
  char tag[4];
  uint32_t crc;  // of the packed bytes: damage is found before zlib meets it
  uint64_t packed_bytes;
  uint64_t raw_bytes;
};
static_assert(sizeof(Entry) == 24);

uint32_t Crc(std::span<const uint8_t> bytes) {
  return static_cast<uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

std::vector<uint8_t> Deflate(std::span<const uint8_t> raw) {
  z_stream z{};
  WEFT_CHECK(deflateInit(&z, kLevel) == Z_OK, "zlib starts");
  // 0.1 % and a few bytes above the input is zlib's own bound.
  std::vector<uint8_t> out(raw.size() + raw.size() / 512 + 64);
  size_t in_at = 0, out_at = 0;
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    z.next_in = const_cast<Bytef*>(raw.data() + in_at);
    z.avail_in = static_cast<uInt>(std::min<size_t>(kChunk, raw.size() - in_at));
    z.next_out = out.data() + out_at;
    z.avail_out = static_cast<uInt>(std::min<size_t>(kChunk, out.size() - out_at));
    const uInt in = z.avail_in, room = z.avail_out;
    state = deflate(&z, in_at + in == raw.size() ? Z_FINISH : Z_NO_FLUSH);
    WEFT_CHECK(state == Z_OK || state == Z_STREAM_END, "zlib's bound holds");
    in_at += in - z.avail_in;
    out_at += room - z.avail_out;
  }
  deflateEnd(&z);
  out.resize(out_at);
  return out;
}

// Exactly raw_bytes, or what is wrong.
Status Inflate(const std::string& name, std::span<const uint8_t> packed, std::span<uint8_t> raw) {
  z_stream z{};
  WEFT_CHECK(inflateInit(&z) == Z_OK, "zlib starts");
  size_t in_at = 0, out_at = 0;
  uint8_t spare;  // shows output beyond the stated size
  int state = Z_OK;
  while (state == Z_OK) {
    z.next_in = const_cast<Bytef*>(packed.data() + in_at);
    z.avail_in = static_cast<uInt>(std::min<size_t>(kChunk, packed.size() - in_at));
    const bool full = out_at == raw.size();
    z.next_out = full ? &spare : raw.data() + out_at;
    z.avail_out = full ? 1 : static_cast<uInt>(std::min<size_t>(kChunk, raw.size() - out_at));
    const uInt in = z.avail_in, room = z.avail_out;
    state = inflate(&z, Z_NO_FLUSH);
    in_at += in - z.avail_in;
    if (full && z.avail_out == 0) {
      inflateEnd(&z);
      return Error{name + " decompresses to more than the stated " + std::to_string(raw.size()) + " bytes"};
    }
    if (!full) out_at += room - z.avail_out;
    if (state == Z_OK && in == z.avail_in && room == z.avail_out) break;  // starved: truncated data
  }
  inflateEnd(&z);
  if (state != Z_STREAM_END || in_at != packed.size()) {
    return Error{name + " is no whole zlib stream: " + std::to_string(in_at) + " of " +
                 std::to_string(packed.size()) + " bytes make sense"};
  }
  if (out_at != raw.size()) {
    return Error{name + " decompresses to " + std::to_string(out_at) + " bytes, wanted the stated " +
                 std::to_string(raw.size())};
  }
  return {};
}

// Header and table; `at` ends behind their checksum.
Result<std::vector<Entry>> ReadTable(std::span<const uint8_t> file, size_t* at) {
  Cursor in(file);
  const auto magic = in.Take(kMagic.size(), "the magic number");
  if (in.ok() && !std::equal(magic.begin(), magic.end(), kMagic.begin())) {
    return Error{"the file starts with " +
                 Quoted({reinterpret_cast<const char*>(magic.data()), magic.size()}) +
                 ", wanted the magic number of a .weft file"};
  }
  const uint32_t version = in.Read<uint32_t>("the version");
  if (in.ok() && version != kImageVersion) {
    return Error{"the file has version " + std::to_string(version) + ", wanted " +
                 std::to_string(kImageVersion)};
  }
  const uint32_t count = in.Read<uint32_t>("the section count");
  if (in.ok() && (count == 0 || count > kMaxSections)) {
    return Error{"the file has " + std::to_string(count) + " sections, wanted 1 to " +
                 std::to_string(kMaxSections)};
  }
  std::vector<Entry> table;
  for (uint32_t i = 0; i < count && in.ok(); ++i) table.push_back(in.Read<Entry>("the section table"));
  const size_t end = in.at();
  const uint32_t crc = in.Read<uint32_t>("the header's checksum");
  if (!in.ok()) return *in.status();
  if (crc != Crc(file.first(end))) return Error{"the header's checksum is wrong: the file is damaged"};
  *at = in.at();
  return table;
}

}  // namespace

std::vector<uint8_t> PackSections(const std::vector<ImageSection>& sections) {
  WEFT_CHECK(!sections.empty() && sections.size() <= kMaxSections, "an image has a few sections");
  std::vector<uint8_t> out(kMagic.begin(), kMagic.end());
  Append(out, kImageVersion);
  Append(out, static_cast<uint32_t>(sections.size()));
  std::vector<std::vector<uint8_t>> packed;
  for (const ImageSection& s : sections) {
    WEFT_CHECK(s.tag.size() == 4 && s.bytes.size() <= kMaxSectionBytes, "a section has a tag of 4 letters");
    packed.push_back(Deflate(s.bytes));
    Entry entry{};
    std::memcpy(entry.tag, s.tag.data(), 4);
    entry.crc = Crc(packed.back());
    entry.packed_bytes = packed.back().size();
    entry.raw_bytes = s.bytes.size();
    Append(out, entry);
  }
  Append(out, Crc(out));
  for (const auto& bytes : packed) out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}

Result<std::vector<ImageSection>> UnpackSections(std::span<const uint8_t> file) {
  size_t at = 0;
  const auto table = ReadTable(file, &at);
  if (!table) return table.error();
  uint64_t left = file.size() - at;
  for (const Entry& entry : *table) {
    const std::string name = "section " + Quoted({entry.tag, 4});
    if (entry.packed_bytes > left) {
      return Error{name + " takes " + std::to_string(entry.packed_bytes) + " bytes, wanted at most the " +
                   std::to_string(left) + " left in the file: it is truncated"};
    }
    left -= entry.packed_bytes;
    if (entry.raw_bytes > kMaxSectionBytes || entry.raw_bytes / kMaxExpansion > entry.packed_bytes) {
      return Error{name + " states " + std::to_string(entry.raw_bytes) + " bytes out of " +
                   std::to_string(entry.packed_bytes) +
                   " compressed ones, wanted at most 1032 times as many"};
    }
  }
  if (left != 0) {
    return Error{"the file has " + std::to_string(left) + " bytes after its last section, wanted none"};
  }
  std::vector<ImageSection> sections;
  for (const Entry& entry : *table) {
    const std::string name = "section " + Quoted({entry.tag, 4});
    ImageSection section;
    section.tag.assign(entry.tag, 4);
    for (const ImageSection& before : sections) {
      if (before.tag == section.tag) return Error{name + " comes twice, wanted once"};
    }
    const auto packed = file.subspan(at, entry.packed_bytes);
    if (Crc(packed) != entry.crc) return Error{name + " has the wrong checksum: the file is damaged"};
    section.bytes.resize(entry.raw_bytes);
    if (auto bad = Inflate(name, packed, section.bytes)) return *bad;
    at += entry.packed_bytes;
    sections.push_back(std::move(section));
  }
  return sections;
}

}  // namespace weft
