// Every latency and queue depth that the cycle model takes from the RTL, each with its line of origin.
//
// A change of timing in rtl/ is an edit here (and, if a rule changes, in the block's recurrence). The test in
// tests/perf compares with the RTL and finds what was forgotten. Equations: docs/reference/perf.md
#pragma once

#include <cstdint>

namespace weft::perf {

// A cycle of the step: 0 is the first busy one. Times of the past may be negative.
using Time = int64_t;

// ---- rtl/weft_pkg.sv: FP_MUL_LATENCY, FP_ADD_LATENCY, SPECIAL_LATENCY, KV_BUFS, KV_AHEAD, INSTR_QUEUE
inline constexpr Time kMul = 3, kAdd = 4, kSpecial = 5;
inline constexpr uint32_t kKvBufs = 4, kKvAhead = 2;

// ---- rtl/host/weft_host.sv: running_q follows start_o by two cycles; the cycle that ends a step counts
inline constexpr Time kFirstEnd = 2;

// ---- rtl/sequencer/weft_sequencer.sv
inline constexpr Time kBoot = 1;       // S_BOOT, the cycle after start_i
inline constexpr Time kDecode = 3;     // S_NEXT to S_EMIT
inline constexpr Time kGather = 3;     // S_EMIT to the first request of weft_seq_gather: G_ROW, G_ADDR
inline constexpr Time kAttnStart = 2;  // S_EMIT to the first block of weft_seq_blocks: B_LOAD
inline constexpr Time kWalkBack = 2;   // the last request of a gather or ATTN to S_NEXT
inline constexpr uint32_t kRequestDepth = 2, kDescDepth = 32,
                          kDrainDepth = 16;  // u_requests, u_descs, u_drains
// rtl/sequencer/weft_seq_segments.sv: model_start_i to ready_o, and cycles a segment
inline constexpr Time kSegmentsFixed = 8, kSegmentCycles = 4;

// ---- rtl/tape/weft_tape_fetch.sv, weft_tape_bursts.sv, weft_tape_route.sv
inline constexpr uint32_t kFetchDepth = 8, kRouteDepth = 64;  // u_requests, RouteDepth
inline constexpr uint32_t kMaxBeats = 512, kMaxBurst = 64;    // MaxBeats, MAX_BURST
inline constexpr uint32_t kPageBytes = 4096;
inline constexpr uint32_t kGainBanks = 2;      // banks_q
inline constexpr uint32_t kMemoryBursts = 64;  // AxiMemory::Queue::kDepth

// ---- rtl/matrix/weft_array_ctrl.sv, weft_matrix.sv
inline constexpr uint32_t kPanelBuffers = 2, kOutHalves = 2;  // panels_free_q, outs_free_q
inline constexpr Time kAccSpacing = kAdd + 2;                 // AccSpacing
inline constexpr Time kOutSpacing = 2 * kMul + kAdd + 2;      // OutSpacing
inline constexpr Time kWriteSeen = 2;  // act write to the first word that idle_i lets go: wr_column_q
inline constexpr Time kProbsSeen = 2;  // p_ready_o to the first word: p_ready_q twice

// ---- rtl/dequant/weft_dequant.sv: issue of the last word (column 0) to panel_done_o, less last_col:
// two cycles of weft_column, two of the lane, DoneDelay
inline constexpr Time kDone = 2 + 2 + (2 * kMul + kAdd + 2);

// ---- rtl/drain/weft_drain.sv
inline constexpr Time kDrainWait = 2;      // S_NEXT to S_WAIT or S_EMB
inline constexpr uint32_t kDrainFifo = 8;  // FIFO_DEPTH
inline constexpr Time kRead = 3;           // read of a pair to its offer: v1_q, v2_q, u_out

// ---- rtl/epilogue/weft_epilogue.sv: a pair taken to its offer to the quantizer or sampler, by path
inline constexpr uint32_t kEpilogueFifo = 64;                                  // DEPTH
inline constexpr Time kPathPlain = kMul + (kMul + kAdd) + 1;                   // P: RoPE or its delay
inline constexpr Time kPathVector = kPathPlain + kAdd;  // Q, K, V of models with biases or normed heads
inline constexpr Time kPathResidual = kMul + (1 + kAdd + kMul) + 1;            // R: weft_rmsnorm LATENCY
inline constexpr Time kPathGlu = kMul + (3 * kMul + kAdd + 2 * kSpecial) + 1;  // G: weft_swiglu LATENCY
inline constexpr Time kGainFree = kMul + (1 + kAdd + kMul) + 1;  // last pair taken to its bank seen free
inline constexpr Time kVectorFree = kMul;                         // the same for the vector of Q, K or V
// rtl/rmsnorm/weft_rmsnorm.sv, weft_sum_squares.sv: last pair taken to rinv_ready_o, and cycles a row
inline constexpr Time kRinvFixed = kMul + 42, kRinvRow = 4;
// rtl/epilogue/weft_logit_writer.sv: a pair taken to its first write
inline constexpr Time kLogitWrite = 2;

// ---- rtl/quantizer/
inline constexpr uint32_t kSlots = 4;                   // weft_quantizer_collect.sv SLOTS
inline constexpr Time kGroupSeen = 2;                   // last pair to grp_valid_o: push_q, u_queue
inline constexpr uint32_t kPrepare = 4;                 // weft_quantizer_prepare.sv QUEUE
inline constexpr Time kPrepared = kSpecial + kMul + 1;  // LATENCY, u_queue
inline constexpr Time kEmitted = 1 + kMul + 1 + 1;      // weft_quantizer_emit.sv LATENCY, output queue
inline constexpr uint32_t kKvQueue = 2;                 // KV_QUEUE

// ---- rtl/kv_cache/weft_kv_cache.sv, rtl/mem/weft_mem_port.sv
inline constexpr Time kKvAddress = 5;   // a beat taken to its move to the writer
inline constexpr Time kWriteOut = 2;    // a write taken to its W beat: u_w, and AxiMemory asks for AW first
inline constexpr Time kFencePulse = 1;  // weft_kv_fence done_o to kv_open_q

// ---- rtl/softmax/
inline constexpr Time kRowSeen = 2;      // weft_softmax_scores.sv: last pair taken to the row's look-up
inline constexpr Time kLook = 2;         // weft_softmax_issue.sv: look-up to start_o
inline constexpr Time kRowCycles = 16;   // start_o to the next
inline constexpr Time kScalesSeen = 2;   // weft_tape_route.sv: last V scale beat to scales_q
inline constexpr Time kAlpha = 37;       // weft_softmax_state.sv: alpha_o
inline constexpr Time kRowWritten = 59;  // weft_softmax_write.sv: the row's last word offered
inline constexpr Time kProbsReady = kRowWritten + 1;  // p_ready_o

// ---- rtl/sampler/weft_sampler.sv
inline constexpr Time kSamplerDrain = 2;   // the last pair taken to STATE_ROW, less the stages it passes
inline constexpr Time kSamplerStages = 2;  // s1_greedy_q, s2_valid_q
inline constexpr Time kSamplerDone = 2;    // the last row looked at to sampling_q low (rtl/top/weft_top.sv)
inline constexpr Time kDrawFixed = 24, kDrawCandidate = 4;  // weft_sampler_draw.sv

}  // namespace weft::perf
