/** What a step's headline leaves out: numbers, flags, ids. */
import { capabilityName } from '../../oci/capabilities.ts';
import type { AttributeChange, IdMap, Step } from '../plan.ts';
import { attributeWords, changeWords } from './attribute-words.ts';
import { limitWords } from './limit-words.ts';
import { quote } from './shell-words.ts';
import { sourcePath } from './source-path.ts';

/** One line, or null when {@link describeStep} says it all. Short enough to stand in a list of its kind. */
export function detailOf(step: Step): string | null {
  switch (step.kind) {
    case 'cgroup-write':
      return `${step.file} = ${step.value}`;
    case 'cgroup-scope':
    case 'cgroup-attach':
      return `a group of systemd's: ${step.path}`;
    case 'cgroup-devices':
      return `a BPF program of ${step.program.length / 8} instructions decides on every open of a device`;
    case 'clone':
      return step.cgroup === null
        ? 'the new process stays in the control group of its parent'
        : `the new process starts in ${step.cgroup}`;
    case 'id-map':
      return `${step.uids.map(idMap).join(', ')}; groups ${step.gids.map(idMap).join(', ')}`;
    case 'net-device':
      return step.name === step.device ? step.device : `${step.device} as ${step.name}`;
    case 'veth':
      return [
        `${step.hostName} on the host, ${step.name} inside: ${step.mac}, mtu ${step.mtu}`,
        ...step.addresses.map(({ address, prefix }) => `address ${address}/${prefix}`),
        ...step.gateways.map((gateway) => `default route by ${gateway}`),
      ].join('; ');
    case 'macvlan':
      return [
        `${step.name} inside: macvlan in mode ${step.mode}, ${step.mac}, mtu ${step.mtu}`,
        ...step.addresses.map(({ address, prefix }) => `address ${address}/${prefix}`),
        ...step.gateways.map((gateway) => `default route by ${gateway}`),
      ].join('; ');
    case 'pasta':
      return step.argv.join(' ');
    case 'forward':
      return step.ports
        .map(
          ({ protocol, hostPort, address, containerPort }) =>
            `[::1]:${hostPort} to ${address}, port ${containerPort}/${protocol}`,
        )
        .join('; ');
    case 'open-path':
      return step.path;
    case 'open-tree':
      return [
        sourcePath(step.source, step.subpath),
        ...(step.namespace === '' ? [] : [`in the mount namespace ${step.namespace}`]),
        ...(step.idMap === null ? [] : ['its ids mapped']),
      ].join(', ');
    case 'time-namespace':
      return `monotonic ${step.monotonicSeconds} s, boottime ${step.boottimeSeconds} s`;
    case 'overlay':
      return `at ${step.target}; the newest layer hides the older ones, and what is written hides them all`;
    case 'rootfs-bind':
      return `at ${step.target}`;
    case 'mount':
      return `${step.target}  ${[step.filesystem, ...attributeWords(step.attributes), ...step.parameters].join(' ')}`;
    case 'bind': {
      const source = step.source.from === 'path' ? sourcePath(step.source.path, step.source.subpath) : 'an opened tree';
      const flags = step.changes.flatMap(shown);
      return `${step.target}  from ${source}${flags.length === 0 ? '' : `  ${flags.join(' ')}`}`;
    }
    case 'remount':
      return `${step.target}  ${[...step.changes.flatMap(shown), ...step.parameters, ...[step.propagation ?? []].flat()].join(' ')}`;
    case 'device': {
      const how = step.how === 'mknod' ? `${step.type} ${step.major}:${step.minor}` : "the host's, bound";
      return `${step.path} (${how})`;
    }
    case 'raise-rlimit':
    case 'rlimit':
      return limitWords(step);
    case 'symlink':
      return `${step.path} -> ${step.target}`;
    case 'mask-path':
    case 'readonly-path':
      return step.path;
    case 'sysctl':
      return `${step.name} = ${step.value}`;
    case 'bounding-set':
      return `what is left: ${capabilities(step.keep)}`;
    case 'capabilities':
      return step.effective === step.permitted && step.inheritable === 0n && step.ambient === 0n
        ? `effective and permitted: ${count(step.effective)}; inheritable and ambient: none`
        : `effective ${count(step.effective)}, permitted ${count(step.permitted)}, inheritable ${count(step.inheritable)}, ambient ${count(step.ambient)}`;
    case 'seccomp':
      return `a filter of ${step.program.length / 8} BPF instructions, asked on every system call`;
    case 'join':
      return step.from.type === 'path' ? step.from.path : 'those of a running process';
    case 'anchor':
      return `${step.users}, ${step.network}`;
    case 'container-hooks':
      return step.hooks.map(({ path }) => path).join(', ');
    case 'find-command':
      return step.candidates.map(quote).join(' ');
    case 'exec':
      return step.argv.map(quote).join(' ');
    case 'preserve-files':
    case 'take-file':
    case 'runtime-hooks':
    case 'wait-start':
    case 'scheduler':
    case 'io-priority':
    case 'cpu-affinity':
    case 'personality':
    case 'memory-policy':
    case 'exec-label':
    case 'cgroup-create':
    case 'cgroup-enable':
    case 'cgroup-enter':
    case 'oom-score-adj':
    case 'become-root':
    case 'root-propagation':
    case 'proc-handle':
    case 'directory':
    case 'loopback':
    case 'lookup':
    case 'pivot-root':
    case 'chroot':
    case 'root-readonly':
    case 'hostname':
    case 'domainname':
    case 'session':
    case 'console':
    case 'user':
    case 'working-directory':
    case 'no-new-privileges':
    case 'close-files':
      return null;
  }
}

const idMap = ({ container, host, size }: IdMap): string =>
  size === 1
    ? `${container} inside is ${host} outside`
    : `${container}-${container + size - 1} inside are ${host}-${host + size - 1} outside`;

/** As config.json has them, with an r for those below too. */
const shown = (change: AttributeChange): readonly string[] =>
  changeWords(change).map((word) => (change.reach === 'tree' ? `r${word}` : word));

function names(mask: bigint): readonly string[] {
  const found: string[] = [];
  for (let number = 0; mask >> BigInt(number) !== 0n; number++) {
    if ((mask >> BigInt(number)) & 1n) found.push(capabilityName(number).replace(/^CAP_/, ''));
  }
  return found;
}

const capabilities = (mask: bigint): string => (mask === 0n ? 'none' : names(mask).join(' '));
const count = (mask: bigint): string => (mask === 0n ? 'none' : `${names(mask).length}`);
