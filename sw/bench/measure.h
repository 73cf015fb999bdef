// Runs a case on a device and counts.
#pragma once

#include <functional>
#include <memory>

#include "sw/base/result.h"
#include "sw/bench/row.h"
#include "sw/runtime/device.h"
#include "sw/runtime/program.h"

namespace weft {

using DeviceMaker = std::function<Result<std::unique_ptr<Device>>(const Program&)>;

// `at_hand` is the model of a case without a shape. Tokens are ids without meaning: timing does not depend on
// them.
Result<BenchRow> Measure(const BenchCase& c, const ProgramSource& at_hand, const DeviceMaker& make_device);

}  // namespace weft
