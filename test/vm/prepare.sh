# Sourced by PID 1 of the virtual machine, from the host's root on: what both ways of booting it have in common.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8

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
