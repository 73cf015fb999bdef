// A step: walks the tape's instructions in order and carries each out before the next.
#include "sw/pico/firmware/firmware.h"

namespace weft::pico {

// Loads the first segment, then takes instructions from the ring until END.
void Firmware::Step() {
  as.Bind(step_);
  as.Mark("a step");
  const auto& t = m.t;
  as.Cycles(t[0]);
  StoreState(t[0], kStart);
  as.Li(t[7], mem::kRegisters);
  as.Ld(t[0], t[7], 0x18);
  StoreState(t[0], kTapeBase);
  as.Seek(t[0]);
  as.StreamFlash();
  StoreState(zero, kInstrIn);
  StoreState(zero, kGainIn);
  StoreState(zero, kGainOut);
  as.Li(t[6], mem::kRow);
  as.Ld(t[1], t[6], 0x04);
  StoreState(t[1], kPosition);
  as.Ld(t[1], t[6], 0x08);
  as.Andi(t[1], t[1], 0x300);
  StoreState(t[1], kWantDump);
  as.Ld(t[0], t[7], 0x14);
  StoreState(zero, kTapeAt);
  as.Li(instr, mem::kInstr - 32);
  as.Jal(lk, load_instructions_);
  as.J(next_op_);
}

// t0 instructions from the stream into the ring. Returns through lk.
void Firmware::Walk() {
  const auto& t = m.t;
  as.Bind(load_instructions_);
  LoadState(t[6], kTapeAt);
  LoadState(t[2], kInstrIn);
  as.Li(t[3], mem::kInstr);
  const Label each = Here("load_each");
  as.Add(t[4], t[3], t[2]);
  for (int i = 0; i < 8; ++i) {
    as.Getw(t[5]);
    as.St(t[5], t[4], 4 * i);
  }
  as.Addi(t[2], t[2], 32);
  as.Addi(t[6], t[6], 32);
  as.Andi(t[2], t[2], 0x7ff);
  as.Djnz(t[0], each);
  StoreState(t[2], kInstrIn);
  StoreState(t[6], kTapeAt);
  as.Jr(lk);

  as.Bind(next_op_);
  as.Mark("next instruction");
  // The ring is 2 KB, not aligned: back to its start behind its end.
  const Label inside = New("ring_inside");
  as.Addi(instr, instr, 32);
  as.Li(t[0], mem::kInstr + 2048);
  as.Sub(t[0], t[0], instr);
  as.Bnz(t[0], inside);
  as.Li(instr, mem::kInstr);
  as.Bind(inside);
  LoadFields(t[0], 0);
  as.Andi(t[0], t[0], 255);
  as.Bz(t[0], op_end_);
  for (Label target : {loadi_, model_, rope_, embed_, vec_, matmul_, attention_}) {
    as.Addi(t[0], t[0], -1);
    as.Bz(t[0], target);
  }
  // Reserved: the step ends with error 1.
  as.Li(t[1], 0x0104);
  as.J(step_done_);
  as.Bind(op_end_);
  as.Jal(lk, sample_);
  as.Li(t[1], 2);
  as.J(step_done_);
}

void Firmware::ModelOp() {
  as.Bind(model_);
  as.Mark("MODEL");
  const auto& t = m.t;
  const Reg w = t[0], x = t[1];
  LoadFields(w, 2);
  Byte(x, w, 0), StoreState(x, kHeadDim);
  Byte(t[6], w, 1), StoreState(t[6], kQPerKv);
  Byte(t[7], w, 2), StoreState(t[7], kHs);
  Byte(x, w, 3), StoreState(x, kSets);
  Move(t[2], t[6]), Move(t[3], t[7]);
  as.Jal(lk3, multiply_);
  StoreState(t[4], kGq);
  LoadFields(w, 3);
  Half(x, w), StoreState(x, kBlocks);
  HighHalf(t[6], w), StoreState(t[6], kKGroups);
  LoadFields(w, 4);
  Half(x, w), StoreState(x, kQBase);
  HighHalf(x, w), StoreState(x, kPBase);
  LoadFields(x, 5), StoreState(x, kInvDim);
  LoadFields(x, 6), StoreState(x, kEps);
  LoadFields(w, 7);
  Byte(x, w, 0), StoreState(x, kKTail);
  // Bytes of a token in a K block: G (2 hs + 32) - 32 + tail.
  as.Add(t[2], t[7], t[7]);
  as.Addi(t[2], t[2], 32);
  Move(t[3], t[6]);
  as.Jal(lk3, multiply_);
  as.Addi(t[4], t[4], -32);
  as.Add(t[4], t[4], x);
  StoreState(t[4], kKRow);
  ShiftLeft(t[4], 5);
  StoreState(t[4], kKBlock);
  // Bytes of a V block: 64 hs + 32 hs head_dim.
  LoadState(t[2], kHeadDim);
  as.Addi(t[2], t[2], 2);
  Move(t[3], t[7]);
  as.Jal(lk3, multiply_);
  ShiftLeft(t[4], 5);
  StoreState(t[4], kVBlock);
  as.J(next_op_);
}

void Firmware::LoadOps() {
  const auto& t = m.t;
  as.Bind(loadi_);
  as.Mark("LOADI");
  LoadFields(t[0], 1);
  Half(t[0], t[0]);
  as.La(lk, next_op_);
  as.J(load_instructions_);

  as.Bind(vec_);
  as.Mark("VEC");
  LoadFields(t[0], 1);
  LoadState(t[1], kTapeAt);
  as.Add(t[2], t[0], t[0]);
  as.Add(t[2], t[2], t[2]);
  as.Add(t[1], t[1], t[2]);
  StoreState(t[1], kTapeAt);
  LoadState(t[1], kGainIn);
  as.Li(t[2], mem::kGain);
  as.Add(t[2], t[2], t[1]);
  as.Li(t[3], mem::kGainBytes);
  as.Xor(t[1], t[1], t[3]);
  StoreState(t[1], kGainIn);
  const Label each = Here("vec_each");
  as.Getw(t[1]);
  as.St(t[1], t[2]);
  as.Addi(t[2], t[2], 4);
  as.Djnz(t[0], each);
  as.J(next_op_);
}

// ROPE and EMBED read by address; then the stream goes on where it was. All gathers come before the first
// matmul.
void Firmware::GatherOps() {
  const auto& t = m.t;
  as.Bind(seek_back_);
  LoadState(t[0], kTapeBase);
  LoadState(t[1], kTapeAt);
  as.Add(t[0], t[0], t[1]);
  as.Seek(t[0]);
  as.Jr(lk);

  as.Bind(rope_);
  as.Mark("ROPE");
  LoadFields(t[2], 1);
  LoadState(t[3], kPosition);
  as.Jal(lk3, multiply_);
  LoadFields(t[0], 6);
  as.Add(t[0], t[0], t[4]);
  LoadState(t[1], kTapeBase);
  as.Add(t[0], t[0], t[1]);
  as.Seek(t[0]);
  LoadState(t[0], kHeadDim);
  as.Li(t[2], mem::kRope);
  const Label each = Here("rope_each");
  as.Getw(t[1]);
  as.St(t[1], t[2]);
  as.Addi(t[2], t[2], 4);
  as.Djnz(t[0], each);
  as.Jal(lk, seek_back_);
  as.J(next_op_);

  // The row of the token in a weight payload: groups of scale and int8 values. The residual starts at zero.
  as.Bind(embed_);
  as.Mark("EMBED");
  const Label group = New("embed_group"), pair = New("embed_pair"), whole = New("embed_whole");
  as.Li(t[0], mem::kResidual);
  LoadFields(t[1], 1);
  as.Li(t[2], 0xffffff);
  as.And(t[1], t[1], t[2]);
  const Label clear = Here("embed_clear");
  as.St(zero, t[0]);
  as.Addi(t[0], t[0], 4);
  as.Djnz(t[1], clear);
  // Row bytes: 34 G - 32 + tail.
  LoadFields(m.groups, 2);
  Half(m.groups, m.groups);
  LoadFields(t[0], 1);
  Byte(m.tail, t[0], 3);
  Move(t[2], m.groups);
  as.Li(t[3], 34);
  as.Jal(lk3, multiply_);
  as.Addi(t[4], t[4], -32);
  as.Add(t[2], t[4], m.tail);
  as.Li(t[7], mem::kRow);
  as.Ld(t[3], t[7]);  // the token
  as.Jal(lk3, multiply_);
  LoadFields(t[0], 6);
  as.Add(t[0], t[0], t[4]);
  LoadState(t[1], kTapeBase);
  as.Add(t[0], t[0], t[1]);
  as.Seek(t[0]);
  as.Jal(lk3, destination_);
  as.Jal(lk3, prepare_residual_);
  Move(m.room, m.capacity);
  as.Li(m.src, 128);
  as.Li(m.ptr, 0x4B400000 - 128);
  as.Bind(group);
  as.Geth(m.h[0]);
  HalfToFloat(m.scales, m.h[0], m.h[1]);
  as.Li(m.act, 16);  // pairs
  as.Addi(m.groups, m.groups, -1);
  as.Bnz(m.groups, whole);
  as.Srl1(m.act, m.tail);
  as.Bind(whole);
  as.Bind(pair);
  as.Geth(m.h[0]);
  for (int i = 0; i < 2; ++i) {
    as.Andi(m.v, m.h[0], 255);
    as.Xor(m.v, m.v, m.src);  // + 128 for a signed byte
    as.Add(m.v, m.v, m.ptr);
    as.Fsub(m.v, m.v, magic);
    as.Fmul(m.v, m.v, m.scales);
    if (i == 0) as.Ror8(m.h[0], m.h[0]);
    as.Jal(lk, collect_);
  }
  as.Djnz(m.act, pair);
  as.Bnz(m.groups, group);
  {
    const Label full = New("embed_full");
    as.Li(t[0], mem::kValues);
    as.Sub(t[0], m.fill, t[0]);
    as.Bz(t[0], full);
    as.Jal(lk, flush_res_);
    as.Bind(full);
  }
  as.Jal(lk, seek_back_);
  as.J(finish_residual_);
}

// t4 = t2 * t3, 32 bits. Uses t5; returns through lk3.
void Firmware::MultiplyIntegers() {
  as.Bind(multiply_);
  as.Mark("multiply: t2 * t3 -> t4");
  const auto& t = m.t;
  const Label loop = New("multiply_loop"), skip = New("multiply_skip"), done = New("multiply_done");
  Move(t[4], zero);
  as.Bind(loop);
  as.Bz(t[3], done);
  as.Andi(t[5], t[3], 1);
  as.Bz(t[5], skip);
  as.Add(t[4], t[4], t[2]);
  as.Bind(skip);
  as.Add(t[2], t[2], t[2]);
  as.Srl1(t[3], t[3]);
  as.J(loop);
  as.Bind(done);
  as.Jr(lk3);
}

}  // namespace weft::pico
