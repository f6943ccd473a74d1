/** Steps of the monitor as shell: control groups, the clone, what is set on the waiting process, `$pid`. */
import type {
  CgroupAttach,
  CgroupScope,
  Clone,
  Demand,
  Forward,
  IdMap,
  IdMapStep,
  Join,
  Macvlan,
  MonitorStep,
  NamespaceKind,
  OpenTree,
  ParentStep,
  Pasta,
  ScopeValue,
  TimeNamespace,
  Veth,
} from '../plan.ts';
import type { OtherRoot } from './shell-other-root.ts';
import { type Places, quote } from './shell-words.ts';

const orNot = (demand: Demand, what: string): string =>
  demand === 'required' ? '' : ` || echo ${quote(`not in force: ${what}`)} >&2`;

/** The commands, and lines that start with `#` for what a shell cannot do. */
export function outsideShell(
  step: Exclude<MonitorStep, Clone | OpenTree> | ParentStep,
  places: Places,
): readonly string[] {
  switch (step.kind) {
    case 'cgroup-create':
      return [`mkdir -p ${places.host(step.path)}${orNot(step.demand, step.path)}`];
    case 'cgroup-enable': {
      const words = step.controllers.map((name) => `+${name}`).join(' ');
      const file = places.host(`${step.path}/cgroup.subtree_control`);
      return [`echo ${quote(words)} > ${file}${orNot(step.demand, step.controllers.join(', '))}`];
    }
    case 'cgroup-enter':
      // 0: the writer itself. In a pair of parentheses $$ is the shell around it.
      return [`echo 0 > ${places.host(`${step.path}/cgroup.procs`)}${orNot(step.demand, step.path)}`];
    case 'cgroup-scope':
      return scopeShell(step);
    case 'cgroup-attach':
      return [attachShell(step)];
    case 'cgroup-write':
      return [
        `echo ${quote(step.value)} > ${places.host(`${step.path}/${step.file}`)}${orNot(step.demand, step.file)}`,
      ];
    case 'cgroup-devices':
      return [`# a BPF program of ${step.program.length / 8} instructions, attached to the group: not for a shell`];
    case 'join':
      return [
        step.from.type === 'path'
          ? `# nsenter(1) joins it with the clone below: ${places.comment(step.from.path)}`
          : '# those of a process that a runtime holds: a script has none',
      ];
    case 'anchor':
      return ['# the user namespace that the network belongs to, which tsrun finds; a script has none'];
    case 'take-file':
      return ['# a socket that a runtime was called with; a script has none'];
    case 'net-device':
      return [
        `ip link set dev ${quote(step.device)} netns "$pid" name ${quote(step.name)}`,
        '# and inside its permanent addresses are set again, and it is brought up',
      ];
    case 'veth':
      return vethShell(step);
    case 'macvlan':
      return macvlanShell(step);
    case 'pasta':
      return pastaShell(step);
    case 'forward':
      return forwardShell(step);
    case 'id-map':
      return idMapShell(step);
    case 'raise-rlimit':
      return ['# prlimit(1) raises it where it sets it, in the end'];
    case 'oom-score-adj':
      return [`echo ${step.value} > "/proc/$pid/oom_score_adj"${orNot(step.demand, 'oom_score_adj')}`];
  }
}

function vethShell(step: Veth): readonly string[] {
  const { hostName, bridge, name, mac, mtu } = step;
  return [
    `ip link add ${quote(hostName)} mtu ${mtu} type veth peer name ${quote(name)} mtu ${mtu} address ${mac} netns "$pid"`,
    `ip link set dev ${quote(hostName)} master ${quote(bridge)} up`,
    ...insideShell(step),
  ];
}

function macvlanShell(step: Macvlan): readonly string[] {
  const { parent, name, mode, mac, mtu } = step;
  return [
    `ip link add link ${quote(parent)} name ${quote(name)} mtu ${mtu} address ${mac} netns "$pid" type macvlan mode ${mode}`,
    ...insideShell(step),
  ];
}

/** An interface that has been made inside. */
function insideShell({ name, addresses, gateways }: Veth | Macvlan): readonly string[] {
  const inside = 'nsenter --net="/proc/$pid/ns/net" ip';
  return [
    `${inside} link set dev ${quote(name)} up`,
    ...addresses.map(
      ({ address, prefix }) =>
        `${inside} address add ${address}/${prefix} dev ${quote(name)}${address.includes(':') ? ' nodad' : ''}`,
    ),
    ...gateways.map((gateway) => `${inside} route add default via ${gateway} dev ${quote(name)}`),
  ];
}

/** It ends with the network namespace that it shows in /proc, or when the script kills it. */
const pastaShell = ({ argv, demand }: Pasta): readonly string[] => [
  `${argv
    .slice(0, -1)
    .filter((word) => word !== '--netns-only')
    .map(quote)
    .join(' ')} "$pid"${orNot(demand, 'the network')}`,
];

/** A shell has none of its own: what somebody would start who has it. */
const forwardShell = ({ ports }: Forward): readonly string[] =>
  ports.map(({ protocol, hostPort, address, containerPort }) => {
    const by = protocol.toUpperCase();
    const to = address.includes(':') ? `${by}6:[${address}]` : `${by}4:${address}`;
    return `# a process listens at ::1: socat ${by}6-LISTEN:${hostPort},bind=[::1],fork ${to}:${containerPort} &`;
  });

const manager = 'org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager';

const attachShell = ({ bus, unit, below }: CgroupAttach): string =>
  `busctl --${bus} --quiet call ${manager} AttachProcessesToUnit ssau ${quote(unit)} ${quote(below)} 1 "$pid"`;

/** busctl(1) answers when the job is queued; the shell is in its scope when the job is done. */
function scopeShell({ bus, unit, slice, properties }: CgroupScope): readonly string[] {
  const shellItself = '"$(exec sh -c \'echo $PPID\')"';
  const words = [
    ['PIDs', 'au', '1', shellItself],
    ['Delegate', 'b', 'true'],
    ['Slice', 's', quote(slice)],
    ...properties.map(({ name, signature, value }) => [name, signature, ...busctlWords(value).map(quote)]),
  ];
  return [
    `busctl --${bus} --quiet call ${manager} StartTransientUnit 'ssa(sv)a(sa(sv))' ${quote(unit)} fail ${words.length} \\`,
    ...words.map((each) => `  ${each.join(' ')} \\`),
    '  0',
    `until grep -qF ${quote(unit)} /proc/self/cgroup; do sleep 0.1; done`,
  ];
}

/** An array is its length and its items. */
const busctlWords = (value: ScopeValue): readonly string[] =>
  typeof value === 'object' ? [`${value.length}`, ...value.flatMap(busctlWords)] : [`${value}`];

function idMapShell({ uids, gids, writer }: IdMapStep): readonly string[] {
  const numbers = (map: IdMap): string => `${map.container} ${map.host} ${map.size}`;
  if (writer === 'newidmap') {
    return [`newuidmap "$pid" ${uids.map(numbers).join(' ')}`, `newgidmap "$pid" ${gids.map(numbers).join(' ')}`];
  }
  const lines = (maps: readonly IdMap[]): string => quote(maps.map(numbers).join('\n'));
  return [
    ...(writer === 'single' ? ['echo deny > "/proc/$pid/setgroups"'] : []),
    `echo ${lines(uids)} > "/proc/$pid/uid_map"`,
    `echo ${lines(gids)} > "/proc/$pid/gid_map"`,
  ];
}

const options: Readonly<Record<NamespaceKind, string>> = {
  mount: '--mount --propagation unchanged',
  pid: '--pid',
  network: '--net',
  uts: '--uts',
  ipc: '--ipc',
  cgroup: '--cgroup',
  user: '--user --keep-caps',
  time: '--time',
};

const nsenterNames: Readonly<Record<NamespaceKind, string>> = {
  mount: 'mount',
  pid: 'pid',
  network: 'net',
  uts: 'uts',
  ipc: 'ipc',
  cgroup: 'cgroup',
  user: 'user',
  time: 'time',
};

/** What the command of a clone depends on beyond the step. */
export interface CloneFrame {
  readonly places: Places;
  readonly time: TimeNamespace | null;
  readonly joins: readonly Join[];
  readonly otherRoot: OtherRoot | null;
  /** What runs inside. */
  readonly inner: string;
}

/** unshare(1) forks before it runs its command, so the command is the first process of a new pid namespace. */
export function cloneShell(step: Clone, { places, time, joins, otherRoot, inner }: CloneFrame): string {
  const words = ['unshare', '--fork', '--kill-child', ...step.namespaces.map((kind) => options[kind])];
  if (time !== null) words.push(`--time --monotonic ${time.monotonicSeconds} --boottime ${time.boottimeSeconds}`);
  const between = otherRoot?.givenBy === 'script' ? 'unshare --mount --propagation slave sh "$C/trees" "$C" ' : '';
  const joined = joins.flatMap(({ namespaces: [kind], from }) =>
    from.type === 'path' && kind !== undefined ? [`--${nsenterNames[kind]}=${quote(from.path)}`] : [],
  );
  const enter = joined.length === 0 ? '' : `nsenter ${joined.join(' ')} `;
  const command = `${enter}${between}${words.join(' ')} ${inner}`;
  if (step.cgroup === null) return command;
  return `sh -c 'echo 0 > "$1/cgroup.procs"; shift; exec "$@"' sh ${places.host(step.cgroup)} ${command}`;
}
