#!/usr/bin/env bash
# Places one small module on an iCE40 UP5K, packs the bitstream, and turns that back into Verilog: OUT/MODULE.v, with the
# module's name and ports, so that its own bench can drive it.
#
#   cmake/bitstream.sh OUT MODULE NAME=VALUE... -- PORT... -- SOURCE...
#
# Ports are bits, data_o[3]; a multiplier or an SPRAM would be lost on the way back (icebox_vlog), so neither may be there.
set -euo pipefail

out=$1 module=$2
shift 2
parameters=() ports=()
while [ "$1" != -- ]; do parameters+=(-set "${1%%=*}" "${1#*=}"); shift; done
shift
while [ "$1" != -- ]; do ports+=("$1"); shift; done
shift

# Pins of the SG48; the clock, the first port, has one that reaches a global net.
pins=(35 2 3 4 6 9 10 11 12 13 18 19 21 23 25 26 27 28 31 32 34 36 38 42 43 44 45 46 47 48)
if [ ${#ports[@]} -gt ${#pins[@]} ]; then
  echo "cmake/bitstream.sh: $module has ${#ports[@]} port bits, want at most ${#pins[@]}" >&2
  exit 1
fi

rm -rf "$out"
mkdir -p "$out"
for i in "${!ports[@]}"; do echo "set_io ${ports[$i]} ${pins[$i]}"; done > "$out/pins.pcf"
# The same way as the whole chip, scripts/fpga.
yosys -q -l "$out/yosys.log" -p "read_verilog -sv -DSYNTHESIS -DWEFT_ICE40 $*; chparam ${parameters[*]} $module;
  synth_ice40 -device u -abc9 -top $module -json $out/$module.json; select -assert-none t:SB_MAC16 t:SB_SPRAM256KA" > /dev/null
nextpnr-ice40 -q --up5k --package sg48 --json "$out/$module.json" --pcf "$out/pins.pcf" --asc "$out/$module.asc" --seed 1 \
  > "$out/nextpnr.log" 2>&1 || { cat "$out/nextpnr.log" >&2; exit 1; }
icepack "$out/$module.asc" "$out/$module.bin"
iceunpack "$out/$module.bin" "$out/unpacked.asc"
icebox_vlog -s -c -n "$module" -d sg48 -p "$out/pins.pcf" "$out/unpacked.asc" > "$out/flat.v"

# icebox_vlog declares ports twice, in the header and as wires or registers. Verilog allows that if the header only names them.
awk '/^module / {
  head = $0; sub(/^[^(]*\(/, "", head); sub(/\);$/, "", head)
  count = split(head, port, ", ")
  names = declarations = ""
  for (i = 1; i <= count; i++) {
    name = port[i]; sub(/^(input|output) (\[[0-9:]+\] )?/, "", name)
    names = names (i > 1 ? ", " : "") name
    declarations = declarations port[i] ";\n"
  }
  print "module '"$module"' (" names ");\n" declarations; next
} { print }' "$out/flat.v" > "$out/$module.v"
