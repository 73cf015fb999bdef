// rtl/drain and rtl/epilogue: results of finished panels leave a pair a cycle and reach the quantizer, the
// softmax or the sampler.
//
// The array asks when a buffer is free again; the drain then works through its queue as far as it must.
// Everything it needs lies earlier in the stream, so the recursion ends.
#pragma once

#include <array>
#include <deque>
#include <vector>

#include "sw/perf/quantizer.h"
#include "sw/perf/shape.h"
#include "sw/perf/softmax.h"

namespace weft::perf {

class Drain {
 public:
  Drain(const StepShape& shape, Quantizer& quantizer, Softmax& softmax);

  // From the sequencer, in order.
  void Push(const DrainWork& work) { queue_.push_back(work), ++pushed_; }
  // The cycle in which work number `index` left the queue.
  Time Popped(uint64_t index);

  // From the array: panel_done_o and o_done_o, in order.
  void PanelDone(Time at) { panel_done_[panels_done_++ % kRing] = at; }
  void OutputDone(Time at) { output_done_[outputs_done_++ % kRing] = at; }
  // An embedding chunk of `pairs` is offered from `offered` on; the cycle in which it is taken.
  Time EmbedChunk(Time offered, uint32_t row, uint32_t group, uint32_t pairs);

  // panel_free_o of a panel, o_free_o of an attention half: the last read of it.
  Time PanelFree(uint64_t panel);
  Time OutputFree(uint64_t output);
  // All scores of K block number `block` (through the step) have been taken.
  void Scores(uint64_t block) {
    while (blocks_ <= block) Step();
  }
  // Works through everything announced so far but the last `but`.
  void Finish(uint64_t but = 0);
  // Every K and V result so far has been read, written and acknowledged: weft_kv_fence and kv_open_q.
  Time KvFlushed();
  // gain_free_i of the instruction that took vector number `index`, as weft_tape_route sees it.
  Time GainFree(uint64_t index);

  // From when on everything behind the lanes is finished, for a transfer with WAIT.
  Time Quiet() const;
  // For a matmul with WAIT: the same for one group of its rows, the `back`-th from the last.
  Time GroupSeen(uint64_t back) const { return quantizer_.GroupSeen(back); }
  // Until when reads, and pairs in the epilogue, kept it from being so; until when the last matmul waited for
  // rinv.
  Time ReadUntil() const { return last_left_ + 1; }
  Time CollectedUntil() const { return last_collected_ + 1; }
  Time NormUntil() const { return norm_until_; }
  // The same for the end of the step; tokens and logits included.
  Time Idle() const;

  uint64_t busy() const { return busy_; }
  uint64_t logit_writes() const { return logit_writes_; }

  // Whether the work in hand is the last one announced: then its panels are what the array works on.
  bool OnLastWork() const { return active_ && popped_ == pushed_ && !output_.busy; }
  // The state that moves within a matmul, for steady.h; panels of the work that are passed over.
  template <typename Visitor>
  void Visit(Visitor& v) {
    v.Ring(left_.data(), left_.size(), sent_);
    v.Ring(collected_.data(), collected_.size(), accepted_);
    v.Ring(panel_done_.data(), kRing, panels_done_);
    v.Ring(panel_free_.data(), kRing, panels_read_);
    v.Phase(panels_done_ - panels_read_);
    for (Time* t : {&read_, &last_left_, &last_collected_, &last_wanted_, &logits_written_}) v.At(*t);
    v.Count(busy_), v.Count(logit_writes_);
    quantizer_.Visit(v);
  }
  void SkipPanels(uint32_t panels) { panel_ += panels; }
  // Panels after which a matmul's groups repeat.
  uint32_t Period(Epilogue epilogue, uint32_t parts) const;

 private:
  static constexpr uint32_t kRing = 16;

  // What the pairs of a panel, a head or a chunk do to the quantizer's groups, alike for all rows.
  struct Cut {
    bool opens = false, closes = false;
    uint32_t slot = 0;  // V: of the head
    GroupShape group;
  };

  void Step();
  void Begin();
  void End();
  void MatmulPanel();
  int LastPair(uint32_t row) const;
  void ScorePanel();
  void AllScores(Time at);
  void EachScore(Time at, Time free);
  void Configure(const DrainWork& work);
  void BeginOutput(const DrainWork& work, Time taken);
  void FillOutput(Time until);
  bool More() const { return active_ || popped_ < pushed_; }
  Time PanelStart();
  void PanelRead();
  Time Pairs(Time at, uint32_t row);
  Time LogitPairs(Time at, uint32_t row, uint32_t pairs);
  void FinishSampling();
  void Classify();
  void VectorRun(uint32_t first, uint32_t pairs);
  void HeadRun(uint32_t first, uint32_t pairs);
  void GluRun(uint32_t first, uint32_t pairs);
  GroupShape HeadGroup(uint32_t head, uint32_t d) const;

  const StepShape& shape_;
  Quantizer& quantizer_;
  Softmax& softmax_;
  uint32_t half_panel_;  // pairs of a panel

  // Queue.
  std::deque<DrainWork> queue_;
  uint64_t pushed_ = 0, popped_ = 0;
  std::array<Time, 2 * kDrainDepth> popped_at_{};
  bool active_ = false;
  DrainWork work_;
  uint32_t panel_ = 0;  // of the work
  Time waits_ = 0;      // S_WAIT of the work
  Time next_ = 0;       // S_NEXT
  Time read_ = -1;      // the last read
  bool fresh_ = false;  // no panel of the work has been read
  uint32_t config_instr_ = ~0u;
  Time config_free_ = 0;

  // The attention half that is awaited or read: weft_drain_out.
  struct {
    bool busy = false, opened = false;  // a set has been opened beside it
    uint32_t row = 0, rows_end = 0, pair = 0;
    Time from = 0, free = -1;  // its next read; the last of the one before
    std::vector<Cut> run;
  } output_;

  // Panels and attention halves.
  uint64_t panels_done_ = 0, outputs_done_ = 0, panels_read_ = 0, outputs_read_ = 0;
  std::array<Time, kRing> panel_done_{}, output_done_{}, panel_free_{}, output_free_{};

  // Output FIFO of the drain, and of the epilogue.
  uint64_t sent_ = 0, accepted_ = 0;
  std::array<Time, kDrainFifo> left_;          // left the drain's FIFO, by pair
  std::array<Time, kEpilogueFifo> collected_;  // left the epilogue's FIFO
  Time last_left_ = -1, last_collected_ = -1;
  Time path_ = kPathPlain;
  std::vector<Cut> run_;  // of the panel, output or chunk at hand
  bool run_simple_ = false;

  // Norm and gains.
  Time rinv_ = 0, norm_until_ = 0;
  uint64_t vectors_ = 0;  // taken and used up
  std::array<Time, 4> gain_free_{};

  // K and V.
  Time first_v_read_ = 0, key_idle_ = 0;
  uint64_t blocks_ = 0;  // K blocks begun
  bool in_block_ = false;

  // Logits.
  Time last_wanted_ = -1, sampled_ = 0;
  Time logits_written_ = -1;
  uint64_t logit_writes_ = 0;
  uint64_t busy_ = 0;
};

}  // namespace weft::perf
