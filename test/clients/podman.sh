# podman as root. Read by run.sh.
# needs: podman conmon
#
# Its configuration: the runtime by path, JSON logs for it (podman passes --log only to runtimes that it knows), no default
# ulimits (they may be above what this machine's root may set).
#
# podman waits 20 seconds for a status where the path of its sockets is longer than a socket's may be.
brief=/run/$runtime_name
mkdir "$brief"
case $manager in systemd) parent=clients.slice ;; *) parent=/tsrun-test-clients ;; esac
cat >"$work/containers.conf" <<CONF
[containers]
default_ulimits = []
cgroup_parent = "$parent"
log_driver = "k8s-file"
[engine]
conmon_env_vars = ["PATH=$PATH", "TSRUN_LIMITS=$TSRUN_LIMITS", "CONTAINERS_CONF=$work/containers.conf", "CONTAINERS_STORAGE_CONF=$work/storage.conf"]
cgroup_manager = "$manager"
events_logger = "none"
runtime = "$runtime_name"
runtime_supports_json = ["$runtime_name"]
tmp_dir = "$brief/tmp"
[engine.runtimes]
$runtime_name = ["$RUNTIME"]
[network]
network_config_dir = "$work/networks"
CONF
cat >"$work/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$work/storage"
runroot = "$brief/run"
CONF
export CONTAINERS_CONF="$work/containers.conf" CONTAINERS_STORAGE_CONF="$work/storage.conf"
mkdir -p "$work/networks"

podman import --quiet "$repository/rootfs-fixtures/out/rootfs.tar" localhost/busybox
cat >"$work/Dockerfile" <<'FILE'
FROM localhost/busybox
ENV GREETING=hello
WORKDIR /srv
HEALTHCHECK --interval=1h CMD test -e /healthy
CMD ["sh", "-c", "echo $GREETING from $(pwd)"]
FILE
run='podman run --rm --network none'
only_limits

try 'run' "$run localhost/busybox echo hello"
ends 7 'the status of a command' "$run localhost/busybox sh -c 'exit 7'"
try 'PID 1, its user, its host name' "$run --hostname box localhost/busybox sh -c 'echo \$\$; id; hostname; cat /proc/1/comm'"
try 'standard input' "echo typed | $run -i localhost/busybox cat"
try 'output and error apart' "$run localhost/busybox sh -c 'echo out; echo err >&2' 2>/dev/null"
try 'a detached container, its log, its end' 'podman run -d --network none --name one localhost/busybox sh -c "echo from one; exit 4" >/dev/null; podman wait one; podman logs one; podman rm one >/dev/null'
try 'exec' 'podman run -d --network none --name two localhost/busybox sleep 1000 >/dev/null
  podman exec two sh -c "echo inside; exit 5"; echo $?; podman exec -w /tmp -e A=1 -u 1:2 two sh -c "pwd; echo \$A; id -u; id -g"; echo typed | podman exec -i two cat; podman rm -f -t 0 two >/dev/null'
fails 'a command that is not there' "$run localhost/busybox nothing-of-the-kind"
fails 'a command that may not be executed' "$run localhost/busybox /etc"
typed 'a terminal' 'echo typed; exit 6\n' "$run -it localhost/busybox sh -c 'tty; until stty size 2>/dev/null | grep .; do :; done; PS1=\"ready \" exec sh'"
try 'stop' 'podman run -d --network none --name three localhost/busybox sh -c "trap \"echo bye; exit 3\" TERM; echo up; while :; do sleep 0.1; done" >/dev/null
  until podman logs three | grep -q up; do sleep 0.1; done; podman stop -t 20 three >/dev/null; podman inspect -f "{{.State.Status}} {{.State.ExitCode}}" three; podman logs three; podman rm three >/dev/null'
try 'kill' 'podman run -d --network none --name four localhost/busybox sleep 1000 >/dev/null; podman kill -s KILL four >/dev/null; podman wait four; podman rm four >/dev/null'
end_of_short

ends 0 'pause and unpause' 'podman run -d --network none --name five localhost/busybox sleep 1000 >/dev/null
  podman pause five >/dev/null; podman inspect -f "{{.State.Status}}" five; podman exec five true; echo $?; podman unpause five >/dev/null; podman exec five echo awake; podman rm -f -t 0 five >/dev/null'
try 'top' 'podman run -d --network none --name six localhost/busybox sleep 1000 >/dev/null; podman top six user pid comm; podman rm -f -t 0 six >/dev/null'
try 'restart' 'podman run -d --network none --name seven localhost/busybox sleep 1000 >/dev/null; podman restart -t 0 seven >/dev/null; podman exec seven echo again; podman rm -f -t 0 seven >/dev/null'
try 'exec, detached' 'podman run -d --network none --name eight localhost/busybox sleep 1000 >/dev/null; podman exec -d eight sh -c "echo done > /tmp/file"; for n in $(seq 50); do podman exec eight test -e /tmp/file && break; sleep 0.1; done; podman exec eight cat /tmp/file; podman rm -f -t 0 eight >/dev/null'
typed 'exec with a terminal' 'exit 9\n' 'podman run -d --network none --name nine localhost/busybox sleep 1000 >/dev/null; podman exec -it nine sh -c "tty; PS1=\"ready \" exec sh"; echo $?; podman rm -f -t 0 nine >/dev/null'
try 'a read-only root' "$run --read-only localhost/busybox sh -c 'touch /file; touch /tmp/file; echo \$?'"
try 'no capabilities' "$run --cap-drop all localhost/busybox grep Cap /proc/self/status"
try 'capabilities' "$run --cap-add SYS_ADMIN localhost/busybox grep -E 'Cap|NoNew' /proc/self/status"
try 'privileged' "$run --privileged localhost/busybox sh -c 'grep Seccomp: /proc/self/status; ls /dev/kmsg'"
try 'seccomp is on' "$run localhost/busybox grep Seccomp: /proc/self/status"
printf '%s' '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":42}]}' >"$work/seccomp.json"
try 'a seccomp profile' "$run --security-opt seccomp='$work/seccomp.json' localhost/busybox sh -c 'mkdir /a; echo \$?; grep Seccomp: /proc/self/status'"
try 'no new privileges' "$run --security-opt no-new-privileges localhost/busybox grep NoNewPrivs /proc/self/status"
try 'a volume and a bind' "mkdir -p '$work/shared'; echo outside > '$work/shared/file'; $run -v '$work/shared:/shared:ro' -v named:/data localhost/busybox sh -c 'cat /shared/file; touch /shared/no; echo kept > /data/file'; $run -v named:/data localhost/busybox cat /data/file; podman volume rm named"
try 'tmpfs and shm' "$run --tmpfs /scratch:size=64k --shm-size 128k localhost/busybox sh -c 'mount | grep -E \" /(scratch|dev/shm) \"'"
try 'user, groups, working directory, environment' "$run -u 1000:1001 --group-add 7 -w /tmp -e A=b localhost/busybox sh -c 'id; pwd; echo \$A; echo \$HOME'"
try 'sysctl and ulimit' "$run --sysctl kernel.msgmax=4096 --ulimit nofile=100:200 --ulimit nproc=1000:2000 localhost/busybox sh -c 'cat /proc/sys/kernel/msgmax; ulimit -n; ulimit -Hn'"
try 'devices' "$run --device /dev/fuse:/dev/other localhost/busybox sh -c 'ls -l /dev/other | cut -c1; ls /dev'"
try 'a user namespace' "$run --uidmap 0:200000:1000 --gidmap 0:200000:1000 localhost/busybox sh -c 'cat /proc/self/uid_map; id; touch /file && stat -c %u /file'"
try 'the namespaces of another' 'podman run -d --network none --name ten --hostname ten localhost/busybox sleep 1000 >/dev/null; podman run --rm --network container:ten --pid container:ten --ipc container:ten localhost/busybox sh -c "ps -o comm >/tmp/ps; sort /tmp/ps"; podman rm -f -t 0 ten >/dev/null'
try 'host namespaces' 'podman run --rm --network host --pid host --ipc host --uts host localhost/busybox sh -c "hostname; test $(ls /proc | grep -c ^[0-9]) -gt 5 && echo many"'
try 'init' "$run --init localhost/busybox sh -c 'ps -o pid,comm | head -n 2'"
ends 1 'masks' "$run localhost/busybox sh -c 'cat /proc/kcore | wc -c; ls /sys/firmware | wc -l; touch /proc/sys/kernel/shmmax'"
try 'an oom score' "$run --oom-score-adj 500 localhost/busybox cat /proc/self/oom_score_adj"
ends 3 'a build with RUN' "printf 'FROM localhost/busybox\nRUN echo built > /made && id\nRUN exit 3\n' > '$work/Containerfile'; podman build --network none --isolation oci -q -f '$work/Containerfile' '$work'"
ends 0 'a built image, its health' "podman build --network none --format docker -q -t built -f '$work/Dockerfile' '$work' >/dev/null; podman run --rm --network none built; podman run -d --network none --name eleven built sleep 1000 >/dev/null; podman healthcheck run eleven; echo \$?; podman exec eleven touch /healthy; podman healthcheck run eleven; echo \$?; podman rm -f -t 0 eleven >/dev/null"
try 'a pod without an infra container' 'podman pod create --infra=false --name group >/dev/null; podman run -d --pod group --network none --name twelve localhost/busybox sleep 1000 >/dev/null; podman pod ps --format "{{.Name}} {{.Status}} {{.NumberOfContainers}}"; podman pod rm -f -t 0 group >/dev/null'
try 'a pod with an infra container' 'podman pod create --network none --name nest --hostname nest >/dev/null; podman run -d --pod nest --name sixteen localhost/busybox sleep 1000 >/dev/null; podman run --rm --pod nest localhost/busybox hostname; podman pod ps --format "{{.Name}} {{.Status}} {{.NumberOfContainers}}"; podman pod stop -t 0 nest >/dev/null; podman pod ps --format "{{.Status}}"; podman pod rm -f -t 0 nest >/dev/null'
try 'a network of podman' 'podman network create --subnet 10.217.0.0/24 inner >/dev/null; podman run -d --name seventeen --network inner --ip 10.217.0.9 localhost/busybox httpd -f -p 8080 -h /etc >/dev/null; podman run --rm --network inner localhost/busybox wget -q -O - http://10.217.0.9:8080/passwd | head -n 1; podman rm -f -t 0 seventeen >/dev/null; podman network rm inner'
try 'a published port' 'podman run -d --name eighteen -p 127.0.0.1:18080:8080 localhost/busybox httpd -f -p 8080 -h /etc >/dev/null; for n in 1 2 3 4 5 6 7 8 9; do busybox wget -q -O - http://127.0.0.1:18080/passwd 2>/dev/null | head -n 1 | grep . && break; sleep 0.3; done; podman port eighteen; podman rm -f -t 0 eighteen >/dev/null'
try 'checkpoint' 'podman run -d --network none --name thirteen localhost/busybox sleep 1000 >/dev/null; podman container checkpoint thirteen >/dev/null 2>&1 || echo refused; podman rm -f -t 0 thirteen >/dev/null'
fails 'a working directory that is a file' "$run -w /bin/busybox localhost/busybox true"
fails 'a user that is not there' "$run -u nobody-of-the-kind localhost/busybox true"
fails 'a bad sysctl' "$run --sysctl kernel.nothing=1 localhost/busybox true"
fails 'exec of a command that is not there' 'podman run -d --network none --name fourteen localhost/busybox sleep 1000 >/dev/null; podman exec fourteen nothing-of-the-kind; s=$?; podman rm -f -t 0 fourteen >/dev/null 2>/dev/null; exit $s'
limits
try 'nothing is left' 'podman ps -aq; podman rm -f -a -t 0'
