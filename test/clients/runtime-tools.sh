#!/bin/sh
# Runs the validation suite of opencontainers/runtime-tools, built elsewhere, with one runtime.
#
#   runtime-tools.sh SUITE RUNTIME [OUTPUT] [PROGRAM ...]
#
#   SUITE     directory with runtimetest, rootfs-*.tar.gz and validation/NAME/NAME.t
#   OUTPUT    directory for what each program prints: NAME.out and NAME.err of its last try
#   PROGRAM   names; all of them when none is given
#
# A line for each program:
#   pass      its status is 0 and every check it made was passed
#   FAIL      a check failed, or its status is not 0
#   skipped   it made no check and says why
#   nothing   its status is 0 and it made no check: that is no success
# What fails is tried again: some of the programs race with what they started. docs/conformance.md says what each is worth.
#
# TSRUN_SUITE_VERSION   an ociVersion to write into the configs: crun 1.8 takes none after 1.0.2
# TSRUN_SUITE_TIMEOUT   seconds for one program (90)
# TSRUN_SUITE_TRIES     how often at most (3)
#
# As root. In mount and PID namespaces of its own: the suite leaves mounts and processes behind, and they go with those.
set -u
suite=${1:?runtime-tools.sh: where is the built suite?} runtime=${2:?runtime-tools.sh: which runtime?}
[ -x "$suite/runtimetest" ] || { echo "runtime-tools.sh: there is no built suite in \"$suite\"" >&2; exit 69; }
if [ "${TSRUN_SUITE_INSIDE-}" != 1 ]; then
  shift 2
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  output=${1:-$scratch/output}
  [ $# = 0 ] || shift
  mkdir -p "$output" "$scratch/tmp"
  # For containers whose root is another user: not even the way to the bundle would be open to them.
  chmod 755 "$scratch"
  TSRUN_SUITE_INSIDE=1 TMPDIR=$scratch/tmp unshare --mount --propagation private --pid --fork --mount-proc --kill-child \
    sh "$0" "$(realpath "$suite")" "$(realpath "$(command -v "$runtime")")" "$(realpath "$output")" "$@"
  status=$?
  # What the suite calls its control groups: a fixed name, or the container's UUID.
  find /sys/fs/cgroup -depth -type d \( -name cgrouptest -o -name testdir -o -path '*/testdir/*' -o -path '*/cgrouptest/*' \
    -o -name '????????-????-4???-????-????????????' \) -exec rmdir {} + 2>/dev/null
  exit $status
fi
output=$3
shift 3

# No runtime finds, or leaves, anything in the machine's own state directories.
mkdir -p /run/runc /run/crun /run/tsrun
for state in /run/runc /run/crun /run/tsrun; do mount -t tmpfs -o mode=700 state $state; done
# crun refuses cgroup v1 with cgroup v2 beside it.
case "$runtime" in */crun) ! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified ;; esac
# The suite always sets limits; on machines without controllers they cannot be had.
export TSRUN_LIMITS=best-effort RUNTIME="$runtime"
if [ -n "${TSRUN_SUITE_VERSION-}" ]; then
  # Between the suite and a runtime that refuses versions newer than itself. Only what is well-formed becomes another.
  RUNTIME=$TMPDIR/$(basename "$runtime")
  cat >"$RUNTIME" <<WRAPPER
#!/bin/sh
before=
for word; do
  [ "\$before" != --bundle ] || sed -i 's/"ociVersion": *"1[.][0-9.]*"/"ociVersion":"$TSRUN_SUITE_VERSION"/' "\$word/config.json"
  before=\$word
done
exec "$runtime" "\$@"
WRAPPER
  chmod 755 "$RUNTIME"
fi
cd "$suite" || exit 69

judge() {
  ok=$(grep -c '^ok' "$1") bad=$(grep -c '^not ok' "$1") skipped=$(grep -c '^ok.*# SKIP' "$1")
  if [ "$2" != 0 ] || [ "$bad" != 0 ]; then verdict=FAIL
  elif [ "$ok" = 0 ]; then verdict=nothing
  elif [ "$ok" = "$skipped" ]; then verdict=skipped
  else verdict=pass; fi
}

run() {
  name=$1 try=0 verdict=FAIL
  while [ "$verdict" = FAIL ] && [ $try -lt "${TSRUN_SUITE_TRIES:-3}" ]; do
    try=$((try + 1)) status=0
    timeout --kill-after 5 "${TSRUN_SUITE_TIMEOUT:-90}" "validation/$name/$name.t" >"$output/$name.out" 2>"$output/$name.err" </dev/null || status=$?
    judge "$output/$name.out" $status
  done
  printf '%-34s %-8s status %s, %s ok, %s not ok, %s skipped, try %s\n' "$name" $verdict $status $ok $bad $skipped $try
}

if [ $# = 0 ]; then
  for program in validation/*/*.t; do set -- "$@" "$(basename "$program" .t)"; done
fi
for name; do run "$name"; done
