/** One step as shell: commands a person could type, and `#` lines for what a shell cannot do. */
import type { Join, Plan, Step } from '../plan.ts';
import { execShell, identityShell } from './shell-identity.ts';
import { mountShell, type SlotPaths, slotPaths } from './shell-mounts.ts';
import { becomeOtherRoot, bindReachable, type OtherRoot } from './shell-other-root.ts';
import { cloneShell, outsideShell } from './shell-outside.ts';
import { rlimitShell } from './shell-rlimit.ts';
import { type PlaceNames, Places, quote } from './shell-words.ts';
import { sourcePath } from './source-path.ts';

/** What a step's commands depend on beyond the step. */
export class ShellContext {
  readonly places: Places;
  readonly slots: SlotPaths;
  readonly time: Extract<Step, { kind: 'time-namespace' }> | null;
  readonly joins: readonly Join[];
  readonly userNamespace: boolean;
  /** With a terminal the command stays in the caller's session: a shell has no terminal to hand over. */
  readonly session: boolean;
  readonly root: 'pivot' | 'chroot';

  readonly inner: string;
  readonly otherRoot: OtherRoot | null;

  /**
   * @param inner the command that goes on inside the new namespaces
   * @param other null too where each step is shown by itself
   */
  constructor(plan: Plan, names: PlaceNames, inner: string, other: OtherRoot | null) {
    const { steps } = plan;
    this.inner = inner;
    this.otherRoot = other;
    this.places = new Places(names);
    this.slots = slotPaths(plan, names, other);
    this.time = steps.find((step) => step.kind === 'time-namespace') ?? null;
    this.joins = steps.filter((step) => step.kind === 'join');
    this.userNamespace = steps.some((step) => step.kind === 'clone' && step.namespaces.includes('user'));
    this.session = steps.some(({ kind }) => kind === 'session') && !steps.some(({ kind }) => kind === 'console');
    this.root = steps.some(({ kind }) => kind === 'chroot') ? 'chroot' : 'pivot';
  }
}

/** The lines of a step; none is empty, and there is always one. */
export function stepShell(step: Step, context: ShellContext): readonly string[] {
  const { places, slots, otherRoot } = context;
  switch (step.kind) {
    case 'cgroup-create':
    case 'cgroup-enable':
    case 'cgroup-enter':
    case 'cgroup-scope':
    case 'cgroup-attach':
    case 'cgroup-write':
    case 'cgroup-devices':
    case 'take-file':
    case 'join':
    case 'anchor':
    case 'id-map':
    case 'net-device':
    case 'veth':
    case 'macvlan':
    case 'pasta':
    case 'forward':
    case 'raise-rlimit':
    case 'oom-score-adj':
      return outsideShell(step, places);
    case 'clone':
      return [cloneShell(step, context)];
    case 'open-tree':
    case 'open-path':
      if (step.kind === 'open-tree' && step.namespace !== '') {
        return [`# in another mount namespace: ${places.comment(sourcePath(step.source, step.subpath))}`];
      }
      if (otherRoot?.givenBy === 'script') return bindReachable(step, slots.get(step.slot) ?? '', places);
      return [
        step.kind === 'open-path'
          ? `# a shell has names instead of descriptors: ${places.comment(step.path)} is used below`
          : `# a shell cannot keep an opened tree: ${places.comment(sourcePath(step.source, step.subpath))} is bound by its name below`,
      ];
    case 'become-root':
      if (otherRoot !== null) return becomeOtherRoot(otherRoot);
      return ['# the id map above has made this process root of its namespace'];
    case 'time-namespace':
      return ['# done by --time of unshare(1) above'];
    case 'proc-handle':
      return ['# "$R/proc" serves here'];
    case 'sysctl':
      return [`echo ${quote(step.value)} > ${places.inside(`/proc/sys/${step.path}`)}`];
    case 'root-propagation':
    case 'overlay':
    case 'rootfs-bind':
    case 'mount':
    case 'remount':
    case 'bind':
    case 'device':
    case 'symlink':
    case 'directory':
    case 'root-readonly':
    case 'mask-path':
    case 'readonly-path':
      return mountShell(step, places, slots);
    case 'loopback':
      return ['ip link set lo up'];
    case 'hostname':
      return [context.userNamespace ? `hostname ${quote(step.hostname)}` : sysctlOfUts('hostname', step.hostname)];
    case 'domainname':
      return [
        context.userNamespace ? `domainname ${quote(step.domainname)}` : sysctlOfUts('domainname', step.domainname),
      ];
    case 'pivot-root':
      return ['# done at the end, from outside: after it the programs of the host are out of reach in here'];
    case 'chroot':
      return [
        `# done at the end by chroot(1)${step.oldRoot === 'host' ? '' : '; tsrun also makes the old root read-only first'}`,
      ];
    case 'session':
      return [context.session ? '# done at the end by setsid(1)' : '# left out: the command keeps your terminal'];
    case 'console':
      return ['# a terminal of its own needs a program that passes bytes on; here the command has yours'];
    case 'runtime-hooks':
      return ['# hooks outside, which config.json names, would run here'];
    case 'preserve-files':
      return ['# files that a runtime was called with; a script has none'];
    case 'find-command':
      return [`# looked for now: ${step.candidates.map((path) => places.comment(path)).join(' ')}`];
    case 'container-hooks':
      return [`# would run here: ${step.hooks.map(({ path }) => places.comment(path)).join(' ')}`];
    case 'scheduler':
      return ['# chrt(1) sets a scheduling policy; not in force here'];
    case 'io-priority':
      return [`ionice -c ${step.priority >> 13} -n ${step.priority & 7} -p $$`];
    case 'cpu-affinity':
      return [`taskset -p 0x${Buffer.from(step.mask).reverse().toString('hex') || '0'} $$`];
    case 'personality':
      return ['# setarch(8) sets an execution domain; not in force here'];
    case 'memory-policy':
      return ['# numactl(8) sets a memory policy; not in force here'];
    case 'exec-label':
      return [`# the label ${places.comment(step.label)}: not in force here`];
    case 'wait-start':
      return ['# a created container would wait here; a script starts at once'];
    case 'seccomp':
      return [`# a filter of ${step.program.length / 8} BPF instructions: not for a shell, and so not in force here`];
    case 'close-files':
      return ['# done at the end for those of this script; what its shell was started with stays open'];
    case 'rlimit':
      return rlimitShell(step);
    case 'lookup':
    case 'user':
    case 'bounding-set':
    case 'capabilities':
    case 'no-new-privileges':
    case 'working-directory':
      return identityShell(step, context.root);
    case 'exec':
      return execShell(step, context.session, context.root);
  }
}

/** hostname(1) is a package of its own; this needs none, but root of the host. */
const sysctlOfUts = (name: string, value: string): string => `echo ${quote(value)} > /proc/sys/kernel/${name}`;
