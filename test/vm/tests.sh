#!/bin/sh
# Inside the virtual machine: the kernel tests that need it and no excuse to skip one.
#
#   tests.sh plain      as root and as an ordinary user, without systemd
#   tests.sh systemd    those about systemd, which see to their users themselves
set -eu
cd "$(dirname "$0")/../.."
export CI=true TSRUN_TESTS_MUST_RUN=1 TSRUN_TESTS_SLOW=10 TSRUN_TESTS_WORKERS=2
# Loading a file takes seconds here: only those that have tests with the tag.
if [ "$1" = plain ]; then
  files=$(grep -rE "cgroup-v2|cap-sys-resource|'netem'|'v2'" test --include='*.test.ts' | grep -v "'root', 'cgroup-v2')" | cut -d: -f1 | sort -u)
  exec sh scripts/test.sh --tag v2 -- $files
fi

sh scripts/as-test-user.sh --check
user=${TSRUN_TEST_USER-tsrun-test}
uid=$(id -u "$user")
loginctl enable-linger "$user"
systemctl start "user@$uid.service"
# A checkout in a directory that the user may not enter.
if ! setpriv --reuid="$uid" --regid="$(id -g "$user")" --init-groups test -r package.json; then
  export TSRUN_TEST_CHECKOUT=/run/tsrun-test-checkout
  mkdir -p "$TSRUN_TEST_CHECKOUT"
  mount --bind "$PWD" "$TSRUN_TEST_CHECKOUT"
fi
# One file at a time: they count the scopes in one slice.
export TSRUN_TESTS_WORKERS=1
exec sh scripts/test.sh --quick --tag systemd -- test/systemd
