#!/bin/sh
# Runs the same list of commands of a client with runc and with tsrun-oci and compares what each prints and its status.
#
#   run.sh CLIENT              podman, podman-rootless, containerd, cri, docker or buildah
#   run.sh --short CLIENT      the first commands of the list only: a minute
#   run.sh --limits CLIENT     what needs the controllers of cgroup v2 only (limits/CLIENT.sh), as in vm.sh
#   run.sh --with RUNTIME CLIENT...   another reference than runc
#
# TSRUN_CLIENTS_LOGS is a directory for the logs of both lists, TSRUN_CLIENTS_ONLY an extended regular expression of the titles of the cases to
# run, TSRUN_CLIENTS_PATIENCE the seconds that one may take (90).
#
# Nothing of the machine is used or changed: storage, sockets and state are in a scratch directory, control groups below one
# of their own, networks, /run and /dev/shm in namespaces of their own. As root. The last line is "N passed, N failed[, N skipped]".
set -u
here=$(cd "$(dirname "$0")" && pwd)
repository=$(dirname "$(dirname "$here")")
form=long reference=runc
while [ $# -gt 0 ]; do
  case "$1" in
    --short | --limits) form=${1#--}; shift ;;
    --with) reference=$2; shift 2 ;;
    -*) echo "run.sh: unknown argument \"$1\"; it knows --short, --limits and --with" >&2; exit 64 ;;
    *) break ;;
  esac
done
client=${1:?run.sh: which client?}
list=$here/$client.sh
[ -r "$list" ] || { echo "run.sh: no list for \"$client\"" >&2; exit 64; }

# A skip is a reason, one line; in CI the last line still counts it.
skip_all() {
  echo "skipped: $1"
  echo '0 passed, 0 failed, 1 skipped'
  exit 0
}
[ "$(id -u)" = 0 ] || skip_all "$client is tried as root only"
for program in $(sed -n 's/^# needs: //p' "$list") "$reference"; do
  command -v "$program" >/dev/null || skip_all "$program is not installed"
done

# Who speaks with systemd names processes by their ids, and finds its bus in /run: no namespaces there, but a virtual machine
# that ends with us.
manager=cgroupfs
if [ -d /run/systemd/system ]; then
  [ "${TSRUN_VM-}" = systemd ] || skip_all 'with systemd only in the virtual machine'
  manager=systemd
  export TSRUN_CLIENTS_INSIDE=1
fi
# A mount namespace for what the clients mount, a network namespace for what they configure, a pid namespace for the daemons and
# monitors that they leave: all end with us.
if [ "${TSRUN_CLIENTS_INSIDE-}" != 1 ]; then
  case $form in long) set -- ;; *) set -- --$form ;; esac
  once() { env TSRUN_CLIENTS_INSIDE=1 unshare --mount --net --pid --fork --kill-child=TERM --mount-proc --propagation private sh "$0" "$@" --with "$reference" "$client"; }
  once "$@" && exit 0
  # The same in the virtual machine takes minutes.
  [ $form != limits ] || exit 1
  # Once in some hundreds of runs on a busy machine conmon has not accepted podman's connection when a short container ends, and its output is
  # missing (docs/conformance.md, "What clients see").
  echo
  echo 'once more: a difference that is not chance comes again'
  once "$@"
  exit
fi
ip link set lo up
# Nor are their sockets, state and locks the machine's: podman keeps its locks in one file of /dev/shm, whatever the storage.
if [ $manager = cgroupfs ]; then
  mount -t tmpfs none /run
  mount -t tmpfs none /dev/shm
fi

scratch=$(mktemp -d "${TMPDIR:-/tmp}/tsrun-test-clients-XXXXXX")
export scratch repository form manager client
# What a client leaves at its end is a fault of the list; it must not stay on the machine.
finish() {
  [ -z "${TSRUN_CLIENTS_LOGS-}" ] || cp "$scratch"/*.log "$TSRUN_CLIENTS_LOGS"
  cleanup_groups
  awk -v below="$scratch/" '$5 ~ "^" below { print $5 }' /proc/self/mountinfo | sort -r | while read -r mount; do umount -l "$mount"; done
  rm -rf "$scratch"
}
# Clients make groups in every hierarchy, below the name that the lists give them; podman's own is ours where there was none.
podman_groups=$(find /sys/fs/cgroup -maxdepth 2 -name libpod_parent)
cleanup_groups() {
  # Groups of systemd's are systemd's to remove.
  [ $manager = cgroupfs ] || return 0
  find /sys/fs/cgroup -depth -type d -path "*/tsrun-test-clients*" -exec rmdir {} + 2>/dev/null
  [ -n "$podman_groups" ] || find /sys/fs/cgroup -depth -type d -path "*/libpod_parent*" -exec rmdir {} + 2>/dev/null
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# One list with one runtime; results are files, a case each.
list_with() {
  name=$1 RUNTIME=$2
  mkdir -p "$scratch/$name/results" "$scratch/$name/broken"
  (
    work=$scratch/$name
    results=$work/results
    runtime_name=$name
    . "$here/list.sh"
    . "$list"
  ) >"$scratch/$name.log" 2>&1 || { echo "the list of $client ended early with $name:"; tail -n 20 "$scratch/$name.log"; }
  cleanup_groups
}
# The clients ask for limits that a machine without controllers in cgroup v2 cannot give.
export TSRUN_LIMITS=
grep -qw pids /sys/fs/cgroup/cgroup.controllers 2>/dev/null || TSRUN_LIMITS=best-effort
list_with reference "$(command -v "$reference")"
list_with tsrun-oci "$repository/bin/tsrun-oci"

passed=0 failed=0 skipped=0
for expected in "$scratch"/reference/results/*; do
  name=${expected##*/}
  got=$scratch/tsrun-oci/results/$name
  title=$(printf '%s' "$name" | cut -d. -f2-)
  if grep -q '^skip: ' "$expected"; then
    skipped=$((skipped + 1))
    echo "skip    $client: $title ($(sed -n 's/^skip: //p' "$expected"))"
  elif [ -f "$scratch/reference/broken/$name" ]; then
    failed=$((failed + 1))
    echo "NOT OK  $client: $title"
    sed "s/^/        with $reference itself: /" "$scratch/reference/broken/$name"
  elif [ -f "$got" ] && diff -u --label "$reference" "$expected" --label tsrun-oci "$got" >"$scratch/diff"; then
    passed=$((passed + 1))
    echo "ok      $client: $title"
  else
    failed=$((failed + 1))
    echo "NOT OK  $client: $title"
    if [ -f "$got" ]; then sed 's/^/        /' "$scratch/diff"; else echo '        tsrun-oci did not get there'; fi
  fi
done
if [ $((passed + failed + skipped)) = 0 ]; then failed=1; fi
echo
if [ "$skipped" -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
[ "$failed" = 0 ]
