# buildah as root. Read by run.sh.
# needs: buildah
cat >"$work/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$work/storage"
runroot = "$work/run"
CONF
printf '[containers]\ndefault_ulimits = []\n' >"$work/containers.conf"
export CONTAINERS_STORAGE_CONF="$work/storage.conf" CONTAINERS_CONF="$work/containers.conf"
buildah --log-level error pull -q "oci-archive:$repository/rootfs-fixtures/out/skopeo-oci.tar" >"$work/image" || exit 1
buildah tag "$(cat "$work/image")" localhost/busybox
build="buildah bud --runtime '$RUNTIME' --isolation oci --network none --cgroup-parent /tsrun-test-clients -q"
container=$(buildah from --name one localhost/busybox)
run="buildah run --runtime '$RUNTIME' --isolation oci --network none one --"

try 'run' "$run sh -c 'echo hello; id; echo \$\$'"
ends 7 'the status of a command' "$run sh -c 'exit 7'"
try 'standard input' "echo typed | buildah run --runtime '$RUNTIME' --isolation oci one -- cat"
printf 'FROM localhost/busybox\nRUN echo built > /made && mkdir -p /etc && echo somebody:x:1000:1000::/:/bin/sh >> /etc/passwd\nUSER somebody\nWORKDIR /srv\nRUN id; pwd; test -w /srv || echo not mine\nRUN cat /made\n' >"$work/Containerfile"
try 'a Dockerfile with RUN' "${build% -q} -t built -f '$work/Containerfile' '$work' | grep -vE '^(STEP|COMMIT|-->|Success|ID)'"
try 'what was built' "buildah from --name two built >/dev/null; buildah run --runtime '$RUNTIME' --isolation oci two -- sh -c 'id; cat /made'; buildah rm two >/dev/null"
printf 'FROM localhost/busybox\nRUN exit 3\n' >"$work/Failing"
ends 3 'a RUN that fails' "$build -f '$work/Failing' '$work'"
end_of_short

typed 'a terminal' 'echo typed; exit 6\n' "buildah run -t --runtime '$RUNTIME' --isolation oci one -- sh -c 'tty; PS1=\"ready \" exec sh'"
try 'a user and a working directory' "buildah run --runtime '$RUNTIME' --isolation oci --user 1:2 --workingdir /tmp one -- sh -c 'id; pwd'"
try 'capabilities' "buildah run --runtime '$RUNTIME' --isolation oci --cap-add CAP_SYS_ADMIN one -- grep Cap /proc/self/status"
ends 1 'a bind' "mkdir -p '$work/shared'; echo outside > '$work/shared/file'; buildah run --runtime '$RUNTIME' --isolation oci -v '$work/shared:/shared:ro' one -- sh -c 'cat /shared/file; touch /shared/no'"
printf 'FROM localhost/busybox\nARG WHAT=nothing\nSHELL ["/bin/sh", "-e", "-c"]\nCOPY file /copied\nRUN --mount=type=tmpfs,target=/scratch --mount=type=bind,target=/context mount | grep -c scratch; cat /context/file /copied; echo $WHAT; touch /scratch/x\nRUN test ! -e /context/file && echo typed | tr a-z A-Z; kill -9 $$\n' >"$work/shared/Containerfile"
try 'a Dockerfile with arguments, mounts and a RUN that is killed' "${build% -q} --format docker --build-arg WHAT=something -f '$work/shared/Containerfile' '$work/shared' | grep -vE '^(STEP|COMMIT|-->|Success|ID)'"
try 'the network of the caller' "buildah run --runtime '$RUNTIME' --isolation oci --network host one -- ls /sys/class/net"
fails 'a command that is not there' "$run nothing-of-the-kind"
fails 'a command that may not be executed' "$run /etc"
try 'nothing is left' 'buildah rm -a >/dev/null; buildah containers -q'
