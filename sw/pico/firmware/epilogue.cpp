// What happens to a matmul's results. Most go into the buffer of values, which is flushed when it is full:
// residual and gain, RoPE and queries or the K cache, the V cache. GLU pairs and logits are dealt with one by
// one. A flush may use t, ws and f: the next slot is already on its way and h belongs to it.
#include "sw/pico/firmware/firmware.h"

namespace weft::pico {

// The routines for this instruction's results, and their registers.
void Firmware::PrepareEpilogue() {
  const Reg w = m.t[0], x = m.t[1];
  const Label residual = New("prepare_residual"), glu = New("prepare_glu"), heads = New("prepare_heads"),
              query = New("prepare_q"), key = New("prepare_k"), logits = New("prepare_logits"),
              done = New("prepare_done");
  LoadFields(w, 0);
  Byte(w, w, 1);
  as.Addi(x, w, -3);
  as.Blt(x, heads);
  as.Bz(x, residual);
  as.Addi(x, x, -1);
  as.Bz(x, glu);
  as.J(logits);

  as.Bind(residual);
  as.Jal(lk3, prepare_residual_);
  as.J(done);

  as.Bind(glu);
  as.La(m.epilogue, glu_);
  as.La(m.flush, flush_glu_);
  as.Li(m.capacity, 32);
  Move(m.e[1], zero);
  as.J(done);

  as.Bind(heads);
  as.La(m.epilogue, collect_);
  LoadState(m.capacity, kHeadDim);
  as.Bz(w, query);
  // The cache: e0 the row's block of set 0, e3 bytes from set to set.
  LoadState(m.f[0], kPosition);
  ShiftRight(m.f[0], 5);
  as.Addi(w, w, -1);
  LoadState(m.f[1], kVBlock);
  as.La(m.flush, flush_v_);
  {
    const Label v = New("prepare_v");
    as.Bnz(w, v);
    LoadState(m.f[1], kKBlock);
    as.La(m.flush, flush_k_);
    as.Bind(v);
  }
  LoadFields(m.e[0], 6);
  as.Li(x, mem::kRegisters + 0x20);
  as.Ld(x, x);
  as.Add(m.e[0], m.e[0], x);
  Move(m.t[2], m.f[0]);
  Move(m.t[3], m.f[1]);
  as.Jal(lk3, multiply_);
  as.Add(m.e[0], m.e[0], m.t[4]);
  LoadState(m.t[2], kBlocks);
  Move(m.t[3], m.f[1]);
  as.Jal(lk3, multiply_);
  Move(m.e[3], m.t[4]);
  LoadState(m.f[0], kPosition);
  as.Andi(m.f[0], m.f[0], 31);
  as.Bz(w, key);
  // V: e1 the head's scale, e2 its first element, e4 heads of the set left.
  LoadState(m.e[4], kHs);
  as.Add(m.e[1], m.e[0], m.f[0]);
  as.Add(m.e[1], m.e[1], m.f[0]);
  Move(x, m.e[4]);
  ShiftLeft(x, 6);
  as.Add(m.e[2], m.e[0], x);
  as.Add(m.e[2], m.e[2], m.f[0]);
  as.J(done);
  // K: e0 the row of the token, e1 head of the set, e2 its first byte in the chunk.
  as.Bind(key);
  LoadState(m.t[2], kKRow);
  Move(m.t[3], m.f[0]);
  as.Jal(lk3, multiply_);
  as.Add(m.e[0], m.e[0], m.t[4]);
  Move(m.e[1], zero);
  Move(m.e[2], zero);
  as.J(done);

  // Q: dst the chunk of the pass, dst_scale its scale in this column, e0 the column's bit, e1 the head's
  // first byte in the chunk, e2 queries of the KV head left, e3 queries of the set left.
  as.Bind(query);
  as.La(m.flush, flush_q_);
  LoadState(m.dst, kQBase);
  ScalesOf(m.dst_scale, m.dst, x);
  as.Li(m.e[0], 1 << 10);
  Move(m.e[1], zero);
  LoadState(m.e[2], kQPerKv);
  LoadState(m.e[3], kGq);
  LoadState(x, kHs);
  as.Addi(x, x, -1);
  as.Bz(x, done);
  // Heads that share a chunk: zeros around each query.
  LoadState(x, kPBase);
  as.Sub(w, x, m.dst);
  as.Li(x, 15 << 10);
  as.Or(x, x, m.dst);
  const Label clear = Here("clear_queries");
  as.Sta(zero, x, 0);
  as.Addi(x, x, 1);
  as.Djnz(w, clear);
  as.J(done);

  // Logits: e0 where they go, or 0; e1 the least candidate; e2 the index.
  as.Bind(logits);
  as.La(m.epilogue, logits_);
  Move(m.e[0], zero);
  Move(m.e[2], zero);
  LoadState(x, kWantDump);
  const Label no_dump = New("no_dump");
  as.Andi(x, x, 0x200);
  as.Bz(x, no_dump);
  as.Li(x, mem::kRegisters + 0x28);
  as.Ld(m.e[0], x);
  as.Bind(no_dump);
  StoreState(zero, kCount);
  // Candidates to keep: 0 if no token is wanted, else 1 to 16.
  {
    const Label most = New("keep_most"), least = New("keep_least"), store = New("keep_store");
    LoadState(x, kWantDump);
    as.Andi(w, x, 0x100);
    as.Bz(w, store);
    as.Li(x, mem::kRow);
    as.Ld(w, x, 0x10);
    as.Blt(w, most);
    as.Bz(w, least);
    as.Addi(x, w, -17);
    as.Blt(x, store);
    as.Bind(most);
    as.Li(w, 16);
    as.J(store);
    as.Bind(least);
    as.Li(w, 1);
    as.Bind(store);
    StoreState(w, kTopK);
  }
  as.Bind(done);
  Move(m.room, m.capacity);
}

// For RES and EMBED: e0 the residual, e1 the gains; sums of squares are 0. Returns through lk3.
void Firmware::PrepareResidual() {
  as.Bind(prepare_residual_);
  const Reg x = m.t[1];
  as.La(m.epilogue, collect_);
  as.La(m.flush, flush_res_);
  as.Li(m.capacity, 32);
  as.Li(m.e[0], mem::kResidual);
  LoadState(x, kGainOut);
  as.Li(m.e[1], mem::kGain);
  as.Add(m.e[1], m.e[1], x);
  as.Li(x, mem::kSquares);
  for (int j = 0; j < 8; ++j) as.St(zero, x, 4 * j);
  as.Jr(lk3);
}

void Firmware::Epilogues() {
  PrepareResidual();
  Collect();
  FlushResidual();
  FinishResidual();
  Glu();
  RotateGroup();
  FlushRotated(/*query=*/false);
  FlushRotated(/*query=*/true);
  FlushV();
}

// Puts v into the buffer; a full one goes to `flush`, which returns through lk.
void Firmware::Collect() {
  as.Bind(result_);
  as.Mark("a result");
  as.Jr(m.epilogue);
  as.Bind(collect_);
  const Label back = New("collected");
  as.St(m.v, m.fill, 0);
  as.Addi(m.fill, m.fill, 4);
  as.Djnz(m.room, back);
  as.Jr(m.flush);
  as.Bind(flushed_);
  as.Li(m.fill, mem::kValues);
  Move(m.room, m.capacity);
  Move(m.amax, zero);
  as.Bind(back);
  as.Jr(lk);
}

// x += value; the next norm's sum of squares; x * gain is quantized.
void Firmware::FlushResidual() {
  as.Bind(flush_res_);
  as.Mark("flush: residual");
  const Reg p = m.ws[0], offset = m.ws[1], square = m.ws[2];
  as.Li(p, mem::kValues);
  Move(offset, zero);
  const Label loop = Here("flush_res_loop");
  as.Ld(m.t[0], p);
  as.Ld(m.t[1], m.e[0]);
  as.Ld(m.t[2], m.e[1]);
  as.Li(square, mem::kSquares);
  as.Add(square, square, offset);
  as.Fadd(m.t[1], m.t[1], m.t[0]);
  as.Ld(m.t[4], square);
  as.Addi(m.e[1], m.e[1], 4);
  as.Addi(offset, offset, 4);
  as.Andi(offset, offset, 31);
  as.Fmul(m.t[5], m.t[1], m.t[1]);
  as.Fmul(m.t[2], m.t[1], m.t[2]);
  as.St(m.t[1], m.e[0]);
  as.Addi(m.e[0], m.e[0], 4);
  as.Fadd(m.t[4], m.t[4], m.t[5]);
  as.Amax(m.amax, m.t[2], m.amax);
  as.St(m.t[2], p);
  as.Addi(p, p, 4);
  as.Sub(m.t[0], p, m.fill);
  as.St(m.t[4], square);
  as.Blt(m.t[0], loop);
  as.Bind(flush_glu_);
  as.Li(m.f[0], mem::kValues);
  as.Jal(lk2, quantize_act_);
  as.J(flushed_);
}

// The vector is complete: 1 / rms for the matmuls that read it.
void Firmware::FinishResidual() {
  as.Bind(finish_residual_);
  as.Mark("finish the norm");
  const auto& t = m.t;
  as.Li(m.f[0], mem::kSquares);
  for (int j = 0; j < 8; ++j) as.Ld(t[j], m.f[0], 4 * j);
  for (int j = 0; j < 8; j += 2) as.Fadd(t[j], t[j], t[j + 1]);
  as.Fadd(t[0], t[0], t[2]);
  as.Fadd(t[4], t[4], t[6]);
  as.Fadd(t[0], t[0], t[4]);
  LoadState(t[1], kInvDim);
  LoadState(t[2], kEps);
  as.Fmul(t[0], t[0], t[1]);
  as.Fadd(t[0], t[0], t[2]);
  Rsqrt(t[3], t[0], t[1], t[2]);
  StoreState(t[3], kRinv);
  LoadState(t[0], kGainOut);
  as.Li(t[1], mem::kGainBytes);
  as.Xor(t[0], t[0], t[1]);
  StoreState(t[0], kGainOut);
  as.J(next_op_);
}

// Gate, then up: h = (g * recip(1 + exp2(-log2(e) g))) * u.
void Firmware::Glu() {
  as.Bind(glu_);
  as.Mark("a GLU result");
  const Reg gate = m.e[0], odd = m.e[1], x = m.t[0], limit = m.t[3];
  const Label up = New("glu_up");
  as.Bnz(odd, up);
  Move(gate, m.v);
  as.Li(odd, 1);
  as.Jr(lk);
  as.Bind(up);
  Move(odd, zero);
  Float(x, -1.44269504088896340736f);
  as.Fmul(x, gate, x);
  Float(limit, 128.0f);
  as.Fmin(x, x, limit);  // exp2(128) is infinity; a NaN stays
  Exp2({x}, {m.t[1]}, {m.t[2]});
  as.Lui(m.t[1], 0x3f80);
  as.Fadd(x, m.t[1], x);
  Recip(m.t[1], x, m.t[2], m.t[3]);
  as.Fmul(m.t[1], gate, m.t[1]);
  as.Fmul(m.v, m.t[1], m.v);
  as.Amax(m.amax, m.v, m.amax);
  as.J(collect_);
}

// RoPE for the next group of up to 32 values from p = ws[0] with the table at ws[1]; f[0] and f[1] are its
// start and end. Ends in quant_scale; returns through lk3.
void Firmware::RotateGroup() {
  as.Bind(rotate_group_);
  as.Mark("rotate a group");
  const auto& t = m.t;
  const Reg p = m.ws[0], table = m.ws[1], start = m.f[0], end = m.f[1];
  const Label pair = New("rotate_pair"), whole = New("rotate_whole");
  Move(m.amax, zero);
  Move(start, p);
  as.Addi(end, p, 128);
  as.Sub(t[0], m.fill, end);
  as.Bge(t[0], whole);
  Move(end, m.fill);
  as.Bind(whole);
  as.Bind(pair);
  as.Ld(t[0], p, 0);
  as.Ld(t[1], p, 4);
  as.Ld(t[2], table, 0);
  as.Ld(t[3], table, 4);
  as.Addi(table, table, 8);
  as.Fmul(t[4], t[0], t[2]);
  as.Fmul(t[5], t[1], t[3]);
  as.Fmul(t[6], t[0], t[3]);
  as.Fmul(t[7], t[1], t[2]);
  as.Fsub(t[4], t[4], t[5]);
  as.Fadd(t[6], t[6], t[7]);
  as.St(t[4], p, 0);
  as.Amax(m.amax, t[4], m.amax);
  as.St(t[6], p, 4);
  as.Amax(m.amax, t[6], m.amax);
  as.Addi(p, p, 8);
  as.Sub(t[0], p, end);
  as.Blt(t[0], pair);
  as.J(quant_scale_);
}

// A head of queries or keys: RoPE, then group by group of 32 to the act memory or to the K cache.
void Firmware::FlushRotated(bool query) {
  const std::string name = query ? "q" : "k";
  const Label group = New(name + "_group"), bytes = New(name + "_bytes");
  const auto& t = m.t;
  const Reg p = m.ws[0], table = m.ws[1], start = m.f[0], end = m.f[1], chunk = m.ws[2], second = m.ws[3];
  as.Bind(query ? flush_q_ : flush_k_);
  as.Mark("flush: a head of " + name);
  as.Li(p, mem::kValues);
  as.Li(table, mem::kRope);
  Move(chunk, query ? m.dst : m.e[0]);
  if (query) Move(second, m.dst_scale);
  as.Bind(group);
  as.Jal(lk3, rotate_group_);
  if (query) {
    as.St(m.scale, second);
    as.Addi(second, second, 16);
    as.Add(t[3], chunk, m.e[1]);
    as.Or(t[3], t[3], m.e[0]);
    as.Addi(chunk, chunk, 32);
  } else {
    as.Jal(lk3, half_of_);
    LoadState(t[3], kHs);
    as.Add(t[3], t[3], t[3]);
    as.Add(t[1], chunk, m.e[1]);
    as.Add(t[1], t[1], m.e[1]);
    as.Stb(t[0], t[1], 0);
    as.Ror8(t[0], t[0]);
    as.Stb(t[0], t[1], 1);
    as.Add(chunk, chunk, t[3]);
    as.Add(t[3], chunk, m.e[2]);
    as.Addi(chunk, chunk, 32);
  }
  as.Bind(bytes);
  as.Ld(t[0], start, 0);
  as.Ld(t[1], start, 4);
  as.Addi(start, start, 8);
  as.Fmul(t[0], t[0], m.inv);
  as.Fmul(t[1], t[1], m.inv);
  as.Sub(t[2], start, end);
  as.Fadd(t[0], t[0], magic);
  as.Fadd(t[1], t[1], magic);
  if (query) {
    as.Sta(t[0], t[3], 0);
    as.Addi(t[3], t[3], 1);
    as.Sta(t[1], t[3], 0);
    as.Addi(t[3], t[3], 1);
  } else {
    as.Stb(t[0], t[3], 0);
    as.Stb(t[1], t[3], 1);
    as.Addi(t[3], t[3], 2);
  }
  as.Blt(t[2], bytes);
  as.Sub(t[0], p, m.fill);
  as.Blt(t[0], group);
  query ? NextQuery(chunk) : NextKey();
  as.J(flushed_);
}

// The next query's place: next column, after four the next pass, after the set's last the next set.
void Firmware::NextQuery(Reg next_chunk) {
  const Label column = New("q_column"), pass = New("q_pass"), head = New("q_head"), done = New("q_done");
  const auto& t = m.t;
  as.Addi(m.dst_scale, m.dst_scale, 4);
  as.Add(m.e[0], m.e[0], m.e[0]);
  as.Addi(m.e[3], m.e[3], -1);
  as.Bz(m.e[3], pass);
  as.Addi(m.e[2], m.e[2], -1);
  as.Bnz(m.e[2], head);
  LoadState(m.e[2], kQPerKv);
  LoadState(t[0], kHs);
  as.Addi(t[0], t[0], -1);
  as.Bz(t[0], head);
  LoadState(t[0], kHeadDim);
  as.Add(m.e[1], m.e[1], t[0]);
  as.Bind(head);
  as.Li(t[0], 1 << 14);
  as.Sub(t[0], m.e[0], t[0]);
  as.Bnz(t[0], done);
  as.J(column);
  as.Bind(pass);  // the set is complete
  Move(m.e[1], zero);
  LoadState(m.e[2], kQPerKv);
  LoadState(m.e[3], kGq);
  as.Bind(column);
  Move(m.dst, next_chunk);
  as.Li(m.e[0], 1 << 10);
  ScalesOf(m.dst_scale, m.dst, t[0]);
  as.Bind(done);
}

void Firmware::NextKey() {
  const Label done = New("k_done");
  const auto& t = m.t;
  as.Addi(m.e[1], m.e[1], 1);
  LoadState(t[0], kHeadDim);
  as.Add(m.e[2], m.e[2], t[0]);
  LoadState(t[0], kHs);
  as.Sub(t[0], t[0], m.e[1]);
  as.Bnz(t[0], done);
  Move(m.e[1], zero);
  Move(m.e[2], zero);
  as.Add(m.e[0], m.e[0], m.e[3]);
  as.Bind(done);
}

// A head of V: one scale, elements 32 bytes apart.
void Firmware::FlushV() {
  as.Bind(flush_v_);
  as.Mark("flush: a head of v");
  const auto& t = m.t;
  const Reg p = m.ws[0];
  const Label done = New("v_done");
  as.Li(p, mem::kValues);
  Move(m.amax, zero);
  const Label scan = Here("v_scan");
  as.Ld(t[0], p);
  as.Addi(p, p, 4);
  as.Sub(t[1], p, m.fill);
  as.Amax(m.amax, t[0], m.amax);
  as.Blt(t[1], scan);
  as.Jal(lk3, quant_scale_);
  as.Jal(lk3, half_of_);
  as.Stb(t[0], m.e[1], 0);
  as.Ror8(t[0], t[0]);
  as.Stb(t[0], m.e[1], 1);
  as.Li(p, mem::kValues);
  const Label bytes = Here("v_bytes");
  as.Ld(t[0], p, 0);
  as.Ld(t[1], p, 4);
  as.Addi(p, p, 8);
  as.Fmul(t[0], t[0], m.inv);
  as.Fmul(t[1], t[1], m.inv);
  as.Sub(t[2], p, m.fill);
  as.Fadd(t[0], t[0], magic);
  as.Fadd(t[1], t[1], magic);
  as.Stb(t[0], m.e[2], 0);
  as.Addi(m.e[2], m.e[2], 32);
  as.Stb(t[1], m.e[2], 0);
  as.Addi(m.e[2], m.e[2], 32);
  as.Blt(t[2], bytes);
  // The next head of the set, or the next set.
  as.Addi(m.e[1], m.e[1], 64);
  as.Addi(m.e[4], m.e[4], -1);
  as.Bnz(m.e[4], done);
  as.Add(m.e[0], m.e[0], m.e[3]);
  LoadState(m.e[4], kHs);
  LoadState(t[0], kPosition);
  as.Andi(t[0], t[0], 31);
  as.Add(m.e[1], m.e[0], t[0]);
  Move(t[1], m.e[4]);
  ShiftLeft(t[1], 6);
  as.Add(m.e[2], m.e[0], t[1]);
  as.Add(m.e[2], m.e[2], t[0]);
  as.Add(m.e[1], m.e[1], t[0]);
  as.Bind(done);
  as.J(flushed_);
}

}  // namespace weft::pico
