# ctr's limits and metrics on cgroup v2. Sourced at the end of containerd.sh, or alone by --limits.
#
# Weights are left out: runc before 1.3 makes another one of the same shares (docs/conformance.md). Files are read from outside: ctr mounts
# no control group into its containers.
one="sleep 1000; group=/sys/fs/cgroup\$($c tasks exec --exec-id e one cat /proc/self/cgroup | cut -d: -f3)"
files='(cd $group && grep . memory.max memory.swap.max pids.max cpu.max)'

try 'no limits' "$started $image one $one; $files; $gone"
try 'memory' "$started --memory-limit 67108864 $image one $one; $files; $gone"
try 'processors' "$started --cpus 0.5 $image one $one; $files; $gone; $started --cpu-quota 20000 --cpu-period 50000 $image one $one; $files; $gone"
ends 137 'more memory than its limit' "$run --memory-limit 16777216 $image one tail /dev/zero"
try 'metrics' "$started --memory-limit 33554432 $image one sh -c 'sleep 1000 & sleep 1000'; n=0; until $c tasks metrics one | grep -q 'pids.current.*3' || [ \$((n += 1)) -gt 20 ]; do :; done; $c tasks metrics one | awk '{ print \$1, (\$1 ~ /^(pids.(current|limit)|memory.usage_limit)\$/ ? \$2 : \"\") }'; $gone"
try 'the control group, a pause' "$started $image one $one; echo \$group; $c tasks pause one; grep frozen \$group/cgroup.events; $c tasks resume one; grep frozen \$group/cgroup.events; $gone; test -e \$group || echo gone"
ends 1 'too little memory' "$run --memory-limit 4096 $image one true; s=\$?; $c containers rm one 2>/dev/null; exit \$s"
if [ $manager = systemd ]; then
  try 'the scope' "$started --memory-limit 67108864 --cpus 0.5 $image one $one; systemctl show ctr-one.scope -p Slice,MemoryMax,CPUQuotaPerSecUSec,Delegate; systemctl daemon-reload; $files; $gone; n=0; while systemctl list-units --all --plain --no-legend ctr-one.scope | grep . >/dev/null && [ \$((n += 1)) -lt 50 ]; do sleep 0.1; done; systemctl list-units --all --plain --no-legend ctr-one.scope"
fi
