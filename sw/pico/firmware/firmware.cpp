#include "sw/pico/firmware/firmware.h"

#include "sw/compiler/config.h"
#include "sw/link/client.h"

namespace weft::pico {

Firmware::Firmware(Assembler& assembler, uint32_t config_word, uint32_t config_crc, const FirmwareChip& chip)
    : as(assembler), config_word_(config_word), config_crc_(config_crc), chip_(chip) {
  for (auto [reg, name] : {std::pair{&zero, "zero"},
                           {&low16, "low16"},
                           {&magic, "magic"},
                           {&magic1, "magic1"},
                           {&scratch, "scratch"},
                           {&minus127, "minus127"},
                           {&lk, "lk"},
                           {&lk2, "lk2"},
                           {&lk3, "lk3"},
                           {&instr, "instr"}}) {
    *reg = as.Named(name);
  }
  for (int i = 0; i < 53; ++i) pool.push_back(as.Named("p" + std::to_string(i)));
  size_t next = 0;
  const auto take = [&](auto&... regs) { ((regs = pool[next++]), ...); };
  for (auto* four : {&m.acc, &m.ws, &m.h, &m.f}) {
    for (Reg& r : *four) take(r);
  }
  take(m.src, m.scales, m.groups, m.tail, m.act, m.ptr, m.left, m.panels, m.group, m.share, m.length);
  take(m.v, m.norm, m.fill, m.room, m.capacity, m.epilogue, m.flush, m.qs, m.dst, m.dst_scale);
  for (Reg& r : m.e) take(r);
  take(m.amax, m.inv, m.scale);
  for (Reg& r : m.t) take(r);

  next = 0;
  for (Reg& r : a.max) take(r);
  for (Reg& r : a.am) take(r);
  take(a.k, a.v, a.block, a.valid, a.q_act, a.p_act, a.out, a.per_kv, a.head);
  a.w.assign(pool.begin() + static_cast<ptrdiff_t>(next), pool.begin() + static_cast<ptrdiff_t>(next) + 33);
  for (int c = 0; c < 4; ++c) a.inv[c] = a.w[13 + c];

  next = 0;
  take(link.byte, link.x, link.since, link.limit, link.word, link.p, link.length, link.status, link.address);
}

void Firmware::Build() {
  for (auto [label, name] : {std::pair{&idle_, "idle"},
                             {&receive_, "receive"},
                             {&receive_word_, "receive_word"},
                             {&send_word_, "send_word"},
                             {&answer_, "answer"},
                             {&step_, "step"},
                             {&step_done_, "step_done"},
                             {&next_op_, "next_op"},
                             {&op_end_, "op_end"},
                             {&multiply_, "multiply"},
                             {&done_row_, "matmul_done"},
                             {&result_, "result"},
                             {&collect_, "collect"},
                             {&flushed_, "flushed"},
                             {&glu_, "glu"},
                             {&logits_, "logits"},
                             {&flush_res_, "flush_res"},
                             {&flush_glu_, "flush_glu"},
                             {&flush_q_, "flush_q"},
                             {&flush_k_, "flush_k"},
                             {&flush_v_, "flush_v"},
                             {&finish_residual_, "finish_residual"},
                             {&prepare_residual_, "prepare_res"},
                             {&quant_scale_, "quant_scale"},
                             {&quantize_act_, "quantize_act"},
                             {&half_of_, "half_of"},
                             {&sample_, "sample"},
                             {&matmul_, "matmul"},
                             {&attention_, "attention"},
                             {&embed_, "embed"},
                             {&rope_, "rope"},
                             {&vec_, "vec"},
                             {&loadi_, "loadi"},
                             {&model_, "model"},
                             {&load_instructions_, "load_instructions"},
                             {&seek_back_, "seek_back"},
                             {&exp2_of_eight_, "exp2_of_eight"},
                             {&destination_, "destination"},
                             {&rotate_group_, "rotate_group"}}) {
    *label = as.NewLabel(name);
  }
  Boot();
  Idle();
  Answers();
  Receive();
  Step();
  Walk();
  ModelOp();
  LoadOps();
  GatherOps();
  MultiplyIntegers();
  Matmul();
  Epilogues();
  QuantScale();
  Destination();
  QuantizeAct();
  HalfOf();
  Attention();
  Exp2OfEight();
  Logits();
  Sample();
}

Label Firmware::New(const std::string& name) {
  const int use = ++uses_[name];
  return as.NewLabel(use == 1 ? name : name + "_" + std::to_string(use));
}

Label Firmware::Here(const std::string& name) {
  const Label label = New(name);
  as.Bind(label);
  return label;
}

void BuildFirmware(Assembler& as, const FirmwareChip& chip) {
  const Result<HwConfig> hw = FindConfig(chip.config);
  WEFT_CHECK(hw.ok() && hw->micro(), "the firmware's configuration has a microcoded engine");
  Firmware(as, link::ConfigWord(*hw), link::ConfigCrc(*hw), chip).Build();
}

}  // namespace weft::pico
