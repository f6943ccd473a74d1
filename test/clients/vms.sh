#!/bin/sh
# What clients do with limits, in the virtual machine without systemd and in that with it, beside each other: each waits for itself most of the time.
#
#   vms.sh [CLIENT...]
#
# The last line counts both. Status 0 only if neither had a failure.
set -u
cd "$(dirname "$0")/../.."
export TSRUN_VM_TIMEOUT="${TSRUN_VM_TIMEOUT-5400}"
scratch=$(mktemp -d)
beside=
trap '[ -z "$beside" ] || kill -- "-$beside" 2>/dev/null; rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A session of its own: it is ended whole.
setsid sh test/vm/run.sh --systemd sh test/clients/vm.sh "$@" >"$scratch/systemd" 2>&1 &
beside=$!
status=0
echo '---- without systemd'
sh test/vm/run.sh sh test/clients/vm.sh "$@" 2>&1 | tee "$scratch/plain"
wait "$beside" || status=1
beside=
echo '---- with systemd'
cat "$scratch/systemd"
echo
for machine in plain systemd; do
  count=$(tr -d '\r' <"$scratch/$machine" | grep -aE '^[0-9]+ passed, [0-9]+ failed' | tail -n 1)
  echo "${count:-0 passed, 1 failed, 0 skipped}"
done >"$scratch/counts"
awk '{ passed += $1; failed += $3; skipped += $5 } END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 }' "$scratch/counts" || status=1
exit $status
