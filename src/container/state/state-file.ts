/**
 * The file `state` of an OCI container, as docs/oci.md describes it. Written here; read here and by native/oci, which answers
 * `state` without a JSON library: what of its answer does not change is in the file as lines of JSON.
 *
 * test/oci/state-files has good and damaged ones; both readers are tried on all of them.
 */
import { TsrunError } from '../../errors/tsrun-error.ts';

export interface ContainerState {
  readonly id: string;
  /** PID 1 as the host sees it. */
  readonly pid: number;
  /** Clock ticks after boot, proc_pid_stat(5): with the pid it names one process for ever. */
  readonly startTime: number;
  /** Directory of the container's own control group; null: it has none. */
  readonly cgroup: string | null;
  /** systemd's unit around it; null: the group was made by hand. */
  readonly scope: { readonly bus: 'system' | 'user'; readonly unit: string } | null;
  /** Without one of its own, what PID 1 leaves behind is not ended by the kernel. */
  readonly pidNamespace: 'own' | 'shared';
  /** Kinds of hooks that `start` and `delete` have to run. */
  readonly hooks: readonly LateHook[];
  /** Index of the plan's step that waits for the start; 0: none does. */
  readonly startStep: number;
  readonly ociVersion: string;
  readonly bundle: string;
  readonly rootfs: string;
  /** RFC 3339. */
  readonly created: string;
  /** Name of the user who called, or the number. */
  readonly owner: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export type LateHook = 'poststart' | 'poststop';

export function encodeState(state: ContainerState): string {
  const { annotations } = state;
  const before = { ociVersion: state.ociVersion, id: state.id };
  const after = {
    bundle: state.bundle,
    rootfs: state.rootfs,
    created: state.created,
    owner: state.owner,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  return [
    'tsrun-oci-state 1',
    `id ${state.id}`,
    `pid ${state.pid}`,
    `start-time ${state.startTime}`,
    `cgroup ${state.cgroup ?? 'none'}`,
    `scope ${state.scope === null ? 'none' : `${state.scope.bus} ${state.scope.unit}`}`,
    `pid-namespace ${state.pidNamespace}`,
    `hooks ${state.hooks.join(' ') || 'none'}`,
    `start-step ${state.startStep}`,
    ...membersOf(before).map((line, at, all) => `json-before ${line}${at === all.length - 1 ? ',' : ''}`),
    ...membersOf(after).map((line) => `json-after ${line}`),
    'end',
    '',
  ].join('\n');
}

/** The lines between the braces. */
const membersOf = (value: object): readonly string[] => JSON.stringify(value, null, 2).split('\n').slice(1, -1);

/** @throws TsrunError STORE when the text is not what {@link encodeState} writes. */
export function parseState(text: string): ContainerState {
  const lines = text.split('\n');
  let at = 0;
  const damaged = (): TsrunError =>
    new TsrunError('STORE', 'cannot read the state of a container', {
      why: `line ${at + 1} of its state file is not what it should be`,
    });
  const take = (key: string, shape: RegExp): string => {
    const line = lines[at] ?? '';
    const value = line.slice(key.length + 1);
    if (!line.startsWith(`${key} `) || !shape.test(value)) throw damaged();
    at += 1;
    return value;
  };
  const takeAll = (key: string): string => {
    const found = [take(key, /^/)];
    while (lines[at]?.startsWith(`${key} `)) found.push(take(key, /^/));
    return found.join('\n');
  };
  // A NUL would end the text for the other reader.
  if (text.includes('\0')) throw damaged();
  take('tsrun-oci-state', /^1$/);
  const id = take('id', /^.+$/);
  const pid = Number(take('pid', /^[1-9]\d{0,6}$/));
  if (pid > 1 << 22) {
    at -= 1;
    throw damaged();
  }
  const startTime = Number(take('start-time', /^(0|[1-9]\d{0,14})$/));
  const cgroup = take('cgroup', /^(none|\/.*)$/);
  const [bus, unit = ''] = take('scope', /^(none|(system|user) .+)$/).split(/ (.*)/s);
  const pidNamespace = take('pid-namespace', /^(own|shared)$/) === 'own' ? 'own' : 'shared';
  const hooks = take('hooks', /^(none|poststart|poststop|poststart poststop)$/).split(' ');
  const startStep = Number(take('start-step', /^(0|[1-9]\d{0,5})$/));
  const before = takeAll('json-before');
  const after = takeAll('json-after');
  if (lines[at] !== 'end' || lines.length !== at + 2 || lines[at + 1] !== '') throw damaged();
  const json = parseMembers(`{${before}${after}}`);
  if (json === null) throw damaged();
  return {
    id,
    pid,
    startTime,
    cgroup: cgroup === 'none' ? null : cgroup,
    scope: bus === 'system' || bus === 'user' ? { bus, unit } : null,
    pidNamespace,
    hooks: hooks.filter((hook) => hook === 'poststart' || hook === 'poststop'),
    startStep,
    ...json,
  };
}

type JsonPart = Pick<ContainerState, 'ociVersion' | 'bundle' | 'rootfs' | 'created' | 'owner' | 'annotations'>;

function parseMembers(text: string): JsonPart | null {
  let value: Partial<Record<keyof JsonPart, unknown>>;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return null;
  }
  const { ociVersion, bundle, rootfs, created, owner, annotations = {} } = value;
  if (typeof ociVersion !== 'string' || typeof bundle !== 'string' || typeof rootfs !== 'string') return null;
  if (typeof created !== 'string' || typeof owner !== 'string') return null;
  if (typeof annotations !== 'object' || annotations === null) return null;
  return { ociVersion, bundle, rootfs, created, owner, annotations: annotations as Record<string, string> };
}
