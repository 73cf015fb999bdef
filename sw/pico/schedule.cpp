#include "sw/pico/schedule.h"

#include <algorithm>

#include "sw/base/result.h"

namespace weft::pico {
namespace {

struct State {
  std::array<uint8_t, kRegisters> ready{};  // cycles until the register may be read
  uint32_t port = 0;                        // bit k: taken in the k-th cycle from here
  uint32_t multiplier = 0;

  bool operator==(const State&) const = default;
  bool Empty() const { return *this == State{}; }
  void Merge(const State& other) {
    for (int r = 0; r < kRegisters; ++r) ready[r] = std::max(ready[r], other.ready[r]);
    port |= other.port;
    multiplier |= other.multiplier;
  }
  void Pass(int cycles) {
    for (uint8_t& r : ready) r = static_cast<uint8_t>(std::max(0, r - cycles));
    port >>= cycles;
    multiplier >>= cycles;
  }
};

bool MayIssue(const State& at, const Instruction& i) {
  const OpInfo& info = Info(i.op);
  if ((info.a && at.ready[i.a] > 0) || (info.b && at.ready[i.b] > 0)) return false;
  if (info.multiplier & at.multiplier) return false;
  if (info.d && (at.port >> info.port & 1)) return false;
  // The earlier result lands in cycle ready - 1.
  if (info.d && info.port < at.ready[i.d]) return false;
  if (info.flow == Flow::kReturn) {
    State target = at;
    target.Pass(kTakenCycles);
    return target.Empty();
  }
  return true;
}

void Issue(State& at, const Instruction& i) {
  const OpInfo& info = Info(i.op);
  at.multiplier |= info.multiplier;
  if (!info.d) return;
  at.port |= 1u << info.port;
  at.ready[i.d] = static_cast<uint8_t>(info.port + 1);
}

// The states on the way out of one instruction.
struct Exits {
  bool reached = false;
  State next, taken;
};

class Scheduler {
 public:
  Scheduler(const std::vector<Instruction>& code, const std::vector<bool>& entry)
      : code_(code), entry_(entry), waits_(code.size()), exits_(code.size()), sources_(code.size()) {
    for (size_t p = 0; p < code.size(); ++p) {
      if (Info(code[p].op).field == Field::kTarget) sources_[static_cast<size_t>(code[p].value)].push_back(p);
    }
  }

  std::vector<int> Run() {
    // With the waits held, states reach their fixed point, for every instruction takes a cycle and nothing stays pending
    // for ever. Waits may fall as well as rise, which gives the smallest ones; should they swing, they may only rise from
    // some sweep on.
    constexpr int kFreeSweeps = 40;
    for (int sweep = 0;; ++sweep) {
      WEFT_CHECK(sweep < 100000, "waits reach a fixed point");
      bool changed = false;
      for (size_t p = 0; p < code_.size(); ++p) changed |= Visit(p, sweep >= kFreeSweeps);
      if (!changed) return waits_;
    }
  }

 private:
  // The worst state in front of instruction p; false: control does not get there.
  bool Entering(size_t p, State& state) const {
    bool reached = p == 0 || entry_[p];
    if (p > 0 && exits_[p - 1].reached) {
      const Flow flow = Info(code_[p - 1].op).flow;
      if (flow == Flow::kNext || flow == Flow::kBranch) {
        state.Merge(exits_[p - 1].next);
        reached = true;
      }
    }
    for (const size_t source : sources_[p]) {
      if (!exits_[source].reached) continue;
      state.Merge(exits_[source].taken);
      reached = true;
    }
    return reached;
  }

  bool Visit(size_t p, bool only_rise) {
    State state;
    if (!Entering(p, state)) return false;
    const int least = only_rise ? waits_[p] : 0;
    int wait = 0;
    while (wait < least || !MayIssue(state, code_[p])) {
      state.Pass(1);
      ++wait;
    }
    Issue(state, code_[p]);
    Exits exits{true, state, state};
    exits.next.Pass(1);
    exits.taken.Pass(kTakenCycles);
    const bool changed = wait != waits_[p] || !exits_[p].reached || exits.next != exits_[p].next;
    waits_[p] = wait;
    exits_[p] = exits;
    return changed;
  }

  const std::vector<Instruction>& code_;
  const std::vector<bool>& entry_;
  std::vector<int> waits_;
  std::vector<Exits> exits_;
  std::vector<std::vector<size_t>> sources_;  // of jumps to an instruction
};

}  // namespace

std::vector<int> Schedule(const std::vector<Instruction>& code, const std::vector<bool>& entry) {
  return Scheduler(code, entry).Run();
}

}  // namespace weft::pico
