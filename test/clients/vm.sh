#!/bin/sh
# Inside the virtual machine, with or without systemd: what clients do with limits, with runc and with tsrun-oci.
#
#   vm.sh [CLIENT...]
#
# The last line counts all of them. A quarter of an hour on a quiet machine: not in .ci/run.
set -u
cd "$(dirname "$0")/../.."
[ -n "${TSRUN_VM-}" ] || { echo 'vm.sh: this is for the virtual machine: npm run test:vm:clients' >&2; exit 64; }
# Some ten times slower than the machine that it runs on.
export CI=true TSRUN_CLIENTS_PATIENCE="${TSRUN_CLIENTS_PATIENCE-600}"
[ $# -gt 0 ] || set -- podman podman-rootless containerd docker
scratch=$(mktemp -d)
passed=0 failed=0 skipped=0
for client; do
  # By way of the disk: the lists have a /run of their own, where the results of the machine are not.
  export TSRUN_CLIENTS_LOGS="$scratch/$client"
  mkdir "$TSRUN_CLIENTS_LOGS"
  sh test/clients/run.sh --limits "$client" 2>&1 | tee "$scratch/log"
  count=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$scratch/log" | tail -n 1)
  [ -n "$count" ] || count='0 passed, 1 failed'
  for number in passed failed skipped; do
    n=$(echo "$count" | sed -n "s/.*\b\([0-9][0-9]*\) $number.*/\1/p")
    eval "$number=\$(($number + ${n:-0}))"
  done
  [ -z "${TSRUN_VM_RESULTS-}" ] || cp -r "$TSRUN_CLIENTS_LOGS" "$TSRUN_VM_RESULTS"
done
rm -rf "$scratch"
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
