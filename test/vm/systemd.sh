#!/bin/sh
# PID 1 of the virtual machine with systemd: becomes it, with the command as a service. Of the host's units only the message
# bus and logind run: what else is installed there is none of the tests' business, and would take a minute.
. "$(dirname "$0")/prepare.sh"
units=/run/systemd/system
mkdir -p $units

for target in sysinit basic sockets timers paths; do
  printf '[Unit]\nDescription=nothing but what is asked for\nDefaultDependencies=no\n' > $units/$target.target
  for wanted in /lib/systemd/system/$target.target.wants/* /etc/systemd/system/$target.target.wants/*; do
    if [ -e "$wanted" ]; then ln -sf /dev/null "$units/$(basename "$wanted")"; fi
  done
done
# Whoever needs one of these asks for it; the first two are what a user's manager speaks through.
rm -f $units/dbus.socket $units/systemd-logind.service
# Neither a journal nor device nodes of its own are needed; what is printed there goes nowhere.
for unit in modprobe@drm.service systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket systemd-udevd.service; do
  ln -sf /dev/null $units/$unit
done
# Sessions of ordinary users: nothing of what a desktop starts.
mkdir -p /run/systemd/user
for wanted in /usr/lib/systemd/user/*.wants/* /etc/systemd/user/*.wants/*; do
  name=$(basename "$wanted")
  if [ -e "$wanted" ] && [ "$name" != dbus.socket ]; then ln -sf /dev/null "/run/systemd/user/$name"; fi
done

cat > $units/tsrun-vm.service <<UNIT
[Unit]
Description=the command
DefaultDependencies=no
Wants=dbus.socket systemd-logind.service
After=dbus.socket systemd-logind.service
[Service]
Type=oneshot
TimeoutStartSec=infinity
Environment=HOME=/root TERM=dumb LANG=C.UTF-8 TSRUN_VM=systemd TSRUN_VM_RESULTS=/run/results
StandardInput=tty-force
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
ExecStart=/bin/sh /run/exchange/command
ExecStopPost=/bin/sh -c 'echo \${EXIT_STATUS:-70} > /run/exchange/status; sync; busybox poweroff -f'
UNIT
exec /lib/systemd/systemd --system --unit=tsrun-vm.service --show-status="${TSRUN_VM_SHOW:-no}" --log-target=console --log-level=err
