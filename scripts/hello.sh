#!/bin/sh
# The first container: a busybox image, made here if need be, run by tsrun. On a terminal it ends in a shell inside.
set -eu
cd "$(dirname "$0")/.."
image=rootfs-fixtures/out/busybox.tar
sh rootfs-fixtures/make.sh hello

echo "\$ bin/tsrun run --rm -i --hostname hello $image sh"
bin/tsrun run --rm -i --hostname hello "$image" sh <<'EOF'
echo "hello from PID $$ in a container"
echo "system    $(uname -sr)"
echo "hostname  $(hostname)"
echo "user      $(id)"
echo "processes"
ps
EOF
if [ -t 0 ] && [ -t 1 ]; then
  echo
  echo "\$ bin/tsrun run --rm -it $image sh      (Ctrl-D or exit leaves)"
  exec bin/tsrun run --rm -it --hostname hello "$image" sh
fi
