/** `exec`: one more process in a container, a plan too: join what PID 1 has, then the same steps as any command. */
import { closeSync, existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { execGroup } from '../../cgroup/exec-group.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { allowsSetGroups } from '../../host/user-namespace.ts';
import { addon } from '../../native/addon.ts';
import { givenStreams } from '../../native/launch-header.ts';
import { type OciConfig, type OciProcess, ociVersion } from '../../oci/config.ts';
import { cpuMask } from '../../oci/cpu-list.ts';
import { parseConfig, parseDocument } from '../../oci/parse/config.ts';
import type { OciSeccomp } from '../../oci/seccomp/seccomp.ts';
import { buildExecPlan } from '../../plan/build-exec-plan.ts';
import type { CompiledFilter } from '../../plan/identity.ts';
import { compileSeccomp } from '../config/compile-seccomp.ts';
import type { ContainerExit } from '../exit.ts';
import { foreignNamespaces } from '../joined-namespaces.ts';
import { type OciContainer, openContainer, writeWhole } from '../state/oci-directory.ts';
import { connectConsole } from './create.ts';
import { grantedCapabilities } from './granted-capabilities.ts';
import { groupNotes } from './group-notes.ts';
import { launchOci, type OciLaunched } from './oci-launch.ts';
import { PidfdSocket } from './pidfd-socket.ts';
import { seccompCache } from './plan-bundle.ts';
import { connectListener, listenerMessage } from './seccomp-listener.ts';

export interface ExecRequest {
  readonly root: string;
  readonly id: string;
  /** The process, made from the container's own configuration. */
  process(config: OciConfig): OciProcess;
  readonly detach: boolean;
  readonly consoleSocket: string | null;
  readonly pidfdSocket: string | null;
  /** Absolute; null: none. */
  readonly pidFile: string | null;
  /** Descriptors of this process that the command finds at 3, 4, ... */
  readonly preserved: readonly number[];
  /** A group below the container's; '': its own. */
  readonly subgroup: string;
  readonly ignorePaused: boolean;
}

export interface ExecContext {
  notice(line: string): void;
  onLaunch(launched: Pick<OciLaunched, 'kill' | 'destroy' | 'relaysTerminal'>): void;
}

/**
 * Resolves when it has ended, or with null when it runs in the background.
 *
 * @throws TsrunError when it could not be started
 */
export async function execInContainer(request: ExecRequest, context: ExecContext): Promise<ContainerExit | null> {
  const container = openContainer(request.root, request.id);
  checkStatus(container, request.ignorePaused);
  const { state } = container;
  const config = readConfig(container);
  const asked = request.process(config);
  checkTerminal(asked, request);
  const joins = foreignNamespaces(state.pid);
  const { process, notes } = grantedCapabilities(
    // One that a document describes without a word on them has the container's.
    { ...asked, capabilities: asked.capabilities ?? config.process?.capabilities ?? {} },
    joins.includes('user') ? 'another' : "the caller's",
  );
  const pidfd = addon().pidfdOpen(state.pid);
  const keep = [pidfd];
  if (request.consoleSocket !== null) keep.push(connectConsole(request.consoleSocket));
  const listener = connectListener(config);
  const pidfdSocket = new PidfdSocket(request.pidfdSocket, 'setns');
  const setGroups = allowsSetGroups(state.pid);
  for (const note of [...notes, ...groupNotes(process, setGroups)]) context.notice(note);
  const plan = buildExecPlan({
    process,
    join: { namespaces: joins, file: 0, setGroups },
    cgroup: execGroup(groupFor(container, request.subgroup)),
    seccomp: filterOf(config.linux?.seccomp, container, listener.length === 0 ? null : keep.length),
    user: { type: 'config' },
    demand: 'required',
    keyring: 'new',
    console: request.consoleSocket === null ? { to: 'launcher' } : { to: 'socket', file: 1 },
    preserved: request.preserved.map((_, index) => keep.length + listener.length + index),
  });
  try {
    startOn(process);
    const launched = launchOci({
      plan,
      header: {
        reportProgress: false,
        lifetime: request.detach ? 'handover' : 'launcher',
        streams: { ...givenStreams, relayTerminal: process.terminal === true && request.consoleSocket === null },
        // A process of many: its end is not the group's.
        killCgroup: '',
        record: null,
        events: null,
        health: null,
      },
      stdio: [0, 1, 2],
      keep: [...keep, ...listener, ...request.preserved],
      on: {
        cloned: (_, pidfd) => pidfdSocket.send(pidfd),
        runtimeHooks: async () => {},
        created: () => {},
        notice: context.notice,
      },
    });
    context.onLaunch(launched);
    const pid = await launched.ready;
    if (request.pidFile !== null) writeWhole(request.pidFile, String(pid), 0o644);
    return await launched.ended;
  } finally {
    for (const fd of keep) closeSync(fd);
  }
}

/** Before anything enters the control group: config.md#linux-process, execCPUAffinity. */
function startOn({ execCPUAffinity }: OciProcess): void {
  const initial = execCPUAffinity?.initial ?? '';
  if (initial === '') return;
  try {
    addon().setCpuAffinity(cpuMask(initial));
  } catch (cause) {
    throw new TsrunError('STEP_FAILED', `cannot run on the processors ${initial}: execCPUAffinity.initial`, {
      why: (cause as Error).message,
      cause,
    });
  }
}

function filterOf(
  seccomp: OciSeccomp | undefined,
  { id, state }: OciContainer,
  listenerFile: number | null,
): CompiledFilter | null {
  if (seccomp === undefined) return null;
  const compiled = compileSeccomp(seccomp, seccompCache());
  if (listenerFile === null) return compiled;
  const { bundle, annotations, pid } = state;
  const container = { ociVersion, id, bundle, annotations };
  const message = listenerMessage(container, { status: 'running', pid }, seccomp.listenerMetadata ?? '');
  return { ...compiled, listener: { file: listenerFile, message } };
}

function checkStatus({ id, status }: OciContainer, ignorePaused: boolean): void {
  if (status === 'running' || status === 'created' || (status === 'paused' && ignorePaused)) return;
  throw new TsrunError('USAGE', `cannot run a command in container "${id}"`, {
    why: status === 'stopped' ? 'container not running' : `it is ${status}, and so would be the command`,
    ...(status === 'paused' ? { hint: 'resume it first, or use --ignore-paused' } : {}),
  });
}

/** As `create` was given it. */
export const readConfig = ({ path }: OciContainer): OciConfig =>
  parseConfig(parseDocument(readFileSync(join(path, 'config.json')), 'config.json'));

/** In the background nobody would hold the other side of a terminal. */
function checkTerminal({ terminal = false }: OciProcess, request: ExecRequest): void {
  if (!terminal && request.consoleSocket !== null) {
    throw new TsrunError('USAGE', 'cannot use --console-socket', { why: 'the process has no terminal to hand over' });
  }
  if (terminal && request.detach && request.consoleSocket === null) {
    throw new TsrunError('USAGE', 'cannot detach a process with a terminal', {
      why: 'nobody would hold its other side when this command ends',
      hint: 'hand it over with --console-socket',
    });
  }
}

/** An init such as systemd moves itself further down: a group with groups of its own may hold no processes (cgroup-v2.rst). */
function groupFor({ state }: OciContainer, subgroup: string): string | null {
  if (state.cgroup === null) return null;
  if (subgroup !== '') {
    const path = join(state.cgroup, posix.join('/', subgroup));
    if (existsSync(path)) return path;
    throw new TsrunError('USAGE', `cannot use --cgroup ${subgroup}`, {
      why: `there is no group "${path}"`,
      hint: 'a process of the container has to make it first',
    });
  }
  const own = /^0::(.*)$/m.exec(readFileSync(`/proc/${state.pid}/cgroup`, 'latin1'))?.[1] ?? '';
  const at = own.indexOf(`/${posix.basename(state.cgroup)}/`);
  return at === -1 ? state.cgroup : join(state.cgroup, own.slice(at + posix.basename(state.cgroup).length + 2));
}
