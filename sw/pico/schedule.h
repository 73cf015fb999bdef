// The waits that keep an engine without interlocks out of trouble.
//
// A forward dataflow over the control flow graph. The state in front of an instruction, in cycles from its arrival in
// stage D: when each register's newest result may be read, which cycles the write port and the multiplier are taken.
// Where paths meet, the state is the worst of them. An instruction waits until
//   (a) its sources' results have landed, and its own result lands after an earlier one of the same register,
//   (b) its result has the write port to itself, and
//   (c) its multiplier inputs collide with no earlier ones.
// A JR waits until everything has landed when its target arrives, because its target is not known: every instruction
// behind a call and every label whose address was taken starts from an empty state.
#pragma once

#include <vector>

#include "sw/pico/isa.h"

namespace weft::pico {

// Bubbles in front of each instruction; 0 for those that control never reaches. In `code` the value of a field kTarget is
// an index of `code`; `entry` marks instructions that a JR may reach. An instruction that may run on past the end of `code`
// has no successor there.
std::vector<int> Schedule(const std::vector<Instruction>& code, const std::vector<bool>& entry);

}  // namespace weft::pico
