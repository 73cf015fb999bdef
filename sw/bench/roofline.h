// The rows of a bench as a roofline picture: multiplies a cycle over multiplies a needed byte, both
// logarithmic.
#pragma once

#include <span>
#include <string>

#include "sw/bench/row.h"

namespace weft {

// An SVG file. Rows of several configurations share the picture, each with its own roof.
std::string RooflineSvg(std::span<const BenchRow> rows);

}  // namespace weft
