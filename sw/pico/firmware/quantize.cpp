// Quantizing a group: docs/numerics.md section 2.
#include "sw/pico/firmware/firmware.h"

namespace weft::pico {

// amax, qs -> inv, scale. Poison (infinity, NaN) gives inv = 0 and a NaN, less than 2^-100 gives zeros: a
// product with inv = 0 rounds to 0, and a NaN does, too. Returns through lk3.
void Firmware::QuantScale() {
  as.Bind(quant_scale_);
  as.Mark("quant_scale: amax, qs -> inv, scale");
  const Label finite = New("quant_finite"), large = New("quant_large");
  const Reg t0 = m.t[0], t1 = m.t[1], t2 = m.t[2];
  as.Lui(t0, 0x7f80);
  as.Sub(t1, m.amax, t0);
  as.Blt(t1, finite);
  as.Lui(m.scale, 0x7fc0);
  Move(m.inv, zero);
  as.Jr(lk3);
  as.Bind(finite);
  as.Lui(t0, 0x0d80);
  as.Sub(t1, m.amax, t0);
  as.Bge(t1, large);
  Move(m.scale, zero);
  Move(m.inv, zero);
  as.Jr(lk3);
  as.Bind(large);
  as.Fmul(m.scale, m.amax, m.qs);
  Recip(m.inv, m.amax, t0, t1);
  Float(t2, 127.0f);
  as.Fmul(m.inv, m.inv, t2);
  as.Jr(lk3);
}

void Firmware::ScalesOf(Reg d, Reg act, Reg x) {
  as.Srl1(d, act);  // four words for a chunk of 32
  as.Li(x, mem::kActScale);
  as.Add(d, d, x);
}

// Where the instruction's results go in the act memory, an empty buffer, and the factor of the scales.
// Weights take their activations from column 0 alone. Returns through lk3.
void Firmware::Destination() {
  as.Bind(destination_);
  as.Mark("destination of the results");
  const Reg x = m.t[0];
  LoadFields(x, 3);
  HighHalf(m.dst, x);
  ScalesOf(m.dst_scale, m.dst, x);
  as.Li(x, 1 << 10);
  as.Add(m.dst, m.dst, x);
  LoadFields(m.qs, 5);
  as.Li(m.fill, mem::kValues);
  Move(m.amax, zero);
  as.Jr(lk3);
}

// The values from f[0] to `fill` become a chunk of the act memory with its scale; dst and dst_scale
// move on to the next chunk. Returns through lk2.
void Firmware::QuantizeAct() {
  as.Bind(quantize_act_);
  as.Mark("quantize_act: values -> act[dst]");
  const Label loop = New("quantize_act_loop");
  const Reg p = m.f[0], d = m.t[4], v0 = m.t[5], v1 = m.t[6], left = m.t[7];
  as.Jal(lk3, quant_scale_);
  as.St(m.scale, m.dst_scale, 0);
  as.Addi(m.dst_scale, m.dst_scale, 16);
  Move(d, m.dst);
  as.Addi(m.dst, m.dst, 32);
  as.Bind(loop);
  as.Ld(v0, p, 0);
  as.Ld(v1, p, 4);
  as.Addi(p, p, 8);
  as.Fmul(v0, v0, m.inv);
  as.Fmul(v1, v1, m.inv);
  as.Sub(left, p, m.fill);
  as.Fadd(v0, v0, magic);
  as.Fadd(v1, v1, magic);
  as.Sta(v0, d, 0);
  as.Addi(d, d, 1);
  as.Sta(v1, d, 0);
  as.Addi(d, d, 1);
  as.Blt(left, loop);
  as.Jr(lk2);
}

// scale (not negative, or NaN) -> t[0] = f2h(scale). The sum with a power of two rounds to the half's last
// place; the integer in its fraction is the half less its exponent. Returns through lk3.
void Firmware::HalfOf() {
  as.Bind(half_of_);
  as.Mark("half_of: scale -> t0");
  const Label nan = New("half_nan"), normal = New("half_normal"), small = New("half_small"),
              fits = New("half_fits");
  const Reg h = m.t[0], e = m.t[1], k = m.t[2];
  as.Bnan(m.scale, nan);
  as.Expo(e, m.scale);
  as.Addi(k, e, -113);
  as.Bge(k, normal);
  as.Li(e, 113);
  as.Bind(normal);
  as.Addi(k, e, -143);  // 2^16 and above
  as.Bge(k, small);
  as.Addi(k, e, 13);
  as.Pack(k, k, zero);
  as.Fadd(k, m.scale, k);
  as.Pack(k, zero, k);
  as.Addi(e, e, -113);
  ShiftLeft(e, 10);
  as.Add(h, e, k);
  as.Li(k, 0x7c00);
  as.Sub(e, h, k);
  as.Blt(e, fits);
  as.Bind(small);
  as.Li(h, 0x7c00);
  as.Bind(fits);
  as.Jr(lk3);
  as.Bind(nan);
  as.Li(h, 0x7e00);
  as.Jr(lk3);
}

}  // namespace weft::pico
