# An ordinary user's limits: in force where the user's systemd makes the scopes. Sourced at the end of podman-rootless.sh, or alone by
# --limits.
started='podman run -d --network none --name limited'
gone='podman rm -f -t 0 limited >/dev/null'
if [ $manager = cgroupfs ]; then
  ends 126 'limits without systemd' "$run -m 64m --pids-limit 7 --cpus 0.5 localhost/busybox sh -c 'cat /proc/self/cgroup | wc -l; echo ran'"
  return 0
fi
# systemd hands an ordinary user no processors of his own (cpuset).
files="sh -c 'cd /sys/fs/cgroup; grep . memory.max memory.swap.max memory.low pids.max cpu.max'"
unit='libpod-$(podman inspect -f "{{.Id}}" limited).scope'
of="$as_user env XDG_RUNTIME_DIR=$runtime_dir systemctl --user"

try 'no limits but podman’s own' "$run localhost/busybox $files"
try 'limits' "$run -m 64m --memory-swap 96m --memory-reservation 32m --pids-limit 7 --cpus 0.5 localhost/busybox $files"
try 'more memory than its limit' "$started -m 16m localhost/busybox tail /dev/zero >/dev/null; podman wait limited; podman inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' limited; $gone"
ends 2 'more processes than the limit' "$run --pids-limit 7 localhost/busybox sh -c 'for n in 1 2 3 4 5 6 7 8; do sleep 100 & done; echo all'"
try 'update' "$started -m 32m localhost/busybox sleep 1000 >/dev/null; podman update -m 64m --cpus 0.25 limited >/dev/null; podman exec limited $files; $gone"
try 'stats' "$started -m 48m localhost/busybox sh -c 'sleep 1000 & sleep 1000' >/dev/null; podman stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' limited | sed 's#[^ ]* / #USED / #'; $gone"
# As many processes as runc's own exec has threads, and more.
try 'the scope' "$started -m 64m --pids-limit 70 --cpus 0.5 localhost/busybox sleep 1000 >/dev/null; $of show $unit -p Slice,MemoryMax,TasksMax,CPUQuotaPerSecUSec,Delegate; podman pause limited >/dev/null; podman inspect -f '{{.State.Status}}' limited; podman unpause limited >/dev/null; podman exec limited cat /proc/self/cgroup; $gone"
try 'a pod' "podman pod create --network none --name nest >/dev/null; podman run -d --pod nest --name one -m 32m localhost/busybox sleep 1000 >/dev/null; podman exec one $files; podman pod ps --format '{{.Status}} {{.NumberOfContainers}}'; podman pod rm -f -t 0 nest >/dev/null"
# podman makes 127 of runc's "no such file or directory", which is about a file of the control group (docs/conformance.md).
ends 0 'processors that are not handed over' "$run --cpuset-cpus 0 localhost/busybox true; case \$? in 126 | 127) echo refused ;; esac"
# conmon's own end when they have seen to their containers'.
ends 1 'no scope is left' "n=0; while $of list-units --all --plain --no-legend 'libpod-*.scope' | grep -v libpod-conmon- >/dev/null && [ \$((n += 1)) -lt 50 ]; do sleep 0.1; done; $of list-units --all --plain --no-legend 'libpod-*.scope' | grep -vc libpod-conmon-"
