#!/bin/sh
# A small Debian as a plain root filesystem, for real-world checks: dynamic linking, 5,000 files, apt's own permissions.
#   debian.sh OUT
set -eu
out=$1
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# The machine's own sources, so that a mirror chosen by its owner is used here too.
SOURCE_DATE_EPOCH=1704067200 mmdebstrap --quiet --variant=minbase "$suite" "$scratch/debian.tar"
mv "$scratch/debian.tar" "$out/debian.tar"
