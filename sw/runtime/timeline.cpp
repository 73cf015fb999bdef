#include "sw/runtime/timeline.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sw/compiler/tape.h"
#include "sw/runtime/memory_map.h"

namespace weft {

namespace {

constexpr uint64_t kGap = 8;  // idle cycles within one event

std::string LayerName(const std::string& attention) {
  const std::string op = std::string("ATTN ");
  return attention.rfind(op, 0) == 0 ? attention.substr(op.size()) : attention;
}

}  // namespace

const char* Timeline::TrackName(Track track) {
  switch (track) {
    case kSteps:
      return "steps";
    case kMemory:
      return "memory port";
    case kWaits:
      return "port waits for";
    case kArray:
      return "array";
    case kDequant:
      return "dequant";
    case kDrain:
      return "drain";
    case kEpilogue:
      return "epilogue";
    case kSoftmax:
      return "softmax";
    case kQuantizer:
      return "quantizer";
    case kKvWrites:
      return "KV and logit writes";
    case kSampler:
      return "sampler";
    case kTracks:
      break;
  }
  return "";
}

Timeline::Timeline(std::shared_ptr<const Tape> tape, const HwConfig& hw) : config_(hw.name) {
  other_ = Id("instructions");
  scores_ = Id("scores");
  results_ = Id("results");
  running_ = Id("busy");
  for (uint32_t i = 0; i < kPortCauses; ++i) causes_[i] = Id(Name(static_cast<PortCause>(i)));

  const auto steps = WalkTape(tape->bytes, tape->boot_count, hw);
  const auto names = NameInstructions(*tape, hw);
  uint32_t layers = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    instructions_.push_back(Id(names[i].what));
    const Op op = (*steps)[i].instr.op();
    if (op == Op::kEmbed) embed_ = instructions_.back();
    if (op == Op::kMatmul) matmuls_.push_back({instructions_.back(), 0, 0});
    if (op == Op::kAttn && !matmuls_.empty()) {
      const std::string layer = LayerName(names[i].what);
      matmuls_.back().k = Id(layer + ": K");
      matmuls_.back().v = Id(layer + ": V");
      ++layers;
    }
  }

  const MemoryMap map(*tape);
  places_.push_back({0, other_});
  for (const TapeSection& section : tape->sections) {
    places_.push_back({section.offset, Id(section.label)});
    places_.push_back({section.offset + section.bytes, other_});
  }
  for (uint32_t layer = 0; layer < layers; ++layer) {
    places_.push_back(
        {map.kv_base + tape->kv_bytes / layers * layer, Id("layer " + std::to_string(layer) + " K, V")});
  }
  places_.push_back({map.logit_base, Id("logits")});
  // Of two that start at one place the later one counts: a section that follows another.
  std::stable_sort(places_.begin(), places_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
}

uint32_t Timeline::Id(const std::string& name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found != names_.end()) return static_cast<uint32_t>(found - names_.begin());
  names_.push_back(name);
  return static_cast<uint32_t>(names_.size() - 1);
}

uint32_t Timeline::PlaceOf(uint64_t address) const {
  const auto after = std::upper_bound(places_.begin(), places_.end(), address,
                                      [](uint64_t at, const auto& place) { return at < place.first; });
  return (after - 1)->second;
}

void Timeline::Close(Lane& lane) {
  if (lane.open) lane.events.push_back(lane.current);
  lane.open = false;
}

void Timeline::Busy(Track track, uint32_t name) {
  Lane& lane = lanes_[track];
  if (lane.open && (lane.current.name != name || now_ > lane.current.end + kGap)) Close(lane);
  if (!lane.open) {
    lane.open = true;
    lane.current = {name, now_, now_, 0};
  }
  lane.current.end = now_ + 1;
  ++lane.current.busy;
}

void Timeline::BeginStep(std::span<const StepRow> rows) {
  step_start_ = now_;
  matmuls_started_ = 0;
  starts_ = false;
  in_array_ = other_;
  std::string name = rows.size() == 1 ? "1 row" : std::to_string(rows.size()) + " rows";
  if (!rows.empty()) name += " at position " + std::to_string(rows[0].position);
  lanes_[kSteps].current.name = Id(name);
}

void Timeline::EndStep() {
  if (now_ == step_start_) return;
  Lane& steps = lanes_[kSteps];
  steps.events.push_back({steps.current.name, step_start_, now_, now_ - step_start_});
}

// Transfers of weights come in the order of the matmuls, those of K and V belong to the attention behind the
// last.
void Timeline::FollowArray(const Activity& activity) {
  if (starts_) {
    const ArrayMode mode = activity.mode();
    if (mode == ArrayMode::kWeights && matmuls_started_ < matmuls_.size()) ++matmuls_started_;
    if (mode == ArrayMode::kEmbed || matmuls_started_ == 0) {
      in_array_ = embed_;
    } else {
      const Matmul& last = matmuls_[matmuls_started_ - 1];
      in_array_ = mode == ArrayMode::kK ? last.k : mode == ArrayMode::kV ? last.v : last.name;
    }
  }
  starts_ = activity.transfer_starts();
}

void Timeline::Cycle(const Activity& a) {
  FollowArray(a);
  if (a.mem_read())
    Busy(kMemory, PlaceOf(a.read_address));
  else if (a.port() != PortCause::kWrite)
    Busy(kWaits, causes_[static_cast<size_t>(a.port())]);
  if (a.array()) Busy(kArray, in_array_);
  if (a.dequant()) Busy(kDequant, in_array_);
  if (a.drain()) Busy(kDrain, a.scores() ? scores_ : results_);
  if (a.traced) Busy(kEpilogue, a.trace_instr < instructions_.size() ? instructions_[a.trace_instr] : other_);
  if (a.softmax()) Busy(kSoftmax, running_);
  if (a.quantizer()) Busy(kQuantizer, running_);
  if (a.mem_write()) Busy(kKvWrites, PlaceOf(a.write_address));
  if (a.sampler()) Busy(kSampler, running_);
  ++now_;
}

std::string Timeline::ToJson() const {
  using Json = nlohmann::ordered_json;
  Json events = Json::array();
  events.push_back({{"ph", "M"},
                    {"pid", 1},
                    {"name", "process_name"},
                    {"args", {{"name", "weft " + config_ + ", 1 us is a cycle"}}}});
  for (uint32_t t = 0; t < kTracks; ++t) {
    const Json args = {{"name", TrackName(static_cast<Track>(t))}};
    events.push_back({{"ph", "M"}, {"pid", 1}, {"tid", t + 1}, {"name", "thread_name"}, {"args", args}});
    events.push_back({{"ph", "M"},
                      {"pid", 1},
                      {"tid", t + 1},
                      {"name", "thread_sort_index"},
                      {"args", {{"sort_index", t}}}});
  }
  std::vector<std::pair<uint32_t, Event>> sorted;
  for (uint32_t t = 0; t < kTracks; ++t) {
    for (const Event& event : lanes_[t].events) sorted.emplace_back(t, event);
    if (lanes_[t].open) sorted.emplace_back(t, lanes_[t].current);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.start < b.second.start; });
  for (const auto& [track, event] : sorted) {
    events.push_back({{"ph", "X"},
                      {"pid", 1},
                      {"tid", track + 1},
                      {"name", names_[event.name]},
                      {"ts", event.start},
                      {"dur", event.end - event.start},
                      {"args", {{"busy_cycles", event.busy}}}});
  }
  return Json{{"displayTimeUnit", "ns"}, {"traceEvents", events}}.dump();
}

Result<std::unique_ptr<Device>> TimelineDevice::Make(std::unique_ptr<Device> inner,
                                                     std::shared_ptr<const Tape> tape, const HwConfig& hw,
                                                     const std::string& path) {
  std::unique_ptr<TimelineDevice> device(new TimelineDevice(std::move(inner), std::move(tape), hw));
  Timeline& timeline = device->timeline_;
  if (!device->inner_->WatchActivity([&timeline](const Activity& a) { timeline.Cycle(a); })) {
    return Error{"--timeline shows cycles, which --device " + device->name() + " does not simulate"};
  }
  if (!std::ofstream(path)) return Error{path + ": cannot be written"};
  device->path_ = path;
  return std::unique_ptr<Device>(std::move(device));
}

TimelineDevice::~TimelineDevice() {
  if (!path_.empty()) std::ofstream(path_) << timeline_.ToJson() << "\n";
}

Result<StepResult> TimelineDevice::Step(std::span<const StepRow> rows, const TraceSink* trace) {
  timeline_.BeginStep(rows);
  auto result = inner_->Step(rows, trace);
  timeline_.EndStep();
  return result;
}

}  // namespace weft
