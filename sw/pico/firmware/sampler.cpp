// Logits: kept for the host, and the best candidates; after the last instruction one of them is drawn
// (docs/numerics.md section 5).
#include "sw/pico/firmware/firmware.h"

namespace weft::pico {

// A logit: e0 where it goes, or 0; e1 the least of a full list; e2 its index.
void Firmware::Logits() {
  as.Bind(logits_);
  as.Mark("a logit");
  const auto& t = m.t;
  const Reg index = m.ws[0], count = m.ws[1], limit = m.ws[2], at = m.ws[3], p = m.f[0], other = m.f[1];
  const Label no_dump = New("logit_no_dump"), back = New("logit_back"), full = New("logit_full"),
              insert = New("logit_insert"), place = New("logit_place");
  Move(index, m.e[2]);
  as.Addi(m.e[2], m.e[2], 1);
  as.Bz(m.e[0], no_dump);
  as.St(m.v, m.e[0]);
  as.Addi(m.e[0], m.e[0], 4);
  as.Bind(no_dump);
  LoadState(count, kCount);
  LoadState(limit, kTopK);
  as.Bz(limit, back);
  as.Sub(t[0], count, limit);
  as.Bz(t[0], full);
  as.Bnan(m.v, back);
  Move(at, count);
  as.Addi(count, count, 1);
  StoreState(count, kCount);
  as.J(insert);
  as.Bind(full);
  as.Fgt(t[0], m.v, m.e[1]);
  as.Bz(t[0], back);
  as.Addi(at, limit, -1);

  as.Bind(insert);
  as.Add(p, at, at);
  as.Add(p, p, p);
  as.Add(p, p, p);
  as.Li(t[0], mem::kTop);
  as.Add(p, p, t[0]);
  const Label shift = Here("logit_shift");
  as.Bz(at, place);
  as.Ld(t[0], p, -8);
  as.Fgt(t[1], m.v, t[0]);
  as.Bz(t[1], place);
  as.Ld(other, p, -4);
  as.St(t[0], p, 0);
  as.St(other, p, 4);
  as.Addi(p, p, -8);
  as.Addi(at, at, -1);
  as.J(shift);
  as.Bind(place);
  as.St(m.v, p, 0);
  as.St(index, p, 4);
  as.Sub(t[0], count, limit);
  as.Bnz(t[0], back);
  as.Add(p, limit, limit);
  as.Add(p, p, p);
  as.Add(p, p, p);
  as.Li(t[0], mem::kTop);
  as.Add(p, p, t[0]);
  as.Ld(m.e[1], p, -8);
  as.Bind(back);
  as.Jr(lk);
}

// The row's token, if it wants one. Returns through lk.
void Firmware::Sample() {
  as.Bind(sample_);
  as.Mark("sample");
  const auto& t = m.t;
  const Reg count = m.ws[0], regs = m.ws[1], p = m.ws[2], z = m.ws[3], best = m.f[0], sum = m.f[1],
            left = m.f[2], token = m.f[3];
  const Label wanted = New("sample_wanted"), found = New("sample_found"), none = New("sample_none"),
              draw = New("sample_draw");
  LoadState(t[0], kTopK);
  as.Bnz(t[0], wanted);
  as.Jr(lk);
  as.Bind(wanted);
  as.Li(regs, mem::kRow);
  LoadState(count, kCount);
  Move(token, zero);
  as.Bz(count, none);
  as.Li(p, mem::kTop);
  as.Addi(t[0], t[0], -1);
  as.Bnz(t[0], draw);
  as.Ld(token, p, 4);
  as.J(none);

  // The weights, summed up, take the places of the values.
  as.Bind(draw);
  as.Ld(z, regs, 0x0c);
  as.Ld(best, p);
  as.Lui(sum, 0x8000);
  Move(left, count);
  const Label weigh = Here("sample_weigh");
  as.Ld(t[0], p);
  as.Fsub(t[0], t[0], best);
  as.Fmul(t[0], t[0], z);
  Exp2({t[0]}, {t[1]}, {t[2]});
  as.Fadd(sum, sum, t[0]);
  as.St(sum, p);
  as.Addi(p, p, 8);
  as.Djnz(left, weigh);

  // hash(seed, position)
  const Reg h = t[6];
  const auto times = [&](uint32_t factor) {
    Move(t[2], h);
    as.Li(t[3], factor);
    as.Jal(lk3, multiply_);
    Move(h, t[4]);
  };
  const auto xor_shifted = [&](int shift) {
    HighHalf(t[0], h);
    if (shift == 15) {  // bit 15 comes in below
      as.Add(t[0], t[0], t[0]);
      Half(t[1], h);
      as.Add(t[1], t[1], t[1]);
      HighHalf(t[1], t[1]);
      as.Or(t[0], t[0], t[1]);
    }
    as.Xor(h, h, t[0]);
  };
  LoadState(h, kPosition);
  times(0x9e3779b9u);
  as.Ld(t[0], regs, 0x14);
  as.Xor(h, h, t[0]);
  xor_shifted(16);
  times(0x7feb352du);
  xor_shifted(15);
  times(0x846ca68bu);
  xor_shifted(16);

  // u = (h >> 8) * 2^-24: 16 bits and 8 bits, each exact
  HighHalf(t[0], h);
  Byte(t[1], h, 1);
  as.Add(t[0], t[0], magic);
  as.Add(t[1], t[1], magic);
  as.Fsub(t[0], t[0], magic);
  as.Fsub(t[1], t[1], magic);
  as.Lui(t[2], 0x4380);  // 256
  as.Fmul(t[0], t[0], t[2]);
  as.Fadd(t[0], t[0], t[1]);
  as.Lui(t[2], 0x3380);  // 2^-24
  as.Fmul(t[0], t[0], t[2]);
  as.Fmul(t[0], t[0], sum);
  as.Li(p, mem::kTop);
  const Label look = Here("sample_look");
  as.Ld(t[1], p, 0);
  as.Ld(token, p, 4);
  as.Addi(p, p, 8);
  as.Fgt(t[1], t[1], t[0]);
  as.Bnz(t[1], found);
  as.Djnz(count, look);
  as.Bind(found);
  as.Bind(none);
  as.St(token, regs, 0x18);
  as.Jr(lk);
}

}  // namespace weft::pico
