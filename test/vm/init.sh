#!/bin/sh
# PID 1 of the virtual machine, from the host's root on: what a distribution would have mounted, then the command, then off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8
off() { busybox poweroff -f; }
trap off EXIT

# /tmp is the disk itself: an upper directory cannot be on an overlay or on 9p, and 6.1's tmpfs has no user xattrs. A
# checkout in the host's /tmp is still there.
repository=$(dirname "$(dirname "$(dirname "$0")")")
case "$repository" in
  /tmp/*)
    mkdir -p "/mnt/${repository#/tmp/}"
    mount --bind "$repository" "/mnt/${repository#/tmp/}"
    ;;
esac
mount --rbind /mnt /tmp
umount -l /mnt

mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t tmpfs -o mode=755 run /run
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
  echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control
done
hostname tsrun-vm
busybox ip link set lo up
# Stores lie on the disk too.
mkdir -p /tmp/.disk/store /tmp/.disk/home /var/lib/tsrun
mount --bind /tmp/.disk/store /var/lib/tsrun
# Users made inside have their homes there; the host's homes are seen where they were.
for home in /home/*; do
  [ -d "$home" ] || continue
  mkdir -p "/tmp/.disk$home" && mount --bind "$home" "/tmp/.disk$home"
done
mount --rbind /tmp/.disk/home /home

mkdir -p /run/exchange /run/results
share=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o $share exchange /run/exchange
mount -t 9p -o $share results /run/results
export TSRUN_VM=1 TSRUN_VM_RESULTS=/run/results

# In a child group: a group with controllers enabled for its children holds no processes, except the root.
mkdir /sys/fs/cgroup/session
# setsid -c: a session with the console as its terminal, as after a login.
status=0
setsid -c -w sh -c 'echo $$ > /sys/fs/cgroup/session/cgroup.procs; exec sh /run/exchange/command' \
  </dev/ttyS0 >/dev/ttyS0 2>&1 || status=$?
echo "$status" > /run/exchange/status
sync
