#!/usr/bin/env bash
# Verilates one module and compiles the C++ that comes out into an archive.
#
# Arguments go to Verilator. From the environment: MDIR (folder for the generated files), PREFIX (class name),
# OUTPUT (the archive), DEPFILE (a make rule naming every source read, for the build tool), CXX, OPT, OBJCACHE, JOBS,
# VERILATOR. With RUNTIME=1, Verilator's own runtime is compiled beside it and listed in MDIR/runtime.list.
set -euo pipefail

rm -rf "$MDIR"
mkdir -p "$MDIR"
"$VERILATOR" --cc --MMD --Mdir "$MDIR" --prefix "$PREFIX" "$@"

# Verilator's rule names its own outputs; the build tool wants the archive.
sources=$(sed 's/^[^:]*: //' "$MDIR/${PREFIX}__ver.d" | tr ' ' '\n' | grep -E '\.(sv|svh|v|vlt)$' | sort -u | tr '\n' ' ')
printf '%s: %s\n' "$OUTPUT" "$sources" > "$DEPFILE"

targets=default
if [ "${RUNTIME:-0}" = 1 ]; then
  # VM_GLOBAL_FAST and VM_GLOBAL_SLOW name the runtime's files, one a line, each with a backslash behind it.
  objects=$(sed -n '/^VM_GLOBAL/,/^$/s/^\t\([a-z_]*\) .*/\1.o/p' "$MDIR/${PREFIX}_classes.mk" | sort -u)
  printf "$MDIR/%s\n" $objects > "$MDIR/runtime.list"
  targets="default $objects"
fi

log=$MDIR/make.log
# shellcheck disable=SC2086  # a list of targets
if ! make -s -j "${JOBS:-1}" -C "$MDIR" -f "$PREFIX.mk" CXX="$CXX" LINK="$CXX" OBJCACHE="$OBJCACHE" \
  OPT_FAST="$OPT" OPT_SLOW="${OPT_SLOW:--O0}" OPT_GLOBAL="-O2" $targets > "$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
touch "$OUTPUT" "$MDIR/$PREFIX.h"
