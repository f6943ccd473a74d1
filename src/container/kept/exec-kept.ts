/** `exec`: one more process in a kept container, by the road of the OCI verb of that name. */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { execGroup } from '../../cgroup/exec-group.ts';
import { errnoName } from '../../errors/errno.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { boundingSet } from '../../host/own-capabilities.ts';
import type { Paths } from '../../host/paths.ts';
import { allowsSetGroups } from '../../host/user-namespace.ts';
import { addon } from '../../native/addon.ts';
import { givenStreams } from '../../native/launch-header.ts';
import { randomHex } from '../../native/sha256.ts';
import { capabilityNames } from '../../oci/capabilities.ts';
import type { OciConfig, OciProcess } from '../../oci/config.ts';
import { buildExecPlan } from '../../plan/build-exec-plan.ts';
import { ProcessHandle } from '../../process/process-handle.ts';
import { availableCapabilities } from '../config/capability-sets.ts';
import { compileSeccomp } from '../config/compile-seccomp.ts';
import { mergeVariables } from '../config/environment.ts';
import { containerEvents } from '../container-events.ts';
import type { ContainerExit } from '../exit.ts';
import { foreignNamespaces } from '../joined-namespaces.ts';
import { Launch, type LaunchContext } from '../launch.ts';
import type { DetachKeys } from '../request/detach-keys.ts';
import { isEnding } from '../state/process-status.ts';
import type { TerminalSize } from '../terminal-size.ts';
import { actorOf, type KeptContainer, requireRunning } from './kept-container.ts';
import { isProcess, type ProcessIdentity } from './monitor-files.ts';
import { readConfig } from './read-config.ts';

export interface ExecRequest {
  readonly command: readonly string[];
  /** `NAME=value`, behind the container's own. */
  readonly env: readonly string[];
  /** null: the container's. */
  readonly workingDirectory: string | null;
  readonly user: string | null;
  readonly terminal: boolean;
  /** Of its terminal; null: that of the launcher's, where that is one. */
  readonly size: TerminalSize | null;
  /** With these the person at the terminal leaves it to itself. */
  readonly detachKeys: DetachKeys;
  readonly privileged: boolean;
  /** Upper-case with CAP_. */
  readonly capAdd: readonly string[];
  readonly detach: boolean;
}

export interface ExecContext extends LaunchContext {
  readonly paths: Paths;
  readonly stdio: readonly [number, number, number];
  /** The command runs. */
  onStarted(): void;
}

/**
 * Resolves when it has ended, or with null when it goes on without this process.
 *
 * @throws TsrunError CONTAINER_STATE, or what kept the command from starting
 */
export async function execKept(
  container: KeptContainer,
  request: ExecRequest,
  context: ExecContext,
): Promise<ContainerExit | null> {
  const { first, config, pidfd, join: namespaces } = lookInto(container);
  try {
    const seccomp = request.privileged ? undefined : config.linux?.seccomp;
    const plan = buildExecPlan({
      process: sized(processOf(config, request, allOf(container)), request.size),
      join: namespaces,
      cgroup: execGroup(container.record.cgroup),
      seccomp: seccomp === undefined ? null : compileSeccomp(seccomp, join(context.paths.store, 'cache', 'seccomp')),
      user: {
        type: 'lookup',
        user: request.user ?? container.kept.user,
        groupAdd: request.user === null ? container.kept.request.groupAdd : [],
      },
      demand: 'required',
      keyring: 'new',
      console: { to: 'launcher' },
      preserved: [],
    });
    const launch = new Launch({
      plan,
      // A process of many: its end is not the group's.
      cgroup: null,
      lifetime: request.detach ? 'handover' : 'launcher',
      streams: { ...givenStreams, relayTerminal: request.terminal, detachKeys: request.detachKeys },
      record: null,
      events: null,
      health: null,
      stdio: context.stdio,
      keep: [pidfd],
      context,
    });
    const actor = actorOf(container);
    const execID = randomHex(32);
    const words = request.command.join(' ');
    await launch.running.catch(async (error: unknown) => {
      // The step that failed is no news then. A container that is being ended takes the newcomer along before it has ended itself.
      const step = error instanceof TsrunError && error.code === 'STEP_FAILED';
      using handle = step ? ProcessHandle.open(first.pid, () => isProcess(first)) : null;
      const isOver = step && (handle === null || (await endsNow(handle, first)));
      throw isOver ? justEnded(container, error) : error;
    });
    containerEvents(context.paths, actor, [`exec_create: ${words}`, { execID }], [`exec_start: ${words}`, { execID }]);
    context.onStarted();
    await launch.closed;
    // One in the background ends with nobody of ours there to see it.
    if (request.detach) return null;
    const exit = launch.exit();
    if (exit !== null) containerEvents(context.paths, actor, ['exec_die', { execID, exitCode: String(exit.exitCode) }]);
    return exit;
  } finally {
    closeSync(pidfd);
  }
}

/**
 * What a process needs to know of the container that it enters, all of it of the same PID 1.
 *
 * @throws TsrunError CONTAINER_STATE, also for one that ends this moment
 */
function lookInto(container: KeptContainer) {
  const { process: first } = requireRunning(container, 'run a command in');
  const { pid } = first;
  let pidfd: number | null = null;
  let cause: unknown;
  try {
    pidfd = addon().pidfdOpen(pid);
    const config = readConfig(container.path);
    const namespaces = { namespaces: foreignNamespaces(pid), file: 0, setGroups: allowsSetGroups(pid) };
    // Last: until here the number could have become another's.
    if (isProcess(first)) return { first, config, pidfd, join: namespaces };
  } catch (error) {
    // On its way out a process has no namespaces any more, and is still there.
    if (!hasGone(error) && isProcess(first)) throw error;
    cause = error;
  }
  if (pidfd !== null) closeSync(pidfd);
  throw justEnded(container, cause);
}

const justEnded = ({ name }: KeptContainer, cause: unknown): TsrunError =>
  new TsrunError('CONTAINER_STATE', `cannot run a command in container "${name}"`, {
    why: 'it has just ended',
    hint: `tsrun why ${name} says how`,
    cause,
  });

/** Milliseconds: to see whether the whole container is ending, and for that end, which a busy machine puts off. */
const endPatience = 200;
const longEndPatience = 30_000;

/** Resolves with whether it has ended, or was about to. */
async function endsNow(handle: ProcessHandle, { pid }: ProcessIdentity): Promise<boolean> {
  if (!isEnding(pid) && (await handle.ended(endPatience))) return true;
  return isEnding(pid) && (await handle.ended(longEndPatience));
}

const hasGone = (error: unknown): boolean =>
  // Node's numbers are negative, those of the addon are the kernel's.
  ['ENOENT', 'ESRCH'].includes(errnoName(Math.abs((error as NodeJS.ErrnoException).errno ?? 0)));

const sized = (process: OciProcess, size: TerminalSize | null): OciProcess =>
  size === null ? process : { ...process, consoleSize: { height: size.rows, width: size.columns } };

/** What `--privileged` gives: all that the container could have been given. */
const allOf = ({ record }: KeptContainer): readonly string[] =>
  availableCapabilities(capabilityNames, boundingSet(), record.userns);

/** @param all what `privileged` gives */
export function processOf(
  config: OciConfig,
  request: Pick<ExecRequest, 'command' | 'env' | 'workingDirectory' | 'terminal' | 'privileged' | 'capAdd'>,
  all: readonly string[],
): OciProcess {
  const own = config.process;
  if (own === undefined) throw new Error('a container has a process');
  const caps = own.capabilities ?? {};
  const more = (list: readonly string[] | undefined): readonly string[] =>
    request.privileged ? all : [...new Set([...(list ?? []), ...request.capAdd])];
  const { consoleSize: _, ...rest } = own;
  return {
    ...rest,
    args: request.command,
    env: mergeVariables(request.terminal ? ['TERM=xterm'] : [], own.env ?? [], request.env),
    cwd: request.workingDirectory ?? own.cwd,
    terminal: request.terminal,
    capabilities: {
      ...caps,
      bounding: more(caps.bounding),
      effective: more(caps.effective),
      permitted: more(caps.permitted),
    },
  };
}
