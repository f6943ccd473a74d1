#!/bin/sh
# PID 1 of the virtual machine without systemd: what a distribution would have mounted, then the command, then off.
off() { busybox poweroff -f; }
trap off EXIT
. "$(dirname "$0")/prepare.sh"

mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
  echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control
done
# In a child group: a group with controllers enabled for its children holds no processes, except the root.
mkdir /sys/fs/cgroup/session
# setsid -c: a session with the console as its terminal, as after a login.
status=0
setsid -c -w sh -c 'echo $$ > /sys/fs/cgroup/session/cgroup.procs; exec sh /run/exchange/command' \
  </dev/ttyS0 >/dev/ttyS0 2>&1 || status=$?
echo "$status" > /run/exchange/status
sync
