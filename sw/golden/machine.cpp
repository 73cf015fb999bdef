#include "sw/golden/machine.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "sw/golden/attention.h"
#include "sw/golden/executor.h"
#include "sw/golden/fp_env.h"
#include "sw/golden/program.h"

namespace weft::golden {

class Machine::Impl {
 public:
  Impl(const HwConfig& hw, const Tape& tape, Program program)
      : context_(tape.context),
        slots_(tape.slots),
        max_rows_(tape.max_rows),
        executor_(hw, tape, std::move(program)) {}

  Result<StepResult> Step(std::span<const Row> rows) {
    if (auto bad = CheckRows(rows)) return *bad;
    const FpEnv env;
    return executor_.Step(rows);
  }

  Status CheckRows(std::span<const Row> rows) {
    if (rows.empty() || rows.size() > max_rows_) {
      return Error{"a step has " + std::to_string(rows.size()) + " rows, wanted 1 to " +
                   std::to_string(max_rows_)};
    }
    for (size_t r = 0; r < rows.size(); ++r) {
      const Row& row = rows[r];
      const auto say = [&](const char* what, uint64_t found, const std::string& wanted) {
        return Error{"row " + std::to_string(r) + " has " + what + " " + std::to_string(found) + ", wanted " +
                     wanted};
      };
      if (row.token >= executor_.vocab()) {
        return say("token", row.token, "less than " + std::to_string(executor_.vocab()));
      }
      if (row.position >= context_)
        return say("position", row.position, "less than " + std::to_string(context_));
      if (row.slot >= slots_) return say("slot", row.slot, "less than " + std::to_string(slots_));
      for (size_t before = 0; before < r; ++before) {
        if (rows[before].slot != row.slot) continue;
        if (rows[r - 1].slot != row.slot) return say("slot", row.slot, "rows of one slot side by side");
        if (rows[r - 1].position + 1 != row.position) {
          return say("position", row.position,
                     std::to_string(rows[r - 1].position + 1) + " after the row before");
        }
        break;
      }
    }
    return {};
  }

  uint32_t context_, slots_, max_rows_;
  Executor executor_;
};

Machine::Machine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Machine::Machine(Machine&&) noexcept = default;
Machine& Machine::operator=(Machine&&) noexcept = default;
Machine::~Machine() = default;

Result<Machine> Machine::Create(const HwConfig& hw, const Tape& tape) {
  if (auto bad = ValidateHwConfig(hw)) return *bad;
  if (tape.context == 0 || tape.slots == 0 || tape.vocab == 0 || tape.max_rows == 0) {
    return Error{"the tape states no context, slots, vocabulary or rows, wanted at least one of each"};
  }
  auto program = LoadProgram(hw, tape);
  if (!program) return program.error();
  return Machine(std::make_unique<Impl>(hw, tape, std::move(*program)));
}

Result<StepResult> Machine::Step(std::span<const Row> rows) { return impl_->Step(rows); }
void Machine::SetTrace(TraceFn trace) { impl_->executor_.SetTrace(std::move(trace)); }
void Machine::Reset() {}
uint32_t Machine::max_rows() const { return impl_->max_rows_; }
uint32_t Machine::context() const { return impl_->context_; }
uint32_t Machine::slots() const { return impl_->slots_; }
uint32_t Machine::vocab() const { return impl_->executor_.vocab(); }

}  // namespace weft::golden
