// Rows of `weft bench` as a table for a person, JSON and CSV.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "sw/bench/row.h"

namespace weft::cli {

void PrintTable(std::span<const BenchRow> rows);
nlohmann::ordered_json ToJson(const BenchRow& row);
// A header line, then a line a row; shares are numbers from 0 to 1.
std::string ToCsv(std::span<const BenchRow> rows);

}  // namespace weft::cli
