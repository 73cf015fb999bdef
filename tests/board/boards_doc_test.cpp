// The tables of docs/boards.md are made from fpga/boards.json and the models; this fails when they are stale. WEFT_UPDATE=1 writes it anew.
#include <gtest/gtest.h>

#include <cstdio>

#include "sw/board/boards.h"
#include "sw/board/speed.h"
#include "sw/compiler/compiler.h"
#include "sw/formats/load.h"
#include "sw/runtime/random_model.h"
#include "tests/base/marked_tables.h"

namespace weft {
namespace {

std::string Megabytes(uint64_t bytes) { return std::to_string(bytes >> 20) + " MB"; }

std::string BoardTable(const std::vector<Board>& boards) {
  std::string table =
      "| board | | FPGA | configuration, clock | the tape is in | room for it | written by | serial port |\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (const Board& board : boards) {
    table += "| `" + board.name + "` | " + board.title + " | " + board.fpga + "-" + board.package + " | `" + board.config +
             "`, " + std::to_string(board.chip_hz / 1000000) + " MHz | " + board.tape_storage() + ", " +
             board.tape_part() + " | " + Megabytes(board.tape_room()) + " | " + board.flash_tool() + " | " +
             board.port + " |\n";
  }
  table += "\n";
  for (const Board& board : boards) table += "- " + board.title + ": " + board.notes + "\n";
  return table;
}

std::string Thousands(uint64_t value) {
  std::string text = std::to_string(value);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

// Its rows of 172 are no multiple of 32: the compiler quantizes them.
Result<Checkpoint> Stories260K() {
  RandomModelOptions shape;
  shape.dim = 64, shape.hidden = 172, shape.layers = 5, shape.heads = 8, shape.kv_heads = 4, shape.vocab = 512;
  shape.context = 512;
  shape.type = DType::kF16;
  return RandomModel(shape);
}

std::string SpeedRow(const std::string& board_name, const std::string& name, const Result<Checkpoint>& model,
                     WeightType quant = WeightType::kInt8) {
  const Board board = *FindBoard(board_name);
  const HwConfig hw = *FindConfig(board.config);
  if (!model) return name + ": " + model.error().message + "\n";
  const auto tape = Compile(*model, hw, {0, 1, quant});
  if (!tape) return name + ": " + tape.error().message + "\n";
  const auto bytes = StepTapeBytes(*tape, hw);
  if (!bytes) return name + ": " + bytes.error().message + "\n";
  char rate[32];
  std::snprintf(rate, sizeof rate, "%.1f", TapeTokensPerSecond(*bytes, board, hw));
  return "| `" + board_name + "` | " + name + " | " + std::to_string(tape->context) + " | " + Thousands(tape->bytes.size()) + " | " +
         Thousands(*bytes) + " | " + rate + " |\n";
}

std::string SpeedTable() {
  const std::string models = std::string(WEFT_SOURCE_DIR) + "/models/";
  const auto stories = LoadCheckpoint(models + "weft-stories-1m.q8_0.gguf", "");
  const auto ternary = LoadCheckpoint(models + "weft-stories-ternary.tq2_0.gguf", "");
  std::string table =
      "| board | model | context | tape, bytes | read a token | tokens a second, at most |\n|---|---|---|---|---|---|\n";
  for (const std::string board : {"icebreaker", "ulx3s", "tangnano20k"}) {
    table += SpeedRow(board, "stories260K shape, Q8_0", Stories260K()) +
             SpeedRow(board, "stories260K shape, Q4_0", Stories260K(), WeightType::kInt4) +
             SpeedRow(board, "weft-stories-1m, Q8_0 (inside the program)", stories) +
             SpeedRow(board, "weft-stories-ternary, TQ2_0", ternary);
  }
  return table;
}

TEST(BoardsDocTest, TheDocumentIsWhatTheDataSay) {
  const auto boards = AllBoards();
  ASSERT_TRUE(boards.ok()) << boards.error().message;
  testing::ExpectMarkedTables("docs/boards.md", "tests/board/boards_doc_test.cpp", {BoardTable(*boards), SpeedTable()});
}

}  // namespace
}  // namespace weft
