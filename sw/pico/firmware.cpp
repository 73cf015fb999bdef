#include "sw/pico/firmware.h"

namespace weft::pico {

// For now: sends back every byte that comes.
void BuildFirmware(Assembler& as) {
  const Reg byte = as.Named("byte");
  const Reg valid = as.Named("valid");

  as.Mark("echo");
  const Label poll = as.Here("poll");
  as.Uget(byte);
  as.Andi(valid, byte, 0x100);
  as.Bz(valid, poll);
  as.Uput(byte);
  as.J(poll);
}

}  // namespace weft::pico
