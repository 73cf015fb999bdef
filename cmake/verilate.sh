#!/usr/bin/env bash
# Verilates one module and compiles the C++ that comes out into an archive.
#
# Arguments go to Verilator. From the environment: MDIR (folder for the generated files), PREFIX (class name),
# OUTPUT (the archive), DEPFILE (a make rule naming every source read, for the build tool), CXX, OPT, OBJCACHE, JOBS,
# VERILATOR.
set -euo pipefail

rm -rf "$MDIR"
mkdir -p "$MDIR"
"$VERILATOR" --cc --MMD --Mdir "$MDIR" --prefix "$PREFIX" "$@"

# Verilator's rule names its own outputs; the build tool wants the archive.
sources=$(sed 's/^[^:]*: //' "$MDIR/${PREFIX}__ver.d" | tr ' ' '\n' | grep -E '\.(sv|svh|vlt)$' | sort -u | tr '\n' ' ')
printf '%s: %s\n' "$OUTPUT" "$sources" > "$DEPFILE"

log=$MDIR/make.log
if ! make -s -j "${JOBS:-1}" -C "$MDIR" -f "$PREFIX.mk" CXX="$CXX" OBJCACHE="$OBJCACHE" \
  OPT_FAST="$OPT" OPT_SLOW="${OPT_SLOW:--O0}" > "$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
touch "$OUTPUT" "$MDIR/$PREFIX.h"
