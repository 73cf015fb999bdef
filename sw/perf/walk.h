// rtl/sequencer: one instruction after the other, each emission when its queues have room.
#pragma once

#include <span>
#include <vector>

#include "sw/compiler/layout.h"
#include "sw/compiler/tape.h"
#include "sw/perf/array.h"
#include "sw/perf/drain.h"
#include "sw/perf/quantizer.h"
#include "sw/perf/shape.h"
#include "sw/perf/softmax.h"
#include "sw/perf/stream.h"
#include "sw/runtime/counters.h"

namespace weft::perf {

// One step: the blocks, and the walk that drives them.
class Walk {
 public:
  Walk(const HwConfig& hw, const MemoryTiming& memory, std::span<const Row> rows, uint64_t kv_base,
       uint32_t vocab);

  ChipCounters Run(std::span<const TapeStep> steps, uint32_t boot_count);

 private:
  struct Block {
    const Segment* segment = nullptr;
    uint32_t set = 0, block = 0;
    bool first = false, last = false;  // of its set
    bool last_set = false, segment_end = false;
  };

  Time Emit(Time earliest);
  void Push(DrainWork work, Time at);
  void Instructions(Time at, uint64_t address, uint32_t count);
  void Model(const ModelInstr& model, Time at);
  void Rope(const RopeInstr& rope, Time at);
  void Embed(const EmbedInstr& embed, Time at, bool wait, uint32_t number);
  void Vec(const TapeStep& step, Time at);
  void Matmul(const TapeStep& step, Time at, uint32_t number);
  void Attn(const AttnInstr& attn, Time at, uint32_t number);
  void KeyBlock(const AttnInstr& attn, const Block& block, Time at, bool wait, uint32_t number);
  void ValueBlock(const AttnInstr& attn, const Block& block, Time at, uint32_t number);
  PortCause Late(const Block& block) const;
  ChipCounters Counters(Time walk_end) const;
  void Refused(ChipCounters* counters) const;

  StepShape shape_;
  uint32_t vocab_;
  KvGeometry kv_;
  Softmax softmax_;
  Quantizer quantizer_;
  Drain drain_;
  Stream stream_;
  Array array_;

  Time next_ = 0;           // S_NEXT
  std::vector<Time> seen_;  // when an instruction is on the queue's output
  uint64_t works_ = 0, vecs_ = 0;
  uint64_t keys_ = 0, values_ = 0;  // blocks through the step
  Time segments_ready_ = 0;
};

}  // namespace weft::perf
