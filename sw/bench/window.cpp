#include "sw/bench/window.h"

namespace weft {

namespace {

void Count(const Activity& activity, ChipCounters* counters) {
  ++counters->cycles;
  ++counters->port[static_cast<size_t>(activity.port())];
  ++counters->array[static_cast<size_t>(activity.array_cause())];
}

}  // namespace

void Window::Cycle(const Activity& activity) {
  if (phase_ == Phase::kAttention) Attention(activity);
  if (phase_ == Phase::kGemm) Gemm(activity);
  starts_ = activity.transfer_starts();
}

// From the start of the first K block to the first word of the weights that follow, in every layer.
void Window::Attention(const Activity& activity) {
  if (starts_ && activity.mode() == ArrayMode::kK) open_ = true;
  if (activity.mode() == ArrayMode::kWeights && activity.array()) open_ = false;
  if (open_) Count(activity, &current_);
}

// From the first to the last word of each transfer of weights; cycles behind a word count once another
// follows.
void Window::Gemm(const Activity& activity) {
  if (activity.mode() == ArrayMode::kWeights) {
    Count(activity, &waiting_);
    if (activity.array()) {
      current_ = current_ + waiting_;
      waiting_ = {};
    } else if (current_.cycles == 0) {
      waiting_ = {};
    }
    if (current_.array_busy() > largest_.array_busy()) largest_ = current_;
  }
  if (activity.transfer_starts()) current_ = waiting_ = {};
}

}  // namespace weft
