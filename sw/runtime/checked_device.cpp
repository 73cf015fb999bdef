#include "sw/runtime/checked_device.h"

#include <bit>
#include <cstring>

#include "sw/runtime/trace_diff.h"

namespace weft {

namespace {

std::string BitsText(const std::optional<uint32_t>& bits) { return bits ? FloatText(*bits) : "no result"; }

}  // namespace

CheckedDevice::CheckedDevice(std::unique_ptr<Device> golden, std::unique_ptr<Device> tested,
                             std::shared_ptr<const Tape> tape, const HwConfig& hw, CheckDepth depth)
    : golden_(std::move(golden)), tested_(std::move(tested)), tape_(std::move(tape)), hw_(hw), depth_(depth) {}

Result<StepResult> CheckedDevice::Step(std::span<const StepRow> rows, const TraceSink* trace) {
  std::vector<StepRow> all(rows.begin(), rows.end());
  if (depth_ != CheckDepth::kTokens) {
    for (StepRow& row : all) row.dump = true;
  }
  auto want = golden_->Step(all);
  if (!want) return want.error();
  auto got = tested_->Step(all, trace);
  if (!got) {
    return Error{"step " + std::to_string(steps_) + ": " + got.error().message};
  }
  if (Status differs = Compare(all, *want, *got)) {
    if (depth_ == CheckDepth::kTrace) return Explain(all, differs->message);
    return Error{"the chip differs from golden in step " + std::to_string(steps_) + ", " + differs->message};
  }
  ++steps_;

  StepResult result;
  result.tokens = std::move(got->tokens);
  size_t at = 0;
  for (size_t r = 0; r < rows.size(); ++r) {
    if (!all[r].dump) continue;
    const auto logits = got->logits.begin() + static_cast<ptrdiff_t>(at);
    at += tape_->vocab;
    if (rows[r].dump) result.logits.insert(result.logits.end(), logits, logits + tape_->vocab);
  }
  return result;
}

Status CheckedDevice::Compare(std::span<const StepRow> rows, const StepResult& want, const StepResult& got) {
  Status first;
  size_t row_at = 0;
  for (size_t r = 0; r < rows.size(); ++r) {
    for (uint32_t n = 0; rows[r].dump && n < tape_->vocab; ++n) {
      const size_t at = row_at + n;
      const uint32_t a = std::bit_cast<uint32_t>(want.logits[at]), b = std::bit_cast<uint32_t>(got.logits[at]);
      if (SameFloat(a, b)) continue;
      ++mismatches_;
      if (!first) {
        first = Error{"row " + std::to_string(r) + ", logit " + std::to_string(n) + ": expected " + FloatText(a) +
                      ", got " + FloatText(b)};
      }
    }
    if (rows[r].dump) {
      row_at += tape_->vocab;
      checked_ += tape_->vocab;
    }
    if (rows[r].want) ++checked_tokens_;
    if (want.tokens[r] != got.tokens[r]) {
      ++mismatches_;
      if (!first) {
        first = Error{"row " + std::to_string(r) + ", token (unit sampler): expected " +
                      std::to_string(want.tokens[r]) + ", got " + std::to_string(got.tokens[r])};
      }
    }
  }
  return first;
}

Error CheckedDevice::Explain(std::span<const StepRow> rows, const std::string& first) {
  std::string report = "the chip differs from golden in step " + std::to_string(steps_) + ", " + first;
  std::vector<TraceEvent> want, got;
  const TraceSink keep_want = [&](const TraceEvent& e) { want.push_back(e); };
  const TraceSink keep_got = [&](const TraceEvent& e) { got.push_back(e); };
  // Writes the same K and V to the same places, so a step can be run again.
  const auto again = golden_->Step(rows, &keep_want);
  const auto tested = tested_->Step(rows, &keep_got);
  if (!again || !tested) {
    return Error{report + "; the replay failed: " + (again ? tested.error() : again.error()).message};
  }
  const auto names = NameInstructions(*tape_, hw_);
  const auto difference = FirstDifference(std::move(want), std::move(got), names);
  if (!difference) return Error{report + "; every result of the replayed step agrees"};
  const TraceDifference& d = *difference;
  const InstrName name = d.instr < names.size() ? names[d.instr] : InstrName{"beyond the tape", "sequencer", 0};
  report += "\n  first difference in the replay: step " + std::to_string(steps_) + ", row " + std::to_string(d.row) +
            " (position " + (d.row < rows.size() ? std::to_string(rows[d.row].position) : "unknown") +
            "), instruction " + std::to_string(d.instr) + " (" + name.what + "), unit " + name.unit + ", element " +
            std::to_string(d.n) + ": expected " + BitsText(d.expected) + ", got " + BitsText(d.got);
  return Error{report};
}

}  // namespace weft
