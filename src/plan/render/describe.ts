/** One line about a step, as the rest of a sentence: "cannot ...", "3  ...". */
import type { Step } from '../plan.ts';
import { limitWords } from './limit-words.ts';
import { sourcePath } from './source-path.ts';

/** For example `mount proc at /proc`. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'cgroup-create':
      return `make the control group ${step.path}`;
    case 'cgroup-enable':
      return `enable ${step.controllers.join(', ')} below ${step.path}`;
    case 'cgroup-enter':
      return `move the monitor to ${step.path}`;
    case 'cgroup-scope':
      return `have systemd start ${step.unit} in ${step.slice}`;
    case 'cgroup-attach':
      return `have systemd move the process into ${step.unit}`;
    case 'cgroup-write':
      return `set ${step.file} to ${step.value}`;
    case 'cgroup-devices':
      return 'attach the device rules';
    case 'open-tree':
      return `open ${step.namespace === '' ? "the host's" : "another container's"} ${sourcePath(step.source, step.subpath)}`;
    case 'join':
      return `join the ${step.namespaces.join(', ')} ${step.namespaces.length === 1 ? 'namespace' : 'namespaces'}`;
    case 'anchor':
      return 'make the user namespace below that of the network';
    case 'preserve-files':
      return 'keep files for the command';
    case 'take-file':
      return "take over one of the launcher's files";
    case 'clone':
      return `clone a process into new namespaces (${step.namespaces.join(', ') || 'none'})`;
    case 'id-map':
      return step.writer === 'newidmap'
        ? 'map user and group ids with newuidmap and newgidmap'
        : 'map user and group ids';
    case 'raise-rlimit':
      return `make room for the resource limit ${limitWords(step)}`;
    case 'net-device':
      return `move the network interface ${step.device} into the container`;
    case 'veth':
      return `connect ${step.name} with the bridge ${step.bridge} by a pair of virtual interfaces`;
    case 'macvlan':
      return `connect ${step.name} with the wire of ${step.parent}`;
    case 'pasta':
      return 'connect the container with the outside by pasta';
    case 'forward':
      return 'listen for connections to ::1';
    case 'rlimit':
      return `set the resource limit ${limitWords(step)}`;
    case 'oom-score-adj':
      return `set oom_score_adj to ${step.value}`;
    case 'open-path':
      return `open ${step.path}`;
    case 'become-root':
      return 'become root of the user namespace';
    case 'time-namespace':
      return 'make a time namespace with offsets';
    case 'root-propagation':
      return `make ${step.root === 'host' ? '/' : "the container's root"}${step.reach === 'tree' ? ' recursively' : ''} ${step.propagation}`;
    case 'proc-handle':
      return step.instance === 'new' ? 'take a private procfs' : "take the host's procfs";
    case 'overlay':
      return `mount the root: overlay of ${step.lower.length} ${step.lower.length === 1 ? 'layer' : 'layers'}`;
    case 'rootfs-bind':
      return 'bind the root directory';
    case 'mount':
      return `mount ${step.filesystem} at ${step.target}`;
    case 'remount':
      return `change the mount at ${step.target}`;
    case 'bind':
      return `bind ${step.source.from === 'path' ? sourcePath(step.source.path, step.source.subpath) : 'a host tree'} at ${step.target}`;
    case 'device':
      return `make the device ${step.path}`;
    case 'symlink':
      return `link ${step.path} to ${step.target}`;
    case 'directory':
      return `make the directory ${step.path}`;
    case 'loopback':
      return 'bring the loopback interface up';
    case 'lookup':
      return step.user === '' ? 'look up root in /etc/passwd' : `look up the user "${step.user}" in /etc/passwd`;
    case 'pivot-root':
      return 'change the root with pivot_root';
    case 'chroot':
      return step.oldRoot === 'host'
        ? 'change the root with chroot: the mount namespace is the host’s'
        : 'change the root with chroot, and leave the old one in place';
    case 'root-readonly':
      return 'make the root read-only';
    case 'hostname':
      return `set the hostname to ${step.hostname}`;
    case 'domainname':
      return `set the domain name to ${step.domainname}`;
    case 'sysctl':
      return `set ${step.name} to ${step.value}`;
    case 'mask-path':
      return `hide ${step.path}`;
    case 'readonly-path':
      return `make ${step.path} read-only`;
    case 'session':
      return 'start a session of its own';
    case 'console':
      return 'open a terminal';
    case 'runtime-hooks':
      return 'wait for the hooks outside';
    case 'find-command':
      return 'look for the command';
    case 'wait-start':
      return 'wait for the start';
    case 'container-hooks':
      return `run the ${step.name} hooks`;
    case 'scheduler':
      return 'set the scheduling policy';
    case 'io-priority':
      return 'set the I/O priority';
    case 'cpu-affinity':
      return 'choose the processors';
    case 'personality':
      return 'set the execution domain';
    case 'memory-policy':
      return 'set the memory policy';
    case 'exec-label':
      return `ask ${step.module} for the label ${step.label}`;
    case 'bounding-set':
      return 'drop capabilities from the bounding set';
    case 'seccomp':
      return 'install the system call filter';
    case 'user':
      return step.identity.type === 'ids'
        ? `become uid ${step.identity.uid}, gid ${step.identity.gid}`
        : 'become the user';
    case 'capabilities':
      return 'set the capabilities';
    case 'working-directory':
      return `enter ${step.path}`;
    case 'no-new-privileges':
      return 'set no_new_privs';
    case 'close-files':
      return `close all files from ${step.from} on`;
    case 'exec':
      return `start ${step.argv[0]}`;
  }
}
