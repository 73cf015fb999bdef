# Sourced by the other scripts: says what happens and how long it took.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
weft_start=$SECONDS
weft_phases=()

# phase NAME COMMAND...: runs the command, prints its time, stops the script if it fails.
phase() {
  local name=$1 start=$SECONDS
  shift
  printf '==> %s\n' "$name"
  if ! "$@"; then
    printf '==> %s: failed after %d s\n' "$name" $((SECONDS - start)) >&2
    exit 1
  fi
  weft_phases+=("$(printf '%6d s  %s' $((SECONDS - start)) "$name")")
}

# Every phase with its time.
phase_table() {
  printf '\n'
  printf '%s\n' "${weft_phases[@]}"
  printf '%6d s  in all\n' $((SECONDS - weft_start))
}

# quietly COMMAND...: the output only if the command fails, or a dot of progress for each line on a terminal.
quietly() {
  local log
  log=$(mktemp)
  if "$@" > "$log" 2>&1; then
    rm -f "$log"
  else
    local status=$?
    cat "$log" >&2
    rm -f "$log"
    return $status
  fi
}

# Processors to use.
jobs_count() { nproc 2> /dev/null || echo 2; }
