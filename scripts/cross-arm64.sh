#!/bin/sh
# Builds addon and helper for arm64 on another architecture and looks at what came out. Needs root or sudo for the packages.
set -eu
cd "$(dirname "$0")/.."
. scripts/native-copy.sh
as_root=
if [ "$(id -u)" != 0 ]; then as_root=sudo; fi
libraries='libseccomp-dev:arm64 liblzma-dev:arm64 libzstd-dev:arm64 libbz2-dev:arm64'

if ! dpkg-query -W g++-aarch64-linux-gnu $libraries >/dev/null 2>&1; then
  dpkg --print-foreign-architectures | grep -qx arm64 || $as_root dpkg --add-architecture arm64
  $as_root apt-get update
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends g++-aarch64-linux-gnu $libraries
fi

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
native_copy "$tree"
cd "$tree"
# Debian's ISA-L packages of two architectures exclude each other: installing arm64's would take our own away.
mkdir arm64
(cd arm64 && apt-get download libisal-dev:arm64 libisal2:arm64 && for package in *.deb; do dpkg -x "$package" .; done)
export LDFLAGS="-L$tree/arm64/usr/lib/aarch64-linux-gnu"
export CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ AR=aarch64-linux-gnu-ar
node_modules/.bin/node-gyp rebuild --jobs 2 --arch=arm64
for artefact in tsrun.node tsrun-init; do
  aarch64-linux-gnu-readelf -h "build/Release/$artefact" | grep -q 'Machine:.*AArch64' ||
    { echo "$artefact is not for arm64"; exit 1; }
done
