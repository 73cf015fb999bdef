// weft_pico_firmware pico|nano CLOCK_HZ FILE: writes FILE.hex, for $readmemh, and FILE.lst.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

#include "sw/pico/firmware/firmware.h"

namespace {

bool Write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) std::fprintf(stderr, "weft_pico_firmware: cannot write '%s'\n", path.c_str());
  return static_cast<bool>(file);
}

bool Number(const char* name, const char* text, uint32_t* into) {
  const char* end = text + std::strlen(text);
  const auto read = std::from_chars(text, end, *into);
  if (read.ec == std::errc() && read.ptr == end && *into > 0) return true;
  std::fprintf(stderr, "weft_pico_firmware: %s is '%s', want a whole number from 1 on\n", name, text);
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "weft_pico_firmware: got %d arguments, want 3: pico or nano, the clock in Hz, the file without .hex\n",
                 argc - 1);
    return 2;
  }
  weft::pico::FirmwareChip chip;
  chip.config = argv[1];
  if (chip.config == "nano") {
    chip.sdram_bytes = 8 << 20;
  } else if (chip.config != "pico") {
    std::fprintf(stderr, "weft_pico_firmware: the configuration is '%s', want pico or nano\n", argv[1]);
    return 2;
  }
  if (!Number("the clock", argv[2], &chip.clock_hz)) return 2;
  weft::pico::Assembler as;
  weft::pico::BuildFirmware(as, chip);
  const weft::Result<weft::pico::Program> program = as.Finish();
  if (!program) {
    std::fprintf(stderr, "weft_pico_firmware: %s\n", program.error().message.c_str());
    return 2;
  }
  const std::string file = argv[3];
  return Write(file + ".hex", program.value().Hex()) && Write(file + ".lst", program.value().listing) ? 0 : 2;
}
