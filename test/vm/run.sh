#!/bin/sh
# Runs a command in a virtual machine with every cgroup v2 controller and all capabilities, and ends with its status.
#
#   run.sh                           the tests that need such a machine, as root and as an ordinary user
#   run.sh COMMAND [ARGUMENT...]     anything else, as root, in the working directory of the caller
#   run.sh --systemd [COMMAND ...]   the same with systemd as PID 1, a message bus and logind
#
# The machine is QEMU with Debian's kernel. Its root is this machine's own root directory, read-only over 9p, with an ext4
# disk on top: programs and checkout are the same, and nothing that happens inside reaches the host. Boots in seconds, then
# runs some ten times slower than the host: no hardware support is assumed.
#
#   TSRUN_VM_TIMEOUT   seconds after which the machine is switched off; status 124 (1500)
#   TSRUN_VM_KERNEL    a kernel release of /boot instead of the newest that has 9p
#   TSRUN_VM_ACCEL     QEMU's -accel (tcg,thread=multi)
#   TSRUN_VM_RESULTS   directory that the command may write to, as $TSRUN_VM_RESULTS too
set -eu
here=$(cd "$(dirname "$0")" && pwd)
repository=$(dirname "$(dirname "$here")")
status_unknown=70

init=$here/init.sh kind=plain
if [ "${1-}" = --systemd ]; then
  shift
  init=$here/systemd.sh kind=systemd
  for program in /lib/systemd/systemd dbus-daemon; do
    if ! command -v "$program" >/dev/null; then
      echo "vm: there is no $program; \"sh scripts/setup.sh --vm\" installs systemd and dbus" >&2
      exit 69
    fi
  done
fi

kernel=${TSRUN_VM_KERNEL-}
if [ -z "$kernel" ]; then
  # Cloud kernels leave 9p out.
  for modules in $(ls -d /lib/modules/* | sort -V); do
    release=${modules##*/}
    if [ -r "/boot/vmlinuz-$release" ] && ls "$modules"/kernel/fs/9p/9p.ko* >/dev/null 2>&1; then kernel=$release; fi
  done
fi
if [ -z "$kernel" ] || ! command -v qemu-system-x86_64 >/dev/null; then
  echo 'vm: a kernel with 9p and QEMU are needed; "sh scripts/setup.sh --vm" installs linux-image-amd64 and qemu-system-x86' >&2
  exit 69
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

sh "$here/initramfs.sh" "$kernel" "$scratch/initramfs"
truncate -s 6G "$scratch/disk"
mkfs.ext4 -q -F -O ^has_journal -E lazy_itable_init=1,nodiscard "$scratch/disk"

# What is to be run crosses as a script: no quoting on a kernel command line.
results=${TSRUN_VM_RESULTS-$scratch/results}
mkdir -p "$results" "$scratch/exchange"
if [ $# = 0 ]; then set -- sh "$here/tests.sh" $kind; fi
quote() { printf "'%s' " "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }
{
  # Node may be anywhere on the caller's PATH.
  printf 'export PATH='; quote "$PATH"; echo
  printf 'cd '; quote "$PWD"; echo
  printf 'exec '
  for argument; do quote "$argument"; done
  echo
} > "$scratch/exchange/command"

share() { echo "local,path=$1,mount_tag=$2,security_model=none,multidevs=remap$3"; }
ran=0
timeout --foreground "${TSRUN_VM_TIMEOUT-1500}" qemu-system-x86_64 \
  -accel "${TSRUN_VM_ACCEL-tcg,thread=multi}" -smp 2 -cpu max -m 3G -no-reboot \
  -display none -monitor none -serial stdio -nic none -device virtio-rng-pci \
  -kernel "/boot/vmlinuz-$kernel" -initrd "$scratch/initramfs" \
  -append "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off random.trust_cpu=on tsrun.init=$init" \
  -drive "file=$scratch/disk,format=raw,if=virtio,cache=unsafe" \
  -virtfs "$(share / hostroot ,readonly=on)" \
  -virtfs "$(share "$scratch/exchange" exchange '')" \
  -virtfs "$(share "$results" results '')" \
  </dev/null || ran=$?

if [ "$ran" = 124 ]; then
  echo "vm: switched off after ${TSRUN_VM_TIMEOUT-1500} s" >&2
  exit 124
fi
if [ ! -s "$scratch/exchange/status" ]; then
  echo "vm: the machine went down before the command ended (QEMU's status $ran)" >&2
  exit $status_unknown
fi
exit "$(cat "$scratch/exchange/status")"
