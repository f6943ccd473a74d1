#!/bin/sh
# Inside the virtual machine: the kernel tests that need it, as root and as an ordinary user, and no excuse to skip one.
set -eu
cd "$(dirname "$0")/../.."
export CI=true TSRUN_TESTS_MUST_RUN=1 TSRUN_TESTS_SLOW=10
# Loading a file takes seconds here: only those that have tests with the tag.
files=$(grep -lE "cgroup-v2|cap-sys-resource|'v2'" -r test --include='*.test.ts')
exec sh scripts/test.sh --tag v2 -- $files
