# containerd as the kubelet speaks to it: pods whose runtime is a handler, which is what a RuntimeClass names. Read by run.sh.
# needs: containerd ctr /usr/lib/cni/bridge
socket=$work/containerd.sock
mkdir "$work/networks"
cat >"$work/networks/pods.conflist" <<CONF
{ "cniVersion": "0.4.0", "name": "pods", "plugins": [{ "type": "bridge", "bridge": "pods0", "isGateway": true,
  "ipam": { "type": "host-local", "dataDir": "$work/addresses", "ranges": [[{ "subnet": "10.218.0.0/24" }]] } }] }
CONF
systemd_cgroup=false group=/tsrun-test-clients/pod
if [ $manager = systemd ]; then systemd_cgroup=true group=clients-pod.slice; fi
cat >"$work/config.toml" <<CONF
version = 2
root = "$work/root"
state = "$work/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
address = "$socket"
[ttrpc]
address = "$socket.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "localhost/pod:1"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "$work/networks"
[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "tried"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.tried]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.tried.options]
BinaryName = "$RUNTIME"
SystemdCgroup = $systemd_cgroup
CONF
# What waits in a pod is of the same image as what runs in it.
export TSRUN_STORE="$work/store" TSRUN_ROOT="$work/tsrun"
"$repository/bin/tsrun" import --quiet -c 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin' -c 'CMD ["sleep", "100000"]' "$repository/rootfs-fixtures/out/rootfs.tar" localhost/pod:1 || exit 1
"$repository/bin/tsrun" save -o "$work/pod.tar" localhost/pod:1 || exit 1
containerd --config "$work/config.toml" >"$work/containerd.log" 2>&1 &
daemon=$!
trap 'kill $daemon; wait $daemon; ip link delete pods0 2>/dev/null' EXIT
until_true "ctr --address '$socket' plugins ls | grep -E ' cri .* ok'" || exit 1
ctr --address "$socket" --namespace k8s.io images import "$work/pod.tar" || exit 1
mkdir "$work/host" "$work/pod"
kubelet="node '$repository/test/clients/cri.mjs' '$socket' tried $group localhost/pod:1"

try 'a pod on the network of the host' "$kubelet '$work/host' host"
end_of_short

try 'a pod with an address' "$kubelet '$work/pod' pod"
try 'nothing is left' "ctr --address '$socket' --namespace k8s.io tasks ls -q; ctr --address '$socket' --namespace k8s.io containers ls -q"
