/** A step that failed as the rest of "cannot ...", with the operands people typed in quotes. */
import { rlimInfinity, rlimitNames } from '../oci/rlimits.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { describeStep } from '../plan/render/describe.ts';
import { sourcePath } from '../plan/render/source-path.ts';
import { quote } from './exec-error/words.ts';

/** For example `bind "/srv" at "/data"`. */
export function stepWords(plan: Plan, step: Step): string {
  switch (step.kind) {
    case 'bind':
      return `bind ${quote(bindSource(plan, step.source))} at ${quote(step.target)}`;
    case 'open-tree':
      return `open ${quote(sourcePath(step.source, step.subpath))} on the host`;
    case 'open-path':
      return `open ${quote(step.path)} on the host`;
    case 'mount':
      return `mount ${step.filesystem} at ${quote(step.target)}`;
    case 'device':
      return `make the device ${quote(step.path)}`;
    case 'symlink':
      return `link ${quote(step.path)} to ${quote(step.target)}`;
    case 'directory':
      return step.path === workingDirectory(plan)
        ? `use the working directory ${quote(step.path)}`
        : `make the directory ${quote(step.path)}`;
    case 'raise-rlimit':
    case 'rlimit': {
      const name = rlimitNames[step.resource] ?? `number ${step.resource}`;
      return `set the resource limit "${name}" to ${limit(step.soft)}:${limit(step.hard)}`;
    }
    case 'sysctl':
      return `set the kernel parameter ${quote(step.name)} to ${quote(step.value)}`;
    case 'hostname':
      return `set the hostname to ${quote(step.hostname)}`;
    case 'domainname':
      return `set the domain name to ${quote(step.domainname)}`;
    case 'join':
      return step.from.type === 'path' ? `${describeStep(step)} ${quote(step.from.path)}` : describeStep(step);
    case 'cgroup-create':
      return `make the control group ${quote(step.path)}`;
    case 'cgroup-enable':
      return `enable ${step.controllers.join(', ')} in the control group ${quote(step.path)}`;
    case 'cgroup-enter':
      return `move the monitor to the control group ${quote(step.path)}`;
    case 'cgroup-scope':
      return `have systemd start ${quote(step.unit)}`;
    case 'cgroup-attach':
      return `have systemd move the command into ${quote(step.unit)}`;
    case 'cgroup-write':
      return `set the limit ${step.file} to ${quote(step.value)}`;
    case 'user':
      return userWords(plan, step.identity);
    default:
      return describeStep(step);
  }
}

type Of<K extends Step['kind']> = Extract<Step, { kind: K }>;

function bindSource(plan: Plan, source: Of<'bind'>['source']): string {
  if (source.from === 'path') return sourcePath(source.path, source.subpath);
  const opened = plan.steps.find((step) => step.kind === 'open-tree' && step.slot === source.slot);
  return opened?.kind === 'open-tree' ? sourcePath(opened.source, opened.subpath) : 'a tree of the host';
}

function workingDirectory(plan: Plan): string | null {
  const step = plan.steps.find(({ kind }) => kind === 'working-directory');
  return step?.kind === 'working-directory' ? step.path : null;
}

function userWords(plan: Plan, identity: Of<'user'>['identity']): string {
  if (identity.type === 'ids') return `become the user "${identity.uid}:${identity.gid}"`;
  const asked = plan.steps.find(({ kind }) => kind === 'lookup');
  return asked?.kind === 'lookup' && asked.user !== '' ? `become the user ${quote(asked.user)}` : 'become root';
}

const limit = (value: bigint): string => (value === rlimInfinity ? 'unlimited' : String(value));
