// Where the prompt of `weft run` comes from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sw/base/result.h"

namespace weft::cli {

inline constexpr const char* kDefaultPrompt = "Once upon a time";

// The text of -p; "-" reads stdin to its end. Without -p: what is waiting on stdin when that is a file or a
// pipe, else the default prompt. An open pipe that stays silent does not hold the program up.
Result<std::string> FindPrompt(const std::optional<std::string>& option);

// Ids of "1 2 3" or "1,2,3".
Result<std::vector<int32_t>> ParseIds(const std::string& text);

}  // namespace weft::cli
