# podman as an ordinary user, the one that the other tests have (scripts/as-test-user.sh). Read by run.sh.
# needs: podman conmon newuidmap setpriv slirp4netns
#
# Without systemd control groups are not the user's, and podman asks the runtime for none. With it podman is called from a
# service of the user's manager, which may make scopes.
if ! sh "$repository/scripts/as-test-user.sh" --check; then skip_list 'there is no ordinary user for tests'; fi
user=${TSRUN_TEST_USER-tsrun-test}
# Each runtime has its own: podman's process that keeps the user namespace keeps the mounts of its start, too.
brief=/run/user-$runtime_name
install -d -m 700 -o "$user" "$brief"
as_user="setpriv --reuid=$user --regid=$(id -g "$user") --init-groups"
runtime_dir=$brief from=
if [ $manager = systemd ]; then
  uid=$(id -u "$user")
  runtime_dir=/run/user/$uid
  loginctl enable-linger "$user"
  systemctl start "user@$uid.service"
  $as_user env XDG_RUNTIME_DIR="$runtime_dir" systemd-run --user --quiet --unit "$runtime_name" sleep infinity
  # Of both runtimes here, by the bus that lies in it: that process must not outlive its list.
  trap 'podman system migrate' EXIT
  from="echo \$\$ >/sys/fs/cgroup/user.slice/user-$uid.slice/user@$uid.service/app.slice/$runtime_name.service/cgroup.procs"
fi
chmod 755 "$scratch" "$work"
# Where the user may not enter the checkout, and out of the way of "same", which knows the runtime by its path.
checkout=/run/checkout-$runtime_name
mkdir "$checkout"
mount --bind "$repository" "$checkout"
case "$RUNTIME" in "$repository"/*) RUNTIME=$checkout/${RUNTIME#"$repository"/} ;; esac
for own in home networks shared; do install -d -o "$user" "$work/$own"; done
cat >"$work/containers.conf" <<CONF
[containers]
default_ulimits = []
log_driver = "k8s-file"
[engine]
conmon_env_vars = ["PATH=$PATH", "TSRUN_LIMITS=$TSRUN_LIMITS", "CONTAINERS_CONF=$work/containers.conf", "CONTAINERS_STORAGE_CONF=$work/storage.conf"]
cgroup_manager = "$manager"
events_logger = "none"
runtime = "$runtime_name"
runtime_supports_json = ["$runtime_name"]
[engine.runtimes]
$runtime_name = ["$RUNTIME"]
[network]
network_config_dir = "$work/networks"
CONF
cat >"$work/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$work/home/storage"
runroot = "$brief/containers"
CONF
mkdir "$work/bin"
cat >"$work/bin/podman" <<PODMAN
#!/bin/sh
cd "$work/home"
$from
exec $as_user env PATH="$PATH" HOME="$work/home" USER=$user XDG_RUNTIME_DIR=$runtime_dir \\
  CONTAINERS_CONF="$work/containers.conf" CONTAINERS_STORAGE_CONF="$work/storage.conf" $(command -v podman) "\$@"
PODMAN
chmod 755 "$work/bin/podman"
PATH=$work/bin:$PATH

podman import --quiet "$checkout/rootfs-fixtures/out/rootfs.tar" localhost/busybox || exit 1
run='podman run --rm --network none'
only_limits

ends 7 'run' "$run localhost/busybox sh -c 'echo hello; exit 7'"
try 'PID 1, its user, its ids outside' "$run --hostname box localhost/busybox sh -c 'echo \$\$; id; hostname; cat /proc/self/uid_map /proc/self/gid_map; touch /file && stat -c %u:%g /file'"
try 'standard input' "echo typed | $run -i localhost/busybox cat"
typed 'a terminal' 'echo typed; exit 6\n' "$run -it localhost/busybox sh -c 'tty; until stty size 2>/dev/null | grep .; do :; done; PS1=\"ready \" exec sh'"
try 'a detached container, its log, its end' 'podman run -d --network none --name one localhost/busybox sh -c "echo from one; exit 4" >/dev/null; podman wait one; podman logs one; podman rm one >/dev/null'
try 'exec' 'podman run -d --network none --name two localhost/busybox sleep 1000 >/dev/null
  podman exec two sh -c "echo inside; id -u; exit 5"; echo $?; podman exec -w /tmp -e A=1 -u 1:2 two sh -c "pwd; echo \$A; id -u; id -g"; echo typed | podman exec -i two cat; podman rm -f -t 0 two >/dev/null'
try 'keep-id' "$run --userns keep-id -v '$work/shared:/shared' localhost/busybox sh -c 'id -u; cat /proc/self/uid_map; touch /shared/mine; stat -c %u /shared/mine'; stat -c %U '$work/shared/mine'"
fails 'a command that is not there' "$run localhost/busybox nothing-of-the-kind"
fails 'a command that may not be executed' "$run localhost/busybox /etc"
end_of_short

try 'stop' 'podman run -d --network none --name three localhost/busybox sh -c "trap \"echo bye; exit 3\" TERM; echo up; while :; do sleep 0.1; done" >/dev/null
  until podman logs three | grep -q up; do sleep 0.1; done; podman stop -t 20 three >/dev/null; podman inspect -f "{{.State.Status}} {{.State.ExitCode}}" three; podman logs three; podman rm three >/dev/null'
try 'kill' 'podman run -d --network none --name four localhost/busybox sleep 1000 >/dev/null; podman kill -s KILL four >/dev/null; podman wait four; podman rm four >/dev/null'
fails 'pause' 'podman run -d --network none --name five localhost/busybox sleep 1000 >/dev/null; podman pause five >/dev/null; s=$?; podman rm -f -t 0 five >/dev/null; exit $s'
try 'top' 'podman run -d --network none --name six localhost/busybox sleep 1000 >/dev/null; podman top six user huser pid comm | sed "s/[0-9]*  *1 /HUSER 1 /"; podman rm -f -t 0 six >/dev/null'
try 'restart' 'podman run -d --network none --name seven localhost/busybox sleep 1000 >/dev/null; podman restart -t 0 seven >/dev/null; podman exec seven echo again; podman rm -f -t 0 seven >/dev/null'
typed 'exec with a terminal' 'exit 9\n' 'podman run -d --network none --name nine localhost/busybox sleep 1000 >/dev/null; podman exec -it nine sh -c "tty; PS1=\"ready \" exec sh"; echo $?; podman rm -f -t 0 nine >/dev/null'
try 'a read-only root' "$run --read-only localhost/busybox sh -c 'touch /file; touch /tmp/file; echo \$?'"
try 'capabilities, seccomp' "$run --cap-drop all --cap-add CHOWN localhost/busybox grep -E 'Cap|Seccomp:|NoNew' /proc/self/status"
try 'privileged' "$run --privileged localhost/busybox sh -c 'grep -E \"CapEff|Seccomp:\" /proc/self/status; ls /dev'"
try 'devices' "$run --device /dev/fuse localhost/busybox sh -c 'ls -l /dev/fuse | cut -c1; ls /dev; echo kept >/dev/null'"
try 'volumes' "echo outside >'$work/shared/file'; $run -v '$work/shared:/shared:ro' -v named:/data localhost/busybox sh -c 'cat /shared/file; touch /shared/no; echo kept > /data/file'; $run -v named:/data localhost/busybox cat /data/file; podman volume rm named"
try 'another user, groups' "$run -u 1000:1001 --group-add 7 localhost/busybox sh -c 'id; touch /tmp/file && stat -c %u /tmp/file'"
try 'the groups of the caller' "$run --group-add keep-groups localhost/busybox id -u"
try 'maps of its own' "$run --uidmap 0:1:1000 --gidmap 0:1:1000 localhost/busybox sh -c 'cat /proc/self/uid_map; id -u'"
try 'host namespaces' "podman run --rm --network host --uts host localhost/busybox ls /sys/class/net"
try 'sysctl' "$run --sysctl net.ipv4.ip_forward=1 localhost/busybox cat /proc/sys/net/ipv4/ip_forward"
try 'init' "$run --init localhost/busybox sh -c 'ps -o pid,comm | head -n 2'"
ends 3 'a build with RUN' "printf 'FROM localhost/busybox\nRUN echo built > /made && id -u\nUSER 1:2\nRUN id; exit 3\n' > '$work/shared/Containerfile'; podman build --network none --isolation oci -q -f '$work/shared/Containerfile' '$work/shared'"
try 'a pod' 'podman pod create --network none --name nest --hostname nest >/dev/null; podman run -d --pod nest --name ten localhost/busybox sleep 1000 >/dev/null; podman run --rm --pod nest localhost/busybox hostname; podman pod ps --format "{{.Name}} {{.Status}} {{.NumberOfContainers}}"; podman pod rm -f -t 0 nest >/dev/null'
if [ -c /dev/net/tun ]; then
  try 'a network, a published port' 'podman run -d --name eleven -p 127.0.0.1:18081:8080 localhost/busybox httpd -f -p 8080 -h /etc >/dev/null; podman exec eleven ls /sys/class/net; n=0; until busybox wget -q -O - http://127.0.0.1:18081/passwd 2>/dev/null | head -n 1 | grep . || [ $((n += 1)) -gt 30 ]; do sleep 0.1; done; podman rm -f -t 0 eleven >/dev/null'
else
  skip 'a network, a published port' 'there is no /dev/net/tun here'
fi
fails 'a working directory that is a file' "$run -w /bin/busybox localhost/busybox true"
fails 'a user that is not there' "$run -u nobody-of-the-kind localhost/busybox true"
fails 'exec of a command that is not there' 'podman run -d --network none --name twelve localhost/busybox sleep 1000 >/dev/null; podman exec twelve nothing-of-the-kind; s=$?; podman rm -f -t 0 twelve >/dev/null 2>/dev/null; exit $s'
limits
try 'nothing is left' 'podman ps -aq; podman rm -f -a -t 0'
