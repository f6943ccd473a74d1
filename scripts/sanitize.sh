#!/bin/sh
# Builds addon and helper with AddressSanitizer and UndefinedBehaviorSanitizer and runs the contract tests on them.
#   sanitize.sh [DIRECTORY]      a directory to build in and keep
set -eu
cd "$(dirname "$0")/.."
. scripts/native-copy.sh
if [ $# = 0 ]; then
  tree=$(mktemp -d)
  trap 'rm -rf "$tree"' EXIT
else
  tree=$1
fi
mkdir -p "$tree"
chmod 755 "$tree"
native_copy "$tree"
results=$tree/results
mkdir "$results"
cd "$tree"
node_modules/.bin/node-gyp rebuild --jobs 2 -- -Dsanitize=1

# Node itself is not built with the sanitizer, so its runtime has to be there before the addon is loaded. Leaks: Node's own
# shutdown leaves too many of its own to see ours.
status=0
LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" \
  ASAN_OPTIONS=detect_leaks=0:halt_on_error=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 TSRUN_TESTS_SLOW=5 \
  TSRUN_TESTS_IMAGES=made \
  node node_modules/vitest/vitest.mjs run --configLoader runner --project kernel --reporter default --reporter json \
  --outputFile.json "$results/contract.json" test/contract </dev/null || status=$?
echo "$status" > "$results/contract.status"
node "$OLDPWD/scripts/test-summary.mjs" "$results"
