// ATTN: docs/numerics.md section 4. A pass handles four queries of a set, one in each column; K and V blocks
// stream out of the memory as weights do out of the flash. Columns without a query compute something that
// nobody reads.
#include "sw/pico/firmware/firmware.h"

namespace weft::pico {

namespace {
constexpr int kColumnsUsed = 4;
}

void Firmware::Attention() {
  as.Bind(attention_);
  as.Mark("ATTN");
  const Label set = New("attn_set"), pass = New("attn_pass"), block = New("attn_block"),
              full = New("attn_full");
  const auto& w = a.w;
  LoadFields(w[0], 6);
  as.Li(w[1], mem::kRegisters + 0x20);
  as.Ld(w[1], w[1]);
  as.Add(w[0], w[0], w[1]);
  StoreState(w[0], kSlotK);
  LoadFields(w[1], 1);
  as.Add(w[0], w[0], w[1]);
  StoreState(w[0], kSlotV);
  LoadState(w[0], kSets);
  StoreState(w[0], kSet);
  LoadState(a.q_act, kQBase);
  LoadState(a.p_act, kPBase);
  as.Li(a.out, mem::kHeads);

  as.Bind(set);
  LoadState(w[0], kGq);
  StoreState(w[0], kLanes);
  LoadState(a.per_kv, kQPerKv);
  Move(a.head, zero);

  as.Bind(pass);
  as.Li(w[2], mem::kLane);
  as.Li(w[1], 4);
  const Label same = New("attn_same_head"), column = Here("attn_lane");
  as.Add(w[0], a.head, a.head);
  as.Add(w[0], w[0], w[0]);
  as.St(w[0], w[2], kLaneSub);
  as.St(zero, w[2], kLaneL);
  as.Addi(w[2], w[2], 4);
  as.Addi(a.per_kv, a.per_kv, -1);
  as.Bnz(a.per_kv, same);
  LoadState(a.per_kv, kQPerKv);
  as.Addi(a.head, a.head, 1);
  as.Bind(same);
  as.Djnz(w[1], column);
  for (int c = 0; c < kColumnsUsed; ++c) as.Lui(a.max[c], 0xff80);
  as.Li(w[0], mem::kOut);
  as.Li(w[1], 64);
  const Label clear = Here("attn_clear");
  for (int c = 0; c < kColumnsUsed; ++c) as.St(zero, w[0], 4 * c);
  as.Addi(w[0], w[0], 16);
  as.Djnz(w[1], clear);
  LoadState(a.k, kSlotK);
  LoadState(a.v, kSlotV);
  LoadState(a.block, kPosition);
  ShiftRight(a.block, 5);

  as.Bind(block);
  as.Li(a.valid, 32);
  as.Bnz(a.block, full);
  LoadState(a.valid, kPosition);
  as.Andi(a.valid, a.valid, 31);
  as.Addi(a.valid, a.valid, 1);
  as.Bind(full);
  VScales();
  Scores();
  Softmax();
  Values();
  LoadState(w[0], kKBlock);
  as.Add(a.k, a.k, w[0]);
  LoadState(w[0], kVBlock);
  as.Add(a.v, a.v, w[0]);
  as.Addi(a.block, a.block, -1);
  as.Bge(a.block, block);

  // The pass's outputs, then the next four queries or the next set.
  Finish();
  LoadState(w[0], kKGroups);
  ShiftLeft(w[0], 5);
  as.Add(a.q_act, a.q_act, w[0]);
  LoadState(w[0], kLanes);
  as.Bnz(w[0], pass);
  const auto& t = m.t;
  LoadState(t[2], kBlocks);
  LoadState(t[3], kKBlock);
  as.Jal(lk3, multiply_);
  LoadState(t[0], kSlotK);
  as.Add(t[0], t[0], t[4]);
  StoreState(t[0], kSlotK);
  LoadState(t[2], kBlocks);
  LoadState(t[3], kVBlock);
  as.Jal(lk3, multiply_);
  LoadState(t[0], kSlotV);
  as.Add(t[0], t[0], t[4]);
  StoreState(t[0], kSlotV);
  LoadState(t[0], kSet);
  as.Addi(t[0], t[0], -1);
  StoreState(t[0], kSet);
  as.Bnz(t[0], set);
  as.StreamFlash();
  Concatenate();
}

// Registers of the softmax: scores, and two for each of them.
std::vector<Reg> Firmware::Eight(int n) const { return {a.w.begin() + 5 + 8 * n, a.w.begin() + 13 + 8 * n}; }

void Firmware::Exp2OfEight() {
  as.Bind(exp2_of_eight_);
  as.Mark("exp2 of eight scores");
  Exp2(Eight(0), Eight(1), Eight(2));
  as.Jr(lk3);
}

// The block's V scales, all heads of the set, as floats.
void Firmware::VScales() {
  const auto& w = a.w;
  as.Mark("attention: V scales");
  as.StreamMem(a.v);
  as.Li(w[0], mem::kVScale);
  LoadState(w[1], kHs);
  ShiftLeft(w[1], 4);  // pairs
  const Label each = Here("v_scale");
  as.Geth(w[2]);
  as.Geth(w[3]);
  as.Ha(w[4], w[2]);
  as.Hb(w[2], w[2]);
  as.Ha(w[5], w[3]);
  as.Hb(w[3], w[3]);
  as.Fadd(w[4], w[4], w[2]);
  as.Fadd(w[5], w[5], w[3]);
  as.St(w[4], w[0], 0);
  as.St(w[5], w[0], 4);
  as.Addi(w[0], w[0], 8);
  as.Djnz(w[1], each);
}

// Scores of the block's valid tokens into kScore, their maximum into am.
void Firmware::Scores() {
  const auto& w = a.w;
  as.Mark("attention: scores");
  const Reg score = w[0], left = w[1], act = w[2], ptr = w[3], group = w[4], length = w[5], raw = w[6],
            heads = w[7], at = w[8];
  const std::array<Reg, 4> acc{w[9], w[10], w[11], w[12]}, scale{w[13], w[14], w[15], w[16]},
      f{w[17], w[18], w[19], w[20]}, sub{w[21], w[22], w[23], w[24]};
  const Label token = New("score_token"), chunk = New("score_chunk"), whole = New("score_whole");
  as.StreamMem(a.k);
  as.Li(score, mem::kScore);
  as.Li(at, mem::kLane);
  Move(left, a.valid);
  for (int c = 0; c < kColumnsUsed; ++c) {
    LoadLane(sub[c], kLaneSub + 4 * c);
    as.Add(sub[c], sub[c], at);
    as.Lui(a.am[c], 0xff80);
  }
  as.Bind(token);
  Move(act, a.q_act);
  ScalesOf(ptr, a.q_act, raw);
  LoadState(group, kKGroups);
  for (int c = 0; c < kColumnsUsed; ++c) as.Lui(acc[c], 0x8000);
  as.Bind(chunk);
  LoadState(heads, kHs);
  as.Li(at, mem::kLane);
  const Label head = Here("score_head");
  as.Geth(raw);
  as.St(raw, at, kLaneScale);
  as.Addi(at, at, 4);
  as.Djnz(heads, head);
  as.Li(length, 32);
  as.Addi(group, group, -1);
  as.Bnz(group, whole);
  LoadState(length, kKTail);
  as.Bind(whole);
  as.Dot(act, length, Weights::kByte);
  for (int c = 0; c < kColumnsUsed; ++c) as.Ld(f[c], sub[c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.Ha(scale[c], f[c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.Hb(f[c], f[c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fadd(scale[c], scale[c], f[c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.Ld(f[c], ptr, 4 * c);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fmul(scale[c], scale[c], f[c]);
  as.Addi(ptr, ptr, 16);
  as.Addi(act, act, 32);
  for (int c = 0; c < kColumnsUsed; ++c) as.Dget(f[c], c);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fsub(f[c], f[c], magic);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fmul(f[c], scale[c], f[c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fadd(acc[c], acc[c], f[c]);
  as.Bnz(group, chunk);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fmax(a.am[c], acc[c], a.am[c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.St(acc[c], score, 4 * c);
  as.Addi(score, score, 16);
  as.Djnz(left, token);
}

// Probabilities, their sum, and their products with the V scales as int8 in the act memory: two tokens at a
// time.
void Firmware::Softmax() {
  const auto& w = a.w;
  as.Mark("attention: softmax");
  const Reg score = w[0], weight = w[1], sums = w[2], left = w[3], lane = w[4];
  const auto x = Eight(0), t = Eight(1), k = Eight(2);
  const std::array<Reg, 4> sv{w[29], w[30], w[31], w[32]};
  const Label even = New("softmax_even"), pair = New("softmax_pair");

  as.Li(lane, mem::kLane);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fmax(a.am[c], a.am[c], a.max[c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fsub(x[c], a.max[c], a.am[c]);
  for (int c = 0; c < kColumnsUsed; ++c) Move(a.max[c], a.am[c]);
  as.Jal(lk3, exp2_of_eight_);  // the other four are nobody's
  for (int c = 0; c < kColumnsUsed; ++c) LoadLane(t[c], kLaneL + 4 * c);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fmul(t[c], t[c], x[c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.St(x[c], lane, kLaneAlpha + 4 * c);
  for (int c = 0; c < kColumnsUsed; ++c) as.St(t[c], lane, kLaneL + 4 * c);
  as.Addi(sums, lane, kLaneSum);
  as.Li(left, 16);
  const Label clear = Here("softmax_clear");
  as.St(zero, sums);
  as.Addi(sums, sums, 4);
  as.Djnz(left, clear);
  as.Li(score, mem::kVScale);
  for (int c = 0; c < kColumnsUsed; ++c) {
    LoadLane(sv[c], kLaneSub + 4 * c);
    ShiftLeft(sv[c], 5);
    as.Add(sv[c], sv[c], score);
    Move(a.am[c], zero);
  }
  // An odd count gets a token that weighs nothing.
  as.Andi(left, a.valid, 1);
  as.Bz(left, even);
  as.Add(left, a.valid, a.valid);
  as.Add(left, left, left);
  as.Add(score, score, left);
  for (int s = 0; s < 4; ++s) {
    as.St(zero, score);
    as.Addi(score, score, 128);
  }
  as.Add(left, left, left);
  as.Add(left, left, left);
  as.Li(score, mem::kScore);
  as.Add(score, score, left);
  as.Lui(left, 0xff80);
  for (int c = 0; c < kColumnsUsed; ++c) as.St(left, score, 4 * c);
  as.Bind(even);
  as.Addi(left, a.valid, 1);
  as.Srl1(left, left);
  as.Li(score, mem::kScore);
  as.Li(weight, mem::kWeight);
  Move(lane, zero);

  as.Bind(pair);
  for (int i = 0; i < 8; ++i) as.Ld(x[i], score, 4 * i);
  for (int i = 0; i < 8; ++i) as.Fsub(x[i], x[i], a.max[i % 4]);
  as.Jal(lk3, exp2_of_eight_);
  as.Li(sums, mem::kLane + kLaneSum);
  as.Add(sums, sums, lane);
  as.Addi(lane, lane, 16);
  as.Andi(lane, lane, 63);
  as.Addi(score, score, 32);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fadd(t[c], x[c], x[4 + c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.Ld(k[c], sums, 4 * c);
  for (int i = 0; i < 8; ++i) as.Ld(i < 4 ? t[4 + i] : k[i], sv[i % 4], 4 * (i / 4));
  for (int c = 0; c < kColumnsUsed; ++c) as.Fadd(t[c], k[c], t[c]);
  for (int i = 0; i < 8; ++i) as.Fmul(x[i], x[i], i < 4 ? t[4 + i] : k[i]);
  for (int c = 0; c < kColumnsUsed; ++c) as.Addi(sv[c], sv[c], 8);
  for (int c = 0; c < kColumnsUsed; ++c) as.St(t[c], sums, 4 * c);
  for (int i = 0; i < 8; ++i) {
    as.Amax(a.am[i % 4], x[i], a.am[i % 4]);
    as.St(x[i], weight, 4 * i);
  }
  as.Addi(weight, weight, 32);
  as.Djnz(left, pair);

  // Column by column: l = l * alpha + S, and what the weights are quantized with.
  as.Li(lane, mem::kLane);
  for (int c = 0; c < kColumnsUsed; ++c) as.St(a.am[c], lane, kLaneWork + 4 * c);
  as.Li(left, 4);
  Float(m.qs, 1.0f / 127);
  const Label column = Here("softmax_column");
  for (int q = 0; q < 4; ++q) as.Ld(x[q], lane, kLaneSum + 16 * q);
  as.Ld(x[4], lane, kLaneL);
  as.Ld(m.amax, lane, kLaneWork);
  as.Fadd(x[0], x[0], x[1]);
  as.Fadd(x[2], x[2], x[3]);
  as.Fadd(x[0], x[0], x[2]);
  as.Fadd(x[0], x[4], x[0]);
  as.St(x[0], lane, kLaneL);
  as.Jal(lk3, quant_scale_);
  as.St(m.scale, lane, kLaneWork);
  as.St(m.inv, lane, kLaneSum);
  as.Addi(lane, lane, 4);
  as.Djnz(left, column);
  for (int c = 0; c < kColumnsUsed; ++c) {
    LoadLane(a.am[c], kLaneWork + 4 * c);  // from here on: the probabilities' scales
    LoadLane(a.inv[c], kLaneSum + 4 * c);
  }
  Move(left, a.valid);
  as.Li(weight, mem::kWeight);
  Move(score, a.p_act);
  const Label bytes = Here("softmax_bytes");
  for (int c = 0; c < kColumnsUsed; ++c) as.Ld(x[c], weight, 4 * c);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fmul(x[c], x[c], a.inv[c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fadd(x[c], x[c], magic);
  as.Addi(weight, weight, 16);
  for (int c = 0; c < kColumnsUsed; ++c) as.Sta(x[c], score, 1 << c);
  as.Addi(score, score, 1);
  as.Djnz(left, bytes);
  const Label rest = New("softmax_rest"), done = New("softmax_done");
  as.Addi(left, a.p_act, 32);
  as.Bind(rest);
  as.Sub(lane, score, left);
  as.Bge(lane, done);
  as.Sta(zero, score, 15);
  as.Addi(score, score, 1);
  as.J(rest);
  as.Bind(done);
}

// o = o * alpha + sp * (probabilities . V), element by element; the next one streams meanwhile.
void Firmware::Values() {
  const auto& w = a.w;
  as.Mark("attention: values");
  const Reg out = w[0], left = w[1], length = w[2];
  const std::array<Reg, 4> o{w[3], w[4], w[5], w[6]}, f{w[7], w[8], w[9], w[10]},
      alpha{w[11], w[12], w[13], w[14]};
  const Label each = New("value_each"), last = New("value_last"), done = New("value_done");
  LoadState(length, kHs);
  LoadState(left, kHeadDim);
  ShiftLeft(length, 6);
  as.Add(out, a.v, length);
  as.StreamMem(out);
  // hs is a power of two
  as.Srl1(length, length);
  const Label heads = New("value_heads"), counted = New("value_counted");
  as.Bind(heads);
  as.Addi(out, length, -32);
  as.Bz(out, counted);
  as.Add(left, left, left);
  as.Srl1(length, length);
  as.J(heads);
  as.Bind(counted);
  as.Li(length, 32);
  as.Li(out, mem::kOut);
  for (int c = 0; c < kColumnsUsed; ++c) LoadLane(alpha[c], kLaneAlpha + 4 * c);
  as.Dot(a.p_act, length, Weights::kByte);
  as.Bind(each);
  for (int c = 0; c < kColumnsUsed; ++c) as.Ld(o[c], out, 4 * c);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fmul(o[c], o[c], alpha[c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.Dget(f[c], c);
  as.Addi(left, left, -1);
  as.Bz(left, last);
  as.Dot(a.p_act, length, Weights::kByte);
  as.Bind(last);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fsub(f[c], f[c], magic);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fmul(f[c], a.am[c], f[c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.Fadd(o[c], o[c], f[c]);
  for (int c = 0; c < kColumnsUsed; ++c) as.St(o[c], out, 4 * c);
  as.Addi(out, out, 16);
  as.Bnz(left, each);
  as.Bind(done);
}

// Outputs of the pass's queries behind those of the earlier ones: o * recip(l).
void Firmware::Finish() {
  as.Mark("attention: outputs");
  const auto& t = m.t;
  const Label done = New("attn_pass_done");
  const Reg lane = t[7], column_out = t[6];
  as.Li(lane, mem::kLane);
  as.Li(column_out, mem::kOut);
  const Label column = Here("attn_column");
  as.Ld(t[2], lane, kLaneSub);
  LoadState(t[3], kHeadDim);
  as.Add(t[2], t[2], t[2]);
  as.Add(t[2], t[2], t[2]);  // 16 bytes an element
  as.Jal(lk3, multiply_);
  as.Add(t[0], column_out, t[4]);
  as.Ld(t[1], lane, kLaneL);
  Recip(t[2], t[1], t[3], t[4]);
  LoadState(t[3], kHeadDim);
  const Label each = Here("attn_output");
  as.Ld(t[4], t[0]);
  as.Addi(t[0], t[0], 16);
  as.Fmul(t[4], t[4], t[2]);
  as.St(t[4], a.out);
  as.Addi(a.out, a.out, 4);
  as.Djnz(t[3], each);
  LoadState(t[0], kLanes);
  as.Addi(t[0], t[0], -1);
  StoreState(t[0], kLanes);
  as.Bz(t[0], done);
  as.Addi(lane, lane, 4);
  as.Addi(column_out, column_out, 4);
  as.Li(t[1], mem::kLane + 16);
  as.Sub(t[1], lane, t[1]);
  as.Bnz(t[1], column);
  as.Bind(done);
}

// The concatenated heads, in groups of 32, to the act memory.
void Firmware::Concatenate() {
  as.Mark("attention: quantize the heads");
  const auto& t = m.t;
  const Label group = New("concat_group"), whole = New("concat_whole"), scan = New("concat_scan");
  as.Jal(lk3, destination_);
  as.Li(m.f[0], mem::kHeads);
  as.Bind(group);
  Move(m.amax, zero);
  Move(t[0], m.f[0]);
  as.Addi(m.fill, m.f[0], 128);
  as.Sub(t[1], a.out, m.fill);
  as.Bge(t[1], whole);
  Move(m.fill, a.out);
  as.Bind(whole);
  as.Bind(scan);
  as.Ld(t[1], t[0]);
  as.Addi(t[0], t[0], 4);
  as.Sub(t[2], t[0], m.fill);
  as.Amax(m.amax, t[1], m.amax);
  as.Blt(t[2], scan);
  as.Jal(lk2, quantize_act_);
  as.Sub(t[0], m.f[0], a.out);
  as.Blt(t[0], group);
  as.J(next_op_);
}

}  // namespace weft::pico
