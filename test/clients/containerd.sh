# containerd's ctr, with a containerd of our own. Read by run.sh.
# needs: containerd ctr
#
# ctr takes the runtime of a container from --runc-binary; the shim is containerd's own.
socket=$work/containerd.sock
cat >"$work/config.toml" <<CONF
version = 2
root = "$work/root"
state = "$work/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
address = "$socket"
[ttrpc]
address = "$socket.ttrpc"
CONF
containerd --config "$work/config.toml" >"$work/containerd.log" 2>&1 &
daemon=$!
# Its shims end with their containers; the daemon when the list does.
trap 'kill $daemon; wait $daemon' EXIT
ctr() { command ctr --address "$socket" --namespace tests "$@"; }
until_true "command ctr --address '$socket' version" || exit 1
ctr images import --base-name localhost/busybox "$repository/rootfs-fixtures/out/skopeo-docker.tar" || exit 1
image=$(ctr images ls -q | head -n 1)
c="ctr --address '$socket' --namespace tests"
case $manager in systemd) group='--runc-systemd-cgroup --cgroup clients.slice:ctr:one' ;; *) group='--cgroup /tsrun-test-clients/ctr' ;; esac
run="$c run --rm --runc-binary '$RUNTIME' $group"
started="$c run -d --runc-binary '$RUNTIME' $group"
gone="$c tasks kill -s KILL one >/dev/null 2>&1; n=0; until $c tasks ls | grep -q STOPPED || [ \$((n += 1)) -gt 50 ]; do sleep 0.1; done; $c tasks rm one >/dev/null 2>&1; $c containers rm one"
only_limits

try 'run' "$run $image one echo hello"
ends 7 'the status of a command' "$run $image one sh -c 'exit 7'"
try 'PID 1 and its user' "$run --env A=b --cwd /tmp $image one sh -c 'echo \$\$ \$A; pwd; id'"
# ctr hands on the end of its input only if that comes after the start of the task.
try 'standard input' "{ echo typed; n=0; until grep -q typed '$work/echoed' || [ \$((n += 1)) -gt 100 ]; do sleep 0.1; done; } 2>/dev/null | $run $image one cat | tee '$work/echoed'"
typed 'a terminal' 'echo typed; exit 6\n' "$run -t $image one sh -c 'tty; PS1=\"ready \" exec sh'"
try 'a detached container, exec, kill' "$started $image one sleep 1000; $c tasks ls | awk 'NR > 1 { print \$1, \$3 }'; $c tasks exec --exec-id e one sh -c 'echo inside; exit 5'; echo \$?; $gone; $c tasks ls -q"
fails 'a command that is not there' "$run $image one nothing-of-the-kind; s=\$?; $c containers rm one 2>/dev/null; exit \$s"
end_of_short

try 'pause and resume' "$started $image one sleep 1000; $c tasks pause one; $c tasks ls | awk 'NR > 1 { print \$1, \$3 }'; $c tasks resume one; $c tasks ls | awk 'NR > 1 { print \$1, \$3 }'; $gone"
try 'ps' "$started $image one sh -c 'sleep 1000 & sleep 1000'; $c tasks ps one | tail -n +2 | wc -l; $gone"
try 'the signal of a kill' "$started $image one sh -c 'trap \"exit 3\" TERM; touch /ready; while :; do sleep 0.1; done'; n=0; until $c tasks exec --exec-id r\$n one test -e /ready || [ \$((n += 1)) -gt 50 ]; do :; done; $c tasks kill -s TERM one; n=0; until $c tasks ls | grep -q STOPPED || [ \$((n += 1)) -gt 50 ]; do sleep 0.1; done; $c tasks rm one 2>&1 | grep -o 'exit code [0-9]*'; $c containers rm one"
try 'the kill of all processes' "$started $image one sh -c 'trap : TERM; sleep 1000 & touch /ready; wait; wait; exit 4'; n=0; until $c tasks exec --exec-id r\$n one test -e /ready || [ \$((n += 1)) -gt 50 ]; do :; done; $c tasks kill --all -s TERM one; n=0; until $c tasks ls | grep -q STOPPED || [ \$((n += 1)) -gt 50 ]; do sleep 0.1; done; $c tasks rm one 2>&1 | grep -o 'exit code [0-9]*'; $c containers rm one"
try 'the kill of an exec' "$started $image one sleep 1000; $c tasks exec -d --exec-id e one sh -c 'trap \"touch /killed; exit\" TERM; touch /ready; while :; do sleep 0.1; done'; n=0; until $c tasks exec --exec-id r\$n one test -e /ready || [ \$((n += 1)) -gt 50 ]; do :; done; $c tasks kill -s TERM --exec-id e one; n=0; until $c tasks exec --exec-id k\$n one test -e /killed || [ \$((n += 1)) -gt 50 ]; do :; done; $c tasks exec --exec-id l one ls /killed; $c tasks ls | awk 'NR > 1 { print \$1, \$3 }'; $gone"
ends 0 'a running task is not deleted, but by force' "$started $image one sleep 1000; $c tasks rm one; echo \$?; $c tasks ls | awk 'NR > 1 { print \$1, \$3 }'; $c tasks rm --force one; echo \$?; $c tasks ls -q; $c containers rm one"
typed 'exec with a terminal' 'exit 9\n' "$started $image one sleep 1000; $c tasks exec -t --exec-id e one sh -c 'tty; PS1=\"ready \" exec sh'; echo \$?; $gone"
ends 1 'a read-only root' "$run --read-only $image one touch /file"
try 'privileged' "$run --privileged $image one grep -E 'CapEff|Seccomp:' /proc/self/status"
try 'capabilities' "$run $image one grep -E 'Cap|NoNew' /proc/self/status"
try 'seccomp' "$run --seccomp $image one grep Seccomp: /proc/self/status"
ends 1 'a mount' "mkdir -p '$work/shared'; echo outside > '$work/shared/file'; $run --mount type=bind,src='$work/shared',dst=/shared,options=rbind:ro $image one sh -c 'cat /shared/file; touch /shared/no'"
try 'the host network' "$run --net-host $image one sh -c 'ls /sys/class/net'"
fails 'an exec of a command that is not there' "$started $image one sleep 1000; $c tasks exec --exec-id e one nothing-of-the-kind; s=\$?; $gone; exit \$s"
limits
ends 1 'nothing is left' "$c tasks ls -q; $c containers ls -q; $c snapshots ls | grep -c Active"
