// The pico engine's firmware.
#pragma once

#include "sw/pico/assembler.h"

namespace weft::pico {

void BuildFirmware(Assembler& as);

}  // namespace weft::pico
