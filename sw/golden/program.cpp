#include "sw/golden/program.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "sw/compiler/tape.h"
#include "sw/golden/quantizer.h"

namespace weft::golden {
namespace {

std::string At(uint32_t number) { return "instruction " + std::to_string(number); }

constexpr size_t kVectorBanks = 2;  // vectors that the chip holds

uint32_t Groups(uint64_t elements) { return static_cast<uint32_t>(CeilDiv(elements, kGroup)); }

class Loader {
 public:
  Loader(const HwConfig& hw, const Tape& tape) : hw_(hw), tape_(tape) {}

  Result<Program> Load() {
    const auto steps = WalkTape(tape_.bytes, tape_.boot_count, hw_);
    if (!steps) return steps.error();
    for (uint32_t i = 0; i < steps->size(); ++i) {
      if (auto bad = Take((*steps)[i], i)) return *bad;
    }
    if (!has_model_ || !has_rope_ || p_.vocab == 0) {
      return Error{"the tape has no MODEL, ROPE or LM head, wanted all three"};
    }
    if (auto bad = CheckTables()) return *bad;
    p_.layers = static_cast<uint32_t>(k_regions_.size());
    return std::move(p_);
  }

 private:
  Status Take(const TapeStep& step, uint32_t number) {
    const auto payload = std::span(tape_.bytes).subspan(step.payload_offset, step.payload_bytes);
    switch (step.instr.op()) {
      case Op::kModel:
        return TakeModel(ModelInstr::Decode(step.instr));
      case Op::kRope:
        p_.rope = RopeInstr::Decode(step.instr);
        has_rope_ = true;
        return {};
      case Op::kVec:
        return TakeVec(VecInstr::Decode(step.instr), payload, number);
      case Op::kEmbed:
        return TakeEmbed(EmbedInstr::Decode(step.instr), number);
      case Op::kMatmul:
        return TakeMatmul(MatmulInstr::Decode(step.instr), payload, number);
      case Op::kAttn:
        return TakeAttn(AttnInstr::Decode(step.instr), number);
      default:
        return {};
    }
  }

  Status TakeModel(const ModelInstr& m) {
    if (m.dim == 0 || m.dim % 2 != 0 || m.head_dim == 0 || m.head_dim % 2 != 0 || m.q_per_kv == 0 ||
        m.sets == 0 || m.blocks == 0 || !(m.hs == 1 || m.hs == 2 || m.hs == 4)) {
      return Error{"MODEL has dim " + std::to_string(m.dim) + ", head size " + std::to_string(m.head_dim) +
                   ", heads per set " + std::to_string(m.hs) + ", wanted a complete even shape"};
    }
    if ((m.flags & kFlagBias) && (m.flags & kFlagQkNorm)) {
      return Error{"MODEL asks for biases and for a norm of heads, wanted one of them"};
    }
    p_.model = m;
    has_model_ = true;
    return {};
  }

  Status TakeVec(const VecInstr& v, std::span<const uint8_t> payload, uint32_t number) {
    if (vector_counts_.size() == taken_ + kVectorBanks) {
      return Error{At(number) + " loads a vector while " + std::to_string(kVectorBanks) +
                   " before it wait, wanted a MATMUL or EMBED that takes one in front of it"};
    }
    std::vector<float> vector(AlignUp(v.count, lanes::kLanes) + lanes::kLanes);
    std::memcpy(vector.data(), payload.data(), size_t{v.count} * 4);
    p_.vectors.push_back(std::move(vector));
    vector_counts_.push_back(v.count);
    return {};
  }

  // The oldest vector that waits, for an instruction that wants `count` values and is never skipped.
  Status TakeVector(uint32_t number, uint8_t flags, uint32_t count, uint32_t* index) {
    if (flags & kFlagWant) return Error{At(number) + " takes a vector and has WANT, wanted one of them"};
    if (taken_ == vector_counts_.size()) {
      return Error{At(number) + " takes a vector of " + std::to_string(count) + ", wanted a VEC before it"};
    }
    *index = static_cast<uint32_t>(taken_++);
    if (vector_counts_[*index] == count) return {};
    return Error{At(number) + " takes a vector of " + std::to_string(vector_counts_[*index]) + ", wanted " +
                 std::to_string(count)};
  }

  Status TakeEmbed(const EmbedInstr& e, uint32_t number) {
    Node node;
    node.op = Op::kEmbed;
    node.number = number;
    node.embed = e;
    if (auto bad = CheckResidual(number, e.flags, e.n, &node.vector)) return bad;
    node.table = EmbedLayout(e, tape_.vocab, hw_);
    const uint64_t end = e.address + node.table.bytes();
    if (e.address > tape_.bytes.size() || end > tape_.bytes.size()) {
      return Error{At(number) + " gathers up to byte " + std::to_string(end) +
                   ", wanted a table within the " + std::to_string(tape_.bytes.size()) +
                   " bytes of the tape"};
    }
    if (auto bad = Produce(e.dst_base, Groups(e.n), e.dst_groups, e.dst_copies_log2, number, &node.dst)) return bad;
    p_.nodes.push_back(std::move(node));
    return {};
  }

  Status TakeMatmul(const MatmulInstr& m, std::span<const uint8_t> payload, uint32_t number) {
    Node node;
    node.op = Op::kMatmul;
    node.number = number;
    node.matmul = m;
    if (auto bad = Consume(m.src_base, m.groups, m.src_copies_log2, number, &node.src)) return bad;
    if (auto bad = CheckOutputs(m, number)) return bad;
    if ((p_.model.flags & kFlagBias) && m.epilogue <= Epilogue::kV) {
      if (auto bad = TakeVector(number, m.flags, m.n, &node.vector)) return bad;
    }
    if ((p_.model.flags & kFlagQkNorm) && m.epilogue <= Epilogue::kK) {
      if (auto bad = TakeVector(number, m.flags, p_.model.head_dim, &node.vector)) return bad;
    }
    switch (m.epilogue) {
      case Epilogue::kK:
        node.layer = static_cast<uint32_t>(k_regions_.size());
        k_regions_.push_back(m.address);
        break;
      case Epilogue::kV:
        node.layer = static_cast<uint32_t>(v_regions_.size());
        v_regions_.push_back(m.address);
        break;
      case Epilogue::kRes:
        if (auto bad = CheckResidual(number, m.flags, m.n, &node.vector)) return bad;
        if (auto bad = Produce(m.dst_base, Groups(m.n), m.dst_groups, m.dst_copies_log2, number, &node.dst)) return bad;
        break;
      case Epilogue::kGlu:
        if (auto bad = Produce(m.dst_base, Groups(m.n / 2), m.dst_groups, m.dst_copies_log2, number, &node.dst)) return bad;
        break;
      case Epilogue::kLogits:
        p_.vocab = m.n;
        break;
      default:
        break;
    }
    node.weights = PackMatrix(MatmulLayout(m, hw_), payload, m.epilogue == Epilogue::kGlu);
    p_.max_outputs = std::max(p_.max_outputs, node.weights.padded());
    p_.nodes.push_back(std::move(node));
    return {};
  }

  Status TakeAttn(const AttnInstr& a, uint32_t number) {
    Node node;
    node.op = Op::kAttn;
    node.number = number;
    node.attn = a;
    const auto k = std::find(k_regions_.begin(), k_regions_.end(), a.k_address);
    node.layer = static_cast<uint32_t>(k - k_regions_.begin());
    if (k == k_regions_.end() || node.layer >= v_regions_.size() ||
        v_regions_[node.layer] != a.k_address + a.v_offset) {
      return Error{At(number) + " reads the cache at " + std::to_string(a.k_address) +
                   ", wanted regions that a K and a V MATMUL before it write"};
    }
    if (auto bad = Produce(a.dst_base, Groups(QWidth()), a.dst_groups, a.dst_copies_log2, number, &node.dst)) return bad;
    p_.nodes.push_back(std::move(node));
    return {};
  }

  uint32_t KvWidth() const { return p_.model.sets * p_.model.hs * p_.model.head_dim; }
  uint32_t QWidth() const { return KvWidth() * p_.model.q_per_kv; }

  Status CheckOutputs(const MatmulInstr& m, uint32_t number) const {
    if (!has_model_) return Error{At(number) + " comes before MODEL, wanted it after"};
    uint32_t want = m.n;
    if (m.epilogue == Epilogue::kQ) want = QWidth();
    if (m.epilogue == Epilogue::kK || m.epilogue == Epilogue::kV) want = KvWidth();
    if (m.epilogue == Epilogue::kGlu) want = 2 * p_.model.hidden;
    if (m.epilogue == Epilogue::kLogits && tape_.vocab != 0) want = tape_.vocab;
    if (m.n == want) return {};
    return Error{At(number) + " has " + std::to_string(m.n) + " outputs, wanted " + std::to_string(want)};
  }

  // A residual of MODEL's dim with its gains loaded before it.
  Status CheckResidual(uint32_t number, uint8_t flags, uint32_t n, uint32_t* vector) {
    if (has_model_ && n == p_.model.dim) return TakeVector(number, flags, n, vector);
    return Error{At(number) + " updates " + std::to_string(n) + " residuals, wanted MODEL's dim"};
  }

  // The vector at `base`, written with `groups` groups; `stated` is what the instruction says.
  Status Produce(uint32_t base, uint32_t groups, uint32_t stated, uint32_t copies_log2, uint32_t number,
                 uint32_t* index) {
    if (groups != stated) {
      return Error{At(number) + " states " + std::to_string(stated) + " destination groups, wanted " +
                   std::to_string(groups)};
    }
    for (*index = 0; *index < p_.activations.size(); ++*index) {
      ActShape& act = p_.activations[*index];
      if (act.base != base || act.groups != groups) continue;
      act.copies_log2 = copies_log2;
      return {};
    }
    p_.activations.push_back({base, groups, copies_log2});
    return {};
  }

  Status Consume(uint32_t base, uint32_t groups, uint32_t copies_log2, uint32_t number, uint32_t* index) const {
    for (*index = 0; *index < p_.activations.size(); ++*index) {
      const ActShape& act = p_.activations[*index];
      if (act.base != base || act.groups != groups) continue;
      if (act.copies_log2 == copies_log2) return {};
      return Error{At(number) + " reads rows in " + std::to_string(1u << copies_log2) + " columns each, wanted " +
                   std::to_string(1u << act.copies_log2) + " as they were written"};
    }
    return Error{At(number) + " reads " + std::to_string(groups) + " groups at activation word " +
                 std::to_string(base) + ", wanted a vector that an instruction before it writes"};
  }

  Status CheckTables() const {
    const uint64_t end = p_.rope.address + uint64_t{p_.rope.stride} * tape_.context;
    if (p_.rope.stride < p_.model.head_dim * 4 || p_.rope.address > tape_.bytes.size() ||
        end > tape_.bytes.size()) {
      return Error{"the RoPE table ends at byte " + std::to_string(end) + " in steps of " +
                   std::to_string(p_.rope.stride) + ", wanted it within the " +
                   std::to_string(tape_.bytes.size()) + " bytes of the tape"};
    }
    if (p_.model.blocks != CeilDiv(tape_.context, 32)) {
      return Error{"MODEL has " + std::to_string(p_.model.blocks) + " blocks per slot, wanted " +
                   std::to_string(CeilDiv(tape_.context, 32)) + " for a context of " +
                   std::to_string(tape_.context)};
    }
    return {};
  }

  const HwConfig& hw_;
  const Tape& tape_;
  Program p_;
  bool has_model_ = false, has_rope_ = false;
  std::vector<uint64_t> k_regions_, v_regions_;  // by layer
  std::vector<uint32_t> vector_counts_;          // values of each VEC
  size_t taken_ = 0;                             // vectors that an instruction has taken
};

}  // namespace

Result<Program> LoadProgram(const HwConfig& hw, const Tape& tape) { return Loader(hw, tape).Load(); }

}  // namespace weft::golden
