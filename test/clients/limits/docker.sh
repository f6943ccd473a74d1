# docker's limits, update and stats on cgroup v2. Sourced at the end of docker.sh, or alone by --limits.
#
# Weights are left out: runc before 1.3 makes another one of the same shares (docs/conformance.md).
files="sh -c 'cd /sys/fs/cgroup; grep . memory.max memory.swap.max memory.low pids.max cpu.max cpuset.cpus'"
started='docker run -d --network none --name limited'
gone='docker rm -f limited >/dev/null'

try 'no limits' "$run busybox $files"
try 'memory, swap, reservation' "$run -m 64m busybox $files; $run -m 64m --memory-swap 96m --memory-reservation 32m busybox $files"
try 'processors' "$run --cpus 0.5 --cpuset-cpus 0 busybox $files; $run --cpu-quota 20000 --cpu-period 50000 busybox cat /sys/fs/cgroup/cpu.max"
try 'more memory than its limit' "$started -m 16m busybox tail /dev/zero >/dev/null; docker wait limited; n=0; until docker inspect -f '{{.State.OOMKilled}}' limited | grep -q true || [ \$((n += 1)) -gt 20 ]; do sleep 0.1; done; docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}' limited; $gone"
ends 2 'more processes than the limit' "$run --pids-limit 7 busybox sh -c 'cat /sys/fs/cgroup/pids.max; for n in 1 2 3 4 5 6 7 8; do sleep 100 & done; echo all'"
try 'no limit of processes' "$run --pids-limit -1 busybox cat /sys/fs/cgroup/pids.max"
try 'devices' "$run --cap-add MKNOD --device-cgroup-rule 'c 1:11 r' busybox sh -c 'mknod /tmp/kmsg c 1 11; mknod /tmp/mem c 1 1; mknod /tmp/zero c 1 5; for n in kmsg mem zero; do dd if=/tmp/\$n of=/dev/null bs=1 count=1 2>/dev/null; echo \$n \$?; done'"
try 'update' "$started -m 32m busybox sleep 1000 >/dev/null; docker update -m 64m --memory-swap -1 --cpus 0.25 --cpuset-cpus 1 --pids-limit 11 limited; docker exec limited $files; docker update --memory-reservation 16m limited; docker exec limited $files; docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}' limited; $gone"
try 'stats' "$started -m 48m busybox sh -c 'sleep 1000 & sleep 1000' >/dev/null; docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' limited | sed 's#[^ ]* / #USED / #'; $gone"
try 'the control group, a pause' "$started busybox sh -c 'sleep 1000 & sleep 1000' >/dev/null; docker exec limited cat /proc/self/cgroup; group=\$(cut -d: -f3- /proc/\$(docker inspect -f '{{.State.Pid}}' limited)/cgroup | sed 's#.*/\.\.##'); docker pause limited >/dev/null; find /sys/fs/cgroup -path '*clients*' -name cgroup.events -exec grep -h 'frozen 1' {} +; docker unpause limited >/dev/null; docker top limited -o pid,comm | awk '{ print \$2 }'; $gone; find /sys/fs/cgroup -path '*clients*' -name 'docker-*' -o -path '*clients/*' -type d"
ends 1 'the control groups of the host' "$run --cgroupns host busybox sh -c 'grep -c clients /proc/self/cgroup; touch /sys/fs/cgroup/no'"
ends 1 'processes of the host’s pid namespace end with the container' "$started --pid host busybox sh -c 'sleep 98765 & sleep 98765' >/dev/null; docker exec -d limited sleep 98765; $gone; pgrep -f 'sleep 98765$'"
try 'a limit survives a restart' "$started -m 32m --restart always busybox sleep 1000 >/dev/null; docker update -m 64m --memory-swap 64m limited; docker restart -t 0 limited; docker exec limited $files; $gone"
ends 125 'a processor that is not there' "$run --cpuset-cpus 99 busybox true"
ends 1 'an update that the kernel refuses' "$started -m 64m busybox sleep 1000 >/dev/null; docker update --cpuset-mems 9 limited; s=\$?; docker exec limited cat /sys/fs/cgroup/cpuset.mems; $gone; exit \$s"
# Where the long list may have to leave it out.
if [ $form = limits ] && [ "$has_all" = true ]; then privileged; fi
if [ $manager = systemd ]; then
  unit='docker-$(docker inspect -f "{{.Id}}" limited).scope'
  # As many processes as runc's own exec has threads, and more. Without swap: after a reload runc 1.1.5 has the old limit (docs/conformance.md).
  try 'the scope' "$started -m 64m --pids-limit 70 --cpus 0.5 busybox sleep 1000 >/dev/null; systemctl show $unit -p Slice,MemoryMax,TasksMax,CPUQuotaPerSecUSec,Delegate; docker update -m 32m --memory-swap 32m limited; systemctl show $unit -p MemoryMax; systemctl daemon-reload; docker exec limited $files | grep -v swap; $gone"
  try 'no scope is left' "n=0; while systemctl list-units --all --plain --no-legend 'docker-*.scope' | grep . >/dev/null && [ \$((n += 1)) -lt 50 ]; do sleep 0.1; done; systemctl list-units --all --plain --no-legend 'docker-*.scope' | wc -l"
fi
