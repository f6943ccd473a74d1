/** `process` of config.json, and the process.json of `exec`: runtime-spec config.md#process. */
import type { OciCapabilities, OciProcess, OciRlimit, OciScheduler, OciUser } from '../config.ts';
import { cpuList } from '../cpu-list.ts';
import { rlimitNames } from '../rlimits.ts';
import {
  absolutePath,
  anyText,
  boolean,
  exactUint64,
  id,
  integer,
  kernelText,
  list,
  may,
  need,
  object,
  oneOf,
  orElse,
  type Parser,
  text,
  uint16,
  uint64,
} from './combinators.ts';
import { fail, inside, type Place, shown } from './place.ts';

/** NAME=value. Messages do not quote it: secrets come this way. */
const environmentEntry: Parser<string> = (value, at) => {
  const entry = kernelText(anyText(value, at), at);
  const equals = entry.indexOf('=');
  if (equals < 0) return fail(at, 'has no "=": an entry is NAME=value', '');
  return equals > 0 ? entry : fail(at, 'has no name before the "="', '');
};

export const environment = list(environmentEntry);

const user: Parser<OciUser> = object<OciUser>({
  uid: orElse(id, 0),
  gid: orElse(id, 0),
  umask: may(integer(0, 0o7777)),
  additionalGids: may(list(id)),
  username: may(text),
});

/** Any word: what the kernel has no capability of that name for is left out with a warning, config.md#linux-process. */
const capability = text;
const capabilities: Parser<OciCapabilities> = object<OciCapabilities>({
  bounding: may(list(capability)),
  effective: may(list(capability)),
  inheritable: may(list(capability)),
  permitted: may(list(capability)),
  ambient: may(list(capability)),
});

const rlimitTypes = rlimitNames.map((name) => `RLIMIT_${name.toUpperCase()}`);
/** -1 is what some writers have for no limit. */
const rlimitValue: Parser<number | bigint> = (value, at) => (value === -1 ? -1 : exactUint64(value, at));
const rlimit: Parser<OciRlimit> = (value, at) => {
  const limit = object<OciRlimit>({
    type: need(oneOf(rlimitTypes, 'the name of a resource limit')),
    soft: need(rlimitValue),
    hard: need(rlimitValue),
  })(value, at);
  if (limit.hard !== -1 && (limit.soft === -1 || limit.soft > limit.hard)) {
    fail(inside(at, 'soft'), `is more than hard (${shown(limit.hard)})`, '');
  }
  return limit;
};

const rlimits: Parser<readonly OciRlimit[]> = (value, at) => {
  const limits = list(rlimit)(value, at);
  const seen = new Set<string>();
  for (const [index, { type }] of limits.entries()) {
    if (seen.has(type)) fail(inside(inside(at, index), 'type'), `${shown(type)} is there twice`, '');
    seen.add(type);
  }
  return limits;
};

const policies = ['SCHED_OTHER', 'SCHED_FIFO', 'SCHED_RR', 'SCHED_BATCH', 'SCHED_ISO', 'SCHED_IDLE', 'SCHED_DEADLINE'];
const schedulerFlags = [
  'SCHED_FLAG_RESET_ON_FORK',
  'SCHED_FLAG_RECLAIM',
  'SCHED_FLAG_DL_OVERRUN',
  'SCHED_FLAG_KEEP_POLICY',
  'SCHED_FLAG_KEEP_PARAMS',
  'SCHED_FLAG_UTIL_CLAMP_MIN',
  'SCHED_FLAG_UTIL_CLAMP_MAX',
];

/** sched(7): which of the values belongs to which policy. */
const scheduler: Parser<OciScheduler> = (value, at) => {
  const result = object<OciScheduler>({
    policy: need(oneOf(policies, 'a scheduling policy')),
    nice: may(integer(-20, 19)),
    priority: may(integer(0, 99)),
    flags: may(list(oneOf(schedulerFlags, 'a SCHED_FLAG_ name'))),
    runtime: may(uint64),
    deadline: may(uint64),
    period: may(uint64),
  })(value, at);
  const { policy, priority = 0 } = result;
  if (priority !== 0 && policy !== 'SCHED_FIFO' && policy !== 'SCHED_RR') {
    fail(inside(at, 'priority'), `cannot be ${priority} with ${policy}: it is for SCHED_FIFO and SCHED_RR`, '');
  }
  for (const field of ['runtime', 'deadline', 'period'] as const) {
    if ((result[field] ?? 0) === 0 || policy === 'SCHED_DEADLINE') continue;
    fail(inside(at, field), `cannot be set with ${policy}: it is for SCHED_DEADLINE`, '');
  }
  return result;
};

const ioClasses = ['IOPRIO_CLASS_RT', 'IOPRIO_CLASS_BE', 'IOPRIO_CLASS_IDLE'];

/** '' is absent. */
export const cpus: Parser<string> = (value, at) => {
  const written = text(value, at);
  if (written === '') return '';
  try {
    return cpuList(written);
  } catch {
    return fail(at, `must be a list like 0-3,7, is ${shown(written)}`, '');
  }
};

type Affinity = NonNullable<OciProcess['execCPUAffinity']>;

const processFields = object<OciProcess>({
  terminal: may(boolean),
  consoleSize: may(object({ height: need(uint16), width: need(uint16) })),
  user: orElse(user, { uid: 0, gid: 0 }),
  args: may(list(text)),
  env: may(environment),
  cwd: need(absolutePath),
  capabilities: may(capabilities),
  rlimits: may(rlimits),
  noNewPrivileges: may(boolean),
  apparmorProfile: may(text),
  selinuxLabel: may(text),
  oomScoreAdj: may(integer(-1000, 1000)),
  scheduler: may(scheduler),
  ioPriority: may(object({ class: need(oneOf(ioClasses, 'an IOPRIO_CLASS_ name')), priority: need(integer(0, 7)) })),
  execCPUAffinity: may(object<Affinity>({ initial: may(cpus), final: may(cpus) })),
});

/** Runtimes MUST ignore the size of a terminal that there is not. */
function withoutIdleConsole(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('consoleSize' in value)) return value;
  const { consoleSize: _, ...rest } = value;
  return (value as Partial<OciProcess>).terminal === true ? value : rest;
}

export const process: Parser<OciProcess> = (value, at: Place) => {
  const result = processFields(withoutIdleConsole(value), at);
  // Windows has commandLine instead, so the spec's own field is optional.
  if (result.args === undefined) fail(inside(at, 'args'), 'is missing', '');
  if (result.args.length === 0) fail(inside(at, 'args'), 'must have at least one entry, the command', '');
  return result;
};
