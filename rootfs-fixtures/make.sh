#!/bin/sh
# Makes the test images in rootfs-fixtures/out, unless they are there and made from what lies here now.
#
#   make.sh hello      busybox.tar, for a first try
#   make.sh            all images that we write ourselves: seconds
#   make.sh foreign    the same image as skopeo, umoci, buildah and podman write it, as far as they are installed
#   make.sh services   nginx and redis from Debian's packages, by buildah and umoci: seconds, as root, needs the package mirror
#   make.sh debian     a Debian root filesystem by mmdebstrap: minutes, needs the package mirror
#   make.sh all
#
# Nothing comes from the network but Debian's packages. The bytes depend on the sources here, busybox and gcc alone.
set -eu
cd "$(dirname "$0")/.."
. scripts/phase.sh
out=$PWD/rootfs-fixtures/out
key=$(cat rootfs-fixtures/*.ts rootfs-fixtures/*.sh rootfs-fixtures/programs/*.c "$(command -v busybox || echo /dev/null)" |
  sha256sum | cut -d ' ' -f 1)
# current SET: was this set made from these sources?
current() { [ "$(cat "$out/.made-$1" 2>/dev/null)" = "$key" ]; }
# Two test runs may start at the same moment. What is made already may lie in a checkout of somebody else's.
lock() { mkdir -p "$out" && exec 9>"$out/.lock" && flock 9; }
made() { echo "$key" > "$out/.made-$1"; }

own() {
  node_modules/.bin/rolldown rootfs-fixtures/make.ts --platform node --format esm -o "$out/.make.mjs"
  node "$out/.make.mjs" "$out" "$1"
  rm -f "$out/.make.mjs"
  made "$1"
}
standard() { current standard || { lock; current standard; } || { phase 'test images' own standard; made hello; }; }
foreign() { standard; current foreign || { lock; phase 'test images of other tools' sh rootfs-fixtures/foreign.sh "$out"; made foreign; }; }
services() { current services || { lock; current services; } || { phase 'images of nginx and redis' sh rootfs-fixtures/services.sh "$out"; made services; }; }
debian() { [ -e "$out/debian.tar" ] || { lock; phase 'Debian test image' sh rootfs-fixtures/debian.sh "$out"; }; }

case "${1-standard}" in
  hello) current hello || { lock; current hello; } || phase 'busybox image' own hello ;;
  standard) standard ;;
  foreign) foreign ;;
  services) services ;;
  debian) debian ;;
  all) standard; foreign; services; debian ;;
  *) echo "make.sh: unknown set \"$1\"; there are hello, standard, foreign, services, debian and all" >&2; exit 64 ;;
esac
