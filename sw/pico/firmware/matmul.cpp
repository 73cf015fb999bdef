// MATMUL: weights stream past the activations, group by group; each output's sum goes to its epilogue.
//
// The dot unit runs while the float work of the slot before is done. A row is P outputs that share slots (P =
// 1 int8, 2 int4, 4 ternary): its slots come one after another, since panel_rows is 1.
#include "sw/pico/firmware/firmware.h"

namespace weft::pico {

// Rows of P outputs. While a slot streams, the float work of the one before it and the scale of this one are
// done, their chains side by side. Between two slots stand only the reading of the sums and of the next
// scales.
void Firmware::Rows(int parts, Label entry) {
  const std::string name = parts == 1 ? "int8" : parts == 2 ? "int4" : "ternary";
  const Weights weights = parts == 1 ? Weights::kByte : parts == 2 ? Weights::kInt4 : Weights::kTernary;
  const Label slot = New(name + "_slot"), last = New(name + "_last"), whole = New(name + "_whole"),
              final = New(name + "_final"), next_row = New(name + "_next_row");
  const auto each = [&](auto&& emit) {
    for (int p = 0; p < parts; ++p) emit(p);
  };
  const auto scale = [&](int p) { return m.t[2 + p]; };
  const auto half = [&](int p) { return parts == 4 ? m.f[p] : m.t[6 + p]; };
  // Scales and dot unit of a slot. Ternary scales stand before every eighth.
  const auto start = [&] {
    const Label shared = New(name + "_shared");
    if (parts == 4) {
      as.Addi(m.share, m.share, -1);
      as.Bnz(m.share, shared);
      as.Li(m.share, 8);
    }
    each([&](int p) { as.Geth(m.h[p]); });
    as.Bind(shared);
    as.Dot(m.act, m.length, weights);
  };
  const auto halves = [&] {
    as.Ld(m.t[1], m.ptr, 0);
    each([&](int p) { as.Ha(scale(p), m.h[p]); });
    each([&](int p) { as.Hb(half(p), m.h[p]); });
  };
  const auto sum_halves = [&] { each([&](int p) { as.Fadd(scale(p), scale(p), half(p)); }); };
  // ws = scale of the weights * scale of the activations
  const auto scales = [&] {
    each([&](int p) { as.Fmul(m.ws[p], scale(p), m.t[1]); });
    as.Addi(m.ptr, m.ptr, 16);
  };
  // acc += ws * sum
  const auto floats = [&] { each([&](int p) { as.Fsub(m.f[p], m.f[p], magic); }); };
  const auto terms = [&] { each([&](int p) { as.Fmul(m.f[p], m.ws[p], m.f[p]); }); };
  const auto accumulate = [&] { each([&](int p) { as.Fadd(m.acc[p], m.acc[p], m.f[p]); }); };

  as.Bind(entry);
  as.Mark("rows of " + name);
  as.Jal(lk2, next_row);
  const Label again = Here(name + "_again");
  each([&](int p) { as.Lui(m.acc[p], 0x8000); });  // -0 + t is t, bit for bit
  const Label scale_slot = New(name + "_scale");
  parts == 4 ? as.J(scale_slot) : (halves(), sum_halves(), scales());

  as.Bind(slot);
  as.Addi(m.group, m.group, -1);
  as.Addi(m.act, m.act, 32);
  as.Bz(m.group, last);
  as.Addi(m.t[0], m.group, -1);
  as.Bnz(m.t[0], whole);
  Move(m.length, m.tail);
  as.Bind(whole);
  each([&](int p) { as.Dget(m.f[p], p); });
  start();
  if (parts == 4) {
    floats(), terms(), accumulate();
    as.Bind(scale_slot);
    halves(), sum_halves(), scales();
  } else {
    floats(), halves(), terms(), sum_halves(), accumulate(), scales();
  }
  as.J(slot);

  // The row's last sums; the next row begins before they are dealt with.
  as.Bind(last);
  each([&](int p) { as.Dget(m.f[p], p); });
  as.Addi(m.panels, m.panels, -1);
  as.Bz(m.panels, final);
  as.La(lk2, final);
  as.Bind(next_row);
  Move(m.act, m.src);
  Move(m.ptr, m.scales);
  Move(m.group, m.groups);
  as.Li(m.share, 1);
  as.Li(m.length, 32);
  {
    const Label long_row = New(name + "_long");
    as.Addi(m.t[0], m.groups, -1);
    as.Bnz(m.t[0], long_row);
    Move(m.length, m.tail);
    as.Bind(long_row);
  }
  start();
  as.Jr(lk2);
  as.Bind(final);
  floats(), terms(), accumulate();
  each([&](int p) {
    as.Fmul(m.v, m.acc[p], m.norm);
    as.Jal(lk, result_);
    as.Addi(m.left, m.left, -1);
    as.Bz(m.left, done_row_);
  });
  as.J(again);
}

// collect: jumps on to the epilogue's routine for a result.
void Firmware::Matmul() {
  as.Bind(matmul_);
  as.Mark("MATMUL");
  const Reg w = m.t[0], x = m.t[1];
  const Label go = New("matmul_go"), int4 = New("int4"), ternary = New("ternary"), int8 = New("int8"),
              plain = New("matmul_plain");
  // WANT: nobody wants logits, and nothing is read behind them.
  LoadFields(w, 0);
  Byte(x, w, 3);
  as.Andi(x, x, 2);
  as.Bz(x, go);
  LoadState(x, kWantDump);
  as.Bz(x, next_op_);
  as.Bind(go);
  as.Lui(m.norm, 0x3f80);
  Byte(x, w, 3);
  as.Andi(x, x, 1);
  as.Bz(x, plain);
  LoadState(m.norm, kRinv);
  as.Bind(plain);
  LoadFields(w, 1);
  Byte(m.tail, w, 3);
  as.Li(x, 0xffffff);
  as.And(m.left, w, x);
  LoadFields(w, 2);
  Half(m.groups, w);
  HighHalf(m.panels, w);
  as.Jal(lk3, destination_);
  LoadFields(w, 3);
  Half(m.src, w);
  ScalesOf(m.scales, m.src, x);
  PrepareEpilogue();
  LoadFields(w, 0);
  Byte(x, w, 2);
  as.Addi(x, x, -1);
  as.Bz(x, int8);
  as.Addi(x, x, -1);
  as.Bz(x, int4);
  as.J(ternary);
  Rows(1, int8);
  Rows(2, int4);
  Rows(4, ternary);

  // What is left in the buffer, then the next instruction.
  as.Bind(done_row_);
  const Label empty = New("matmul_empty");
  as.Li(w, mem::kValues);
  as.Sub(w, m.fill, w);
  as.Bz(w, empty);
  as.La(lk, empty);
  as.Jr(m.flush);
  as.Bind(empty);
  LoadFields(w, 0);
  Byte(x, w, 1);
  as.Addi(x, x, -3);
  as.Bz(x, finish_residual_);
  as.J(next_op_);
}

}  // namespace weft::pico
