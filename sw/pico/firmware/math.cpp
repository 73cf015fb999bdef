// exp2, recip, rsqrt and halves: docs/numerics.md section 1, put together from the engine's operations.
#include <bit>

#include "sw/pico/firmware/firmware.h"

namespace weft::pico {

void Firmware::Float(Reg d, float value) { as.Li(d, std::bit_cast<uint32_t>(value)); }

void Firmware::ShiftLeft(Reg d, int places) {
  for (int i = 0; i < places; ++i) as.Add(d, d, d);
}

void Firmware::ShiftRight(Reg d, int places) {
  for (int i = 0; i < places; ++i) as.Srl1(d, d);
}

void Firmware::HighHalf(Reg d, Reg word) {
  as.Ror8(d, word);
  as.Ror8(d, d);
  as.And(d, d, low16);
}

void Firmware::Byte(Reg d, Reg word, int n) {
  for (int i = 0; i < n; ++i) as.Ror8(d, i == 0 ? word : d);
  as.Andi(d, n == 0 ? word : d, 255);
}

// x[i] = exp2(x[i]) for x < 128, or NaN, several side by side so that the float units stay filled. floor(x)
// comes from a truncated sum with 1.5 * 2^23; x + (1 - floor(x)), truncated again, is 1.F. Below -126 the
// exponent field is 0, which every reader takes for zero; the last sum makes it one and carries a NaN.
void Firmware::Exp2(const std::vector<Reg>& x, const std::vector<Reg>& t, const std::vector<Reg>& k) {
  const size_t n = x.size();
  for (size_t i = 0; i < n; ++i) as.Fmax(x[i], minus127, x[i]);  // a NaN stays
  for (size_t i = 0; i < n; ++i) as.Faddt(t[i], x[i], magic);
  for (size_t i = 0; i < n; ++i) as.Fsub(k[i], magic1, t[i]);
  for (size_t i = 0; i < n; ++i) as.Faddt(k[i], x[i], k[i]);
  for (size_t i = 0; i < n; ++i) as.Fmul(x[i], x[i], zero);
  for (size_t i = 0; i < n; ++i) as.Addi(t[i], t[i], 127);
  for (size_t i = 0; i < n; ++i) as.Spec(k[i], k[i], Table::kExp2);
  for (size_t i = 0; i < n; ++i) as.Pack(t[i], t[i], k[i]);
  for (size_t i = 0; i < n; ++i) as.Fadd(x[i], t[i], x[i]);
}

// d = recip(x) for positive x, normal or infinite.
void Firmware::Recip(Reg d, Reg x, Reg t0, Reg t1) {
  const Label fraction = New("recip_fraction"), normal = New("recip_normal");
  as.Expo(t0, x);
  as.Pack(t1, zero, x);
  as.Spec(d, x, Table::kRecip);
  as.Bnz(t1, fraction);
  as.Addi(t0, t0, -1);
  as.Bind(fraction);
  as.Li(t1, 253);
  as.Sub(t0, t1, t0);
  as.Bge(t0, normal);
  Move(t0, zero);
  as.Bind(normal);
  as.Pack(d, t0, d);
}

// d = rsqrt(x) for x >= 0 or NaN.
void Firmware::Rsqrt(Reg d, Reg x, Reg t0, Reg t1) {
  const Label odd = New("rsqrt_odd"), pack = New("rsqrt_pack"), done = New("rsqrt_done"),
              finite = New("rsqrt_finite"), zero_in = New("rsqrt_zero");
  Move(d, x);
  as.Bnan(x, done);
  as.Expo(t0, x);
  as.Bz(t0, zero_in);
  as.Addi(t1, t0, -255);
  as.Bnz(t1, finite);
  Move(d, zero);
  as.J(done);
  as.Bind(zero_in);
  as.Lui(d, 0x7f80);
  as.J(done);
  as.Bind(finite);
  as.Andi(t1, t0, 1);
  as.Bz(t1, odd);  // biased exponent even: unbiased odd
  as.Spec(d, x, Table::kRsqrtEven);
  as.J(pack);
  as.Bind(odd);
  as.Spec(d, x, Table::kRsqrtOdd);
  as.Bind(pack);
  as.Addi(t0, t0, 1);
  as.Srl1(t0, t0);
  as.Li(t1, 190);
  as.Sub(t0, t1, t0);
  as.Pack(d, t0, d);
  as.Bind(done);
}

void Firmware::HalfToFloat(Reg d, Reg h, Reg t) {
  as.Ha(d, h);
  as.Hb(t, h);
  as.Fadd(d, d, t);
}

}  // namespace weft::pico
