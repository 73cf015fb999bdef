// weft_pico_firmware FOLDER: writes pico_firmware.hex, for $readmemh, and pico_firmware.lst there.
#include <cstdio>
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

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "weft_pico_firmware: got %d arguments, want 1: the folder to write to\n", argc - 1);
    return 2;
  }
  weft::pico::Assembler as;
  weft::pico::BuildFirmware(as);
  const weft::Result<weft::pico::Program> program = as.Finish();
  if (!program) {
    std::fprintf(stderr, "weft_pico_firmware: %s\n", program.error().message.c_str());
    return 2;
  }
  const std::string folder = argv[1];
  return Write(folder + "/pico_firmware.hex", program.value().Hex()) &&
                 Write(folder + "/pico_firmware.lst", program.value().listing)
             ? 0
             : 2;
}
