#include "sw/runtime/dram_timing.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace weft {

extern const char kConfigsJson[];  // configs/configs.json, embedded by the build

namespace {

using Json = nlohmann::ordered_json;

struct Field {
  const char* name;
  uint32_t DramConfig::*member;
  uint32_t low, high;
};

constexpr Field kFields[] = {
    {"clock_mhz", &DramConfig::clock_mhz, 1, 10000},
    {"bandwidth_percent", &DramConfig::bandwidth_percent, 1, 100},
    {"latency_ns", &DramConfig::latency_ns, 1, 100000},
    {"row_miss_ns", &DramConfig::row_miss_ns, 0, 10000},
    {"page_beats", &DramConfig::page_beats, 1, 1u << 20},
    {"banks", &DramConfig::banks, 1, 1024},
    {"refresh_interval_ns", &DramConfig::refresh_interval_ns, 1, 1000000000},
    {"refresh_ns", &DramConfig::refresh_ns, 0, 100000},
    {"turnaround_ns", &DramConfig::turnaround_ns, 0, 10000},
    {"buffer_beats", &DramConfig::buffer_beats, 1, 65536},
};

Result<DramConfig> FromObject(const std::string& name, const Json& object) {
  const std::string who = "memory '" + name + "'";
  if (!object.is_object()) return Error{who + " is no JSON object, wanted its fields"};
  DramConfig config;
  config.name = name;
  for (const auto& [key, value] : object.items()) {
    const auto* field =
        std::find_if(std::begin(kFields), std::end(kFields), [&key = key](const Field& f) { return key == f.name; });
    if (key == "about" ? !value.is_string() : field == std::end(kFields)) {
      return Error{who + (key == "about" ? ": about is no text, wanted a sentence"
                                         : " has the unknown field '" + key + "'")};
    }
  }
  config.about = object.value("about", "");
  for (const Field& f : kFields) {
    const auto value = object.find(f.name);
    if (value == object.end() || !value->is_number_unsigned() || value->get<uint64_t>() < f.low ||
        value->get<uint64_t>() > f.high) {
      return Error{who + ": " + f.name + " is " + (value == object.end() ? "missing" : value->dump()) +
                   ", wanted a whole number from " + std::to_string(f.low) + " to " + std::to_string(f.high)};
    }
    config.*f.member = value->get<uint32_t>();
  }
  if (config.refresh_ns + config.row_miss_ns >= config.refresh_interval_ns) {
    return Error{
        who + ": refresh_ns and row_miss_ns are " + std::to_string(config.refresh_ns + config.row_miss_ns) +
        " together, wanted less than refresh_interval_ns, " + std::to_string(config.refresh_interval_ns)};
  }
  return config;
}

}  // namespace

double DramConfig::StreamRate() const {
  const double lost =
      static_cast<double>(Cycles(refresh_ns) + Cycles(row_miss_ns)) / Cycles(refresh_interval_ns);
  return bandwidth_percent / 100.0 * (1 - lost);
}

Result<std::vector<DramConfig>> ParseMemories(std::string_view text) {
  const Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::vector<DramConfig> memories;
  if (!root.is_object() || !root.contains("memories")) return memories;
  if (!root["memories"].is_object())
    return Error{"memories is no JSON object, wanted {name: {field: value}}"};
  for (const auto& [name, object] : root["memories"].items()) {
    auto memory = FromObject(name, object);
    if (!memory) return memory.error();
    memories.push_back(std::move(*memory));
  }
  return memories;
}

Result<std::vector<DramConfig>> AllMemories() { return ParseMemories(kConfigsJson); }

Result<DramConfig> FindMemory(std::string_view name) {
  auto memories = AllMemories();
  if (!memories) return memories.error();
  std::string names = "ideal";
  for (const DramConfig& memory : *memories) {
    if (memory.name == name) return memory;
    names += ", " + memory.name;
  }
  return Error{"there is no memory '" + std::string(name) + "', wanted one of " + names};
}

DramTiming::DramTiming(const DramConfig& c, uint32_t port_bytes)
    : percent_(c.bandwidth_percent),
      latency_(c.Cycles(c.latency_ns)),
      row_miss_(c.Cycles(c.row_miss_ns)),
      refresh_interval_(c.Cycles(c.refresh_interval_ns)),
      refresh_(c.Cycles(c.refresh_ns)),
      turnaround_(c.Cycles(c.turnaround_ns)),
      buffer_beats_(c.buffer_beats),
      page_bytes_(uint64_t{c.page_beats} * port_bytes),
      banks_(c.banks),
      next_refresh_(refresh_interval_) {}

void DramTiming::Read(uint64_t now, uint64_t address, uint32_t beats) {
  // A burst that runs into the next page counts as one access to its first: bursts are shorter than pages.
  const uint64_t row = Page(address) / banks_.size();
  Access access{static_cast<uint32_t>(Page(address) % banks_.size()), beats, now + latency_, false};
  Bank& bank = banks_[access.bank];
  if (bank.row != row) {
    access.waits = bank.queued > 0;
    access.due += row_miss_;
    bank.row = row;
  }
  ++bank.queued;
  reads_.push_back(access);
}

uint64_t DramTiming::Write(uint64_t now, uint64_t address, uint32_t beats) {
  Bank& bank = banks_[Page(address) % banks_.size()];
  const uint64_t row = Page(address) / banks_.size();
  // A write that finds the bus still in its direction follows the one before.
  const bool follows = now < bus_free_ && bus_free_ == write_end_;
  bus_free_ = std::max(now, bus_free_) + (follows ? 0 : 2 * turnaround_) +
              (uint64_t{beats} * 100 + percent_ - 1) / percent_;
  write_end_ = bus_free_;
  if (bank.row == row) return bus_free_;
  // It opens its row in the background; a read that waits for this bank opens its own again.
  if (bank.queued == 0) bank.row = row;
  for (Access& access : reads_) {
    if (&banks_[access.bank] != &bank) continue;
    access.due = std::max(access.due, bus_free_ + row_miss_);
    break;
  }
  return bus_free_ + row_miss_;
}

void DramTiming::Refresh(uint64_t now) {
  next_refresh_ += refresh_interval_;
  bus_free_ = std::max(now, bus_free_) + refresh_;
  for (Access& access : reads_) {
    if (!access.waits) access.due = std::max(access.due, bus_free_ + row_miss_);
  }
  for (Bank& bank : banks_) {
    if (bank.queued == 0) bank.row = kNoRow;
  }
}

void DramTiming::Finish(uint64_t now) {
  const uint32_t bank = reads_.front().bank;
  reads_.pop_front();
  if (--banks_[bank].queued == 0) return;
  const auto next =
      std::find_if(reads_.begin(), reads_.end(), [&](const Access& a) { return a.bank == bank; });
  if (!next->waits) return;
  next->waits = false;
  next->due = std::max(next->due, now + 1 + row_miss_);
}

void DramTiming::Cycle(uint64_t now) {
  if (now >= next_refresh_) Refresh(now);
  if (now < bus_free_) return;
  credit_ = std::min(credit_ + percent_, 100 + percent_ - 1);
  if (reads_.empty() || buffered_ >= buffer_beats_ || now < reads_.front().due || credit_ < 100) return;
  credit_ -= 100;
  ++buffered_;
  if (--reads_.front().beats == 0) Finish(now);
}

}  // namespace weft
