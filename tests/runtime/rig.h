// A random model compiled for a configuration, with the devices that run it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/runtime/checked_device.h"
#include "sw/runtime/golden_device.h"
#include "sw/runtime/random_model.h"
#include "sw/runtime/rtl_device.h"

namespace weft::testing {

// The value, or a failed test and an abort: a rig that cannot be built has nothing to say.
template <typename T>
T Must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().message;
    std::abort();
  }
  return std::move(*result);
}

struct Rig {
  HwConfig hw;
  std::shared_ptr<const Tape> tape;

  static Rig Of(const Checkpoint& checkpoint, const std::string& config, const CompileOptions& options = {}) {
    Rig rig;
    rig.hw = Must(FindConfig(config));
    rig.tape = std::make_shared<Tape>(Must(Compile(checkpoint, rig.hw, options)));
    return rig;
  }
  static Rig Random(const RandomModelOptions& model, const std::string& config, uint32_t slots = 1) {
    return Of(Must(RandomModel(model)), config, {0, slots});
  }

  std::unique_ptr<GoldenDevice> Golden() const { return Must(GoldenDevice::Make(tape, hw)); }

  // The chip, which the build may not hold in this configuration.
  Result<std::unique_ptr<RtlDevice>> TryRtl(RtlOptions options = {}) const {
    options.library_folder = WEFT_LIBRARY_DIR;
    return RtlDevice::Make(tape, hw, options);
  }
  std::unique_ptr<RtlDevice> Rtl(const RtlOptions& options = {}) const { return Must(TryRtl(options)); }
  std::unique_ptr<CheckedDevice> Checked(const RtlOptions& options = {}) const {
    return std::make_unique<CheckedDevice>(Golden(), Rtl(options), tape, hw);
  }
};

#define WEFT_SKIP_WITHOUT_CHIP(rig)                                 \
  if (auto chip = (rig).TryRtl(); !chip) {                          \
    GTEST_SKIP() << chip.error().message;                           \
  }

// A row that dumps its logits.
inline StepRow DumpRow(int32_t token, uint32_t position, uint32_t slot = 0, bool want = false) {
  StepRow row;
  row.token = token;
  row.position = position;
  row.slot = slot;
  row.want = want;
  row.dump = true;
  return row;
}

}  // namespace weft::testing
