# podman's limits, update, stats and pods on cgroup v2, as root. Sourced at the end of podman.sh, or alone by --limits.
#
# Weights are left out: runc before 1.3 makes another one of the same shares (docs/conformance.md).
files="sh -c 'cd /sys/fs/cgroup; grep . memory.max memory.swap.max memory.low pids.max cpu.max cpuset.cpus'"
started='podman run -d --network none --name limited'
gone='podman rm -f -t 0 limited >/dev/null'

try 'no limits but podman’s own' "$run localhost/busybox $files"
try 'memory, swap, reservation' "$run -m 64m --memory-swap 96m --memory-reservation 32m localhost/busybox $files"
try 'processors' "$run --cpus 0.5 --cpuset-cpus 0 localhost/busybox $files; $run --cpu-quota 20000 --cpu-period 50000 localhost/busybox cat /sys/fs/cgroup/cpu.max"
try 'more memory than its limit' "$started -m 16m localhost/busybox tail /dev/zero >/dev/null; podman wait limited; podman inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}' limited; $gone"
ends 2 'more processes than the limit' "$run --pids-limit 7 localhost/busybox sh -c 'cat /sys/fs/cgroup/pids.max; for n in 1 2 3 4 5 6 7 8; do sleep 100 & done; echo all'"
try 'no limit of processes' "$run --pids-limit 0 localhost/busybox cat /sys/fs/cgroup/pids.max; $run --pids-limit -1 localhost/busybox cat /sys/fs/cgroup/pids.max"
try 'a file of the control group by name' "$run --cgroup-conf memory.high=50331648 --cgroup-conf pids.max=99 localhost/busybox cat /sys/fs/cgroup/memory.high /sys/fs/cgroup/pids.max"
try 'devices' "$run --cap-add MKNOD --device-cgroup-rule 'c 1:11 r' localhost/busybox sh -c 'mknod /tmp/kmsg c 1 11; mknod /tmp/mem c 1 1; mknod /tmp/zero c 1 5; for n in kmsg mem zero; do dd if=/tmp/\$n of=/dev/null bs=1 count=1 2>/dev/null; echo \$n \$?; done'"
try 'update' "$started -m 32m localhost/busybox sleep 1000 >/dev/null; podman update -m 64m --cpus 0.25 --cpuset-cpus 1 limited >/dev/null; podman exec limited $files; podman update --memory-reservation 16m limited >/dev/null; podman exec limited $files; $gone"
try 'stats' "$started -m 48m --pids-limit 9 localhost/busybox sh -c 'sleep 1000 & sleep 1000' >/dev/null; podman stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' limited | sed 's#[^ ]* / #USED / #'; $gone"
ends 0 'the control group, a pause' "$started localhost/busybox sh -c 'sleep 1000 & sleep 1000' >/dev/null; podman exec limited cat /proc/self/cgroup; group=/sys/fs/cgroup\$(podman inspect -f '{{.State.CgroupPath}}' limited); podman pause limited >/dev/null; find \$group -name cgroup.events -exec grep -h frozen {} +; podman exec limited true; echo \$?; podman unpause limited >/dev/null; podman top limited comm; $gone; test ! -e \$group && echo gone"
# podman 4.3 with cgroupfs denies a pod's group all devices: nothing starts in it, and that is what is compared there.
case $manager in systemd) nest=try ;; *) nest='ends 0' ;; esac
$nest 'a pod' "podman pod create --network none --name nest --cpus 0.5 >/dev/null; podman run -d --pod nest --name one -m 32m localhost/busybox sleep 1000 >/dev/null; podman run --rm --pod nest localhost/busybox $files; podman exec one $files; podman pod stats --no-stream --format '{{.Name}} {{.PIDS}}' nest | sed 's/^[0-9a-f]*-infra/infra/' | sort; podman pod pause nest >/dev/null; podman pod ps --format '{{.Status}}'; podman pod unpause nest >/dev/null; podman pod rm -f -t 0 nest >/dev/null"
ends 125 'the control groups of the host, none' "podman run --rm --network none --cgroupns host localhost/busybox sh -c 'grep -c libpod /proc/self/cgroup; touch /sys/fs/cgroup/no'; podman run --rm --network none --cgroups disabled localhost/busybox cat /sys/fs/cgroup/pids.max"
ends 1 'processes of the host’s pid namespace end with the container' "$started --pid host localhost/busybox sh -c 'sleep 98765 & sleep 98765' >/dev/null; podman exec -d limited sleep 98765; $gone; pgrep -f 'sleep 98765$'"
# podman ends with 126 or 127, from run to run, with runc too.
ends 0 'too little memory' "$run -m 4k localhost/busybox true; case \$? in 126 | 127) echo refused ;; esac"
ends 126 'a processor that is not there' "$run --cpuset-cpus 99 localhost/busybox true"
fails 'an update that the kernel refuses' "$started localhost/busybox sleep 1000 >/dev/null; podman update --cpuset-cpus 99 limited; s=\$?; podman exec limited cat /sys/fs/cgroup/cpuset.cpus; $gone; exit \$s"
if [ $manager = systemd ]; then
  unit='libpod-$(podman inspect -f "{{.Id}}" limited).scope'
  # As many processes as runc's own exec has threads, and more.
  try 'the scope' "$started -m 64m --pids-limit 70 --cpus 0.5 localhost/busybox sleep 1000 >/dev/null; systemctl show $unit -p Slice,MemoryMax,TasksMax,CPUQuotaPerSecUSec,Delegate; podman update -m 32m limited >/dev/null; systemctl show $unit -p MemoryMax; systemctl daemon-reload; podman exec limited $files; $gone"
  # conmon's own end when they have seen to their containers'.
  ends 1 'no scope is left' "n=0; while systemctl list-units --all --plain --no-legend 'libpod-*.scope' | grep -v libpod-conmon- >/dev/null && [ \$((n += 1)) -lt 50 ]; do sleep 0.1; done; systemctl list-units --all --plain --no-legend 'libpod-*.scope' | grep -vc libpod-conmon-"
fi
