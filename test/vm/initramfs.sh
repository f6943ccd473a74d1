#!/bin/sh
# Writes an initramfs that finds the host's root over 9p, puts a disk on top of it and goes there.
#   initramfs.sh KERNEL-RELEASE FILE
set -eu
kernel=$1
output=$2
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/bin" "$tree/modules" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/host" "$tree/disk" "$tree/root"
cp "$(command -v busybox)" "$tree/bin/busybox"

# Modules in the order in which they must be inserted. What is built in has no file and is left out.
for module in virtio_pci virtio_blk 9pnet_virtio 9p crc32c_generic ext4 overlay; do
  /sbin/modprobe --set-version "$kernel" --show-depends "$module" | sed -n 's/^insmod //p'
done | awk '!seen[$1]++ { print $1 }' | while read -r path; do
  cp "$path" "$tree/modules/"
  name=${path##*/}
  # Newer kernels ship compressed modules, which busybox cannot insert.
  case "$name" in
    *.xz) xz -d "$tree/modules/$name"; name=${name%.xz} ;;
    *.zst) zstd -q -d --rm "$tree/modules/$name"; name=${name%.zst} ;;
  esac
  echo "$name" >> "$tree/modules/order"
done

cat > "$tree/init" <<'EOF'
#!/bin/busybox sh
die() { echo "vm: $*"; /bin/busybox poweroff -f; }
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/$module" || die "cannot insert $module"; done < /modules/order
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose hostroot /host || die 'cannot mount the host root'
mount -t ext4 -o noatime /dev/vda /disk || die 'cannot mount the disk'
mkdir /disk/upper /disk/work /disk/tmp
chmod 1777 /disk/tmp
mount -t overlay -o lowerdir=/host,upperdir=/disk/upper,workdir=/disk/work root /root || die 'cannot mount the root'
mount --move /proc /root/proc
mount --move /sys /root/sys
mount --move /dev /root/dev
mount --bind /disk/tmp /root/mnt
init=$(sed -n 's/.*tsrun.init=\([^ ]*\).*/\1/p' /root/proc/cmdline)
exec switch_root /root "$init"
EOF
chmod 755 "$tree/init"
(cd "$tree" && find . | cpio --quiet -o -H newc --owner 0:0) | gzip -1 > "$output"
