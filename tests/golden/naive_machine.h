// The tape executed with the block functions, one value at a time, and the KV cache as the chip's bytes:
// slow, short, and the judge of the fast machine.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "sw/compiler/compiler.h"
#include "sw/compiler/isa.h"
#include "sw/compiler/layout.h"
#include "sw/golden/machine.h"

namespace weft::testing {

class NaiveMachine {
 public:
  NaiveMachine(const HwConfig& hw, const Tape& tape);

  // Logits [row][vocab] of rows with dump; empty for the others. The tape must be sound.
  std::vector<std::vector<float>> Step(std::span<const golden::Row> rows);

  const std::vector<uint8_t>& kv() const { return kv_; }

 private:
  struct Group {
    int8_t q[32] = {};
    float scale = 0;
  };
  using Vector = std::vector<Group>;  // one row's quantized activations

  static Vector QuantizeVector(const std::vector<float>& v, float qs);
  std::vector<float> Multiply(const MatmulInstr& m, std::span<const uint8_t> payload, const Vector& in) const;
  void Matmul(const MatmulInstr& m, std::span<const uint8_t> payload, size_t row, const golden::Row& r);
  void Residual(size_t row, const std::vector<float>& acc, uint32_t dst, float qs);
  void Rope(std::vector<float>& v, uint32_t position) const;
  std::vector<float> AttendHead(const AttnInstr& a, size_t row, const golden::Row& r, uint32_t head) const;

  HwConfig hw_;
  const Tape& tape_;
  ModelInstr model_;
  RopeInstr rope_;
  KvGeometry geometry_;
  std::vector<uint8_t> kv_;
  std::vector<float> vector_;                     // of the last VEC
  std::vector<std::vector<float>> x_;             // [row][dim]
  std::vector<float> rinv_;                       // [row]
  std::vector<std::vector<Vector>> queries_;      // [row][head]
  std::vector<std::map<uint32_t, Vector>> acts_;  // [row], by address
  std::vector<std::vector<float>> logits_;        // [row]
};

}  // namespace weft::testing
