// A tape as text, one line an instruction: for people, tests and diffs.
#pragma once

#include <string>

#include "sw/base/result.h"
#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/compiler/isa.h"

namespace weft {

// "MATMUL", "RES", "unknown".
const char* OpName(Op op);
const char* EpilogueName(Epilogue epilogue);

// Op and fields by name, without addresses of the stream: "MATMUL RES WAIT n=64 k=..".
std::string Disassemble(const Instr& instr);

// The whole tape: number, address of the instruction, its text, address and size of its payload and what that
// is; then the tables.
Result<std::string> Disassemble(const Tape& tape, const HwConfig& hw);

}  // namespace weft
