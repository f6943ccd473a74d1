#!/bin/sh
# Runs the validation suite of opencontainers/runtime-tools, built elsewhere, with one runtime.
#
#   runtime-tools.sh DIRECTORY RUNTIME      DIRECTORY has runtimetest, rootfs-*.tar.gz and validation/*/*.t
#
# A line per program: its status, how many of its checks passed, failed and were skipped. As root, in a mount namespace of its
# own: the tests of namespaces leave mounts behind. What each is worth is in docs/conformance.md.
set -u
suite=${1:?runtime-tools.sh: where is the built suite?} runtime=${2:?runtime-tools.sh: which runtime?}
[ -x "$suite/runtimetest" ] || { echo "runtime-tools.sh: there is no built suite in \"$suite\"" >&2; exit 69; }
if [ "${TSRUN_SUITE_INSIDE-}" != 1 ]; then
  exec env TSRUN_SUITE_INSIDE=1 unshare --mount --propagation private sh "$0" "$(realpath "$suite")" "$(realpath "$(command -v "$runtime")")"
fi
# The suite always sets limits; on machines without controllers they cannot be had.
export TSRUN_LIMITS=best-effort RUNTIME="$runtime"
cd "$suite" || exit 69
output=$(mktemp)
trap 'rm -f "$output"' EXIT
for program in validation/*/*.t; do
  status=0
  timeout 90 "$program" >"$output" 2>/dev/null </dev/null || status=$?
  ok=$(grep -c '^ok' "$output") bad=$(grep -c '^not ok' "$output") skipped=$(grep -c '^ok.*# SKIP' "$output")
  verdict=pass
  if [ "$status" != 0 ] || [ "$bad" != 0 ]; then verdict=FAIL; fi
  printf '%-34s %s  status %s, %s ok, %s not ok, %s skipped\n' "$(basename "$program" .t)" "$verdict" "$status" "$ok" "$bad" "$skipped"
done
