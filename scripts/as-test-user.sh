#!/bin/sh
# Runs a command in this checkout as an ordinary user with subordinate ids. Called by root.
#
#   as-test-user.sh COMMAND...
#   as-test-user.sh --check        says whether there is such a user, making one where that is allowed
#
# The user is $TSRUN_TEST_USER or tsrun-test. Where the checkout lies in a directory that the user may not enter (/root), it
# is shown to it under another name, in a mount namespace of the command's own. Where this machine's cgroup v2 offers
# controllers, the user gets a control group as systemd would delegate it.
set -eu
cd "$(dirname "$0")/.."
user=${TSRUN_TEST_USER-tsrun-test}

if ! id "$user" >/dev/null 2>&1; then
  if [ "${CI-}" != true ] && [ "${TSRUN_MAKE_TEST_USER-}" != 1 ]; then
    echo "no ordinary user to run the kernel tests as: TSRUN_MAKE_TEST_USER=1 makes \"$user\", TSRUN_TEST_USER names another" >&2
    exit 69
  fi
  useradd --create-home --shell /bin/sh "$user" >&2
fi
# useradd gives a range where login.defs says so; elsewhere it is ours to give, behind all others.
for kind in u g; do
  if ! grep -q "^$user:" "/etc/sub${kind}id" 2>/dev/null; then
    start=$(awk -F: '$2 + $3 > next_free { next_free = $2 + $3 } END { print next_free < 100000 ? 100000 : next_free }' \
      "/etc/sub${kind}id" 2>/dev/null || echo 100000)
    echo "$user:$start:65536" >> "/etc/sub${kind}id"
  fi
done
if [ "${1-}" = --check ]; then exit 0; fi

uid=$(id -u "$user")
home=$(getent passwd "$user" | cut -d: -f6)
runtime=/run/user/$uid
[ -d "$runtime" ] || install -d -m 700 -o "$user" "$runtime"

# ---- the control group
cgroups=/sys/fs/cgroup
delegated=$cgroups/tsrun-test-$uid
# Kernel files have no size: only reading tells whether there is something in them.
if [ -n "$(cat "$cgroups/cgroup.subtree_control" 2>/dev/null)" ] && mkdir -p "$delegated/session" 2>/dev/null; then
  # cgroups(7), "Cgroups delegation": the directory and these files, not the limits.
  for group in "$delegated" "$delegated/session"; do
    for owned in "$group" "$group/cgroup.procs" "$group/cgroup.subtree_control" "$group/cgroup.threads"; do
      chown "$user" "$owned"
    done
  done
  # As systemd does for a user's slices: the groups in it have controllers too.
  for controller in $(cat "$delegated/cgroup.controllers"); do echo "+$controller" > "$delegated/cgroup.subtree_control"; done
else
  delegated=
fi

# ---- the checkout
checkout=$PWD
shown=$checkout
become() { setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups "$@"; }
if ! become test -r "$checkout/package.json"; then shown=/run/tsrun-test-checkout; mkdir -p "$shown"; fi

export checkout shown delegated user home runtime
status=0
unshare --mount --propagation slave sh -euc '
  [ "$shown" = "$checkout" ] || mount --bind "$checkout" "$shown"
  cd "$shown"
  [ -z "$delegated" ] || echo $$ > "$delegated/session/cgroup.procs"
  exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups \
    env -u delegated -u checkout -u shown -u runtime -u home -u user \
    HOME="$home" USER="$user" LOGNAME="$user" XDG_RUNTIME_DIR="$runtime" "$@"
' sh "$@" || status=$?
if [ -n "$delegated" ]; then
  find "$delegated" -depth -type d -exec rmdir {} + || echo "as-test-user.sh: control groups were left in $delegated" >&2
fi
exit "$status"
