# Sourced: phase NAME COMMAND... runs a command quietly, with one line that says how long it took. Its output is shown when
# it fails, and the script ends with its status.

phase() {
  phase_name=$1
  shift
  phase_log=$(mktemp)
  phase_start=$(date +%s)
  printf '%-34s' "$phase_name" >&2
  phase_status=0
  # A subshell with errexit of its own: in an if or || list the shell would ignore it.
  (set -e; "$@") >"$phase_log" 2>&1 </dev/null &
  wait $! || phase_status=$?
  if [ "$phase_status" = 0 ]; then
    printf 'done, %s s\n' "$(($(date +%s) - phase_start))" >&2
    rm -f "$phase_log"
    return
  fi
  printf 'FAILED (status %s) after %s s\n' "$phase_status" "$(($(date +%s) - phase_start))" >&2
  cat "$phase_log" >&2
  rm -f "$phase_log"
  exit "$phase_status"
}
