// The program of the pico engine: answers the host's frames and walks the tape. Written in the engine's
// assembler.
//
// docs/reference/pico.md tells the story: memory map, how a matmul streams, where the cycles go. One file per
// part: link (frames), tape (instructions), matmul (the stream of weights), epilogue (what happens to
// results), quantize, attention, sampler, math (exp2, recip, rsqrt, halves).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sw/pico/assembler.h"

namespace weft::pico {

// The engine's memory: KV cache and logits from 0, the firmware's own in the last 16 KB. Addresses wrap at
// 128 KB, so these are negative numbers, which fit into one instruction. On boards with SDRAM the negative ones
// are a memory of their own.
namespace mem {
inline constexpr uint32_t kHostBytes = 0x1C000;
inline constexpr uint32_t kScratch = 0u - 0x4000;
inline constexpr uint32_t kState = kScratch;          // words of `State`
inline constexpr uint32_t kLane = kScratch + 0x80;    // arrays of four words: `Lane`
inline constexpr uint32_t kFrame = kScratch + 0x110;  // payload of a request: 64 words
inline constexpr uint32_t kVScale =
    kScratch + 0x210;  // V scales of a block as floats: [head of the set 4][token 32]
inline constexpr uint32_t kRegisters = kScratch + 0x410;  // the register map with one row
inline constexpr uint32_t kRow = kRegisters + 0x400;      // its row
inline constexpr uint32_t kRegisterBytes = 0x420;
inline constexpr uint32_t kInstr = kScratch + 0x900;      // ring of 64 instructions
inline constexpr uint32_t kResidual = kScratch + 0x1100;  // 256 floats
inline constexpr uint32_t kGain = kScratch + 0x1500;      // two vectors of 256 floats
inline constexpr uint32_t kGainBytes = 0x400;
inline constexpr uint32_t kRope = kScratch + 0x1D00;      // {cos, sin} of this position
inline constexpr uint32_t kValues = kScratch + 0x1E00;    // results on their way to the quantizer: 64 floats
inline constexpr uint32_t kActScale = kScratch + 0x1F00;  // [chunk of the act memory 32][column 4]
inline constexpr uint32_t kOut = kScratch + 0x2100;       // attention accumulators [d 64][column 4]
inline constexpr uint32_t kScore = kScratch + 0x2500;     // [token 33][column 4]
inline constexpr uint32_t kWeight = kScratch + 0x2720;    // probability times V scale, [token 32][column 4]
inline constexpr uint32_t kTop = kScratch + 0x2920;       // best candidates: [64]{logit, index}
inline constexpr uint32_t kHeads = kScratch + 0x2B20;     // attention output, 256 floats
inline constexpr uint32_t kSquares = kScratch + 0x2F20;   // eight sums of squares
}  // namespace mem

// Words of the state block: byte offsets from kScratch, in reach of a store.
enum State : int32_t {
  kHeadDim = 0,  // of MODEL
  kQPerKv = 4,
  kHs = 8,
  kSets = 12,
  kBlocks = 16,
  kKGroups = 20,
  kQBase = 24,
  kPBase = 28,
  kInvDim = 32,
  kEps = 36,
  kKTail = 40,
  kGq = 44,        // query heads of a set
  kKRow = 48,      // bytes of a token in a K block
  kKBlock = 52,    // bytes of a K block
  kVBlock = 56,    // bytes of a V block
  kPosition = 60,  // of the row
  kWantDump = 64,  // bits 9:8 of the row's flags
  kTopK = 68,      // candidates to keep
  kCount = 72,     // candidates kept
  kGainIn = 76,    // offset of the gain vector that the next VEC fills
  kGainOut = 80,   // and of the one that the next residual takes
  kTapeAt = 84,    // tape bytes read in stream order, up to the first matmul
  kTapeBase = 88,  // flash address of the tape
  kRinv = 92,
  kInstrIn = 96,  // where LOADI puts the next instruction, offset in the ring
  kStart = 100,   // cycle counter at the start of the step
  kSeq = 104,     // of the request
  kSet = 108,     // attention: sets left
  kPass = 112,    // passes of this set left
  kSlotK = 116,   // K and V of this set: block 0
  kSlotV = 120,
  kLanes = 124,  // queries of the set not yet done
};

// Arrays of four words at mem::kLane; offsets from kScratch for loads, from mem::kLane for stores.
enum Lane : int32_t {
  kLaneScale = 0x00,
  kLaneSub = 0x10,
  kLaneL = 0x20,
  kLaneAlpha = 0x30,
  kLaneSum = 0x40,
  kLaneWork = 0x00
};  // kLaneSum: [4][4]; kLaneWork in the place of kLaneScale

// What differs from chip to chip: HELLO says all of it.
struct FirmwareChip {
  std::string config = "pico";
  uint32_t clock_hz = 24'000'000;
  // Tape in the SDRAM, which KV cache and logits share, from 0 on; 0: tape in a flash.
  uint32_t sdram_bytes = 0;
};

class Firmware {
 public:
  // config_word: the CONFIG register; config_crc: CRC-32 of the configuration's JSON.
  Firmware(Assembler& as, uint32_t config_word, uint32_t config_crc, const FirmwareChip& chip);
  void Build();

 private:
  // link.cpp
  void Boot();
  void Idle();
  void Answers();
  void Receive();
  // tape.cpp
  void Step();
  void Walk();
  void ModelOp();
  void LoadOps();
  void GatherOps();
  void MultiplyIntegers();
  // matmul.cpp
  void Matmul();
  void Rows(int parts, Label entry);
  // epilogue.cpp
  void Epilogues();
  void PrepareEpilogue();
  void PrepareResidual();
  void Collect();
  void FlushResidual();
  void FinishResidual();
  void Glu();
  void FlushRotated(bool query);
  void RotateGroup();
  void NextQuery(Reg next_chunk);
  void NextKey();
  void FlushV();
  // quantize.cpp
  void QuantScale();
  void Destination();
  void QuantizeAct();
  void HalfOf();
  // math.cpp
  void Exp2(const std::vector<Reg>& x, const std::vector<Reg>& t, const std::vector<Reg>& k);
  void Recip(Reg d, Reg x, Reg t0, Reg t1);
  void Rsqrt(Reg d, Reg x, Reg t0, Reg t1);
  void HalfToFloat(Reg d, Reg h, Reg t);
  // attention.cpp
  void Attention();
  void VScales();
  void Scores();
  void Softmax();
  void Values();
  void Finish();
  void Concatenate();
  void Exp2OfEight();
  std::vector<Reg> Eight(int n) const;
  // sampler.cpp
  void Logits();
  void Sample();

  // Shorthands.
  void Move(Reg d, Reg a) { as.Or(d, a, zero); }
  void Float(Reg d, float value);
  void LoadState(Reg d, State s) { as.Ld(d, scratch, s); }
  void StoreState(Reg d, State s) { as.St(d, scratch, s); }
  void LoadLane(Reg d, int32_t lane) { as.Ld(d, scratch, 0x80 + lane); }
  void Half(Reg d, Reg word) { as.And(d, word, low16); }  // bits 15:0
  // d = address of the scales of the chunk at act address `act`; x is for the sum.
  void ScalesOf(Reg d, Reg act, Reg x);
  void ShiftLeft(Reg d, int places);
  void ShiftRight(Reg d, int places);
  void HighHalf(Reg d, Reg word);                         // bits 31:16
  void Byte(Reg d, Reg word, int n);                      // bits 8n+7 : 8n
  void LoadFields(Reg word, int index) { as.Ld(word, instr, 4 * index); }
  // Labels of code that is emitted more than once are numbered.
  Label New(const std::string& name);
  Label Here(const std::string& name);

  Assembler& as;
  std::map<std::string, int> uses_;
  const uint32_t config_word_, config_crc_;
  const FirmwareChip chip_;

  // Constants; links (a routine returns through the one it names); the instruction's address.
  Reg zero, low16, magic, magic1, scratch, minus127;
  Reg lk, lk2, lk3;
  Reg instr;
  // All others: a part of the program names them as it likes.
  std::vector<Reg> pool;

  // From a matmul's start to its end.
  struct MatmulRegs {
    std::array<Reg, 4> acc, ws, h, f;
    Reg src, scales, groups, tail, act, ptr, left, panels, group, share, length;
    Reg v, norm, fill, room, capacity, epilogue, flush, qs, dst, dst_scale;
    std::array<Reg, 5> e;  // the epilogue's own
    Reg amax, inv, scale;
    std::array<Reg, 8> t;
  } m;

  // What attention keeps from block to block. am: maximum of the scores, then of the weights, then their
  // scales.
  struct AttentionRegs {
    std::array<Reg, 4> max, am, inv;
    Reg k, v, block, valid, q_act, p_act, out, per_kv, head;
    std::vector<Reg> w;  // the rest
  } a;

  struct LinkRegs {
    Reg byte, x, since, limit, word, p, length, status, address;
  } link;

  Label idle_, receive_, receive_word_, send_word_, answer_, step_, step_done_, next_op_, op_end_, multiply_,
      done_row_;
  Label result_, collect_, flushed_, glu_, logits_, flush_res_, flush_glu_, flush_q_, flush_k_, flush_v_;
  Label finish_residual_, prepare_residual_, quant_scale_, quantize_act_, half_of_, sample_;
  Label matmul_, attention_, embed_, rope_, vec_, loadi_, model_, load_instructions_, seek_back_,
      exp2_of_eight_, destination_, rotate_group_;
};

// The chip's firmware. Its configuration is one that is built in.
void BuildFirmware(Assembler& as, const FirmwareChip& chip = {});

}  // namespace weft::pico
