# docker, with a dockerd and a containerd of our own. Read by run.sh.
# needs: dockerd containerd docker
#
# No iptables: the network namespace that run.sh made is ours, but its rules need modules that not every machine has. The
# runtime is docker's default one here, as daemon.json would make it.
mkdir -p "$work/docker" "$work/exec"
case $manager in systemd) parent=clients.slice ;; *) parent=/tsrun-test-clients ;; esac
cat >"$work/daemon.json" <<CONF
{
  "data-root": "$work/docker",
  "exec-root": "$work/exec",
  "pidfile": "$work/docker.pid",
  "hosts": ["unix://$work/docker.sock"],
  "runtimes": { "$runtime_name": { "path": "$RUNTIME" } },
  "default-runtime": "$runtime_name",
  "cgroup-parent": "$parent",
  "exec-opts": ["native.cgroupdriver=$manager"],
  "iptables": false,
  "ip6tables": false,
  "storage-driver": "overlay2"
}
CONF
dockerd --config-file "$work/daemon.json" >"$work/dockerd.log" 2>&1 &
daemon=$!
trap 'kill $daemon; wait $daemon' EXIT
export DOCKER_HOST="unix://$work/docker.sock" DOCKER_CONFIG="$work/config"
until_true 'docker version' || { tail -n 20 "$work/dockerd.log"; exit 1; }
docker import "$repository/rootfs-fixtures/out/rootfs.tar" busybox >/dev/null || exit 1
run='docker run --rm --network none'
# docker asks for every capability that the kernel has (docs/conformance.md).
has_all=$(awk '/^CapBnd/ { print ($2 ~ /^0*[137f]f*$/) ? "true" : "false" }' /proc/self/status)
privileged() { try 'privileged' "$run --privileged busybox grep -E 'CapEff|Seccomp:' /proc/self/status"; }
only_limits

try 'info names the runtime' 'docker info --format "{{.DefaultRuntime}}" | sed "s/^'"$runtime_name"'$/as configured/"'
try 'run' "$run busybox echo hello"
ends 7 'the status of a command' "$run busybox sh -c 'exit 7'"
try 'PID 1, its user, its host name' "$run --hostname box -u 1:2 -w /tmp -e A=b busybox sh -c 'echo \$\$ \$A; pwd; id; hostname'"
try 'standard input' "echo typed | $run -i busybox cat"
try 'output and error apart' "$run busybox sh -c 'echo out; echo err >&2' 2>/dev/null"
typed 'a terminal' 'echo typed; exit 6\n' "$run -it busybox sh -c 'tty; until stty size 2>/dev/null | grep .; do :; done; PS1=\"ready \" exec sh'"
try 'a detached container, its log, its end' 'docker run -d --network none --name one busybox sh -c "echo from one; exit 4" >/dev/null; docker wait one; docker logs one; docker rm one'
try 'exec' 'docker run -d --network none --name two busybox sleep 1000 >/dev/null; docker exec two sh -c "echo inside; exit 5"; echo $?; docker exec -w /tmp -e A=1 -u 1:2 two sh -c "pwd; echo \$A; id"; echo typed | docker exec -i two cat; docker rm -f two'
fails 'a command that is not there' "$run busybox nothing-of-the-kind"
fails 'a command that may not be executed' "$run busybox /etc"
try 'stop' 'docker run -d --network none --name three busybox sh -c "trap \"echo bye; exit 3\" TERM; echo up; while :; do sleep 0.1; done" >/dev/null
  until docker logs three | grep -q up; do sleep 0.1; done; docker stop -t 20 three; docker inspect -f "{{.State.Status}} {{.State.ExitCode}}" three; docker logs three; docker rm three'
end_of_short

try 'kill' 'docker run -d --network none --name four busybox sleep 1000 >/dev/null; docker kill four; docker wait four; docker rm four'
try 'pause and unpause' 'docker run -d --network none --name five busybox sleep 1000 >/dev/null; docker pause five; docker inspect -f "{{.State.Status}}" five; docker unpause five; docker exec five echo awake; docker rm -f five'
try 'top' 'docker run -d --network none --name six busybox sleep 1000 >/dev/null; docker top six -o pid,comm | awk "{ print \$2 }"; docker rm -f six'
try 'restart' 'docker run -d --network none --name seven busybox sleep 1000 >/dev/null; docker restart -t 0 seven; docker exec seven echo again; docker rm -f seven'
try 'a restart policy' 'docker run -d --network none --restart on-failure:2 --name eight busybox sh -c "echo try; exit 1" >/dev/null; n=0; until [ "$(docker inspect -f "{{.State.Status}} {{.RestartCount}}" eight)" = "exited 2" ] || [ $((n += 1)) -gt 100 ]; do sleep 0.1; done; docker inspect -f "{{.State.Status}} {{.RestartCount}}" eight; docker logs eight; docker rm -f eight'
# What ended by itself is started again, what somebody stopped is not: until the next start of the daemon, or for good.
count='$(docker logs ten 2>/dev/null | grep -c try)'
for policy in always unless-stopped; do
  try "the restart policy $policy" "docker run -d --network none --restart $policy --name ten busybox sh -c 'echo try; until test -e /end; do sleep 0.1; done; rm /end; exit 3' >/dev/null; docker exec ten touch /end; n=0; until [ $count = 2 ] || [ \$((n += 1)) -gt 200 ]; do sleep 0.1; done; docker inspect -f '{{.State.Status}} {{.RestartCount}}' ten; docker stop -t 0 ten; docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' ten; docker logs ten; docker rm ten"
done
try 'health' "docker run -d --network none --health-cmd 'test -e /healthy' --health-interval 0.2s --health-retries 2 --name ten busybox sleep 1000 >/dev/null; for state in unhealthy healthy; do n=0; until docker inspect -f '{{.State.Health.Status}}' ten | grep -x \$state || [ \$((n += 1)) -gt 200 ]; do sleep 0.1; done; docker exec ten touch /healthy; done; docker rm -f ten"
typed 'exec with a terminal' 'exit 9\n' 'docker run -d --network none --name nine busybox sleep 1000 >/dev/null; docker exec -it nine sh -c "tty; PS1=\"ready \" exec sh"; echo $?; docker rm -f nine'
try 'a read-only root' "$run --read-only --tmpfs /tmp busybox sh -c 'touch /file; touch /tmp/file; echo \$?'"
try 'capabilities' "$run --cap-drop all --cap-add CHOWN busybox grep -E 'Cap|Seccomp:|NoNew' /proc/self/status"
if [ "$has_all" = true ]; then privileged; else skip 'privileged' 'root has not all capabilities here; then runc 1.1 gives none at all'; fi
try 'a volume and a bind' "mkdir -p '$work/shared'; echo outside > '$work/shared/file'; $run -v '$work/shared:/shared:ro' -v named:/data busybox sh -c 'cat /shared/file; touch /shared/no; echo kept > /data/file'; $run -v named:/data busybox cat /data/file; docker volume rm named"
try 'init' "$run --init busybox sh -c 'ps -o pid,comm | head -n 2'"
try 'sysctl and ulimit' "$run --sysctl kernel.msgmax=4096 --ulimit nofile=100:200 busybox sh -c 'cat /proc/sys/kernel/msgmax; ulimit -n; ulimit -Hn'"
ends 1 'masks' "$run busybox sh -c 'ls /sys/firmware | wc -l; touch /proc/sys/kernel/shmmax'"
# docker gives a container its addresses by a prestart hook of the runtime.
try 'a network of docker' "docker network create --subnet 10.213.0.0/24 inner >/dev/null; docker run -d --name ten --network inner --ip 10.213.0.9 busybox httpd -f -p 8080 -h /etc >/dev/null; docker run --rm --network inner busybox sh -c 'ip -4 -o addr show dev eth0 | grep -o \"inet 10.213.0\"; wget -q -O - http://10.213.0.9:8080/passwd | head -n 1'; docker rm -f ten; docker network rm inner"
try 'a published port' "docker network create --subnet 10.214.0.0/24 outer >/dev/null; docker run -d --name eleven --network outer -p 127.0.0.1:18080:8080 busybox httpd -f -p 8080 -h /etc >/dev/null; for n in 1 2 3 4 5 6 7 8 9; do wget -q -O - http://127.0.0.1:18080/passwd 2>/dev/null | head -n 1 | grep . && break; sleep 0.3; done; docker rm -f eleven; docker network rm outer"
# Without iptables nothing but docker-proxy carries what comes in.
proxies="ps -eo args | sed -n 's/^[^ ]*docker-proxy \\(-proto [a-z]* -host-ip [^ ]*\\).*/\\1/p' | sort"
try 'ports published on every address, by docker-proxy' "docker network create --subnet 10.215.0.0/24 open >/dev/null; docker run -d --name fifteen --network open -p 18082:8080 -p '[::1]:18083:8080' -p 127.0.0.1:18084:9090/udp busybox httpd -f -p 8080 -h /etc >/dev/null; $proxies; docker port fifteen | sort; for at in 127.0.0.1:18082 '[::1]:18082' '[::1]:18083'; do n=0; until wget -q -O - http://\$at/passwd 2>/dev/null | head -n 1 | grep . || [ \$((n += 1)) -gt 9 ]; do sleep 0.3; done; done; docker rm -f fifteen; $proxies; docker network rm open"
try 'a build with RUN' "printf 'FROM busybox\nRUN echo built > /made\nCMD cat /made\n' | DOCKER_BUILDKIT=0 docker build -q --network none -t built - >/dev/null; docker run --rm --network none built"
# No ports of the swarm's own: its ingress network wants IPVS and iptables.
try 'a swarm service with two replicas' 'docker swarm init --advertise-addr 127.0.0.1 >/dev/null; docker service create --no-resolve-image --detach --name web --replicas 2 --hostname "web-{{.Task.Slot}}" busybox sh -c "hostname; exec sleep 1000" >/dev/null
  n=0; until [ "$(docker service ls --format "{{.Replicas}}")" = 2/2 ] || [ $((n += 1)) -gt 200 ]; do sleep 0.1; done; docker service ls --format "{{.Name}} {{.Replicas}}"; docker service logs --raw web | sort
  docker ps -q | head -n 1 | xargs docker kill >/dev/null; n=0; until docker service ps web --filter desired-state=running --format "{{.CurrentState}}" | grep -c "^Running" | grep -q 2 && [ "$(docker service ps web -q | wc -l)" = 3 ] || [ $((n += 1)) -gt 200 ]; do sleep 0.1; done; docker service ps web --filter desired-state=running --format "{{.Name}}" | sort
  docker service rm web; docker swarm leave --force; n=0; until [ -z "$(docker ps -q)" ] || [ $((n += 1)) -gt 200 ]; do sleep 0.1; done; docker ps -q; docker network rm docker_gwbridge'
fails 'a working directory that is a file' "$run -w /bin/busybox busybox true"
fails 'a user that is not there' "$run -u nobody-of-the-kind busybox true"
fails 'exec of a command that is not there' 'docker run -d --network none --name twelve busybox sleep 1000 >/dev/null; docker exec twelve nothing-of-the-kind >&2; s=$?; docker rm -f twelve >/dev/null; exit $s'
limits
try 'nothing is left' 'docker ps -aq; docker network ls --format "{{.Name}}" | sort'
