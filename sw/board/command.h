// Running another program, without a shell.
#pragma once

#include <string>
#include <vector>

#include "sw/base/result.h"

namespace weft {

// As a person would type it: words that a shell would take apart are quoted.
std::string CommandText(const std::vector<std::string>& words);

// Runs the program, found like a shell finds it, with this program's terminal, and waits for it. The sentence says why it
// did not run, or how it ended; `package` is the Debian package to install, if there is one.
Status RunCommand(const std::vector<std::string>& words, const std::string& package);

}  // namespace weft
