// Finding and loading libweft_rtl_<config>.so, the Verilated chip of one configuration.
#pragma once

#include <memory>
#include <string>

#include "sw/base/result.h"
#include "sw/runtime/rtl_pins.h"

namespace weft {

class RtlLibrary {
 public:
  // Looks in `folder`; empty means lib/ beside the program. The message of a missing library is the command
  // that builds it.
  static Result<std::shared_ptr<const RtlLibrary>> Load(const std::string& config, bool waveforms,
                                                        const std::string& folder = "");
  ~RtlLibrary();
  RtlLibrary(const RtlLibrary&) = delete;
  RtlLibrary& operator=(const RtlLibrary&) = delete;

  const WeftRtlApi& api() const { return *api_; }

 private:
  RtlLibrary(void* handle, const WeftRtlApi* api) : handle_(handle), api_(api) {}

  void* handle_;
  const WeftRtlApi* api_;
};

}  // namespace weft
