/** `exec`: one more process in a kept container, by the road of the OCI verb of that name. */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { execGroup } from '../../cgroup/exec-group.ts';
import type { Paths } from '../../host/paths.ts';
import { allowsSetGroups } from '../../host/user-namespace.ts';
import { addon } from '../../native/addon.ts';
import { givenStreams } from '../../native/plan-codec.ts';
import { randomHex } from '../../native/sha256.ts';
import { capabilityNames } from '../../oci/capabilities.ts';
import type { OciConfig, OciProcess } from '../../oci/config.ts';
import { buildExecPlan } from '../../plan/build-exec-plan.ts';
import { compileSeccomp } from '../config/compile-seccomp.ts';
import { mergeVariables } from '../config/environment.ts';
import { containerEvents } from '../container-events.ts';
import type { ContainerExit } from '../exit.ts';
import { foreignNamespaces } from '../joined-namespaces.ts';
import { Launch, type LaunchContext } from '../launch.ts';
import type { DetachKeys } from '../request/detach-keys.ts';
import { actorOf, type KeptContainer, requireRunning } from './kept-container.ts';
import { readConfig } from './read-config.ts';

export interface ExecRequest {
  readonly command: readonly string[];
  /** `NAME=value`, behind the container's own. */
  readonly env: readonly string[];
  /** null: the container's. */
  readonly workingDirectory: string | null;
  readonly user: string | null;
  readonly terminal: boolean;
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
  const { pid } = requireRunning(container, 'run a command in').process;
  const config = readConfig(container.path);
  const pidfd = addon().pidfdOpen(pid);
  try {
    const seccomp = request.privileged ? undefined : config.linux?.seccomp;
    const plan = buildExecPlan({
      process: processOf(config, request),
      join: { namespaces: foreignNamespaces(pid), file: 0, setGroups: allowsSetGroups(pid) },
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
    await launch.running;
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

export function processOf(
  config: OciConfig,
  request: Pick<ExecRequest, 'command' | 'env' | 'workingDirectory' | 'terminal' | 'privileged' | 'capAdd'>,
): OciProcess {
  const own = config.process;
  if (own === undefined) throw new Error('a container has a process');
  const caps = own.capabilities ?? {};
  const more = (list: readonly string[] | undefined): readonly string[] =>
    request.privileged ? capabilityNames : [...new Set([...(list ?? []), ...request.capAdd])];
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
