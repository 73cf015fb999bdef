#include "sw/perf/drain.h"

#include <algorithm>

namespace weft::perf {

namespace {

constexpr uint32_t kGroup = 32;  // elements
constexpr Time kForEver = Time{1} << 60;

Time PathOf(Epilogue epilogue, const ModelInstr& model) {
  switch (epilogue) {
    case Epilogue::kQ:
    case Epilogue::kK:
    case Epilogue::kV:
      return model.flags & (kFlagBias | kFlagQkNorm) ? kPathVector : kPathPlain;
    case Epilogue::kRes:
    case Epilogue::kEmbed:
      return kPathResidual;
    case Epilogue::kGlu:
      return kPathGlu;
    default:
      return kPathPlain;
  }
}

bool IsResidual(const DrainWork& work) {
  return work.epilogue == Epilogue::kRes || work.epilogue == Epilogue::kEmbed;
}

// A bias, or the gains of a head.
bool TakesHeadVector(const DrainWork& work, const ModelInstr& model) {
  return work.kind == DrainWork::Kind::kMatmul &&
         (((model.flags & kFlagBias) && work.epilogue <= Epilogue::kV) ||
          ((model.flags & kFlagQkNorm) && work.epilogue <= Epilogue::kK));
}

}  // namespace

Drain::Drain(const StepShape& shape, Quantizer& quantizer, Softmax& softmax)
    : shape_(shape), quantizer_(quantizer), softmax_(softmax), half_panel_(shape.hw.panel_rows / 2) {
  left_.fill(-1);
  collected_.fill(-1);
}

// ---- Queue
// -----------------------------------------------------------------------------------------------------------

Time Drain::Popped(uint64_t index) {
  while (popped_ <= index) active_ ? Step() : Begin();
  return popped_at_[index % popped_at_.size()];
}

Time Drain::PanelFree(uint64_t panel) {
  while (panels_read_ <= panel) Step();
  return panel_free_[panel % kRing];
}

Time Drain::OutputFree(uint64_t output) {
  while (outputs_read_ <= output) More() ? Step() : FillOutput(kForEver);
  return output_free_[output % kRing];
}

Time Drain::GainFree(uint64_t index) {
  while (vectors_ <= index) Step();
  return gain_free_[index % gain_free_.size()];
}

void Drain::Finish(uint64_t but) {
  while (active_ || popped_ + but < pushed_) Step();
  FillOutput(kForEver);
}

Time Drain::KvFlushed() {
  Finish();
  // Two pulses, K's and V's; K's may have come before the first V was read.
  return quantizer_.kv().Idle() + (key_idle_ < first_v_read_ ? 1 : 2) * kFencePulse;
}

void Drain::Begin() {
  const DrainWork next = queue_.front();
  queue_.pop_front();
  Time taken = std::max(next_, next.seen);
  FillOutput(taken);
  // Beside a half that is not read to its end only K blocks are served, of at most one set that they open.
  const bool opens = next.kind == DrainWork::Kind::kScores && next.block == 0;
  if (output_.busy && (next.kind != DrainWork::Kind::kScores || (opens && output_.opened)))
    FillOutput(kForEver);
  taken = std::max(taken, output_.free + 1);
  popped_at_[popped_++ % popped_at_.size()] = taken;
  if (next.kind == DrainWork::Kind::kOutput) return BeginOutput(next, taken);
  output_.opened |= opens;
  work_ = next;
  active_ = fresh_ = true;
  panel_ = 0;
  waits_ = taken + kDrainWait;
  if (work_.kind != DrainWork::Kind::kScores) Configure(work_);
}

// The quantizer's configuration of work whose pairs go there.
void Drain::Configure(const DrainWork& work) {
  path_ = PathOf(work.epilogue, shape_.model);
  if (work.instr == config_instr_ || work.epilogue == Epilogue::kLogits) return;
  config_instr_ = work.instr;
  config_free_ = quantizer_.ConfigFree();
}

void Drain::Step() {
  if (!active_) Begin();
  if (!active_) return;
  switch (work_.kind) {
    case DrainWork::Kind::kMatmul:
      return MatmulPanel();
    case DrainWork::Kind::kScores:
      return ScorePanel();
    default:
      WEFT_CHECK(false, "the array offers every embedding chunk before it goes on");
  }
}

void Drain::End() {
  active_ = false;
  next_ = read_ + 1;
  if (work_.kind == DrainWork::Kind::kMatmul && work_.epilogue == Epilogue::kK)
    key_idle_ = quantizer_.kv().Idle();
  if (work_.kind != DrainWork::Kind::kScores && IsResidual(work_)) {
    gain_free_[vectors_++ % gain_free_.size()] = last_left_ + kGainFree;
    rinv_ = last_left_ + kRinvFixed + kRinvRow * static_cast<Time>(shape_.rows.size());
  }
  if (TakesHeadVector(work_, shape_.model)) gain_free_[vectors_++ % gain_free_.size()] = last_left_ + kVectorFree;
}

// ---- Panels
// ----------------------------------------------------------------------------------------------------------

// The first read of the next panel; pairs of an attention half take the cycles before it.
Time Drain::PanelStart() {
  const Time available = panel_done_[panels_read_ % kRing] + 1;
  Time start = 0;
  if (fresh_) {
    fresh_ = false;
    norm_until_ = work_.norm && rinv_ > std::max(waits_, available) ? rinv_ : 0;
    start = std::max({waits_, available, norm_until_}) + 1;
  } else {
    // A panel that was there with the last read follows without a gap.
    start = available <= read_ ? read_ + 1 : std::max(read_ + 1, available) + 1;
  }
  FillOutput(start);
  return start;
}

void Drain::PanelRead() {
  panel_free_[panels_read_++ % kRing] = read_;
  if (++panel_ == work_.panels) End();
}

void Drain::MatmulPanel() {
  Time at = PanelStart();
  const uint32_t first = panel_ * shape_.hw.panel_rows * work_.parts;
  const uint32_t pairs = std::min(half_panel_ * work_.parts, (work_.n - first + 1) / 2);
  if (panel_ == 0 && work_.epilogue == Epilogue::kV) first_v_read_ = at;
  switch (work_.epilogue) {
    case Epilogue::kQ:
    case Epilogue::kK:
    case Epilogue::kV:
      HeadRun(first, pairs);
      break;
    case Epilogue::kGlu:
      GluRun(first, pairs);
      break;
    case Epilogue::kLogits:
      break;
    default:
      VectorRun(first, pairs);
  }
  for (const uint32_t row : *work_.rows) {
    at = work_.epilogue == Epilogue::kLogits ? LogitPairs(at, row, pairs) : Pairs(at, row);
  }
  const bool last = panel_ + 1 == work_.panels;
  if (last && work_.epilogue == Epilogue::kLogits) FinishSampling();
  PanelRead();
}

// Pairs of one row by run_, the first read not before `at`; the first read that may follow.
Time Drain::Pairs(Time at, uint32_t row) {
  const uint32_t count = static_cast<uint32_t>(run_.size());
  const Cut& first = run_.front();
  Time collected = std::max({last_collected_, quantizer_.QueueFree() - 1, config_free_ - 1});
  busy_ += count;
  if (run_simple_ && last_left_ <= at + kRead - 1 && last_collected_ <= at + kRead + kEpilogueFifo - 1) {
    // Nobody before is in the way of the reads: pair i is read in cycle at + i and waits for the quantizer
    // alone.
    collected = std::max(at + kRead + path_, collected + 1);
    if (first.opens) collected = std::max(collected, quantizer_.SlotFree(row, first.slot));
    for (uint32_t i = 0; i < count; ++i) {
      left_[sent_++ % kDrainFifo] = at + kRead + i;
      collected_[accepted_++ % kEpilogueFifo] = collected + i;
    }
    read_ = at + count - 1;
    last_left_ = read_ + kRead;
    last_collected_ = collected + count - 1;
    if (run_.back().closes) quantizer_.Close(last_collected_, row, run_.back().group);
    return read_ + 1;
  }
  Time left = last_left_;
  for (const Cut& cut : run_) {
    at = std::max(at, left_[sent_ % kDrainFifo] + 1);
    left = std::max({at + kRead, left + 1, collected_[accepted_ % kEpilogueFifo] + 1});
    collected = std::max(left + path_, collected + 1);
    if (cut.opens) collected = std::max(collected, quantizer_.SlotFree(row, cut.slot));
    left_[sent_++ % kDrainFifo] = left;
    collected_[accepted_++ % kEpilogueFifo] = collected;
    last_collected_ = collected;
    if (cut.closes) {
      quantizer_.Close(collected, row, cut.group);
      collected = std::max(collected, quantizer_.QueueFree() - 1);
    }
    ++at;
  }
  last_left_ = left;
  read_ = at - 1;
  return at;
}

Time Drain::LogitPairs(Time at, uint32_t row, uint32_t pairs) {
  const Row& r = shape_.rows[row];
  const Time beats = std::max<Time>(1, 8 / shape_.hw.port);  // of a pair
  for (uint32_t i = 0; i < pairs; ++i) {
    at = std::max(at, left_[sent_ % kDrainFifo] + 1);
    last_left_ = std::max({at + kRead, last_left_ + 1, collected_[accepted_ % kEpilogueFifo] + 1});
    last_collected_ = std::max(last_left_ + path_, last_collected_ + 1);
    if (r.dump) {
      last_collected_ = std::max(last_collected_, logits_written_ - kLogitWrite - 1);
      logits_written_ = std::max(last_collected_ + kLogitWrite, logits_written_ + 1) + beats - 1;
      logit_writes_ += static_cast<uint64_t>(beats);
    }
    if (r.want) last_wanted_ = last_collected_;
    left_[sent_++ % kDrainFifo] = last_left_;
    collected_[accepted_++ % kEpilogueFifo] = last_collected_;
    ++at;
  }
  read_ = at - 1;
  busy_ += pairs;
  return at;
}

// The tokens of all rows, from the last logit on.
void Drain::FinishSampling() {
  Time at = std::max(last_collected_ + 1, last_wanted_ + 1 + kSamplerStages) + 1;
  for (const Row& row : shape_.rows) {
    ++at;
    const Time k = std::min(row.top_k, shape_.hw.max_topk);
    // What is drawn depends on the logits; the likeliest candidate is looked at first.
    if (row.want && k > 1) at += kDrawFixed + kDrawCandidate * k + 1;
  }
  sampled_ = at + kSamplerDone;
}

// ---- Attention
// -------------------------------------------------------------------------------------------------------

// The last pair of a row in the K block at hand that its position reaches; -1 when it lies below the block.
int Drain::LastPair(uint32_t row) const {
  const uint32_t position = shape_.rows[row].position, block = position / 32;
  return block < work_.block ? -1 : block == work_.block ? static_cast<int>(position % 32 / 2) : 15;
}

// Pairs beyond a row's position are not read. The first panel is walked whole, the others from the first row on
// that has a pair there.
void Drain::ScorePanel() {
  const Time at = PanelStart(), free = panel_ == 0 ? softmax_.BufferFree(blocks_) : 0;
  const bool skips = panel_ == 0 && LastPair(work_.first_row) < 0;
  if (!skips && last_left_ < at + kRead && free <= at + kRead) {
    AllScores(at);
  } else {
    EachScore(at, free);
  }
  if (panel_ + 1 == work_.panels) {
    in_block_ = false;
    ++blocks_;
  }
  PanelRead();
}

// Nobody is in the way: pair i is read in cycle at + i.
void Drain::AllScores(Time at) {
  const int first = static_cast<int>(panel_ * half_panel_), end = first + static_cast<int>(half_panel_);
  const uint32_t heads = shape_.set_heads();
  uint32_t pairs = 0;
  for (uint32_t r = work_.first_row; r < work_.first_row + work_.row_count; ++r) {
    const int last = LastPair(r);
    if (last < first) continue;
    const uint32_t count = static_cast<uint32_t>(std::min(last + 1, end) - first);
    if (!in_block_) softmax_.Open(blocks_, at + kRead);
    in_block_ = true;
    for (uint32_t q = 0; q < heads; ++q) {
      pairs += count;
      if (last < end) softmax_.RowTaken(blocks_, at + kRead + pairs - 1);
    }
  }
  if (pairs == 0) {  // a cycle to give the panel back
    ++busy_;
    read_ = at;
    return;
  }
  busy_ += pairs;
  read_ = at + pairs - 1;
  last_left_ = read_ + kRead;
  sent_ += pairs;
  for (uint32_t i = 1; i <= std::min(pairs, kDrainFifo); ++i)
    left_[(sent_ - i) % kDrainFifo] = last_left_ + 1 - i;
}

void Drain::EachScore(Time at, Time free) {
  const int first = static_cast<int>(panel_ * half_panel_), end = first + static_cast<int>(half_panel_);
  Time left = last_left_;
  const Time begin = at;
  const auto place = [&] { at = std::max(at, left_[sent_ % kDrainFifo] + 1); };
  for (uint32_t r = work_.first_row; r < work_.first_row + work_.row_count; ++r) {
    const int last = LastPair(r);
    if (last < first && !(last < 0 && panel_ == 0)) continue;
    for (uint32_t q = 0; q < shape_.set_heads(); ++q) {
      if (last < 0) {
        place();
        left = softmax_.SkipFree(std::max({at + kRead, left + 1, free}));
        left_[sent_++ % kDrainFifo] = left;
        ++at, ++busy_;
        continue;
      }
      for (int i = first; i < std::min(last + 1, end); ++i, ++at, ++busy_) {
        place();
        left = std::max({at + kRead, left + 1, free});
        left_[sent_++ % kDrainFifo] = left;
        if (!in_block_) softmax_.Open(blocks_, left);
        in_block_ = true;
      }
      if (last < end) softmax_.RowTaken(blocks_, left);
    }
  }
  if (at == begin) {
    place();
    ++at, ++busy_;
  }
  last_left_ = left;
  read_ = at - 1;
}

void Drain::BeginOutput(const DrainWork& work, Time taken) {
  const uint32_t elements = shape_.set_heads() * shape_.model.head_dim;
  next_ = taken + 1;
  Configure(work);
  work_ = work;  // for the run
  VectorRun(work.set * elements, elements / 2);
  output_.run = run_;
  output_.busy = true;
  output_.opened = false;
  output_.row = work.first_row;
  output_.rows_end = work.first_row + work.row_count;
  output_.pair = 0;
  output_.from = std::max(taken + kDrainWait, output_done_[outputs_read_ % kRing] + 1);
}

// Reads pairs of the attention half at hand in the free cycles before `until`.
void Drain::FillOutput(Time until) {
  while (output_.busy) {
    const Time at = std::max({output_.from, read_ + 1, left_[sent_ % kDrainFifo] + 1});
    if (at >= until) return;
    const Cut& cut = output_.run[output_.pair];
    last_left_ = std::max({at + kRead, last_left_ + 1, collected_[accepted_ % kEpilogueFifo] + 1});
    last_collected_ =
        std::max({last_left_ + kPathPlain, last_collected_ + 1, quantizer_.QueueFree(), config_free_});
    if (cut.opens) last_collected_ = std::max(last_collected_, quantizer_.SlotFree(output_.row, cut.slot));
    left_[sent_++ % kDrainFifo] = last_left_;
    collected_[accepted_++ % kEpilogueFifo] = last_collected_;
    if (cut.closes) quantizer_.Close(last_collected_, output_.row, cut.group);
    ++busy_;
    output_.from = at + 1;
    if (++output_.pair < output_.run.size()) continue;
    output_.pair = 0;
    if (++output_.row < output_.rows_end) continue;
    output_.busy = false;
    output_.free = output_free_[outputs_read_++ % kRing] = at;
  }
}

Time Drain::EmbedChunk(Time offered, uint32_t row, uint32_t group, uint32_t pairs) {
  if (!active_) Begin();
  VectorRun(group * kGroup, pairs);
  Pairs(std::max({offered, waits_, read_ + 1}), row);
  if (row + 1 == work_.rows->size() && (group + 1) * kGroup >= work_.n) End();
  return read_;
}

// ---- Rest
// ------------------------------------------------------------------------------------------------------------

Time Drain::Quiet() const {
  return std::max({quantizer_.Quiet(), last_collected_ + 1, last_left_ + 1, read_ + 1});
}

Time Drain::Idle() const {
  const Time answered =
      logit_writes_ == 0 ? 0 : logits_written_ + kWriteOut + shape_.memory.write_latency + 1;
  return std::max({quantizer_.Idle(), quantizer_.kv().Idle(), last_collected_ + 1, last_left_ + 1, read_ + 1,
                   sampled_, answered});
}

}  // namespace weft::perf
