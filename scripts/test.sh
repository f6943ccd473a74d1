#!/bin/sh
# All tests that this machine can run: unit tests, then kernel tests as whoever calls. Root runs the kernel tests twice, as
# root and as an ordinary user.
#
#   test.sh                      everything
#   test.sh --tag v2             kernel tests with that tag only
#   test.sh --quick              as root only or as this user only, no second round
#   test.sh [...] -- FILTER      the rest goes to vitest
#
# The ordinary user is $TSRUN_TEST_USER, or tsrun-test if there is one; it is made only where CI=true or
# TSRUN_MAKE_TEST_USER=1 say that this may be done. The last line is "N passed, N failed[, N skipped]" over all rounds.
set -eu
cd "$(dirname "$0")/.."

tag= quick=false
while [ $# -gt 0 ]; do
  case "$1" in
    --tag) tag=$2; shift 2 ;;
    --quick) quick=true; shift ;;
    --) shift; break ;;
    *) echo "test.sh: unknown argument \"$1\"; it knows --tag, --quick and --" >&2; exit 64 ;;
  esac
done

results=$(mktemp -d)
# The ordinary user writes its results here too.
chmod 1777 "$results"
trap 'rm -rf "$results"' EXIT

# round NAME RUN-AS PROJECT [vitest arguments]: one run of vitest; what it counted goes to NAME.json, its status to NAME.status.
round() {
  name=$1 run_as=$2 project=$3
  shift 3
  echo "---- $name"
  status=0
  $run_as node_modules/.bin/vitest run --configLoader runner --project "$project" --passWithNoTests --reporter default --reporter json \
    --outputFile.json "$results/$name.json" "$@" </dev/null || status=$?
  echo "$status" > "$results/$name.status"
}

sh rootfs-fixtures/make.sh standard
export TSRUN_TESTS_IMAGES=made

if [ -z "$tag" ]; then
  round unit '' unit "$@"
else
  set -- --tags-filter "$tag" "$@"
fi
if [ "$(id -u)" != 0 ]; then
  round kernel-as-this-user '' kernel "$@"
else
  round kernel-as-root '' kernel "$@"
  if ! $quick; then
    if sh scripts/as-test-user.sh --check; then
      round kernel-as-ordinary-user 'sh scripts/as-test-user.sh' kernel "$@"
    fi
  fi
fi
node scripts/test-summary.mjs "$results"
